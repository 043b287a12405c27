"""Staff mode at a kiosk, through the signed routes: who opens it, whom they find, what they issue, on both databases (K12, N5, N6)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from central_api.cards import keys as card_keys
from central_api.cards import repository as cards
from central_api.cards.tables import card_permits
from central_api.cards.tables import cards as card_rows
from central_api.inbox import service as inbox
from central_api.lifecycle import cli, staff_cards
from central_api.staff import at_kiosk
from central_api.staff.tables import audit, staff
from club.model import errors as refusals
from club.wire import staff_mode as wire
from kiosk_app.work.card_runs import ServerAuthority
from nfc.issuing import relay
from nfc.issuing.authority import AuthorityRefused, Purpose, Wish
from nfc.protocol import errors
from nfc.virtual.ntag424 import Ntag424
from tests.central_api.cards.test_runs import Wire, a_blank, evidence_of
from tests.nfc.issuing.cards import Field, torn
from tests.support.central import WANG, WANG_UID, Card, Club, Device, code_of, facts_of, new_id, read

LI, AUDITOR, WEST = "1032", "1061", "west"
BLANK_UID, OTHER_UID = "04B10000000000", "04B10000000001"
WANG_PHONE = "13800006621"


def staff_uid(number: str) -> str:
    return f"04A5{int(number):010X}"


@dataclass
class Desk:
    """Somebody of the staff at a kiosk."""

    club: Club
    device: Device
    number: str = LI
    session: str = ""

    def __post_init__(self) -> None:
        self.card: Card = self.club.card(staff_uid(self.number))
        self.wire = Wire(self.device)

    @property
    def pin(self) -> str:
        return next(one["pin"] for one in self.club.demo.staff if one["number"] == self.number)

    def enter(self, pin: str = "", evidence: Any = None, session: str = "") -> httpx.Response:
        wish = wire.OpenStaffSession(
            session_id=session or new_id(), evidence=evidence or self.card.tap(), pin=pin or self.pin
        )
        return self.device.post("/v1/staff-sessions", wish)

    def entered(self) -> Desk:
        self.session = read(self.enter(), wire.StaffSession).session_id
        return self

    def ask(self, what: str, body: object) -> httpx.Response:
        return self.device.post(f"/v1/staff-sessions/{self.session}/{what}", body)

    def find(self, query: str) -> wire.FoundMembers:
        return read(self.ask("members", wire.FindMembers(query=query)), wire.FoundMembers)

    def begin(self, uid: str = BLANK_UID, *, issue: str = "", member: str = WANG, replaces: str | None = None) -> Any:
        body = wire.BeginIssue(
            issue_id=issue or new_id(), member_id=member, uid=uid, identity="id-card", replaces=replaces
        )
        return self.ask("issues", body)

    def write(self, card: Ntag424, at: int | None = None) -> str:
        card.power_on()
        run = new_id()
        relay.run(ServerAuthority(self.wire), Wish(run, Purpose.ISSUE, card.uid), Field(card, at, False).transmit)
        return run

    def end(self, issue: str, run: str) -> httpx.Response:
        return self.ask(f"issues/{issue}/end", wire.EndIssue(run_id=run))

    def set_pin(self, card: str, pin: str, again: str = "") -> httpx.Response:
        return self.ask("pins", wire.SetCardPin(card_id=card, pin=pin, again=again or pin, identity="id-card"))

    def issued(self, card: Ntag424, member: str = WANG, replaces: str | None = None) -> wire.Issue:
        begun = read(self.begin(card.uid.hex().upper(), member=member, replaces=replaces), wire.Issue)
        return read(self.end(begun.issue_id, self.write(card)), wire.Issue)


@pytest.fixture
def desk(club: Club) -> Desk:
    return Desk(club, club.device())


def acts(club: Club, like: str) -> list[tuple[str, str, Any]]:
    with club.context.db.read() as tx:
        rows = tx.rows(select(audit).where(audit.c.act.like(like)).order_by(audit.c.id))
        return [(row.actor, row.act, row.facts) for row in rows]


def staff_card(club: Club, number: str = LI) -> str:
    """The id of somebody's staff card."""
    with club.context.db.read() as tx:
        return str(at_kiosk.card(tx, staff_uid(number)).id)


# -- entry ------------------------------------------------------------------------------------------------------------


def test_a_staff_card_and_its_pin_open_staff_mode_and_it_is_written_down(club: Club, desk: Desk) -> None:
    session = read(desk.enter(session="staff-session-1"), wire.StaffSession)
    assert (session.session_id, session.number, session.name) == ("staff-session-1", LI, "李顾问")
    assert "cards.change" in session.may
    assert acts(club, "kiosk.staff-%") == [
        ("staff:1032", "kiosk.staff-enter", {"kiosk": "kiosk-1", "session": "staff-session-1"})
    ]


def test_a_staff_card_opens_no_members_session(desk: Desk) -> None:
    assert code_of(desk.device.open(desk.card.tap())) == "staff_card"


def test_a_members_card_opens_no_staff_mode(club: Club, desk: Desk) -> None:
    assert code_of(desk.enter(evidence=club.card(WANG_UID).tap())) == "card_unknown"


def test_the_same_tap_again_finds_the_session_and_another_tap_does_not(desk: Desk) -> None:
    tap = desk.card.tap()
    first = read(desk.enter(evidence=tap, session="staff-session-1"), wire.StaffSession)
    assert read(desk.enter(evidence=tap, session="staff-session-1"), wire.StaffSession) == first
    assert code_of(desk.enter(evidence=desk.card.tap(), session="staff-session-1")) == "idempotency_conflict"


def test_a_message_that_was_used_opens_nothing(desk: Desk) -> None:
    tap = desk.card.tap()
    assert desk.enter(evidence=tap).status_code == 200
    assert code_of(desk.enter(evidence=tap)) == "cryptogram_replayed"


def test_a_message_of_the_past_is_no_place_to_guess_the_pin(desk: Desk) -> None:
    tap = desk.card.tap()
    assert desk.enter(evidence=tap).status_code == 200
    wrong = "000001" if desk.pin != "000001" else "000002"
    assert {code_of(desk.enter(wrong, evidence=tap)) for _ in range(6)} == {"cryptogram_replayed"}
    assert desk.enter().status_code == 200, "none of them counted"


def test_a_copied_number_is_no_staff_card(desk: Desk) -> None:
    bare = desk.card.tap()
    bare = type(bare)(uid=bare.uid, family=bare.family)
    assert code_of(desk.enter(evidence=bare)) == "card_downgraded"


def test_five_wrong_pins_lock_the_person_for_a_quarter_of_an_hour_at_every_kiosk(club: Club, desk: Desk) -> None:
    wrong = "000001" if desk.pin != "000001" else "000002"
    tap = desk.card.tap()
    told = [desk.enter(wrong, evidence=tap) for _ in range(5)]
    assert [facts_of(one).get("tries_left") for one in told[:4]] == [4, 3, 2, 1]
    assert [code_of(one) for one in told] == ["pin_wrong"] * 4 + ["pin_locked"]
    other = Desk(club, club.device("kiosk-2"))
    assert code_of(other.enter(evidence=desk.card.tap())) == "pin_locked"
    club.clock.forward(15 * 60 + 1)
    assert desk.enter().status_code == 200
    assert [act for _, act, _ in acts(club, "kiosk.staff-%")] == [
        *["kiosk.staff-pin-wrong"] * 4,
        "kiosk.staff-lock",
        "kiosk.staff-enter",
    ]


def test_a_right_pin_begins_the_count_anew(desk: Desk) -> None:
    wrong = "000001" if desk.pin != "000001" else "000002"
    tap = desk.card.tap()
    for _ in range(4):
        desk.enter(wrong, evidence=tap)
    assert desk.enter(evidence=tap).status_code == 200
    assert facts_of(desk.enter(wrong))["tries_left"] == 4


def test_a_role_that_may_not_and_another_store_are_refused_on_the_record(club: Club, desk: Desk) -> None:
    with club.context.db.write() as tx:
        tx.execute(update(staff).where(staff.c.number == LI).values(roles=["auditor"]))
    assert (code_of(refused := desk.enter()), facts_of(refused)["needs"]) == ("not_allowed", "cards.change")
    with club.context.db.write() as tx:
        tx.execute(update(staff).where(staff.c.number == LI).values(roles=["service"], stores=[WEST]))
    assert (code_of(refused := desk.enter()), facts_of(refused)["needs"]) == ("not_allowed", "east")
    assert [facts["needs"] for _, act, facts in acts(club, "kiosk.staff-refused")] == ["cards.change", "east"]


def test_who_left_or_lost_the_card_gets_in_no_more_and_is_out_at_once(club: Club, desk: Desk) -> None:
    desk.entered()
    with club.context.db.write() as tx:
        staff_cards.block(tx, staff_uid(LI), by="system", now=club.clock.now())
    assert code_of(desk.ask("members", wire.FindMembers(query=WANG_PHONE))) == "session_ended"
    assert code_of(desk.enter()) == "card_blocked"


def test_a_session_is_this_kiosks_alone_ends_when_told_and_by_itself(club: Club, desk: Desk) -> None:
    desk.entered()
    other = Desk(club, club.device("kiosk-2"), session=desk.session)
    query = wire.FindMembers(query=WANG_PHONE)
    assert code_of(other.ask("members", query)) == "session_ended"
    assert desk.ask("members", query).status_code == 200
    club.clock.forward(60 * club.context.settings.sessions.card_minutes + 1)
    assert code_of(desk.ask("members", query)) == "session_ended"
    desk.entered()
    for _ in range(2):
        assert desk.device.send("DELETE", f"/v1/staff-sessions/{desk.session}").status_code == 204
    assert code_of(desk.ask("members", query)) == "session_ended"
    assert [act for _, act, _ in acts(club, "kiosk.staff-leave")] == ["kiosk.staff-leave"]


def test_the_pin_is_nowhere_in_the_log_of_acts(club: Club, desk: Desk) -> None:
    desk.entered()
    assert desk.pin not in str(acts(club, "%"))


# -- members ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", [WANG_PHONE, "138 0000 6621", "6621", "8800 0127 2719", WANG])
def test_a_member_is_found_by_what_staff_have_in_hand_and_shown_masked(club: Club, desk: Desk, query: str) -> None:
    found = desk.entered().find(query).members
    wang = next(one for one in found if one.member_id == WANG)
    assert (wang.surname.zh, wang.title.zh, wang.phone, wang.tier) == ("王", "先生", "138****6621", "gold")
    assert [(card.number, card.state) for card in wang.cards] == [("8800 **** 2719", "active")]
    assert not re.search("砚舟|13800006621", str(found))
    assert acts(club, "member.find")[0][2]["kiosk"] == "kiosk-1"


def test_nobody_is_found_by_what_nobody_has(desk: Desk) -> None:
    assert desk.entered().find("19999999999").members == ()


# -- issuing ----------------------------------------------------------------------------------------------------------


def test_a_blank_card_becomes_the_members_and_opens_their_page(club: Club, desk: Desk) -> None:
    card = a_blank(BLANK_UID)
    desk.entered()
    begun = read(desk.begin(), wire.Issue)
    assert (begun.batch, begun.left, begun.low, begun.state) == ("2026-05-B", 86, False, "open")
    done = read(desk.end(begun.issue_id, run := desk.write(card)), wire.Issue)
    assert (done.number, done.left, done.state) == ("8800 **** 7106", 85, "done")
    assert read(desk.end(begun.issue_id, run), wire.Issue) == done
    assert desk.device.open(evidence_of(card)).status_code == 200
    made = [(actor, act, facts.get("kiosk")) for actor, act, facts in acts(club, "card.issue")]
    assert made == [("staff:1032", "card.issue", "kiosk-1")]
    with club.context.db.read() as tx:
        assert [row.left for row in tx.rows(select(card_permits.c.left))] == [0]


@pytest.mark.parametrize("at", [3, 12, 25, 33])
def test_a_card_torn_away_is_written_to_the_end_when_it_lies_there_again(club: Club, desk: Desk, at: int) -> None:
    card = a_blank(BLANK_UID)
    begun = read(desk.entered().begin(), wire.Issue)
    with torn():
        desk.write(card, at)
    assert read(desk.begin(issue=begun.issue_id), wire.Issue).left == 86
    assert read(desk.end(begun.issue_id, desk.write(card)), wire.Issue).state == "done"
    assert desk.device.open(evidence_of(card)).status_code == 200


def test_a_torn_run_activates_nothing(desk: Desk) -> None:
    begun = read(desk.entered().begin(), wire.Issue)
    run = new_id()
    card = a_blank(BLANK_UID)
    card.power_on()
    with torn():
        relay.run(ServerAuthority(desk.wire), Wish(run, Purpose.ISSUE, card.uid), Field(card, 20, False).transmit)
    assert code_of(refused := desk.end(begun.issue_id, run)) == "card_not_fit"
    assert facts_of(refused)["state"] == "open"
    assert code_of(desk.end(begun.issue_id, "another-run")) == "not_found"


def test_a_card_that_is_not_what_was_written_is_destroyed_and_counted(club: Club, desk: Desk) -> None:
    desk.entered()
    begun = read(desk.begin(), wire.Issue)
    card = a_blank(BLANK_UID)
    card.power_on()
    run = new_id()

    def forgetful(command: bytes) -> bytes:
        """A chip that loses what is written to its file."""
        answer = card.transmit(command) or b""
        if desk.wire.steps and desk.wire.steps[-1].what.startswith("read as at a tap") and len(answer) > 10:
            return bytes(len(answer) - 2) + answer[-2:]
        return answer

    with pytest.raises((AuthorityRefused, errors.ProtocolError)):
        relay.run(ServerAuthority(desk.wire), Wish(run, Purpose.ISSUE, card.uid), forgetful)
    ended = read(desk.end(begun.issue_id, run), wire.Issue)
    assert (ended.state, ended.left) == ("spoiled", 85)
    with club.context.db.read() as tx:
        kept = cards.card(tx, BLANK_UID)
        assert (kept.state, kept.reason, kept.member) == ("blocked", "spoiled", None)
    assert code_of(desk.begin()) == "card_not_fit"
    assert [facts["batch"] for _, _, facts in acts(club, "card.spoil")] == ["2026-05-B"]


def test_a_card_that_is_issued_says_so_when_the_answer_was_lost(desk: Desk) -> None:
    desk.entered()
    issued = desk.issued(a_blank(BLANK_UID))
    assert issued.state == "done"
    again = read(desk.begin(issue=issued.issue_id), wire.Issue)
    assert (again.state, again.card_id) == ("done", issued.card_id)
    assert code_of(desk.begin(issue=issued.issue_id, member="m0002")) == "idempotency_conflict"


def test_only_a_card_in_stock_is_issued(desk: Desk) -> None:
    desk.entered()
    for uid, state in ((WANG_UID, "active"), ("04C0FFEE112233", "unknown")):
        assert (code_of(refused := desk.begin(uid)), facts_of(refused)["state"]) == ("card_not_fit", state)


def test_without_staff_mode_the_kiosk_writes_no_card(club: Club, desk: Desk) -> None:
    card = a_blank(BLANK_UID)
    with pytest.raises(AuthorityRefused):
        desk.write(card)
    desk.entered().begin()
    desk.device.send("DELETE", f"/v1/staff-sessions/{desk.session}")
    with pytest.raises(AuthorityRefused):
        desk.write(card)


def test_few_blank_cards_are_warned_of(club: Club, desk: Desk) -> None:
    with club.context.db.write() as tx:
        blanks = tx.rows(select(card_rows).where(card_rows.c.batch == "2026-05-B").order_by(card_rows.c.uid))
        for row in blanks[19:]:
            cards.set_state(tx, row.id, {"state": "blocked"})
    begun = read(desk.entered().begin(), wire.Issue)
    assert (begun.left, begun.low) == (19, True)


# -- PINs, replacing, blocking ----------------------------------------------------------------------------------------


def test_the_member_sets_a_pin_that_is_not_easy_to_guess(club: Club, desk: Desk) -> None:
    card = desk.entered().issued(a_blank(BLANK_UID)).card_id
    for pin, again, code in (
        ("111111", "", "pin_too_simple"),
        ("123456", "", "pin_too_simple"),
        ("900101", "", "pin_too_simple"),
        ("274936", "274937", "pins_differ"),
    ):
        assert code_of(desk.set_pin(card, pin, again)) == code
    assert read(desk.set_pin(card, "274936"), wire.CardNow) == wire.CardNow(card_id=card, state="active")
    with club.context.db.read() as tx:
        assert club.context.passwords.matches(cards.pin(tx, card).hash, "274936")
    assert "274936" not in str(acts(club, "%"))


def test_a_new_pin_ends_what_was_opened_with_the_old_one(club: Club, desk: Desk) -> None:
    opened = desk.device.session(club.card())
    desk.entered()
    assert desk.set_pin(f"card-{WANG}", "274936").status_code == 200
    with club.context.db.read() as tx:
        (told,) = [one for one in inbox.messages_of(tx, WANG) if one.kind == "pin-set"]
    assert told.facts == {"card": f"card-{WANG}"}, "nobody sets a PIN behind a member's back"
    assert code_of(desk.device.get(f"/v1/card-sessions/{opened.session_id}")) == "session_ended"


def test_a_card_that_was_taken_back_shows_nobodys_page(club: Club, desk: Desk) -> None:
    opened = desk.device.session(club.card())
    with club.context.db.write() as tx:  # as when both happen at once: the card's return did not see the session
        tx.execute(update(card_rows).where(card_rows.c.id == f"card-{WANG}").values(member="m0002"))
    assert code_of(desk.device.get(f"/v1/card-sessions/{opened.session_id}")) == "session_ended"


def test_a_new_card_takes_the_place_of_the_old_one_and_of_nothing_when_it_is_torn(club: Club, desk: Desk) -> None:
    old = f"card-{WANG}"
    new = a_blank(BLANK_UID)
    begun = read(desk.entered().begin(replaces=old), wire.Issue)
    with torn():
        desk.write(new, 20)
    assert desk.device.open(club.card().tap()).status_code == 200
    assert read(desk.begin(issue=begun.issue_id, replaces=old), wire.Issue).state == "open"
    assert read(desk.end(begun.issue_id, desk.write(new)), wire.Issue).state == "done"
    assert code_of(desk.device.open(Card(WANG_UID, club.card().meta_key, club.card().file_key, 5).tap())) == (
        "card_blocked"
    )
    assert desk.device.open(evidence_of(new)).status_code == 200


def test_the_old_card_itself_is_no_blank_one(desk: Desk) -> None:
    refused = desk.entered().begin(WANG_UID, replaces=f"card-{WANG}")
    assert (code_of(refused), facts_of(refused)["state"]) == ("card_not_fit", "old")


def test_a_kiosk_is_told_what_kind_of_card_the_stock_says(club: Club, desk: Desk) -> None:
    with club.context.db.write() as tx:
        tx.execute(update(card_rows).where(card_rows.c.uid == OTHER_UID).values(family="desfire-ev2"))
    desk.entered()
    told = [read(desk.begin(uid), wire.Issue).family for uid in (BLANK_UID, OTHER_UID)]
    assert told == ["ntag424", "desfire-ev2"]


def test_somebody_elses_card_is_not_replaced(desk: Desk) -> None:
    assert code_of(desk.entered().begin(replaces="card-m0003")) == "card_not_fit"


def test_a_lost_card_is_blocked_and_a_returned_one_is_stock_again(club: Club, desk: Desk) -> None:
    card = f"card-{WANG}"
    desk.entered()
    for _ in range(2):
        body = wire.ActOnCard(card_id=card, act="block", identity="id-card")
        assert read(desk.ask("cards", body), wire.CardNow).state == "blocked"
    assert code_of(desk.device.open(club.card().tap())) == "card_blocked"
    body = wire.ActOnCard(card_id=card, act="return", identity="id-card")
    assert read(desk.ask("cards", body), wire.CardNow).state == "stock"
    assert [(actor, act) for actor, act, _ in acts(club, "card.%")][-2:] == [
        ("staff:1032", "card.block"),
        ("staff:1032", "card.return"),
    ]


def test_each_act_on_a_card_says_by_which_staff_card_and_how_the_member_was_seen(club: Club, desk: Desk) -> None:
    desk.entered()
    issued = desk.issued(a_blank(BLANK_UID), replaces=f"card-{WANG}")
    other = desk.issued(a_blank(OTHER_UID))
    assert desk.set_pin(issued.card_id, "274936").status_code == 200
    for card, act in ((issued.card_id, "block"), (other.card_id, "return")):
        body = {"card_id": card, "act": act, "identity": "driving-licence"}
        assert desk.ask("cards", body).status_code == 200
    made = {act: (actor, facts) for actor, act, facts in acts(club, "card.%") + acts(club, "pin.set")}
    for act in ("card.issue", "card.replace", "card.block", "card.return", "pin.set"):
        actor, facts = made[act]
        assert (actor, facts["kiosk"], facts["staff_card"]) == (f"staff:{LI}", "kiosk-1", staff_card(club)), act
        seen = "driving-licence" if act in ("card.block", "card.return") else "id-card"
        assert facts["identity"] == seen, act


# -- cards of the staff -----------------------------------------------------------------------------------------------


def test_a_staff_card_is_nobodys_elses(club: Club) -> None:
    now = club.clock.now()
    with club.context.db.write() as tx:
        for uid in (WANG_UID, staff_uid(LI), BLANK_UID):
            with pytest.raises(refusals.CardNotFit):
                staff_cards.give(tx, LI, uid, assurance="cryptogram", by="system", now=now, new_id=new_id)
        with pytest.raises(refusals.NotFound):
            staff_cards.give(tx, "4711", "04AABBCCDDEEFF", assurance="uid", by="system", now=now, new_id=new_id)
        made = staff_cards.give(tx, LI, "04AABBCCDDEEFF", assurance="uid", by="system", now=now, new_id=new_id)
        assert at_kiosk.card(tx, "04AABBCCDDEEFF").id == made


def test_an_operator_takes_cards_in_and_gives_staff_theirs(club: Club, desk: Desk) -> None:
    context, fresh = club.context, "04AABBCCDDEEFF"
    taken = cli.take_in(context, "04 aa bb cc dd ee 11", "8800  9999 0001", "classic", "2026-06")
    with context.db.read() as tx:
        assert (cards.card(tx, "04AABBCCDDEE11").id, cards.blank_of(tx, "2026-06")) == (taken, 1)
    cli.give_staff_card(context, LI, fresh)
    with pytest.raises(refusals.PinTooSimple):
        cli.set_staff_pin(context, LI, lambda: ("123456", "123456"))
    cli.set_staff_pin(context, LI, lambda: ("274936", "274936"))
    card = Card(fresh, club.card().meta_key, card_keys.file_key(context.keyring, fresh))
    assert desk.enter("274936", card.tap()).status_code == 200
    cli.block_staff_card(context, fresh)
    assert code_of(desk.enter("274936", card.tap())) == "card_blocked"
    with pytest.raises(refusals.Malformed):
        cli.take_in(context, "04AA", "8800 9999 0002", "classic", "2026-06")

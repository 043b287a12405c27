"""Member codes: shown to a scanner they open what a copyable card opens, and are good until they are replaced (N4, N8, ADR 18)."""

import httpx
import pytest
from sqlalchemy import select, update

from central_api.cards import codes
from central_api.cards.tables import card_sessions, cards, member_codes, pins
from central_api.lifecycle import erasure
from central_api.members.tables import members
from central_api.staff.tables import audit
from club.model import errors
from club.wire.cards import CardSession, OpenCodeSession
from club.wire.rewards import Redeemed
from tests.support.central import WANG, Club, Device, a_redeem, code_of, facts_of, new_id, read

LI = "m0002"
BY = "staff:1001"


def issued(club: Club, member: str = WANG) -> str:
    with club.context.db.write() as tx:
        return codes.issue(tx, member, by=BY, now=club.clock.now())


def show(device: Device, code: str, session_id: str = "") -> httpx.Response:
    return device.post("/v1/code-sessions", OpenCodeSession(session_id=session_id or new_id(), code=code))


def test_a_shown_code_opens_the_home_page_and_the_pin_what_is_behind_it(club: Club) -> None:
    device = club.device()
    found = read(show(device, issued(club)), CardSession)
    assert (found.assurance, found.member.surname.zh, found.member.points) == ("code", "王", 6280)
    assert [voucher.code for voucher in found.member.vouchers if voucher.code] == []
    history = f"/v1/card-sessions/{found.session_id}/history"
    assert code_of(device.get(history)) == "step_up_required"
    wish = a_redeem(found)
    assert code_of(device.redeem(wish)) == "step_up_required"
    assert read(device.redeem(club.granted(device, wish)), Redeemed).points == 5080
    assert device.get(history).status_code == 200


def test_it_spends_no_more_in_a_day_than_a_card_that_can_be_copied(club: Club) -> None:
    device, pin = club.device(), club.demo.pins[LI]
    session = read(show(device, issued(club, LI)), CardSession)
    read(device.redeem(club.granted(device, a_redeem(session, "full-service-voucher", 2900), pin)), Redeemed)
    answer = device.redeem(club.granted(device, a_redeem(session, "quick-wash", 300), pin))
    assert (code_of(answer), facts_of(answer)) == ("daily_cap_reached", {"cap": 2999, "spent": 2900})


def test_tries_at_the_pin_are_those_of_the_card(club: Club) -> None:
    device = club.device()
    by_code = a_redeem(read(show(device, issued(club)), CardSession))
    by_card = a_redeem(device.session(club.card()))
    wrong = "111111" if club.demo.pins[WANG] != "111111" else "222222"
    for wish in (by_code, by_card, by_code, by_card):
        assert code_of(device.step_up(wish, wrong)) == "pin_wrong"
        club.clock.forward(1)
    assert code_of(device.step_up(by_code, wrong)) == "pin_locked"
    assert code_of(device.step_up(by_card, club.demo.pins[WANG])) == "pin_locked"


def test_the_same_session_id_with_the_same_code_is_the_same_session(club: Club) -> None:
    device, code, session_id = club.device(), issued(club), new_id()
    first = read(show(device, code, session_id), CardSession)
    club.clock.forward(2)
    assert read(show(device, code, session_id), CardSession).opened_at == first.opened_at
    assert code_of(show(device, issued(club, LI), session_id)) == "idempotency_conflict"
    assert code_of(show(club.device("kiosk-2"), code, session_id)) == "idempotency_conflict"
    assert device.send("DELETE", f"/v1/card-sessions/{session_id}").status_code == 204
    assert code_of(show(device, code, session_id)) == "session_ended"


def test_a_new_code_ends_the_old_one_and_a_withdrawn_one_opens_nothing(club: Club) -> None:
    device, old = club.device(), issued(club)
    new = issued(club)
    assert old != new
    assert code_of(show(device, old)) == "card_unknown"
    assert show(device, new).status_code == 200
    with club.context.db.write() as tx:
        assert codes.withdraw(tx, WANG, by=BY, now=club.clock.now())
        assert not codes.withdraw(tx, WANG, by=BY, now=club.clock.now())
    assert code_of(show(device, new)) == "card_unknown"
    with club.context.db.read() as tx:
        acts = tx.rows(select(audit.c.act, audit.c.actor).where(audit.c.subject == f"member:{WANG}"))
    assert [row.act for row in acts if row.act.startswith("code.")] == ["code.issue", "code.issue", "code.withdraw"]
    assert {row.actor for row in acts} == {BY}


def test_the_code_itself_is_nowhere_in_the_database(club: Club) -> None:
    code, device = issued(club), club.device()
    read(show(device, code), CardSession)
    with club.context.db.read() as tx:
        kept = repr([tuple(row) for table in (member_codes, card_sessions, audit) for row in tx.rows(select(table))])
    assert code not in kept.upper()


@pytest.mark.parametrize("code", ["0" * 32, "F" * 32])
def test_a_code_nobody_has_opens_nothing(club: Club, code: str) -> None:
    issued(club)
    assert code_of(show(club.device(), code)) == "card_unknown"


@pytest.mark.parametrize("code", ["", "0" * 31, "0" * 33, "g" * 32, "0" * 31 + "\n", "0" * 31 + "a"])
def test_what_is_no_code_is_refused_before_it_is_looked_for(club: Club, code: str) -> None:
    assert code_of(show(club.device(), code)) == "malformed"


def test_only_kiosks_may_ask(club: Club) -> None:
    assert show(club.device("tv-1"), issued(club)).status_code in (401, 403)


def test_a_blocked_card_ends_what_the_code_opened_and_opens_nothing_more(club: Club) -> None:
    device, code = club.device(), issued(club)
    session = read(show(device, code), CardSession)
    with club.context.db.write() as tx:
        blocked = {"state": "blocked", "reason": "lost", "blocked_since": club.clock.now().date()}
        tx.execute(update(cards).where(cards.c.member == WANG).values(**blocked))
    assert code_of(device.get(f"/v1/card-sessions/{session.session_id}")) == "card_blocked"
    assert code_of(show(device, code)) == "card_blocked"


@pytest.mark.parametrize("status", ["pending", "closed"])
def test_a_membership_that_is_not_in_force_opens_nothing(club: Club, status: str) -> None:
    code = issued(club)
    with club.context.db.write() as tx:
        tx.execute(update(members).where(members.c.id == WANG).values(status=status))
    answer = show(club.device(), code)
    assert (code_of(answer), facts_of(answer)) == ("card_not_active", {"reason": "membership"})


def test_without_a_pin_it_shows_the_home_page_alone(club: Club) -> None:
    with club.context.db.write() as tx:
        tx.execute(pins.delete().where(pins.c.card == "card-m0001"))
    device = club.device()
    session = read(show(device, issued(club)), CardSession)
    assert not session.member.pin_set
    assert code_of(device.step_up(a_redeem(session), "314159")) == "pin_not_set"


def test_a_merged_members_code_is_its_new_members(club: Club) -> None:
    code = issued(club, LI)
    with club.context.db.write() as tx:
        tx.execute(update(members).where(members.c.id == LI).values(status="closed", merged_into=WANG))
    assert read(show(club.device(), code), CardSession).member.member_id == WANG
    with club.context.db.write() as tx, pytest.raises(errors.NotFound):
        codes.issue(tx, LI, by=BY, now=club.clock.now())


def test_the_code_of_who_was_merged_ends_with_the_one_it_leads_to(club: Club) -> None:
    for ended_by in (codes.withdraw, codes.issue):
        with club.context.db.write() as tx:
            tx.execute(update(members).where(members.c.id == LI).values(status="active", merged_into=None))
        theirs, mine = issued(club, LI), issued(club)
        with club.context.db.write() as tx:
            tx.execute(update(members).where(members.c.id == LI).values(status="closed", merged_into=WANG))
            assert ended_by(tx, WANG, by=BY, now=club.clock.now())
        for code in (theirs, mine):
            assert code_of(show(club.device(), code)) == "card_unknown"


def test_who_is_erased_has_no_code(club: Club) -> None:
    code = issued(club)
    with club.context.db.write() as tx:
        erasure.erase(tx, WANG)
    assert code_of(show(club.device(), code)) == "card_unknown"
    with club.context.db.write() as tx, pytest.raises(errors.NotFound):
        codes.issue(tx, "nobody", by=BY, now=club.clock.now())

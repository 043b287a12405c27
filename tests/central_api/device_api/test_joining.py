"""Joining at a kiosk over HTTP: texts, registration, code, and a member's own phone behind the PIN (K10, K11, X2)."""

import logging
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from central_api import background
from central_api.cards import sessions
from central_api.cards.sessions import Session
from central_api.db import Tx
from central_api.devices.enrolled import Device as Enrolled
from central_api.lifecycle import card_desk, leaving
from central_api.lifecycle.tables import registrations
from central_api.members import search
from central_api.members.tables import members
from central_api.programme import service as programmes
from central_api.programme.joining import JoiningOffer, JoiningRules
from central_api.rewards.tables import rewards, vouchers
from club.wire.cards import Grant, StepUp
from club.wire.members import (
    Activate,
    Activated,
    Agreed,
    ChangePhone,
    ConsentTexts,
    PhoneChanged,
    Register,
    Registered,
    phone_digest,
)
from tests.support.central import WANG, Club, Device, code_of, facts_of, new_id, read

PHONE = "133 0000 9911"


@pytest.fixture
def told(club: Club) -> list[str]:
    """The codes that were passed on; the club has somebody who sends them."""
    found: list[str] = []
    object.__setattr__(club.context, "tell_code", lambda *said: found.append(said[-1]))
    return found


def ask(kiosk: Device, **changes: object) -> Register:
    """A registration that agrees to what is required."""
    texts = read(kiosk.get("/v1/consent-texts"), ConsentTexts).texts
    values: dict[str, object] = {
        "registration_id": new_id(),
        "surname": "司空",
        "given": "见惯",
        "title": "ms",
        "phone": PHONE,
        "language": "zh-CN",
        "source": "vehicle",
        "agreed": tuple(Agreed(document=one.document, version=one.version) for one in texts if one.required),
        "plate": "沪A·D0I2O8",
        **changes,
    }
    return Register(**values)  # type: ignore[arg-type]


def found(club: Club, query: str) -> list[tuple[str, str]]:
    """Who is found by it, and their status."""
    with club.context.db.read() as tx:
        return [(hit.name.zh, hit.status) for hit in search.find(tx, club.context.vault, query)]


def test_somebody_joins_at_the_kiosk(club: Club, told: list[str]) -> None:
    kiosk = club.device()
    wish = ask(kiosk)
    made = read(kiosk.post("/v1/members/registrations", wish), Registered)
    assert made.activate_by == club.clock.now() + timedelta(days=7)
    assert read(kiosk.post("/v1/members/registrations", wish), Registered) == made
    assert found(club, PHONE) == [("司空**", "pending")]
    assert len(told) == 1
    code = Activate(registration_id=made.registration_id, code=told[0])
    wrong = replace(code, code=f"{(int(told[0]) + 1) % 10**6:06d}")
    answer = kiosk.post("/v1/members/activations", wrong)
    assert (answer.status_code, code_of(answer), facts_of(answer)) == (403, "activation_code_wrong", {"tries_left": 4})
    done = read(kiosk.post("/v1/members/activations", code), Activated)
    assert read(kiosk.post("/v1/members/activations", code), Activated) == done
    assert found(club, PHONE) == [("司空**", "active")]
    assert found(club, "沪ad0120 8") == [("司空**", "active")]


def test_joining_at_the_kiosk_brings_what_the_months_rules_hold(club: Club, told: list[str]) -> None:
    now = club.clock.now()
    with club.context.db.write() as tx:
        reward = str(tx.scalar(select(rewards.c.slug).order_by(rewards.c.position)))
        offers = JoiningRules(offers=(JoiningOffer(month="2026-05", rewards=(reward,)),))
        rules = replace(programmes.counting(tx, now), joining=offers)
        programmes.add_version(tx, "may", programmes.current(tx, now), now, now, rules)
    kiosk = club.device()
    made = read(kiosk.post("/v1/members/registrations", ask(kiosk)), Registered)
    code = Activate(registration_id=made.registration_id, code=told[0])
    for _ in range(2):
        read(kiosk.post("/v1/members/activations", code), Activated)
    with club.context.db.read() as tx:
        member = tx.scalar(select(registrations.c.member).where(registrations.c.id == made.registration_id))
        rows = tx.rows(select(vouchers).where(vouchers.c.member == member))
    assert [(row.reward, row.valid_to.isoformat()) for row in rows] == [(reward, "2026-06-15")]


def test_what_is_refused_and_why(club: Club, told: list[str]) -> None:
    kiosk, tv = club.device("kiosk-1"), club.device("tv-1")
    wish = ask(kiosk)
    cases = [
        (replace(wish, agreed=()), 409, "consent_missing"),
        (replace(wish, agreed=(*wish.agreed, Agreed(document="sms", version="old"))), 409, "edit_conflict"),
        (replace(wish, phone="12345"), 400, "malformed"),
        (replace(wish, plate="沪"), 400, "malformed"),
    ]
    for sent, status, code in cases:
        answer = kiosk.post("/v1/members/registrations", sent)
        assert (answer.status_code, code_of(answer)) == (status, code)
        assert sent.phone not in answer.text
    read(kiosk.post("/v1/members/registrations", wish), Registered)
    assert code_of(kiosk.post("/v1/members/registrations", replace(wish, given="另"))) == "idempotency_conflict"
    for target, body in (("registrations", wish), ("activations", Activate(registration_id=new_id(), code="123456"))):
        assert code_of(tv.post(f"/v1/members/{target}", body)) == "not_allowed"
    assert code_of(tv.get("/v1/consent-texts")) == "not_allowed"
    unknown = Activate(registration_id=new_id(), code="123456")
    assert facts_of(kiosk.post("/v1/members/activations", unknown)) == {"tries_left": 0}


def test_who_tries_numbers_at_a_kiosk_learns_of_none_whose_it_is(club: Club, told: list[str]) -> None:
    kiosk = club.device()
    codes = []
    for phone in ("138 0000 6621", "139 0000 0001"):  # a member's, and nobody's
        wish = ask(kiosk, phone=phone)
        made = read(kiosk.post("/v1/members/registrations", wish), Registered)
        assert made == Registered(
            registration_id=wish.registration_id, activate_by=club.clock.now() + timedelta(days=7)
        )
        code = Activate(registration_id=made.registration_id, code=told[-1])
        wrong = replace(code, code=f"{(int(code.code) + 1) % 10**6:06d}")
        answers = [kiosk.post("/v1/members/activations", wrong) for _ in range(2)]
        assert [facts_of(answer) for answer in answers] == [{"tries_left": 4}, {"tries_left": 3}]
        codes.append(code)
    theirs = kiosk.post("/v1/members/activations", codes[0])
    assert (theirs.status_code, code_of(theirs)) == (409, "already_member"), "whoever has the phone is sent to staff"
    done = read(kiosk.post("/v1/members/activations", codes[1]), Activated)
    assert done.registration_id == codes[1].registration_id


def test_nothing_of_an_applicant_gets_into_the_log(
    club: Club, told: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    kiosk = club.device()
    wish = ask(kiosk)
    for sent in (wish, replace(wish, given="另"), replace(wish, plate="沪X"), replace(wish, agreed=())):
        kiosk.post("/v1/members/registrations", sent)
    kiosk.send("POST", "/v1/members/registrations", b'{"phone": "13300009911", "surname": "\xe5\x8f\xb8')
    kiosk.post("/v1/members/activations", Activate(registration_id=wish.registration_id, code="123456"))
    assert "refused" in caplog.text, "facts are told"
    for part in ("司空", "见惯", "9911", "D0I2O8", told[0], "123456"):
        assert part not in caplog.text


def test_what_is_overdue_is_tended_by_itself(club: Club, told: list[str]) -> None:
    kiosk = club.device()
    read(kiosk.post("/v1/members/registrations", ask(kiosk)), Registered)
    desk = card_desk.Desk(club.context.vault, club.context.keyring, "staff:1001", club.clock.now())
    blank = card_desk.Blank("04112233445566", "ntag424", "8800 9999 0001", "gold", "cryptogram", "2026-05-T")
    with club.context.db.write() as tx:
        card_desk.take_in(tx, desk, blank, new_id=lambda: "card-new")
        card_desk.issue(tx, desk, "card-new", WANG, "hash", good_until=club.clock.now().date())
    lent = club.card("04112233445566")
    assert kiosk.open(lent.tap()).status_code == 200
    background.tend_members(club.context)
    assert found(club, PHONE) == [("司空**", "pending")]
    club.clock.forward(7 * 24 * 3600)
    assert code_of(kiosk.open(lent.tap())) == "card_not_active", "also before anybody tends it"
    background.tend_members(club.context)
    background.tend_members(club.context)
    assert found(club, PHONE) == []
    assert code_of(kiosk.open(lent.tap())) == "card_blocked"
    with club.context.db.read() as tx:
        waiting = tx.rows(select(registrations).where(registrations.c.state == "pending"))
        assert [row.member for row in waiting] == []
        assert tx.scalar(select(members.c.status).where(members.c.id == "m0013")) == "closed"


def phone_changed(club: Club, kiosk: Device) -> ChangePhone:
    """A member's command with the grant of their PIN, not sent yet."""
    session = kiosk.session(club.card())
    command = ChangePhone(command_id=new_id(), session_id=session.session_id, phone=PHONE, salt="s" * 24)
    assert code_of(kiosk.post("/v1/members/self/phone", command)) == "step_up_required"
    step = StepUp(
        command_id=command.command_id,
        session_id=session.session_id,
        body_sha256=phone_digest(command),
        pin=club.demo.pins[WANG],
    )
    return replace(command, grant=read(kiosk.post("/v1/step-ups", step), Grant).grant)


def test_a_member_changes_their_phone_behind_the_pin(club: Club) -> None:
    kiosk = club.device()
    granted = phone_changed(club, kiosk)
    assert code_of(kiosk.post("/v1/members/self/phone", replace(granted, phone="13300009912"))) == "grant_wrong"
    for _ in range(2):
        assert read(kiosk.post("/v1/members/self/phone", granted), PhoneChanged).phone == "133****9911"
    assert found(club, PHONE) == [("王**", "active")]
    assert found(club, "13800006621") == []


def test_who_leaves_while_their_phone_is_being_changed_has_none(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    kiosk, context = club.device(), club.context
    granted, now, get = phone_changed(club, kiosk), club.clock.now(), sessions.get

    def leave(tx: Tx) -> None:
        leaving.leave(tx, context.keyring, WANG, gives_up=True, by="staff:1001", now=now, new_id=new_id)

    def got(tx: Tx, session_id: str, device: Enrolled) -> Session:
        session = get(tx, session_id, device)
        if tx.dialect == "sqlite":  # its one writer is this one
            leave(tx)
        else:
            context.db.run(leave)
        return session

    with monkeypatch.context() as patch:
        patch.setattr(sessions, "get", got)
        assert code_of(kiosk.post("/v1/members/self/phone", granted)) == "session_ended"
    if context.db.is_sqlite:
        context.db.run(leave)
    assert code_of(kiosk.post("/v1/members/self/phone", granted)) == "session_ended"
    assert found(club, PHONE) == found(club, "13800006621") == []


def test_a_phone_is_changed_with_the_members_row_in_hand(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    kiosk, context, find = club.device(), club.context, sessions.find
    granted, taken = phone_changed(club, kiosk), []

    def looked_for(tx: Tx, session_id: str, device: Enrolled, now: datetime, minutes: int) -> Session:
        if tx.dialect == "postgresql":
            with context.db.write() as other:
                query = (
                    select(members.c.id).where(members.c.id == WANG).with_for_update(skip_locked=True, key_share=True)
                )
                taken.append(other.rows(query) == [])
        return find(tx, session_id, device, now, minutes)

    with monkeypatch.context() as patch:
        patch.setattr(sessions, "find", looked_for)
        assert read(kiosk.post("/v1/members/self/phone", granted), PhoneChanged).phone == "133****9911"
    assert taken == ([] if context.db.is_sqlite else [True])

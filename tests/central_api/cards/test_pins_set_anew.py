"""A PIN that staff set opens nothing by phone or code until it was given together with its card: who set it knows it as well (ADR 17)."""

import httpx
import pytest
from msgspec.structs import replace
from sqlalchemy import select

from central_api.cards import codes
from central_api.cards.tables import card_sessions, phone_tries, pins
from central_api.lifecycle import card_desk
from club.wire.cards import CardSession, Grant, OpenCodeSession, OpenPhoneSession
from club.wire.rewards import Redeemed
from tests.support.central import WANG, Club, Device, a_redeem, code_of, facts_of, new_id, read

CARD, PHONE = f"card-{WANG}", "13800006621"
NEW = "274936"


def set_by_staff(club: Club, pin: str = NEW) -> None:
    encoded = club.context.passwords.hash(pin)
    with club.context.db.write() as tx:
        desk = card_desk.Desk(club.context.vault, club.context.keyring, "staff:1001", club.clock.now())
        card_desk.set_pin(tx, desk, CARD, encoded, "id-card")


def by_phone(device: Device, pin: str) -> httpx.Response:
    return device.post("/v1/phone-sessions", OpenPhoneSession(session_id=new_id(), phone=PHONE, pin=pin))


def said(answer: httpx.Response) -> tuple[int, str, dict[str, int | str]]:
    return answer.status_code, code_of(answer), dict(facts_of(answer))


def counts(club: Club) -> tuple[int, list[int]]:
    """Tries that count: at the PIN, and at numbers and devices."""
    with club.context.db.read() as tx:
        at_pin = int(tx.scalar(select(pins.c.fails).where(pins.c.card == CARD)))
        return at_pin, sorted(row.wrong for row in tx.rows(select(phone_tries.c.wrong)))


def test_who_set_a_pin_is_told_by_phone_what_a_wrong_one_is_told_and_no_more(club: Club) -> None:
    set_by_staff(club)
    right_device, wrong_device = club.device(), club.device("kiosk-2")
    found = []
    for device, pin in ((right_device, NEW), (wrong_device, "903715")):
        set_by_staff(club)
        with club.context.db.write() as tx:
            tx.execute(phone_tries.delete())
        answers = []
        for _ in range(6):
            answers.append(said(by_phone(device, pin)))
            club.clock.forward(1)
        found.append((answers, counts(club)))
    assert found[0] == found[1]
    assert [code for _, code, _ in found[0][0]] == ["phone_or_pin_wrong"] * 4 + ["pin_locked"] * 2


def test_given_with_the_card_once_it_opens_a_session_by_phone(club: Club) -> None:
    device = club.device()
    set_by_staff(club)
    session = device.session(club.card())
    assert code_of(device.step_up(a_redeem(session), "903715")) == "pin_wrong"
    assert code_of(by_phone(device, NEW)) == "phone_or_pin_wrong"
    club.clock.forward(1)
    read(device.step_up(a_redeem(session), NEW), Grant)
    assert read(by_phone(device, NEW), CardSession).assurance == "phone"


def by_code(club: Club, device: Device) -> CardSession:
    """A session by a code that staff have just made."""
    with club.context.db.write() as tx:
        code = codes.issue(tx, WANG, by="staff:1001", now=club.clock.now())
    return read(device.post("/v1/code-sessions", OpenCodeSession(session_id=new_id(), code=code)), CardSession)


def test_with_a_member_code_it_spends_nothing_until_it_was_given_with_the_card(club: Club) -> None:
    """Staff make codes as they set PINs: a code is no card (ADR 18)."""
    device = club.device()
    set_by_staff(club)
    session = by_code(club, device)
    wish = a_redeem(session, "quick-wash", 300)
    history = f"/v1/card-sessions/{session.session_id}/history"
    assert said(device.step_up(wish, NEW)) == (403, "pin_unused", {})
    assert code_of(device.redeem(wish)) == "step_up_required"
    assert code_of(device.get(history)) == "step_up_required"
    assert code_of(by_phone(device, NEW)) == "phone_or_pin_wrong"
    club.clock.forward(1)
    read(device.step_up(a_redeem(device.session(club.card())), NEW), Grant)
    assert read(device.redeem(club.granted(device, wish, NEW)), Redeemed).points == 5980
    assert device.get(history).status_code == 200
    assert by_phone(device, NEW).status_code == 200


def test_by_a_code_a_right_pin_that_was_never_used_is_not_told_from_a_wrong_one(club: Club) -> None:
    device = club.device()
    set_by_staff(club)
    wish = a_redeem(by_code(club, device))
    for pin in (NEW, "903715") * 4:
        assert said(device.step_up(wish, pin)) == (403, "pin_unused", {})
        club.clock.forward(1)
    assert counts(club) == (0, []), "nothing was looked at, so nothing locks the card's own way"
    read(device.step_up(a_redeem(device.session(club.card())), NEW), Grant)


def test_a_grant_of_a_cards_session_lets_no_command_of_a_code_through(club: Club) -> None:
    device = club.device()
    set_by_staff(club)
    wish = a_redeem(by_code(club, device))
    granted = club.granted(device, a_redeem(device.session(club.card())), NEW)
    assert code_of(device.redeem(replace(wish, grant=granted.grant))) == "grant_wrong"


def test_a_pin_set_anew_ends_what_a_code_had_opened(club: Club) -> None:
    device = club.device()
    session = by_code(club, device)
    read(device.step_up(a_redeem(session), club.demo.pins[WANG]), Grant)
    set_by_staff(club)
    assert code_of(device.step_up(a_redeem(session), NEW)) == "session_ended"
    assert code_of(device.step_up(a_redeem(by_code(club, device)), NEW)) == "pin_unused"
    assert code_of(device.step_up(a_redeem(by_code(club, device)), club.demo.pins[WANG])) == "pin_unused"


def test_it_is_the_very_pin_that_was_given_not_one_set_later(club: Club) -> None:
    device = club.device()
    assert by_phone(device, club.demo.pins[WANG]).status_code == 200
    set_by_staff(club)
    assert code_of(by_phone(device, NEW)) == "phone_or_pin_wrong"
    assert code_of(by_phone(device, club.demo.pins[WANG])) == "phone_or_pin_wrong"


def test_a_pin_set_while_the_old_one_is_looked_at_is_not_taken_for_it(
    club: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = club.device()
    session = device.session(club.card())
    looked = type(club.context.passwords).matches

    def meanwhile(self: object, encoded: str, pin: str) -> bool:
        found: bool = looked(self, encoded, pin)  # type: ignore[arg-type]
        set_by_staff(club)
        return found

    monkeypatch.setattr(type(club.context.passwords), "matches", meanwhile)
    assert code_of(device.step_up(a_redeem(session), club.demo.pins[WANG])) == "session_ended"
    set_at_rest(club)
    assert code_of(by_phone(device, club.demo.pins[WANG])) == "phone_or_pin_wrong"
    monkeypatch.undo()
    with club.context.db.read() as tx:
        assert tx.scalar(select(pins.c.used_at).where(pins.c.card == CARD)) is None
        assert not tx.rows(select(card_sessions).where(card_sessions.c.assurance == "phone"))


def set_at_rest(club: Club) -> None:
    """The member's own PIN again, used with the card."""
    encoded = club.context.passwords.hash(club.demo.pins[WANG])
    with club.context.db.write() as tx:
        values = {"hash": encoded, "used_at": club.clock.now(), "fails": 0, "last_ask": ""}
        tx.execute(pins.update().where(pins.c.card == CARD).values(**values))


def test_a_pin_taken_away_while_it_is_looked_at_ends_the_visit(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    device = club.device()
    session = device.session(club.card())

    def meanwhile(_self: object, _encoded: str, _pin: str) -> bool:
        with club.context.db.write() as tx:
            tx.execute(pins.delete().where(pins.c.card == CARD))
        return False

    monkeypatch.setattr(type(club.context.passwords), "matches", meanwhile)
    assert code_of(device.step_up(a_redeem(session), "903715")) == "session_ended"
    set_again(club)
    assert code_of(by_phone(device, "903715")) == "phone_or_pin_wrong"


def set_again(club: Club) -> None:
    with club.context.db.write() as tx:
        now = club.clock.now()
        tx.execute(pins.insert().values(card=CARD, hash="none", fails=0, last_ask="", set_at=now, used_at=now))

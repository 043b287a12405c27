"""Signing in by phone and PIN: who does not know both learns nothing, and no more tries are had than by card (N8, ADR 17)."""

from datetime import date, timedelta
from types import SimpleNamespace

import httpx
import pytest
from sqlalchemy import select, update

from central_api.cards import phones
from central_api.cards.tables import card_sessions, cards, phone_tries, pins
from central_api.members.tables import members
from club.wire.cards import CardSession, OpenPhoneSession
from club.wire.rewards import Redeemed
from tests.support.central import WANG, Club, Device, a_redeem, code_of, facts_of, new_id, read

WANG_PHONE, NOBODYS_PHONE = "13800006621", "13900000001"
LI, LI_PHONE = "m0002", "13800000438"


def sign_in(device: Device, pin: str, phone: str = WANG_PHONE, session_id: str = "") -> httpx.Response:
    return device.post("/v1/phone-sessions", OpenPhoneSession(session_id=session_id or new_id(), phone=phone, pin=pin))


def pin(club: Club) -> str:
    return club.demo.pins[WANG]


def wrong(club: Club) -> str:
    return "111111" if pin(club) != "111111" else "222222"


def said(answer: httpx.Response) -> tuple[int, str, dict[str, int | str]]:
    return answer.status_code, code_of(answer), dict(facts_of(answer))


def block(club: Club, reason: str) -> None:
    with club.context.db.write() as tx:
        blocked = {"state": "blocked", "reason": reason, "blocked_since": club.clock.now().date()}
        tx.execute(update(cards).where(cards.c.member == WANG).values(**blocked))


def test_number_and_pin_open_the_page_with_all_behind_it_and_the_weak_assurance(club: Club) -> None:
    device = club.device()
    found = read(sign_in(device, pin(club)), CardSession)
    assert (found.assurance, found.member.surname.zh, found.member.points) == ("phone", "王", 6280)
    assert [voucher.state for voucher in found.member.vouchers].count("issued") == 3
    assert device.get(f"/v1/card-sessions/{found.session_id}/history").status_code == 200
    assert read(device.get(f"/v1/card-sessions/{found.session_id}"), CardSession).member.points == 6280


def test_the_same_session_id_again_is_the_same_session_and_nothing_typed_is_kept(club: Club) -> None:
    device, session_id = club.device(), new_id()
    first = read(sign_in(device, pin(club), session_id=session_id), CardSession)
    club.clock.forward(2)
    assert read(sign_in(device, pin(club), session_id=session_id), CardSession).opened_at == first.opened_at
    assert code_of(sign_in(club.device("kiosk-2"), pin(club), session_id=session_id)) == "session_ended"
    with club.context.db.read() as tx:
        row = tx.rows(select(card_sessions).where(card_sessions.c.id == session_id))[0]
        kept = repr([*row, *(tuple(one) for one in tx.rows(select(phone_tries)))])
    assert WANG_PHONE not in kept
    assert pin(club) not in kept


def test_redeeming_asks_the_pin_again(club: Club) -> None:
    device = club.device()
    session = read(sign_in(device, pin(club)), CardSession)
    wish = a_redeem(session)
    assert code_of(device.redeem(wish)) == "step_up_required"
    assert read(device.redeem(club.granted(device, wish)), Redeemed).points == 5080


def test_a_number_and_a_pin_spend_no_more_in_a_day_than_a_card_that_can_be_copied(club: Club) -> None:
    device, code = club.device(), club.demo.pins[LI]
    session = read(sign_in(device, code, LI_PHONE), CardSession)
    read(device.redeem(club.granted(device, a_redeem(session, "full-service-voucher", 2900), code)), Redeemed)
    answer = device.redeem(club.granted(device, a_redeem(session, "quick-wash", 300), code))
    assert (code_of(answer), facts_of(answer)) == ("daily_cap_reached", {"cap": 2999, "spent": 2900})


def test_a_number_nobody_has_is_refused_as_a_wrong_pin_is_up_to_the_lock(club: Club) -> None:
    device = club.device()
    for left in (4, 3, 2, 1):
        theirs, nobodys = sign_in(device, wrong(club)), sign_in(device, wrong(club), NOBODYS_PHONE)
        expected = 403, "phone_or_pin_wrong", {"tries_left": left, "lock_minutes": 15}
        assert said(theirs) == said(nobodys) == expected
        club.clock.forward(1)
    theirs, nobodys = sign_in(device, wrong(club)), sign_in(device, wrong(club), NOBODYS_PHONE)
    assert said(theirs) == said(nobodys) == (429, "pin_locked", {"minutes": 15})
    club.clock.forward(1)
    assert said(sign_in(device, pin(club))) == said(sign_in(device, pin(club), NOBODYS_PHONE))
    club.clock.forward(15 * 60)
    assert sign_in(device, pin(club)).status_code == 200
    assert code_of(sign_in(device, wrong(club), NOBODYS_PHONE)) == "phone_or_pin_wrong"


def test_tries_by_phone_and_by_card_come_to_one_lock(club: Club) -> None:
    device = club.device()
    by_card = a_redeem(device.session(club.card()))
    for _ in range(3):
        assert code_of(device.step_up(by_card, wrong(club))) == "pin_wrong"
        club.clock.forward(1)
    for _ in range(2):
        assert code_of(sign_in(device, wrong(club))) == "phone_or_pin_wrong"
        club.clock.forward(1)
    assert code_of(device.step_up(by_card, pin(club))) == "pin_locked"
    # The right PIN is not told apart either while it is locked, and that it is locked is not told.
    assert said(sign_in(device, pin(club)))[1:] == ("phone_or_pin_wrong", {"tries_left": 2, "lock_minutes": 15})


def test_a_right_pin_begins_the_count_anew(club: Club) -> None:
    device = club.device()
    for _ in range(2):
        for _ in range(4):
            assert code_of(sign_in(device, wrong(club))) == "phone_or_pin_wrong"
            club.clock.forward(1)
        assert sign_in(device, pin(club)).status_code == 200
        club.clock.forward(1)
    with club.context.db.read() as tx:
        assert tx.scalar(select(pins.c.fails).where(pins.c.card == "card-m0001")) == 0


def test_the_very_same_request_sent_twice_is_one_try(club: Club) -> None:
    device = club.device()
    wish = OpenPhoneSession(session_id=new_id(), phone=WANG_PHONE, pin=wrong(club))
    assert said(device.post("/v1/phone-sessions", wish)) == said(device.post("/v1/phone-sessions", wish))


def test_a_device_that_tries_number_after_number_waits(club: Club) -> None:
    device, most = club.device(), club.context.settings.sessions.phone_tries
    for place in range(most):
        assert code_of(sign_in(device, "314159", f"1390000{place:04d}")) == "phone_or_pin_wrong"
        club.clock.forward(1)
    answer = sign_in(device, pin(club))
    assert (answer.status_code, code_of(answer), int(facts_of(answer)["seconds"]) > 800) == (
        429,
        "too_many_guesses",
        True,
    )
    assert sign_in(club.device("kiosk-2"), pin(club)).status_code == 200
    club.clock.forward(15 * 60)
    assert sign_in(device, wrong(club)).status_code == 403
    with club.context.db.read() as tx:
        assert len(tx.rows(select(phone_tries))) == 3, "numbers nobody has are not kept"


def test_whose_card_is_lost_signs_in_and_sees_but_redeems_nothing(club: Club) -> None:
    device = club.device()
    block(club, "lost")
    session = read(sign_in(device, pin(club)), CardSession)
    assert session.member.points == 6280
    assert device.get(f"/v1/card-sessions/{session.session_id}").status_code == 200
    assert code_of(device.redeem(club.granted(device, a_redeem(session)))) == "card_blocked"
    assert code_of(device.open(club.card().tap())) == "card_blocked"


def test_a_card_blocked_for_another_reason_opens_nothing_and_says_so_to_its_holder_alone(club: Club) -> None:
    device = club.device()
    session = read(sign_in(device, pin(club)), CardSession)
    block(club, "misused")
    assert code_of(device.get(f"/v1/card-sessions/{session.session_id}")) == "card_blocked"
    assert code_of(sign_in(device, pin(club))) == "card_blocked"
    assert code_of(sign_in(device, wrong(club))) == "phone_or_pin_wrong"


@pytest.mark.parametrize("change", ["no pin", "closed"])
def test_without_a_pin_or_a_membership_it_is_as_if_nobody_had_the_number(club: Club, change: str) -> None:
    with club.context.db.write() as tx:
        if change == "no pin":
            tx.execute(pins.delete().where(pins.c.card == "card-m0001"))
        else:
            tx.execute(update(members).where(members.c.id == WANG).values(status="closed"))
    assert code_of(sign_in(club.device(), pin(club))) == "phone_or_pin_wrong"


def test_only_kiosks_may_ask(club: Club) -> None:
    answer = sign_in(club.device("tv-1"), pin(club))
    assert answer.status_code in (401, 403)


def test_the_card_that_stands_for_its_member() -> None:
    def card(card_id: str, **changes: object) -> SimpleNamespace:
        return SimpleNamespace(**{"id": card_id, "state": "active", "driver": None, "good_until": None, **changes})

    today = date(2026, 5, 16)
    lost, drivers = card("a", state="blocked"), card("b", driver=b"x")
    temporary, over = card("c", good_until=today), card("d", good_until=today - timedelta(days=1))
    own, other = card("e"), card("f")
    ranked = [own, other, temporary, drivers, lost, over]
    while ranked:
        assert phones.principal(sorted(ranked, key=lambda each: each.id), today) is ranked.pop(0)
    assert phones.principal([card("g", state="replaced"), card("h", state="stock")], today) is None

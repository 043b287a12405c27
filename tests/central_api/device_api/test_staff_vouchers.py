"""Vouchers in staff mode, through the signed routes: seen masked, handed over once, on both databases (A14, K12)."""

import httpx
import pytest
from sqlalchemy import select, update

from central_api.rewards.tables import rewards, vouchers
from club.model import voucher
from club.wire import codec
from club.wire import staff_mode as wire
from tests.central_api.device_api.test_staff_mode import LI, WANG_PHONE, Desk, acts, staff_card
from tests.support.central import WANG, Club, a_redeem, code_of, facts_of, new_id, read
from tests.support.partner import partner

TILL = "/v1/till/vouchers"


@pytest.fixture
def desk(club: Club) -> Desk:
    """Li in staff mode at the first kiosk."""
    return Desk(club, club.device()).entered()


@pytest.fixture
def codes(club: Club, desk: Desk) -> list[str]:
    """Two vouchers that 王先生 has just bought there."""
    bought = club.redeemed(desk.device, a_redeem(desk.device.session(club.card()), quantity=2))
    return [made.code for made in bought.vouchers]


@pytest.fixture
def code(codes: list[str]) -> str:
    """One of them."""
    return codes[0]


def seen(desk: Desk, code: str) -> wire.DeskVoucher:
    return read(desk.ask("vouchers", wire.SeeVoucher(code=code)), wire.DeskVoucher)


def fulfil(desk: Desk, code: str, act: str = "") -> httpx.Response:
    return desk.ask("vouchers/fulfil", wire.FulfilVoucher(act_id=act or new_id(), code=code))


def test_staff_see_what_it_is_and_whose_masked(club: Club, desk: Desk, code: str) -> None:
    shown = seen(desk, code)
    assert (shown.name.zh, shown.state, shown.category, shown.points) == ("基础保养券", "issued", "service", 1200)
    assert (shown.surname.zh, shown.title.zh, shown.tier, shown.card) == ("王", "先生", "gold", "8800 **** 2719")
    assert (shown.bought_at.zh, shown.valid_to.isoformat(), shown.here) == ("自助机 1", "2026-08-14", True)
    assert (shown.value_fen > 0, shown.closed_at, shown.closed_store.zh) == (True, None, "")
    answer = codec.encode(shown).decode()
    assert not any(private in answer for private in (WANG_PHONE, "砚舟", WANG))
    assert acts(club, "voucher.%") == [
        (f"staff:{LI}", "voucher.look", {"kiosk": "kiosk-1", "staff_card": staff_card(club)})
    ]


def test_it_is_handed_over_once_and_a_second_time_says_when_and_where(club: Club, desk: Desk, code: str) -> None:
    act = new_id()
    done = read(fulfil(desk, code, act), wire.DeskVoucher)
    assert (done.state, done.closed_at, done.closed_store.zh) == ("fulfilled", club.clock.now(), "城东店")
    assert read(fulfil(desk, code, act), wire.DeskVoucher) == done
    refused = fulfil(desk, code)
    assert code_of(refused) == "voucher_closed"
    assert facts_of(refused) == {"state": "fulfilled", "day": "2026-05-16"}
    again = seen(desk, code)
    assert (again.state, again.closed_at, again.closed_store.zh) == ("fulfilled", done.closed_at, "城东店")
    with club.context.db.read() as tx:
        row = tx.first(select(vouchers).where(vouchers.c.code == code))
    assert (row.closed_by, row.closed_store, row.closed_reference) == (f"staff:{LI}", "east", act)
    assert [act for _, act, _ in acts(club, "voucher.fulfil")] == ["voucher.fulfil"]


def test_a_till_and_a_kiosk_are_two_doors_of_one_rule(club: Club, desk: Desk, code: str) -> None:
    till = partner(club, "vouchers.write", source="till-east", store="east")
    assert till.post(f"{TILL}/{code}/fulfil", {"number": "V-1", "store": "east"}).json()["state"] == "fulfilled"
    assert code_of(fulfil(desk, code)) == "voucher_closed"
    assert (seen(desk, code).state, seen(desk, code).closed_store.zh) == ("fulfilled", "城东店")


def test_the_same_id_is_not_used_for_another_voucher(desk: Desk, codes: list[str]) -> None:
    code, other = codes
    act = new_id()
    read(fulfil(desk, code, act), wire.DeskVoucher)
    assert code_of(fulfil(desk, other, act)) == "idempotency_conflict"
    assert seen(desk, other).state == "issued"


def test_one_of_another_store_is_shown_as_such_and_not_handed_over(club: Club, desk: Desk, code: str) -> None:
    with club.context.db.write() as tx:
        row = tx.first(
            select(rewards).join(vouchers, vouchers.c.reward == rewards.c.slug).where(vouchers.c.code == code)
        )
        west = {**row.content, "stores": ["west"]}
        tx.execute(update(rewards).where(rewards.c.slug == row.slug).values(content=west))
    assert seen(desk, code).here is False
    assert code_of(fulfil(desk, code)) == "reward_not_offered"
    assert seen(desk, code).state == "issued"


def test_one_whose_last_day_is_over_is_shown_as_expired(club: Club, desk: Desk, code: str) -> None:
    club.clock.forward(100 * 24 * 3600)
    desk.entered()
    assert seen(desk, code).state == "expired"
    assert facts_of(fulfil(desk, code)) == {"state": "expired", "day": "2026-08-14"}


def test_one_that_was_given_cost_nothing_and_was_bought_nowhere(club: Club, desk: Desk, code: str) -> None:
    with club.context.db.write() as tx:
        tx.execute(update(vouchers).where(vouchers.c.code == code).values(redemption=None))
    shown = seen(desk, code)
    assert (shown.points, shown.bought_at.zh) == (0, "")


def test_a_code_of_nobodys_is_refused_on_the_record_and_a_slip_of_the_finger_is_not(club: Club, desk: Desk) -> None:
    nobodys = voucher.make(lambda below: below - 1)
    assert code_of(desk.ask("vouchers", wire.SeeVoucher(code=nobodys))) == "not_found"
    assert code_of(desk.ask("vouchers", wire.SeeVoucher(code="0000000000"))) == "not_found"
    assert acts(club, "voucher.%") == [(f"staff:{LI}", "voucher.unknown", {"kiosk": "kiosk-1"})]
    assert code_of(desk.ask("vouchers", {"code": "short"})) == "malformed"


def test_without_staff_mode_no_voucher_is_seen_nor_handed_over(club: Club, desk: Desk, code: str) -> None:
    desk.device.send("DELETE", f"/v1/staff-sessions/{desk.session}")
    assert code_of(desk.ask("vouchers", wire.SeeVoucher(code=code))) == "session_ended"
    assert code_of(fulfil(desk, code)) == "session_ended"
    with club.context.db.read() as tx:
        assert tx.scalar(select(vouchers.c.state).where(vouchers.c.code == code)) == "issued"

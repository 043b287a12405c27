"""A voucher is fulfilled once, or cancelled with its points, its piece and its place in the limit given back (A14)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import TypeVar

import pytest
from sqlalchemy import func, select, update

from central_api.db import Tx
from central_api.ledger import service as ledger
from central_api.ledger.proof import verify
from central_api.ledger.tables import lots
from central_api.rewards import voucher_life
from central_api.rewards.tables import redemptions, rewards, vouchers
from central_api.rewards.voucher_life import Cancelled, Counter, Fulfilled
from club.model import errors, voucher
from club.wire.cards import CardSession
from tests.support.central import Club, a_redeem, new_id, read

T = TypeVar("T")
DESK = Counter("east", "staff:1008", "slip-1", date(2026, 5, 16))
TILL = Counter("east", "key:pos", "slip-2", date(2026, 5, 16))


def doing(club: Club, work: Callable[[Tx], T]) -> T:
    return club.context.db.run(work)


def cancelled(club: Club, code: str, counter: Counter = DESK) -> Cancelled:
    return doing(club, lambda tx: voucher_life.cancel(tx, code, counter, club.clock.now(), new_id=new_id))


def fulfilled(club: Club, code: str, counter: Counter = DESK) -> Fulfilled:
    return doing(club, lambda tx: voucher_life.fulfil(tx, code, counter, club.clock.now()))


def kept(club: Club, member: str = "m0001") -> list[tuple[str, int]]:
    """What is left in each lot of a member."""
    with club.context.db.read() as tx:
        query = select(lots.c.id, lots.c.left).where(lots.c.member == member).order_by(lots.c.id)
        return [tuple(row) for row in tx.rows(query)]


def stock(club: Club, slug: str) -> int:
    with club.context.db.read() as tx:
        return int(tx.scalar(select(rewards.c.stock).where(rewards.c.slug == slug)))


def state(club: Club, code: str) -> str:
    with club.context.db.read() as tx:
        return str(tx.scalar(select(vouchers.c.state).where(vouchers.c.code == code)))


def right(club: Club) -> bool:
    with club.context.db.read() as tx:
        return ledger.faults(tx) == [] and not list(verify.run(club.context.db.read, verify.Proved()))


def counted(club: Club, slug: str, pieces: int) -> None:
    """Let a reward have a stock."""
    with club.context.db.write() as tx:
        tx.execute(update(rewards).where(rewards.c.slug == slug).values(stock=pieces, sold_out=False))


def test_cancelling_gives_points_piece_and_limit_back(club: Club) -> None:
    counted(club, "basic-service-voucher", 5)
    device, card = club.device(), club.card()
    before = kept(club)
    session = device.session(card)
    done = club.redeemed(device, a_redeem(session))
    assert stock(club, "basic-service-voucher") == 4
    code = done.vouchers[0].code
    assert (cancelled(club, code).points, state(club, code)) == (1200, "cancelled")
    assert kept(club) == before
    assert stock(club, "basic-service-voucher") == 5
    home = read(device.get(f"/v1/card-sessions/{session.session_id}"), CardSession).member
    assert home.points == done.points + 1200
    assert next(limit.left for limit in home.limits if limit.reward == "basic-service-voucher") == 2
    assert right(club)


def test_one_of_two_pieces_is_given_back_and_the_other_stays(club: Club) -> None:
    device = club.device()
    done = club.redeemed(device, a_redeem(device.session(club.card()), "detail-wash", 600, quantity=2))
    first, second = (each.code for each in done.vouchers)
    assert cancelled(club, first).points == 600
    with club.context.db.read() as tx:
        row = tx.first(select(redemptions).where(redemptions.c.id == done.redemption_id))
    assert (row.state, row.cancelled) == ("done", 1)
    cancelled(club, second, TILL)
    with club.context.db.read() as tx:
        row = tx.first(select(redemptions).where(redemptions.c.id == done.redemption_id))
    assert (row.state, row.cancelled) == ("cancelled", 2)
    assert right(club)


def test_what_was_taken_back_may_be_redeemed_again_within_the_limit(club: Club) -> None:
    device, card = club.device(), club.card()
    codes = [
        club.redeemed(device, a_redeem(device.session(card))).vouchers[0].code for _ in range(2)
    ]  # two a month are allowed
    refused = device.redeem(club.granted(device, a_redeem(device.session(card))))
    assert refused.json()["code"] == "limit_reached"
    cancelled(club, codes[0])
    assert club.redeemed(device, a_redeem(device.session(card))).points_taken == 1200


def test_a_voucher_is_fulfilled_once(club: Club) -> None:
    device = club.device()
    code = club.redeemed(device, a_redeem(device.session(club.card()))).vouchers[0].code
    made = fulfilled(club, code)
    assert fulfilled(club, code) == made, "the same number again is the same answer"
    with pytest.raises(errors.VoucherClosed) as told:
        fulfilled(club, code, TILL)
    assert (told.value.text("state"), told.value.text("day")) == ("fulfilled", "2026-05-16")
    with pytest.raises(errors.VoucherClosed):
        cancelled(club, code, TILL)
    with club.context.db.read() as tx:
        row = tx.first(select(vouchers).where(vouchers.c.code == code))
    assert (row.closed_by, row.closed_store, row.closed_reference) == ("staff:1008", "east", "slip-1")


def test_a_cancelled_one_is_not_fulfilled_nor_cancelled_again(club: Club) -> None:
    device = club.device()
    code = club.redeemed(device, a_redeem(device.session(club.card()))).vouchers[0].code
    first = cancelled(club, code)
    before = kept(club)
    assert cancelled(club, code) == first, "the same number again is the same answer"
    for again in (fulfilled, cancelled):
        with pytest.raises(errors.VoucherClosed) as told:
            again(club, code, TILL)
        assert told.value.text("state") == "cancelled"
    assert kept(club) == before


def test_its_last_day_counts_whether_or_not_that_is_booked(club: Club) -> None:
    device = club.device()
    done = club.redeemed(device, a_redeem(device.session(club.card()))).vouchers[0]
    late = Counter("east", "staff:1008", "slip-3", done.valid_to + timedelta(days=1))
    with pytest.raises(errors.VoucherClosed) as told:
        fulfilled(club, done.code, late)
    assert told.value.text("state") == "expired"
    assert not fulfilled(club, done.code, Counter("east", "staff:1008", "slip-3", done.valid_to)).again


def test_a_voucher_is_taken_back_for_as_long_as_the_member_was_told(club: Club) -> None:
    """Within seven days, the confirmation says; a given one is worth no points and may be cancelled until its last day."""
    device, card = club.device(), club.card()
    first, second = (club.redeemed(device, a_redeem(device.session(card))).vouchers[0].code for _ in range(2))
    club.clock.forward(7 * 86_400)
    assert cancelled(club, first).points == 1200
    club.clock.forward(1)
    before = kept(club)
    with pytest.raises(errors.LimitReached) as told:
        cancelled(club, second)
    assert told.value.facts == {"reward": "basic-service-voucher", "days": 7}
    assert (kept(club), state(club, second)) == (before, "issued")


def test_points_of_a_lot_that_is_over_are_gone_at_once(club: Club) -> None:
    """The member's lot ended while the voucher was open: it comes back with its own last day, so nothing can be spent of it."""
    device = club.device()
    done = club.redeemed(device, a_redeem(device.session(club.card())))
    with club.context.db.write() as tx:
        tx.execute(update(vouchers).values(valid_to=date(2026, 12, 31)))
    found = cancelled(club, done.vouchers[0].code, Counter("east", "staff:1008", "s", date(2026, 10, 1)))
    assert (found.points, found.expired) == (1200, 1200)
    assert right(club)


def test_a_given_voucher_brings_nothing_back(club: Club) -> None:
    now = club.clock.now()
    code = voucher.make(club.context.random_below)
    before = kept(club)

    def give(tx: Tx) -> str:
        day = date(2026, 12, 31)
        return voucher_life.give(
            tx,
            member_id="m0001",
            reward="detail-wash",
            valid_to=day,
            now=now,
            new_id=new_id,
            new_code=lambda: code,
        )

    assert doing(club, give)
    with pytest.raises(RuntimeError, match="unused voucher code"):
        doing(club, give)
    assert cancelled(club, code).points == 0
    assert kept(club) == before


def test_a_code_that_nobody_has(club: Club) -> None:
    with pytest.raises(errors.NotFound):
        fulfilled(club, "0000000000")


def test_of_many_counters_at_once_one_has_it(club: Club) -> None:
    """Some cancel, some fulfil: exactly one is served, and points come back if and only if it cancelled."""
    device = club.device()
    before = kept(club)
    code = club.redeemed(device, a_redeem(device.session(club.card()))).vouchers[0].code

    def come(number: int) -> str:
        counter = Counter("east", "staff:1008", f"slip-{number}", date(2026, 5, 16))
        try:
            if number % 2:
                fulfilled(club, code, counter)
                return "fulfilled"
            cancelled(club, code, counter)
        except errors.VoucherClosed:
            return "refused"
        return "cancelled"

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(come, range(32)))
    served = [each for each in outcomes if each != "refused"]
    assert len(served) == 1
    assert state(club, code) == served[0]
    assert (kept(club) == before) == (served == ["cancelled"])
    with club.context.db.read() as tx:
        assert tx.scalar(select(func.count()).select_from(vouchers).where(vouchers.c.code == code)) == 1
    assert right(club)

"""Holds: what is kept cannot be spent by others, stays in the balance, and is free again by itself (A13)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from central_api.db import Tx
from central_api.ledger import service as ledger
from central_api.ledger.service import Occasion
from central_api.members.tables import members
from central_api.rewards import holds
from club.model import errors
from tests.central_api.rewards.counter import Counter, books_are_right, cheap_wash
from tests.support.central import WANG, Club, a_redeem, new_id

NOW, TODAY = datetime(2026, 5, 16, 6, 32, tzinfo=UTC), date(2026, 5, 16)
UNTIL = NOW + timedelta(minutes=5)
WHOLE = 6280
PAYMENT = Occasion(kind="redeem", at=NOW, store="east", facts={"payment": "till-1"})


def place(club: Club, points: int, reference: str = "", until: datetime = UNTIL) -> holds.Hold:
    with club.context.db.write() as tx:
        return holds.place(
            tx,
            WANG,
            points,
            reference=reference or new_id(),
            store="east",
            today=TODAY,
            now=NOW,
            until=until,
            new_id=new_id,
        )


def confirm(club: Club, hold: str, now: datetime = NOW) -> holds.Hold:
    with club.context.db.write() as tx:
        return holds.confirm(tx, hold, PAYMENT, today=TODAY, now=now, new_id=new_id)


def release(club: Club, hold: str, now: datetime = NOW) -> holds.Hold:
    with club.context.db.write() as tx:
        return holds.release(tx, hold, now=now)


def figures(club: Club, now: datetime = NOW) -> tuple[int, int]:
    """Balance, and what is free of it."""

    def ask(tx: Tx) -> tuple[int, int]:
        return ledger.balances(tx, WANG, TODAY).points, holds.available(tx, WANG, TODAY, now)

    with club.context.db.read() as tx:
        return ask(tx)


def test_what_is_kept_stays_in_the_balance_and_is_not_free(club: Club) -> None:
    place(club, 6000)
    assert figures(club) == (WHOLE, 280)
    with pytest.raises(errors.NotEnoughPoints) as refused:
        place(club, 281)
    assert refused.value.facts == {"balance": 280, "price": 281}
    device = club.device()
    answer = Counter(club, device).send(Counter(club, device).granted(a_redeem(device.session(club.card()))))
    assert b"not_enough_points" in answer.body
    books_are_right(club)


def test_a_hold_is_free_by_itself_from_its_instant_on(club: Club) -> None:
    hold = place(club, 6000)
    assert figures(club, UNTIL - timedelta(microseconds=1)) == (WHOLE, 280)
    assert figures(club, UNTIL) == (WHOLE, WHOLE), "nobody had to do anything"
    with pytest.raises(errors.EditConflict) as refused:
        confirm(club, hold.id, UNTIL)
    assert refused.value.facts == {"expected": "open", "found": "expired"}
    with club.context.db.write() as tx:
        assert (holds.expire_due(tx, UNTIL), holds.expire_due(tx, UNTIL)) == (1, 0)
    assert release(club, hold.id, UNTIL).state == "expired"


def test_a_confirmed_hold_is_spent_once_out_of_the_lots_that_expire_first(club: Club) -> None:
    hold = place(club, 1200)
    done = confirm(club, hold.id)
    assert (done.state, confirm(club, hold.id)) == ("confirmed", done)
    assert figures(club) == (WHOLE - 1200, WHOLE - 1200)
    with pytest.raises(errors.EditConflict):
        release(club, hold.id)
    with club.context.db.read() as tx:
        assert ledger.balances(tx, WANG, TODAY).expiries[0].on == date(2026, 9, 30), (
            "the first 1,200 are the ones eaten"
        )
    books_are_right(club)


def test_a_released_hold_is_free_and_cannot_be_confirmed(club: Club) -> None:
    hold = place(club, 1200)
    assert release(club, hold.id).state == release(club, hold.id).state == "released"
    assert figures(club) == (WHOLE, WHOLE)
    with pytest.raises(errors.EditConflict):
        confirm(club, hold.id)


def test_one_reference_is_one_hold(club: Club) -> None:
    first = place(club, 700, "till-1-receipt-9")
    assert place(club, 700, "till-1-receipt-9") == first
    with pytest.raises(errors.IdempotencyConflict):
        place(club, 701, "till-1-receipt-9")
    assert figures(club) == (WHOLE, WHOLE - 700)


def test_one_reference_of_two_members_at_once_is_one_hold_and_a_conflict(club: Club) -> None:
    """Neither waits for the other's account, so both find the reference free; only its uniqueness tells them apart."""
    with club.context.db.read() as tx:
        other = tx.scalar(select(members.c.id).where(members.c.id != WANG, members.c.status == "active").limit(1))

    def come(member: str) -> str:
        with club.context.db.write() as tx:
            begun.wait(20)
            ledger.lock_member(tx, member)
            return holds.place(
                tx,
                member,
                1,
                reference=reference,
                store="east",
                today=TODAY,
                now=NOW,
                until=UNTIL,
                new_id=new_id,
            ).member

    def outcome(member: str) -> str:
        try:
            return come(member)
        except errors.IdempotencyConflict as refused:
            return refused.code

    for _ in range(8):
        reference = new_id()
        # SQLite lets one write at a time, so there nobody is waited for.
        begun = threading.Barrier(1 if club.context.db.is_sqlite else 2)
        with ThreadPoolExecutor(2) as pool:
            found = sorted(pool.map(outcome, (WANG, other)))
        assert "idempotency_conflict" in found
        assert set(found) & {WANG, other}


@pytest.mark.parametrize(("points", "until"), [(0, UNTIL), (-1, UNTIL), (1, NOW)])
def test_a_hold_keeps_something_for_a_while(club: Club, points: int, until: datetime) -> None:
    with pytest.raises(ValueError, match="positive number of points"):
        place(club, points, until=until)


def test_there_is_no_such_hold(club: Club) -> None:
    for act in (confirm, release):
        with pytest.raises(errors.NotFound):
            act(club, "nothing")


def test_holds_and_redemptions_race_for_the_last_points(club: Club) -> None:
    device = club.device()
    counter, session = Counter(club, device), device.session(club.card())
    cheap_wash(club, points=500)
    wanted = [counter.granted(a_redeem(session, "quick-wash", 500)) for _ in range(16)]

    def hold_and_confirm(_: int) -> bool:
        try:
            return confirm(club, place(club, 500).id).state == "confirmed"
        except errors.NotEnoughPoints:
            return False

    with ThreadPoolExecutor(32) as pool:
        paid = pool.map(hold_and_confirm, range(16))
        redeemed = pool.map(counter.send, wanted)
        assert sum(paid) + sum(answer.status == 200 for answer in redeemed) == 12, "6,280 points pay for twelve"
    assert figures(club) == (280, 280)
    books_are_right(club)

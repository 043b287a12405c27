"""Keeps what a member owes after a refund of points that were spent; what is earned later or comes back pays it first (A4).

A balance never goes below zero. What a refund could not take is a debt of the member, or the store's own account bears it:
the programme says which, and up to how much a member may owe.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime

from central_api.db import Tx
from central_api.ledger import borne, expiry, repository, service
from central_api.ledger.returns import GivenBack
from central_api.ledger.service import Occasion
from club.model import points as model
from club.model.points import Lot


def owed(tx: Tx, member: str) -> int:
    """Whole points a member owes."""
    return sum(row.left for row in repository.debts_of(tx, member))


def keep(
    tx: Tx, refund: str, short: int, most: int, occasion: Occasion, *, new_id: Callable[[], str]
) -> tuple[int, int]:
    """Keep what a refund could not take.

    Args:
        tx: a unit of work in which the member is locked.
        refund: the entry of the refund.
        short: whole points it could not take, more than 0.
        most: how much the member may owe in all; 0: nothing, the store bears it.
        occasion: when, and in which store.
        new_id: makes the id of the store's entry.

    Returns:
        How much the member owes of it, and how much the store bears.
    """
    member = repository.entry(tx, refund).member
    mine = min(short, max(0, most - owed(tx, member)))
    if mine:
        repository.add_debt(tx, refund, member, mine, occasion.at)
    if short > mine:
        borne.bear(tx, member, short - mine, occasion, new_id=new_id)
    return mine, short - mine


def settle_new(
    tx: Tx, member: str, earned: Collection[str], today: date, at: datetime, store: str, *, new_id: Callable[[], str]
) -> int:
    """What is done with new lots at once: points whose last day is over expire, then debts are paid; whole points paid.

    Args:
        tx: a unit of work in which the member is locked.
        member: id.
        earned: the entries that made the lots.
        today: the store's day.
        at: the instant of the bookings.
        store: whose chain they belong to.
        new_id: makes the ids of entries.
    """
    fresh = [lot for lot, made_by in repository.all_lots_of(tx, member) if made_by in earned]
    if any(lot.left and lot.expires < today for lot in fresh):  # a bill that came very late
        expiry.expire(tx, member, today, at=at, new_id=new_id, store=store)
    return _pay(tx, member, fresh, model.balance(fresh, today), today, at, store, new_id=new_id)


def settle_returned(tx: Tx, back: GivenBack, today: date, occasion: Occasion, *, new_id: Callable[[], str]) -> int:
    """Let points that came back pay for refunds: else a bill's points, spent, refunded and returned, would stay.

    Those of a bill whose refund the store bears go to the store, others pay what the member owes.

    Args:
        tx: a unit of work in which the member is locked.
        back: what giving back booked.
        today: the store's day.
        occasion: when, and in which store.
        new_id: makes the id of the entry.

    Returns:
        Whole points paid, at most what came back and did not expire.
    """
    lots = repository.lots_of(tx, back.member, lock=True)
    most = min(back.points - back.expired, model.balance(lots, today))
    good = borne.make_good(tx, back, most, today, occasion, new_id=new_id)
    if good:
        lots = repository.lots_of(tx, back.member, lock=True)
    return good + _pay(tx, back.member, lots, most - good, today, occasion.at, occasion.store, new_id=new_id)


def _pay(
    tx: Tx,
    member: str,
    lots: Sequence[Lot],
    most: int,
    today: date,
    at: datetime,
    store: str,
    *,
    new_id: Callable[[], str],
) -> int:
    debts = repository.debts_of(tx, member)
    paid: int = min(most, sum(int(debt.left) for debt in debts))
    if not paid:
        return 0
    entry = new_id()
    occasion = Occasion(kind="adjust", at=at, store=store, facts={"debt": paid})
    mine = {service.member_account(member, "points"): -paid}
    service.book(tx, entry, member, occasion, mine, {service.club_account("points", "issued"): paid})
    repository.take(tx, entry, model.spend(lots, paid, today))
    rest = paid
    for debt in debts:
        part = min(rest, int(debt.left))
        rest -= part
        if part:
            repository.pay_debt(tx, debt.entry, part)
    return paid

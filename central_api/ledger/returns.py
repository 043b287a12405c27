"""Gives spent points back into the lots they came from, and takes a refunded bill's points back out of its own (A4, A14).

What was booked stays: each is a new entry that names the one it `reverses`, with lot uses against the same lots.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from central_api.db import Tx
from central_api.ledger import expiry, moves, repository, service
from central_api.ledger.service import Occasion
from club.model import errors
from club.model import points as model
from club.model.points import Taken

_MADE = frozenset({"opening", "bill", "bonus"})


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What giving back booked for a `member`, who holds the points now: `points` came back, `expired` of them into lots whose last day was over, and went at once.

    `lots` are those that were filled, of whoever had spent them.
    """

    entry: str
    member: str
    points: int
    expired: int
    lots: tuple[str, ...]
    expire_entry: str | None = None


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What taking back booked: `points` left the balance, `expired` had gone before, `short` is what the member owes."""

    entry: str
    points: int
    tier_points: int
    expired: int
    short: int


def give_back(
    tx: Tx, spent: str, today: date, occasion: Occasion, *, new_id: Callable[[], str], points: int | None = None
) -> GivenBack:
    """Undo a redemption, or a part of it: its points go back into the lots they were taken from.

    A lot keeps its last day. What comes to a member who was merged into another goes on to them. Points that go back into a lot whose last day is over are booked as expired by a second
    entry in the same transaction: the member's history shows both, the balance never holds what cannot be spent.

    Args:
        tx: a unit of work that writes.
        spent: the entry of the redemption.
        today: the store's day.
        occasion: what for; its kind is `reverse` and it names `spent`, whatever it says.
        new_id: makes the ids of the entries.
        points: whole points; None: all that was not given back yet. A part fills the lots that expire last first.

    Returns:
        What was booked.

    Raises:
        NotFound: there is no such redemption.
        ValueError: more points than it still holds, or none are left to give back.
    """
    row = repository.entry(tx, spent)
    if row is None or row.kind != "redeem":
        raise errors.NotFound(f"expected the entry of a redemption, found none under {spent}")
    holder = moves.lock_with_holders(tx, row.member)
    lots = {lot.id: lot for lot, _ in repository.all_lots_of(tx, row.member)}
    held = repository.held_by(tx, spent)
    returned = model.give_back(held, sum(part.points for part in held) if points is None else points)
    total = sum(part.points for part in returned)
    booked = replace(occasion, kind="reverse", reverses=spent)
    entry = new_id()
    mine = {service.member_account(row.member, "points"): total}
    service.book(tx, entry, row.member, booked, mine, {service.club_account("points", "redeemed"): -total})
    repository.take(tx, entry, [Taken(part.lot, -part.points) for part in returned])
    over = [part for part in returned if lots[part.lot].expires < today]
    gone = None
    if over:
        # Nothing was paid for what goes, and no bill tells of it: the member's history shows it as a line of its own.
        lapsing = replace(occasion, bill="", paid_fen=0, reference=None, reverses=None, facts={})
        gone = expiry.book_off(tx, row.member, over, lapsing, new_id=new_id)
    moves.carry_on(tx, row.member, occasion, new_id=new_id)
    filled = tuple(part.lot for part in returned)
    return GivenBack(entry, holder, total, sum(part.points for part in over), filled, gone)


def take_back(
    tx: Tx,
    earned: str,
    points: int,
    tier_points: int,
    today: date,
    occasion: Occasion,
    *,
    new_id: Callable[[], str],
) -> TakenBack:
    """Take back what a bill earned, or a part of it: first out of the lots it made, then out of the member's others.

    Of a member who was merged into another the points are with those: they pay, out of the lots that go on the bill's first.
    What of the bill's lots has expired is not asked for again. A balance never goes below zero: what the member has
    spent and cannot pay out of other lots is `short`, kept in the entry's facts, for the programme's debt rule.

    Args:
        tx: a unit of work that writes.
        earned: the entry of the bill.
        points: whole reward points, 0 or more.
        tier_points: whole tier points, 0 or more.
        today: the store's day.
        occasion: what for; its kind is `adjust` and it names `earned`, whatever it says.
        new_id: makes the entry's id.

    Returns:
        What was booked.

    Raises:
        NotFound: there is no such entry that earned points.
        ValueError: together with what was taken back before it is more than the bill earned.
    """
    row = repository.entry(tx, earned)
    if row is None or row.kind not in _MADE:
        raise errors.NotFound(f"expected an entry that earned points, found none under {earned}")
    holder = moves.lock_with_holders(tx, row.member)
    before = [each for each in repository.reversing(tx, earned) if each.kind == "adjust"]
    left = _moved(tx, row, "points") - sum(each.facts["points"] for each in before)
    tier_left = _moved(tx, row, "tier") + sum(_moved(tx, each, "tier") for each in before)
    if not (0 <= points <= left and 0 <= tier_points <= tier_left):
        raise ValueError(f"expected at most {left} points and {tier_left} tier points, found {points}, {tier_points}")
    made = moves.going_on(tx, repository.made_by(tx, earned))
    lots = [lot for lot, _ in repository.all_lots_of(tx, holder)]
    own = [lot for lot in lots if lot.id in made]
    others = [lot for lot in lots if lot.id not in made]
    # What expired and was counted before is not counted twice.
    expired = repository.expired_of(tx, made) - sum(each.facts["expired"] for each in before)
    found = model.take_back(own, expired, others, points, today)
    entry = new_id()
    facts = {**occasion.facts, "points": points, "expired": found.expired, "short": found.short}
    booked = replace(occasion, kind="adjust", reverses=earned, facts=facts)
    mine = {
        service.member_account(holder, "points"): -found.points,
        service.member_account(holder, "tier"): -tier_points,
    }
    club = {
        service.club_account("points", "issued"): found.points,
        service.club_account("tier", "issued"): tier_points,
    }
    service.book(tx, entry, holder, booked, mine, club)
    if found.taken:
        repository.take(tx, entry, found.taken)
    return TakenBack(entry, found.points, tier_points, found.expired, found.short)


def _moved(tx: Tx, entry: Any, track: service.Track) -> int:
    """By how much an entry moved its own member's account."""
    return repository.moved(tx, entry.id, service.member_account(entry.member, track))

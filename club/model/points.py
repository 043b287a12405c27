"""Lots of reward points: what is left, what expires when, and which lots a spending eats (A3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from club.model import errors


@dataclass(frozen=True, slots=True)
class Lot:
    """Points earned together that expire together.

    `expires` is the last day (store time) on which they can be spent; `left` is whole points, never negative.
    """

    id: str
    expires: date
    earned_at: datetime
    left: int


@dataclass(frozen=True, slots=True)
class Taken:
    """So many points out of one lot."""

    lot: str
    points: int


@dataclass(frozen=True, slots=True)
class Expiry:
    """So many points whose last day is `on`."""

    on: date
    points: int


def usable(lots: Iterable[Lot], today: date) -> list[Lot]:
    """The lots that can still be spent on `today`, in the order in which they are: first to expire, then first earned."""
    return sorted(
        (lot for lot in lots if lot.left > 0 and lot.expires >= today),
        key=lambda lot: (lot.expires, lot.earned_at, lot.id),
    )


def balance(lots: Iterable[Lot], today: date) -> int:
    """Whole points that can be spent on `today`."""
    return sum(lot.left for lot in usable(lots, today))


def spend(lots: Sequence[Lot], points: int, today: date) -> tuple[Taken, ...]:
    """Which lots pay `points`, earliest expiry first (A3).

    Raises:
        ValueError: `points` is not positive.
        NotEnoughPoints: the usable lots hold less.
    """
    if points <= 0:
        raise ValueError(f"expected a positive number of points to spend, found {points}")
    free = balance(lots, today)
    if free < points:
        raise errors.NotEnoughPoints(
            f"expected at least {points} free points, found {free}", balance=free, price=points
        )
    taken = []
    wanted = points
    for lot in usable(lots, today):
        part = min(lot.left, wanted)
        taken.append(Taken(lot.id, part))
        wanted -= part
        if wanted == 0:
            break
    return tuple(taken)


def next_expiries(lots: Iterable[Lot], today: date, count: int = 3) -> tuple[Expiry, ...]:
    """The next `count` days on which points expire, each with its sum, soonest first."""
    by_day: dict[date, int] = {}
    for lot in usable(lots, today):
        by_day[lot.expires] = by_day.get(lot.expires, 0) + lot.left
    return tuple(Expiry(day, by_day[day]) for day in sorted(by_day)[:count])

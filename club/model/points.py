"""Lots of reward points: what is left, what expires when, which lots a spending eats and a refund fills (A3, A4)."""

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
    return _parts([(lot.id, lot.left) for lot in usable(lots, today)], points)


def next_expiries(lots: Iterable[Lot], today: date, count: int = 3) -> tuple[Expiry, ...]:
    """The next `count` days on which points expire, each with its sum, soonest first."""
    by_day: dict[date, int] = {}
    for lot in usable(lots, today):
        by_day[lot.expires] = by_day.get(lot.expires, 0) + lot.left
    return tuple(Expiry(day, by_day[day]) for day in sorted(by_day)[:count])


def give_back(taken: Sequence[Taken], points: int) -> tuple[Taken, ...]:
    """Into which lots `points` of a spending go back: what was taken last goes back first (A4).

    The lots a spending ate last expire last, so of a part given back the member keeps what lasts longest.

    Args:
        taken: what the spending still holds of each lot, in the order in which it ate them.
        points: whole points, more than 0.

    Raises:
        ValueError: `points` is not positive, or more than was taken.
    """
    held = sum(part.points for part in taken)
    if not 0 < points <= held:
        raise ValueError(f"expected 1 to {held} points to give back, found {points}")
    return _parts([(part.lot, part.points) for part in reversed(taken)], points)


@dataclass(frozen=True, slots=True)
class TakenBack:
    """How a bill's points are taken back: out of which lots, how many had expired anyway, how many nobody holds any more."""

    taken: tuple[Taken, ...]
    expired: int
    short: int

    @property
    def points(self) -> int:
        """What leaves the balance."""
        return sum(part.points for part in self.taken)


def take_back(own: Sequence[Lot], expired: int, others: Sequence[Lot], points: int, today: date) -> TakenBack:
    """How `points` of a refunded bill are taken back (A4).

    First out of the lots the bill made. What of these had expired is gone already and is not asked for again. What was
    spent is taken out of the member's other lots, first to expire first; what they do not hold is `short`.

    Args:
        own: the lots the bill made.
        expired: whole points of these lots that expired.
        others: the member's other lots.
        points: whole points, 0 or more.
        today: the store's day.
    """
    first = _parts([(lot.id, lot.left) for lot in own if lot.left > 0], points)
    rest = points - sum(part.points for part in first)
    gone = min(rest, expired)
    more = _parts([(lot.id, lot.left) for lot in usable(others, today)], rest - gone)
    return TakenBack((*first, *more), gone, rest - gone - sum(part.points for part in more))


def lapsed(lots: Iterable[Lot], today: date) -> list[Lot]:
    """The lots whose last day is over on `today` and that still hold points, first to expire first."""
    found = (lot for lot in lots if lot.left > 0 and lot.expires < today)
    return sorted(found, key=lambda lot: (lot.expires, lot.earned_at, lot.id))


def _parts(held: Iterable[tuple[str, int]], points: int) -> tuple[Taken, ...]:
    """As much of `points` as is held, in this order."""
    found = []
    for lot, most in held:
        part = min(most, points)
        if part > 0:
            found.append(Taken(lot, part))
            points -= part
    return tuple(found)

"""Works out what a refund takes back of each part of a bill: as much of its points as of its money (A4). Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from club.model import errors


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a booked bill: a line, or a bonus that was given for several lines together.

    Args:
        number: its place.
        line: its line's own number; empty: a bonus.
        lines: whose refunds take of it; of a line, itself.
        paid_fen: what was paid for it, in fen.
        refunded_fen: what of that was given back so far.
        points: what it earned.
        tier_points: the same on the other track.
        taken_points: what was taken back so far.
        taken_tier_points: the same on the other track.
    """

    number: int
    line: str
    lines: tuple[str, ...]
    paid_fen: int
    refunded_fen: int
    points: int
    tier_points: int
    taken_points: int
    taken_tier_points: int


@dataclass(frozen=True, slots=True)
class Back:
    """What is taken back of one part."""

    part: Part
    fen: int
    points: int
    tier_points: int


def back(parts: Sequence[Part], refunded: Mapping[str, int], bill: str) -> tuple[Back, ...]:
    """What is taken back of each part for money given back by line; nothing named is everything left.

    Of a part of which so much money has been given back, the same share of its points has been taken back, rounded so that the
    member keeps whole points of what is left, rounded down. It does not matter in how many refunds, or in which order.

    Args:
        parts: of the bill.
        refunded: fen by line; empty: the whole bill.
        bill: its number, for messages.

    Raises:
        Malformed: a line the bill has not, or more than is left of one; or nothing is left of the bill.
    """
    lines = {part.line: part for part in parts if part.line}
    if not refunded:
        refunded = {line: part.paid_fen - part.refunded_fen for line, part in lines.items() if not _gone(part)}
        if not refunded:
            raise errors.Malformed(f"expected something left to refund of bill {bill}, found all of it given back")
    for line, fen in refunded.items():
        part = lines.get(line)
        if part is None:
            raise errors.Malformed(f"expected one of {sorted(lines)} as a line of bill {bill}, found {line!r}")
        if fen > part.paid_fen - part.refunded_fen or _gone(part) or (part.paid_fen and not fen):
            left = part.paid_fen - part.refunded_fen
            raise errors.Malformed(f"expected 1 to {left} fen to refund on bill {bill}, line {line}, found {fen}")
    found = []
    for part in parts:
        if refunded.keys().isdisjoint(part.lines):
            continue
        fen = sum(amount for line, amount in refunded.items() if line in part.lines)
        points = _due(part.points, part.paid_fen, part.refunded_fen + fen) - part.taken_points
        tier_points = _due(part.tier_points, part.paid_fen, part.refunded_fen + fen) - part.taken_tier_points
        found.append(Back(part, fen, points, tier_points))
    return tuple(found)


def _gone(part: Part) -> bool:
    """Whether nothing of a line is left to give back."""
    if part.paid_fen:
        return part.refunded_fen == part.paid_fen
    return part.taken_points == part.points and part.taken_tier_points == part.tier_points and part.points > 0


def _due(earned: int, paid: int, refunded: int) -> int:
    """How much of what a part earned is to be taken back once so much money was given back."""
    if not paid:
        return earned  # by event: whole
    return earned - earned * (paid - refunded) // paid

"""Decides what a bill or an event earns on both tracks, and says how it came (A1, A2, A3).

The stacking order, the same for every club:

1. **Exclusion.** An excluded line earns nothing and counts for nothing below.
2. **Base.** What the member paid, times the category's ratio; for an event its points. Tier points are this, rounded down.
3. **Tier acceleration.** Times the per cent of the tier the member held when the bill began. A bill that lifts the member
   to a new tier still earns at the old one, all its lines alike.
4. **Best multiplier.** Times the per cent of the single best multiplier of the store's day. Multipliers never multiply
   each other.
5. **Rounding.** Steps 2 to 4 are one exact fraction, rounded down once for each line.
6. **Stepped bonus.** Added for each bill; neither accelerated nor multiplied. Several bonuses add up.

Acceleration, multipliers and bonuses are reward points only. Splitting a bill therefore never earns more, save that a bonus's cap
is a cap for each bill.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from central_api import texts
from central_api.programme import dates
from central_api.programme.earn_rules import Category, EarnRules, Exclusion, Multiplier, SteppedBonus
from central_api.programme.versions import Versions
from club.model import errors
from club.model.text import Text

Step = Literal["exclusion", "base", "tier-acceleration", "multiplier", "stepped-bonus"]
_NO_TEXT = Text("")
_MOST_FEN, _MOST_POINTS = 1_000_000_000_000, 1_000_000_000  # as on the wire (club.wire.limits)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill, or one event.

    Args:
        id: its own number in the bill.
        category: slug of a category.
        paid_fen: what the member paid themselves, in fen: vouchers, points and other people's payments are taken off already.
        points: what the occasion sets, for a category by event; 0 leaves it to the category.
        goods: slugs of what was sold, for exclusions.
        payer: who paid; `member` unless said.
    """

    id: str
    category: str
    paid_fen: int = 0
    points: int = 0
    goods: tuple[str, ...] = ()
    payer: str = "member"

    def __post_init__(self) -> None:
        """Refuse what is no whole number, or below nothing.

        Raises:
            ValueError: an amount is negative, no integer, or beyond the wire's limit.
        """
        for name, value, most in (("paid_fen", self.paid_fen, _MOST_FEN), ("points", self.points, _MOST_POINTS)):
            if type(value) is not int or not 0 <= value <= most:
                raise ValueError(f"expected a whole number from 0 to {most} in line {self.id}.{name}, found {value!r}")


@dataclass(frozen=True, slots=True)
class Bill:
    """What happened to one member at one time.

    Args:
        id: the bill's or the event's own number.
        at: when it happened, aware; not when it arrived.
        time_zone: IANA zone of the store: its calendar decides which day it was.
        tier: slug of the tier the member held before it.
        lines: in the bill's order.
    """

    id: str
    at: datetime
    time_zone: str
    tier: str
    lines: tuple[Line, ...]
    member: str = ""

    def __post_init__(self) -> None:
        """Refuse a time that could be anywhere, and lines that cannot be told apart.

        Raises:
            ValueError: `at` has no zone, or a line has no number of its own.
        """
        if self.at.utcoffset() is None:
            raise ValueError(f"expected bill {self.id} with the zone of its time, found {self.at.isoformat()}")
        numbers = [line.id for line in self.lines]
        if "" in numbers or len(set(numbers)) != len(numbers):
            raise ValueError(f"expected each line of bill {self.id} with a number of its own, found {numbers}")

    @property
    def day(self) -> date:
        """The store's day."""
        return texts.local_day(self.at, self.time_zone)


@dataclass(frozen=True, slots=True)
class Effect:
    """What one rule did: `points` and `tier_points` are what it brought. `line` is empty for a bonus on the whole bill.

    `rule` is the slug of the category, exclusion, tier, multiplier or bonus; `said` is its wording for staff and member.
    """

    line: str
    step: Step
    rule: str
    points: int
    tier_points: int = 0
    said: Text = _NO_TEXT


@dataclass(frozen=True, slots=True)
class NewLot:
    """Reward points that live until `expires`, their last day in the store's calendar."""

    line: str
    category: str
    points: int
    expires: date


@dataclass(frozen=True, slots=True)
class Earned:
    """Both tracks of one event, the lots they go into, and how they came: the effects add up to the points."""

    points: int
    tier_points: int
    lots: tuple[NewLot, ...]
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class _Day:
    """What holds for all lines of a bill."""

    day: date
    tier: str
    acceleration: int


def earn(rules: EarnRules, bill: Bill) -> Earned:
    """What a bill earns under one version of the rules; see the stacking order above.

    Raises:
        Malformed: a line names a category these rules lack, or sets points where the amount decides (or the other way round).
    """
    categories = {one.slug: one for one in rules.categories}
    percent = next((one.percent for one in rules.acceleration if one.tier == bill.tier), 100)
    day = _Day(bill.day, bill.tier, percent)
    effects: list[Effect] = []
    lots: list[NewLot] = []
    counted: list[tuple[Line, Category]] = []
    for line in bill.lines:
        category = _category(categories, bill, line)
        excluded = _excluded(rules.exclusions, line)
        if excluded:
            effects += [Effect(line.id, "exclusion", one.slug, 0, said=one.reason) for one in excluded]
            continue
        counted.append((line, category))
        brought = _line(rules.multipliers, day, line, category)
        effects += brought
        points = sum(effect.points for effect in brought)
        if points:
            expires = dates.last_day_of_lot(day.day, category.validity_months, rules.round_expiry_to)
            lots.append(NewLot(line.id, category.slug, points, expires))
    for bonus in sorted(rules.stepped, key=lambda one: one.slug):
        points, shortest = _bonus(bonus, counted)
        if points and shortest is not None:
            effects.append(Effect("", "stepped-bonus", bonus.slug, points, said=bonus.name))
            expires = dates.last_day_of_lot(day.day, shortest.validity_months, rules.round_expiry_to)
            lots.append(NewLot("", shortest.slug, points, expires))
    return Earned(
        points=sum(effect.points for effect in effects),
        tier_points=sum(effect.tier_points for effect in effects),
        lots=tuple(lots),
        effects=tuple(effects),
    )


def earn_by_date(versions: Versions[EarnRules], bill: Bill) -> Earned:
    """What a bill earns under the version in force when it was made, however late it arrives.

    Raises:
        Malformed: as in `earn`.
        Unavailable: no version was in force yet.
    """
    return earn(versions.at(bill.at).rules, bill)


def _category(categories: dict[str, Category], bill: Bill, line: Line) -> Category:
    found = categories.get(line.category)
    if found is None:
        raise errors.Malformed(
            f"expected one of {sorted(categories)} in bill {bill.id}, line {line.id}, found category {line.category!r}; "
            "add the category to the programme or map the billing system's code to one"
        )
    if found.by == "amount" and line.points:
        raise errors.Malformed(
            f"expected no points in bill {bill.id}, line {line.id}: {found.slug} earns by the amount; found {line.points}"
        )
    if found.by == "event" and line.paid_fen:
        raise errors.Malformed(
            f"expected no amount in bill {bill.id}, line {line.id}: {found.slug} earns by event; found {line.paid_fen} fen"
        )
    return found


def _excluded(exclusions: Sequence[Exclusion], line: Line) -> list[Exclusion]:
    return sorted(
        (
            one
            for one in exclusions
            if (not one.payers or line.payer in one.payers)
            and (not one.categories or line.category in one.categories)
            and (not one.goods or not set(one.goods).isdisjoint(line.goods))
        ),
        key=lambda one: one.slug,
    )


def _line(multipliers: Sequence[Multiplier], day: _Day, line: Line, category: Category) -> list[Effect]:
    """Steps 2 to 5 of one line. Each effect is the difference it made to the rounded points, so that they add up."""
    if category.by == "event":
        numerator, denominator = line.points or category.fixed_points, 1
    else:
        numerator, denominator = line.paid_fen * category.points_per, category.per_fen
    so_far = numerator // denominator
    tier_points = so_far if category.tier_points else 0
    effects = [Effect(line.id, "base", category.slug, so_far, tier_points)]
    if category.accelerated and day.acceleration != 100:
        numerator, denominator = numerator * day.acceleration, denominator * 100
        effects.append(Effect(line.id, "tier-acceleration", day.tier, numerator // denominator - so_far))
        so_far = numerator // denominator
    best = _best(multipliers, day, category)
    if best is not None:
        numerator, denominator = numerator * best.percent, denominator * 100
        effects.append(Effect(line.id, "multiplier", best.slug, numerator // denominator - so_far, said=best.name))
    return effects


def _best(multipliers: Sequence[Multiplier], day: _Day, category: Category) -> Multiplier | None:
    """The highest that applies; of equals the one whose slug comes first, so that the file's order does not matter."""
    applying = (one for one in multipliers if one.percent > 100 and _applies(one, day, category))
    return min(applying, key=lambda one: (-one.percent, one.slug), default=None)


def _applies(one: Multiplier, day: _Day, category: Category) -> bool:
    return (
        (not one.categories or category.slug in one.categories)
        and (not one.tiers or day.tier in one.tiers)
        and (one.starts is None or one.starts <= day.day)
        and (one.ends is None or day.day <= one.ends)
        and (not one.days_of_month or day.day.day in one.days_of_month)
        and (not one.weekdays or day.day.isoweekday() in one.weekdays)
    )


def _bonus(bonus: SteppedBonus, counted: Sequence[tuple[Line, Category]]) -> tuple[int, Category | None]:
    """Points of a stepped bonus, and the category of its lines whose points live shortest: the bonus lives no longer."""
    lines = [(line, category) for line, category in counted if category.slug in bonus.categories and line.paid_fen]
    points = sum(line.paid_fen for line, _ in lines) // bonus.each_full_fen * bonus.points
    if bonus.cap_points:
        points = min(points, bonus.cap_points)
    return points, min(
        (category for _, category in lines), key=lambda one: (one.validity_months, one.slug), default=None
    )

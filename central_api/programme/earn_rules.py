"""The shapes of the earn rules: what a category pays, what is excluded, what multiplies, what is added, how long it lives (A2, A3)."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from central_api.programme.dates import RoundTo
from club.model.text import Text
from club.wire.limits import Points, Slug

Percent = Annotated[int, Meta(ge=100, le=1000, description="per cent of what it acts on; 100 changes nothing")]
PositiveFen = Annotated[int, Meta(ge=1, le=1_000_000_000_000, description="money in fen, not nothing")]
Months = Annotated[int, Meta(ge=0, le=240)]
DayOfMonth = Annotated[int, Meta(ge=1, le=31)]
Weekday = Annotated[int, Meta(ge=1, le=7, description="ISO: 1 is Monday")]


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """What one kind of event pays.

    By amount: `points_per` points for each `per_fen` of what the member paid, as an exact fraction. By event: `fixed_points`
    each time, or what the occasion itself sets (an activity, a task).
    """

    slug: Slug
    group: Slug
    by: Literal["amount", "event"] = "amount"
    points_per: Points = 0
    per_fen: PositiveFen = 100
    fixed_points: Points = 0
    tier_points: bool = True  # whether it also grows the tier points
    accelerated: bool = True  # whether the member's tier multiplies it
    validity_months: Months = 0

    def __post_init__(self) -> None:
        """Refuse points that could never be spent.

        Raises:
            ValueError: it may pay points and gives them no life.
        """
        if not self.validity_months and (self.by == "event" or self.points_per):
            raise ValueError(
                f"expected at least 1 month of validity in category {self.slug}, found 0; its points would expire as they come"
            )


class Exclusion(msgspec.Struct, frozen=True, kw_only=True):
    """Lines that earn nothing, on either track. A line is excluded when it is in each of the lists that are not empty."""

    slug: Slug
    reason: Text
    payers: tuple[Slug, ...] = ()
    categories: tuple[Slug, ...] = ()
    goods: tuple[Slug, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what would exclude everything.

        Raises:
            ValueError: all lists are empty.
        """
        if not (self.payers or self.categories or self.goods):
            raise ValueError(
                f"expected payers, categories or goods in exclusion {self.slug}, found none; it would exclude all"
            )


class Multiplier(msgspec.Struct, frozen=True, kw_only=True):
    """Days on which categories earn more. All that is said must hold; an empty list says nothing. `ends` is the last day, store time."""

    slug: Slug
    name: Text
    percent: Percent
    categories: tuple[Slug, ...] = ()
    tiers: tuple[Slug, ...] = ()
    starts: date | None = None
    ends: date | None = None
    days_of_month: tuple[DayOfMonth, ...] = ()
    weekdays: tuple[Weekday, ...] = ()


class SteppedBonus(msgspec.Struct, frozen=True, kw_only=True):
    """`points` for each full `each_full_fen` that one bill holds of the named categories, at most `cap_points` (0: no cap)."""

    slug: Slug
    name: Text
    categories: tuple[Slug, ...]
    each_full_fen: PositiveFen
    points: Points
    cap_points: Points = 0


class Acceleration(msgspec.Struct, frozen=True, kw_only=True):
    """What a tier multiplies reward points by."""

    tier: Slug
    percent: Percent


class EarnRules(msgspec.Struct, frozen=True, kw_only=True):
    """One version of the earn rules. The order inside each list means nothing."""

    categories: tuple[Category, ...]
    exclusions: tuple[Exclusion, ...] = ()
    acceleration: tuple[Acceleration, ...] = ()
    multipliers: tuple[Multiplier, ...] = ()
    stepped: tuple[SteppedBonus, ...] = ()
    round_expiry_to: RoundTo = "none"

    def __post_init__(self) -> None:
        """Refuse what has two meanings, or none.

        Raises:
            ValueError: a name stands twice, a rule names a category that is not there, or a bonus is given for one whose
                points have no life: it would expire as it comes.
        """
        known = _once("category", (one.slug for one in self.categories))
        _once("exclusion", (one.slug for one in self.exclusions))
        _once("acceleration of tier", (one.tier for one in self.acceleration))
        _once("multiplier", (one.slug for one in self.multipliers))
        _once("stepped bonus", (one.slug for one in self.stepped))
        scopes = [
            *((one.slug, one.categories) for one in self.exclusions),
            *((one.slug, one.categories) for one in self.multipliers),
            *((one.slug, one.categories) for one in self.stepped),
        ]
        for slug, names in scopes:
            for name in names:
                if name not in known:
                    raise ValueError(f"expected one of {sorted(known)} in {slug}.categories, found {name!r}")
        lifeless = {one.slug for one in self.categories if not one.validity_months}
        for bonus in self.stepped:
            for name in bonus.categories:
                if name in lifeless:
                    raise ValueError(
                        f"expected at least 1 month of validity in category {name}, found 0; bonus {bonus.slug} is given for it "
                        "and would expire as it comes"
                    )


def _once(kind: str, names: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"expected each {kind} once, found {name!r} twice")
        seen.add(name)
    return seen

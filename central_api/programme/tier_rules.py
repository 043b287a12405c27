"""The shapes of the tier rules: conditions of which any one is enough, and when a tier is lost (A5)."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from club.wire.limits import Count, Fen, Points, Slug

Days = Annotated[int, Meta(ge=1, le=36_500)]
Times = Annotated[int, Meta(ge=1, le=10_000)]


class Condition(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """Base of all conditions; `kind` names which one it is."""


class Join(Condition, frozen=True, kw_only=True, tag="join"):
    """Every member meets it."""


class TierPoints(Condition, frozen=True, kw_only=True, tag="tier-points"):
    """Tier points ever earned."""

    at_least: Points


class Spend(Condition, frozen=True, kw_only=True, tag="spend"):
    """Money paid by the member in the window. An empty `groups` counts every purchase."""

    at_least_fen: Fen
    within_days: Days
    groups: tuple[Slug, ...] = ()


class ServiceVisits(Condition, frozen=True, kw_only=True, tag="service-visits"):
    """Days on which something of the group was bought, in the window: two bills of one day are one visit."""

    at_least: Times
    within_days: Days
    group: Slug = "service"


class RenewalsInARow(Condition, frozen=True, kw_only=True, tag="insurance-renewals-in-a-row"):
    """Insurance of one vehicle renewed year after year, up to now.

    What is paid within `same_year_days` of a renewal belongs to it (a second policy); the next must come within `gap_days`,
    and each must reach the amount. The row is broken once `gap_days` have gone by without another.
    """

    at_least: Times
    each_at_least_fen: Fen
    group: Slug = "insurance"
    same_year_days: Days = 300
    gap_days: Days = 400


class SingleRepair(Condition, frozen=True, kw_only=True, tag="single-repair"):
    """One bill with so much of the named categories, in the window or ever (0)."""

    at_least_fen: Fen
    categories: tuple[Slug, ...] = ("repair", "bodywork")
    within_days: Count = 0


class Ownership(Condition, frozen=True, kw_only=True, tag="ownership"):
    """One vehicle owned for so many years and driven so far."""

    years: Times
    mileage_km: Count


class VehiclesOwned(Condition, frozen=True, kw_only=True, tag="vehicles-owned"):
    """So many vehicles now, all bought here or not."""

    at_least: Times
    bought_here: bool = False


class PointsPaid(Condition, frozen=True, kw_only=True, tag="points-paid"):
    """Reward points paid for this tier, from the tier `from_tier` (empty: from any). Once in `once_per_days` (0: as often as wished)."""

    points: Points
    from_tier: str = msgspec.field(name="from", default="")
    once_per_days: Count = 0
    reversible_hours: Count = 0


class StaffGrant(Condition, frozen=True, kw_only=True, tag="staff-grant"):
    """Given by staff, with a reason where the club wants one."""

    reason_required: bool = True


AnyCondition = (
    Join
    | TierPoints
    | Spend
    | ServiceVisits
    | RenewalsInARow
    | SingleRepair
    | Ownership
    | VehiclesOwned
    | PointsPaid
    | StaffGrant
)


class Rung(msgspec.Struct, frozen=True, kw_only=True):
    """A tier and the ways to it; one is enough. `rank` rises from 1."""

    slug: Slug
    rank: Times
    any_of: tuple[AnyCondition, ...]


class Downgrade(msgspec.Struct, frozen=True, kw_only=True):
    """When a tier is lost.

    A member who spends nothing for `after_days` after the last spend is warned on the days of `warn_days` before the end of
    that time, and falls when `grace_days` more have gone by. A new tier is kept for `keep_days` whatever happens.
    """

    after_days: Days
    grace_days: Count = 0
    keep_days: Count = 0
    warn_days: tuple[Days, ...] = (60, 30, 7)
    rule: Literal["one-step", "to-lowest"] = "one-step"
    never_below: str = ""


class TierRules(msgspec.Struct, frozen=True, kw_only=True):
    """One version of the ladder. Without `downgrade` a tier is kept for ever."""

    rungs: tuple[Rung, ...]
    downgrade: Downgrade | None = None

    def __post_init__(self) -> None:
        """Refuse a ladder with a missing or double rung.

        Raises:
            ValueError: ranks are not 1, 2, 3 ..., a name stands twice, or `never_below` names no rung.
        """
        ranks = sorted(rung.rank for rung in self.rungs)
        if not ranks or ranks != list(range(1, len(ranks) + 1)):
            raise ValueError(f"expected rungs with ranks 1, 2, 3 and so on, found {ranks}")
        slugs = [rung.slug for rung in self.rungs]
        if len(set(slugs)) != len(slugs):
            raise ValueError(f"expected each tier once, found {sorted(slugs)}")
        if self.downgrade is not None and self.downgrade.never_below not in {"", *slugs}:
            raise ValueError(
                f"expected one of {sorted(slugs)} in downgrade.never_below, found {self.downgrade.never_below!r}"
            )

    def ladder(self) -> tuple[Rung, ...]:
        """The rungs from the lowest."""
        return tuple(sorted(self.rungs, key=lambda rung: rung.rank))

    def rung(self, slug: str) -> Rung:
        """The rung of that name; a name this ladder lacks is its lowest."""
        ladder = self.ladder()
        return next((rung for rung in ladder if rung.slug == slug), ladder[0])

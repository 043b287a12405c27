"""Decides which entitlements a tier brings, for which days, and what an upgrade adds to them (A7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import msgspec
from dateutil.relativedelta import relativedelta

from central_api.programme import dates
from central_api.programme.dates import RoundTo
from club.model.text import Text
from club.wire.limits import Count, Fen, Slug


class Entitlement(msgspec.Struct, frozen=True, kw_only=True):
    """An entitlement: how often a tier may use it in a year of membership or in a calendar month.

    `counts` are whole numbers by tier: what a holder of that tier has in all, not what it adds to the tier below. 0 is without
    limit; a tier that is not named has none.
    """

    slug: Slug
    name: Text
    per: Literal["year", "month"] = "year"
    department: Slug
    value_fen: Fen
    counts: Mapping[Slug, Count]


class EntitlementRules(msgspec.Struct, frozen=True, kw_only=True):
    """All entitlements of the club. What is for a year lives on to the end of the calendar named by `round_expiry_to`."""

    entitlements: tuple[Entitlement, ...]
    round_expiry_to: RoundTo = "none"

    def __post_init__(self) -> None:
        """Refuse a name that stands twice.

        Raises:
            ValueError: it does.
        """
        slugs = [one.slug for one in self.entitlements]
        if len(set(slugs)) != len(slugs):
            raise ValueError(f"expected each entitlement once, found {sorted(slugs)}")

    def of(self, slug: str) -> Entitlement | None:
        """The entitlement of that name, or None."""
        return next((one for one in self.entitlements if one.slug == slug), None)


@dataclass(frozen=True, slots=True)
class Share:
    """What a member may use of one entitlement in one period. `count` 0 is without limit; `key` is one for each period."""

    entitlement: str
    count: int
    starts: date
    expires: date

    def key(self, member: str) -> str:
        """What makes this period the same period."""
        return f"tier:{member}:{self.entitlement}:{self.starts.isoformat()}"


def shares(rules: EntitlementRules, tier: str, joined: date, day: date) -> tuple[Share, ...]:
    """What a holder of `tier` has on `day`.

    Args:
        rules: in force.
        tier: slug of the tier held.
        joined: first day of the membership; its years begin there.
        day: the store's day.
    """
    found = []
    for one in rules.entitlements:
        if tier not in one.counts:
            continue
        if one.per == "month":
            starts = day.replace(day=1)
            expires = dates.last_day_of_period(starts, 1)
        else:
            starts = _year(joined, day)
            expires = max(
                dates.last_day_of_period(starts, 12), dates.last_day_of_lot(starts, 12, rules.round_expiry_to)
            )
        found.append(Share(one.slug, one.counts[tier], starts, expires))
    return tuple(found)


def _year(joined: date, day: date) -> date:
    """The first day of the membership's year that `day` lies in: the day after the last one of the year before."""
    years = max(0, relativedelta(day, joined).years)
    starts = _nth(joined, years)
    return starts if starts <= day or not years else _nth(joined, years - 1)


def _nth(joined: date, years: int) -> date:
    return dates.last_day_of_period(joined, 12 * years) + timedelta(days=1) if years else joined

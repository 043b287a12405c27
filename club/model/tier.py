"""The ladder of tiers and how far a member is on it (A5)."""

from collections.abc import Sequence
from dataclasses import dataclass

from club.model.text import Text


@dataclass(frozen=True, slots=True)
class Tier:
    """One rung: `rank` rises from 1, `tier_points` is the threshold on the points ladder."""

    slug: str
    rank: int
    name: Text
    tier_points: int
    summary: Text


@dataclass(frozen=True, slots=True)
class Progress:
    """The way from the present tier to the next; `next` is None on the highest rung. `permille` is the share already gone, of the whole threshold."""

    current: Tier
    next: Tier | None
    missing: int
    permille: int


def by_slug(ladder: Sequence[Tier], slug: str) -> Tier:
    """The rung of that name; a name this ladder lacks (a newer programme) is its lowest."""
    return next((tier for tier in ladder if tier.slug == slug), min(ladder, key=lambda tier: tier.rank))


def progress(ladder: Sequence[Tier], current: str, tier_points: int) -> Progress:
    """How far `tier_points` carry a member who holds the tier `current`."""
    here = by_slug(ladder, current)
    above = sorted((tier for tier in ladder if tier.rank > here.rank), key=lambda tier: tier.rank)
    if not above:
        return Progress(here, None, 0, 1000)
    target = above[0]
    missing = max(0, target.tier_points - tier_points)
    permille = 1000 if target.tier_points <= 0 else min(1000, tier_points * 1000 // target.tier_points)
    return Progress(here, target, missing, permille)

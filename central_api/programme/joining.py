"""Decides what somebody gets for joining in a month, and until when it must be used (A6, A8). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from central_api.programme import dates
from club.wire.limits import Slug

Times = Annotated[int, Meta(ge=1, le=1000)]


class JoiningOffer(msgspec.Struct, frozen=True, kw_only=True):
    """What joining in a month brings: a voucher for each of the rewards, counted rights, or both.

    Args:
        month: of the day the membership begins, such as `2026-06`.
        sources: for whom, by how they came (`purchase`, `vehicle`, …); empty: for everybody.
        rewards: slugs of the catalogue.
        entitlements: how often each may be used, by slug.
    """

    month: Annotated[str, Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$(?!\n)")]
    sources: tuple[Slug, ...] = ()
    rewards: tuple[Slug, ...] = ()
    entitlements: Mapping[Slug, Times] = {}

    def __post_init__(self) -> None:
        """Refuse an offer of nothing.

        Raises:
            ValueError: it is one.
        """
        if not self.rewards and not self.entitlements:
            raise ValueError(f"expected a reward or an entitlement in the joining offer of {self.month}, found none")


class JoiningRules(msgspec.Struct, frozen=True, kw_only=True):
    """The offers of all months; all that fit add up. What they bring is good for so many months from the day of joining."""

    offers: tuple[JoiningOffer, ...]
    months_to_use: Annotated[int, Meta(ge=1, le=12)] = 1


@dataclass(frozen=True, slots=True)
class Welcome:
    """What one new member gets, good from the first to the last day."""

    rewards: tuple[str, ...]
    entitlements: Mapping[str, int]
    first_day: date
    last_day: date


def welcome(rules: JoiningRules, source: str, day: date) -> Welcome | None:
    """What joining brings, or None.

    Args:
        rules: in force.
        source: how the member came.
        day: the day the membership begins, in the club's zone: its month decides.
    """
    fitting = [
        offer
        for offer in rules.offers
        if offer.month == f"{day:%Y-%m}" and (not offer.sources or source in offer.sources)
    ]
    if not fitting:
        return None
    rights: dict[str, int] = {}
    for offer in fitting:
        for slug, times in offer.entitlements.items():
            rights[slug] = rights.get(slug, 0) + times
    rewards = tuple(reward for offer in fitting for reward in offer.rewards)
    return Welcome(rewards, rights, day, dates.last_day_of_period(day, rules.months_to_use))

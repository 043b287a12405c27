"""Decides the birthday gift: what a tier gets, in which days of the year, once a year (A8)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Literal

import msgspec

from central_api import texts
from central_api.programme import dates
from club.model.clock import Clock
from club.wire.limits import Points, Slug


class Gift(msgspec.Struct, frozen=True, kw_only=True):
    """What a tier gets: points, a reward, or both."""

    tier: Slug
    points: Points = 0
    reward: str = ""


class BirthdayRules(msgspec.Struct, frozen=True, kw_only=True):
    """Gifts by tier. `claim`: the whole month of the birthday, or the day alone."""

    gifts: tuple[Gift, ...]
    claim: Literal["month", "day"] = "month"


@dataclass(frozen=True, slots=True)
class Birthday:
    """Month and day as the member gave them; 29 February is 28 February in a year that has none."""

    month: int
    day: int

    def in_year(self, year: int) -> date:
        """The day it is kept in that year."""
        leap = date(2000, self.month, self.day)
        return dates.in_year(leap, year)


@dataclass(frozen=True, slots=True)
class BirthdayGift:
    """A gift that is due. `key` is one for each member and year: given once, even if the birthday was changed in between."""

    member: str
    year: int
    points: int
    reward: str

    @property
    def key(self) -> str:
        """What makes this gift the same gift."""
        return f"birthday:{self.member}:{self.year}"


def due(
    rules: BirthdayRules,
    member: str,
    birthday: Birthday,
    tier: str,
    given_in: Collection[int],
    clock: Clock,
    time_zone: str,
) -> BirthdayGift | None:
    """The gift a member can claim now, or None: not the time, none for the tier, or given already.

    Args:
        rules: in force.
        member: id.
        birthday: as given.
        tier: slug of the tier held now.
        given_in: calendar years in which a gift was given.
        clock: for today.
        time_zone: of the store: it decides the day and the year.
    """
    today = texts.local_day(clock.now(), time_zone)
    kept = birthday.in_year(today.year)
    open_now = (today.month == kept.month) if rules.claim == "month" else today == kept
    gift = next((one for one in rules.gifts if one.tier == tier), None)
    if not open_now or gift is None or not (gift.points or gift.reward) or today.year in given_in:
        return None
    return BirthdayGift(member, today.year, gift.points, gift.reward)

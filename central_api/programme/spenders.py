"""Decides whose spending is honoured: the month's first three, the quarter's first (A8)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal

import msgspec
from dateutil.relativedelta import relativedelta
from msgspec import Meta

from club.model.text import Text
from club.wire.limits import Fen, Slug

Per = Literal["month", "quarter"]
_MONTHS = {"month": 1, "quarter": 3}


class Ranking(msgspec.Struct, frozen=True, kw_only=True):
    """One list: who spent most in a calendar month or quarter. `rewards` are what each place gets, from the first."""

    slug: Slug
    name: Text
    per: Per
    rewards: Annotated[tuple[Slug, ...], Meta(min_length=1, max_length=50)]
    at_least_fen: Fen = 1


@dataclass(frozen=True, slots=True)
class Period:
    """A calendar month or quarter, both days included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Spender:
    """What a member paid in the period, net of refunds, in fen; `reached` tells who was there first among equals."""

    member: str
    fen: int
    reached: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A place that is proposed to staff; `reward` is what it gets."""

    number: int
    member: str
    fen: int
    reward: str


def ended_before(per: Per, day: date) -> Period:
    """The last period that was over when `day` began."""
    months = _MONTHS[per]
    first = day.replace(day=1, month=(day.month - 1) // months * months + 1)
    return Period(first - relativedelta(months=months), first - timedelta(days=1))


def places(ranking: Ranking, spenders: Iterable[Spender]) -> tuple[Place, ...]:
    """The places of a period, the first place first.

    Of members who spent the same, the one who came there first is before; a list may stay shorter than its places.
    """
    ordered = sorted(
        (one for one in spenders if one.fen >= max(1, ranking.at_least_fen)),
        key=lambda one: (-one.fen, one.reached, one.member),
    )
    pairs = zip(ordered, ranking.rewards, strict=False)
    return tuple(Place(number, one.member, one.fen, reward) for number, (one, reward) in enumerate(pairs, start=1))

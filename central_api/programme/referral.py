"""Decides what a referral pays: after a delay, up to a cap each year, and what is taken back (A8)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

import msgspec

from central_api import texts
from club.model.clock import Clock
from club.wire.limits import Count, Points

Occasion = Literal["first-visit", "vehicle"]
Outcome = Literal["pay", "wait", "over-cap", "void", "take-back", "done"]


class ReferralRules(msgspec.Struct, frozen=True, kw_only=True):
    """What a referral pays the referrer, when, and how often; what the friend gets is the joining offer's.

    `cap_per_year` counts the occasions that pay a referrer, by the calendar year of the occasion; 0 is none at all.
    """

    first_visit_points: Points
    vehicle_points: Points
    cap_per_year: Count
    delay_days: Count


@dataclass(frozen=True, slots=True)
class Referral:
    """One occasion that a friend gave: the first visit, or a car.

    Args:
        id: its own number.
        referrer: member id of who recommended.
        friend: member id of who came; one and the same is refused.
        at: when it happened.
        reversed_at: when the car was returned or the membership cancelled; None if neither.
    """

    id: str
    referrer: str
    friend: str
    occasion: Occasion
    at: datetime
    reversed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done about one occasion today. `points` go to the referrer, negative when taken back; `key` makes it once."""

    referral: Referral
    outcome: Outcome
    points: int
    pay_on: date

    @property
    def key(self) -> str:
        """What makes this step the same step."""
        return f"referral:{self.referral.id}:{self.outcome}"


def settle(
    rules: ReferralRules, referrals: Iterable[Referral], paid: Mapping[str, int], clock: Clock, time_zone: str
) -> tuple[Step, ...]:
    """What to do about each occasion of one referrer now, oldest first; running it again after doing it does nothing more.

    An occasion reversed before it was paid pays nothing and makes room under the cap. What is paid stays paid, even if the
    rules change; what is taken back is what was paid.

    Args:
        rules: in force.
        referrals: all of one referrer.
        paid: points paid so far by the id of the occasion; 0 once they were taken back.
        clock: for today.
        time_zone: of the store: it decides days and years.

    Raises:
        ValueError: a member recommended themselves, or the occasions belong to several referrers.
    """
    ordered = sorted(referrals, key=lambda one: (one.at, one.id))
    if len({one.referrer for one in ordered}) > 1 or any(one.referrer == one.friend for one in ordered):
        raise ValueError(
            "expected occasions of one referrer, each with somebody else as friend; found another, or the referrer"
        )
    today = texts.local_day(clock.now(), time_zone)
    used: dict[int, int] = {}
    for one in ordered:  # what is paid has its place first, or an occasion booked late would push it out
        if paid.get(one.id) and not _reversed(one, clock):
            _count(used, one, time_zone)
    steps = []
    for one in ordered:
        on = texts.local_day(one.at, time_zone)
        pay_on = on + timedelta(days=rules.delay_days)
        already = paid.get(one.id, 0)
        points = rules.vehicle_points if one.occasion == "vehicle" else rules.first_visit_points
        if _reversed(one, clock):
            step = Step(one, "take-back", -already, pay_on) if already else Step(one, "void", 0, pay_on)
        elif one.id in paid:
            step = Step(one, "done", 0, pay_on)
        elif used.get(on.year, 0) >= rules.cap_per_year:
            step = Step(one, "over-cap", 0, pay_on)
        else:
            _count(used, one, time_zone)
            step = Step(one, "pay", points, pay_on) if pay_on <= today else Step(one, "wait", 0, pay_on)
        steps.append(step)
    return tuple(steps)


def _reversed(one: Referral, clock: Clock) -> bool:
    return one.reversed_at is not None and one.reversed_at <= clock.now()


def _count(used: dict[int, int], one: Referral, time_zone: str) -> None:
    year = texts.local_day(one.at, time_zone).year
    used[year] = used.get(year, 0) + 1

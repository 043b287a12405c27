"""Decides whether and until when a membership is renewed: by fee, by points, or by an insurance renewal (A6)."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from central_api import texts
from central_api.programme import dates
from club.model import errors
from club.model.clock import Clock
from club.wire.limits import Count, Fen, Points

Way = Literal["fee", "points", "insurance"]


class RenewalRules(msgspec.Struct, frozen=True, kw_only=True):
    """How long a membership lasts, and what renews it. None switches a way off.

    `ahead_days`: a membership that runs longer than that from today is not renewed once more. `lapsed_grace_days`: so long
    after its last day it can still be renewed, without a gap.
    """

    months: Annotated[int, Meta(ge=1, le=240)] = 12
    fee_fen: Fen | None = None
    points: Points | None = None
    insurance_at_least_fen: Fen | None = None
    insurance_group: str = "insurance"
    lapsed_grace_days: Count = 0
    ahead_days: Count = 366
    remind_days: tuple[Count, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """What is brought for a renewal: the fee or an insurance bill in fen, or nothing but the member's wish to pay points.

    `reference` is its own number: of the bill, or of the command for points. A retry brings the same one.
    """

    way: Way
    reference: str
    paid_fen: int = 0
    group: str = ""

    def __post_init__(self) -> None:
        """Refuse what a retry could not be told by.

        Raises:
            ValueError: there is no reference.
        """
        if not self.reference.strip():
            raise ValueError(
                f"expected the number of the bill or command with a renewal by {self.way}, found {self.reference!r}"
            )


@dataclass(frozen=True, slots=True)
class Renewal:
    """A further period. `points` are to be taken for it; `key` is one for each offer, so that a retry renews once.

    The first try moves the end of the membership, so a period could not tell a second try from a second renewal. Two offers judged on
    the same last day have the same `starts`: whoever stores one judges the other anew.
    """

    member: str
    way: Way
    reference: str
    starts: date
    valid_to: date
    points: int = 0

    @property
    def key(self) -> str:
        """What makes this renewal the same renewal."""
        return f"renewal:{self.member}:{self.reference}"


@dataclass(frozen=True, slots=True)
class Reminder:
    """The membership ends soon; `key` is one for each end and number of days."""

    member: str
    days: int
    valid_to: date

    @property
    def key(self) -> str:
        """What makes this reminder the same reminder."""
        return f"renewal-reminder:{self.member}:{self.valid_to.isoformat()}:{self.days}"


def first_last_day(rules: RenewalRules, joined: date) -> date:
    """The last day of a membership that begins on `joined`."""
    return dates.last_day_of_period(joined, rules.months)


def renew(rules: RenewalRules, member: str, valid_to: date, offer: Offer, clock: Clock, time_zone: str) -> Renewal:
    """The next period of a membership whose last day is `valid_to`; it follows without gap or overlap.

    Whether the member has the points is the ledger's to say, in the transaction that takes them.

    Raises:
        RewardNotOffered: the club does not renew this way, or what is brought is not enough. Facts: reward, needs_fen, paid_fen.
        LimitReached: the membership runs long enough already. Facts: reward, valid_to, ahead_days.
        CardNotActive: it lapsed too long ago; the member joins anew. Facts: reason, since, grace_days.
    """
    today = texts.local_day(clock.now(), time_zone)
    points = _price(rules, offer)
    if today > valid_to + timedelta(days=rules.lapsed_grace_days):
        raise errors.CardNotActive(
            f"expected a membership that ended at most {rules.lapsed_grace_days} days ago, found {valid_to.isoformat()}; "
            "the member joins anew",
            reason="membership",
            since=valid_to.isoformat(),
            grace_days=rules.lapsed_grace_days,
        )
    if valid_to > today + timedelta(days=rules.ahead_days):
        raise errors.LimitReached(
            f"expected a membership that ends within {rules.ahead_days} days, found {valid_to.isoformat()}; renew later",
            reward="renewal",
            valid_to=valid_to.isoformat(),
            ahead_days=rules.ahead_days,
        )
    starts = valid_to + timedelta(days=1)
    valid_to = dates.last_day_of_period(starts, rules.months)
    return Renewal(member, offer.way, offer.reference, starts, valid_to, points)


def reminder(rules: RenewalRules, member: str, valid_to: date, clock: Clock, time_zone: str) -> Reminder | None:
    """The reminder that is due; the nearest where several were missed, none once the membership is over."""
    left = (valid_to - texts.local_day(clock.now(), time_zone)).days
    due = min((days for days in rules.remind_days if 0 <= left <= days), default=None)
    return Reminder(member, due, valid_to) if due is not None else None


def _price(rules: RenewalRules, offer: Offer) -> int:
    """Points to take for the offer; 0 where money pays."""
    wanted = {"fee": rules.fee_fen, "points": rules.points, "insurance": rules.insurance_at_least_fen}[offer.way]
    if wanted is None:
        raise errors.RewardNotOffered(
            f"expected a way of renewal that is switched on, found {offer.way}", reward="renewal"
        )
    if offer.way == "points":
        return wanted
    other_bill = offer.way == "insurance" and offer.group != rules.insurance_group
    if other_bill or offer.paid_fen < wanted:
        raise errors.RewardNotOffered(
            f"expected {offer.way} of at least {wanted} fen, found {offer.paid_fen} fen ({offer.group or 'no group'})",
            reward="renewal",
            needs_fen=wanted,
            paid_fen=offer.paid_fen,
        )
    return 0

"""The programme's rules as they are kept, one whole set for each date of effect. Every number here is the club's to set."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from central_api.programme.birthday import BirthdayRules
from central_api.programme.earn_rules import EarnRules
from central_api.programme.entitlement_rules import EntitlementRules
from central_api.programme.joining import JoiningRules
from central_api.programme.referral import ReferralRules
from central_api.programme.renewal import RenewalRules
from central_api.programme.spenders import Ranking
from central_api.programme.tier_rules import TierRules
from club.model.text import Text
from club.model.tier import Tier
from club.wire.limits import Count, Points


class PinRules(msgspec.Struct, frozen=True, kw_only=True):
    """Tries before the lock, its length, and how many hours a grant waits for its command."""

    tries: Count
    lock_minutes: Count
    grant_hours: Count = 72
    forbid: tuple[str, ...] = ()  # same-digit, ascending, descending, phone-tail


class RedeemRules(msgspec.Struct, frozen=True, kw_only=True):
    """When the PIN is asked, and how much a card that can be copied may spend in a day (N4)."""

    pin: Literal["always", "never", "by-value"]
    pin_from_points: Points = 0  # with by-value: from this price on
    uid_daily_cap: Points
    reversible_days: Count


class DebtRules(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a refunded bill's points that the member has spent (A4).

    `owe`: they are kept as a debt, and what is earned later pays it first; what is beyond `most_points`, and with `forgive` all
    of it, the store's own account bears.
    """

    rule: Literal["owe", "forgive"] = "owe"
    most_points: Points = 1_000_000_000


class TillRules(msgspec.Struct, frozen=True, kw_only=True):
    """What points are worth at the till, and how long they are kept for a payment that is not confirmed (A11, A13)."""

    points_per_yuan: Annotated[int, Meta(ge=1, le=1_000_000)]
    hold_minutes: Annotated[int, Meta(ge=1, le=1440)] = 15


class Programme(msgspec.Struct, frozen=True, kw_only=True):
    """All rules of the club that are in force together."""

    club: Text
    tagline: Text
    time_zone: str
    tiers: tuple[Tier, ...]
    pin: PinRules
    redeem: RedeemRules
    show_expiries: Count
    lapsed_grace_days: Count
    activation_days: Count = 7  # a registration that nobody activates lapses after this (K10)
    membership_days: Count = 365  # how long a membership is good from its activation (A6)


class Counting(msgspec.Struct, frozen=True, kw_only=True):
    """What bills, days and staff move: kept beside `Programme`, which is read with every tap and stays small."""

    earn: EarnRules | None = None  # None: this version books no bills
    ladder: TierRules | None = None  # None: tiers stay as they are
    renewal: RenewalRules | None = None
    birthday: BirthdayRules | None = None
    referral: ReferralRules | None = None
    rankings: tuple[Ranking, ...] = ()
    entitlements: EntitlementRules | None = None
    joining: JoiningRules | None = None  # what joining in each month brings (A8)
    debt: DebtRules = DebtRules()
    expiry_warn_days: tuple[Count, ...] = ()  # how long before their last day members are told of points (A16)
    till: TillRules | None = None  # None: no points are taken at the till
    notice_days: Count = 30  # how long before its first day a change that costs members something is put in (C5)

"""The programme's rules as they are kept, one whole set for each date of effect. Every number here is the club's to set."""

from typing import Literal

import msgspec

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

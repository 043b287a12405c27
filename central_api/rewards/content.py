"""What a reward says and whom it is for, as kept beside the columns that are filtered and constrained (A11)."""

from datetime import datetime

import msgspec

from club.model.text import Text
from club.wire.limits import Fen, Points, Slug


class RewardContent(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a reward that nothing filters by.

    `points_by_tier` goes before the standard price; an empty `tiers` is every tier; `opens` lets a tier in only from an
    instant on (early access); an empty `stores` is every store.
    """

    name: Text
    line: Text
    fits: Text = Text("")
    terms: Text = Text("")
    picture: str = ""
    badge: str = ""
    points_by_tier: dict[Slug, Points] = {}
    tiers: tuple[Slug, ...] = ()
    opens: dict[Slug, datetime] = {}
    stores: tuple[Slug, ...] = ()
    offline: bool = False
    min_bill_fen: Fen = 0

    def price(self, standard: int, tier: str) -> int:
        """What a member of `tier` pays for one piece, in points."""
        return self.points_by_tier.get(tier, standard)

    def open_tiers(self, now: datetime) -> tuple[str, ...]:
        """The tiers that may redeem at `now`; empty: every tier."""
        if not self.opens:
            return self.tiers
        named = self.tiers or tuple(self.opens)
        return tuple(tier for tier in named if tier not in self.opens or self.opens[tier] <= now)

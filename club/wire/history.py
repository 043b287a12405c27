"""A member's points history: movements, newest first, and the plan of expiries (K3, A3)."""

from datetime import datetime
from typing import Literal

import msgspec

from club.model.text import Text
from club.wire.cards import Expiry
from club.wire.limits import Count, Fen, Points, SignedPoints

MovementKind = Literal["earned", "spent", "expired", "returned", "opening"]


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the history. Lines of one bill are one movement; `points` moves the reward points, `tier_points` the tier points.

    `category` chooses the icon (maintenance, repair, wash, accessories, insurance, activity, ...), `note` is what stands
    under the title after the date ("自费 820 元" is not among it: `paid_fen` is, and the kiosk words it); `excluded` says
    that money was paid which earns nothing; `expires` lists when what was earned here will expire.
    """

    id: str
    at: datetime
    kind: MovementKind
    category: str
    title: Text
    note: Text
    paid_fen: Fen
    points: SignedPoints
    tier_points: SignedPoints
    excluded: bool = False
    code_tail: str = ""  # of the voucher bought
    expires: tuple[Expiry, ...] = ()


class MonthSum(msgspec.Struct, frozen=True, kw_only=True):
    """What a month of the store's calendar brought and took: `month` is `2026-05`."""

    month: str
    earned: Points
    spent: Points
    expired: Points


class PointsHistory(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/card-sessions/{id}/history?kind=&before=`: at most twenty movements of the last twelve months.

    `expiries` is every coming expiry, soonest first; `next_before` asks for the next page, empty at the end.
    """

    points: Points
    tier_points: Points
    as_of: datetime
    expiries: tuple[Expiry, ...]
    movements: tuple[Movement, ...]
    months: tuple[MonthSum, ...]
    total: Count
    next_before: str = ""

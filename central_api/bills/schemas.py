"""What the billing system tells: bills and refunds, and what the club answers (A15)."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from club.model.text import Text
from club.wire.limits import Fen, Instant, Points, Short, Slug

Number = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern=r"^[0-9A-Za-z][0-9A-Za-z._/-]*$(?!\n)",
        description="the billing system's own number",
    ),
]
Source = Annotated[
    str, Meta(min_length=1, max_length=32, pattern=r"^[a-z0-9][a-z0-9-]*$(?!\n)", description="the billing system")
]
MemberId = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_-]+$(?!\n)")]


class Title(msgspec.Struct, frozen=True, kw_only=True):
    """A title as billed; English may be missing."""

    zh: Short = ""
    en: Short = ""


class BillLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a bill.

    `paid_fen` is what the member paid themselves: vouchers, points and other people's payments are taken off already. `points`
    is for a category by event. `vehicle` is the billing system's own number of it, never a plate.
    """

    line: Number
    category: Slug
    paid_fen: Fen = 0
    points: Points = 0
    goods: Annotated[tuple[Slug, ...], Meta(max_length=50)] = ()
    payer: Slug = "member"
    vehicle: Annotated[str, Meta(max_length=64, pattern=r"^[0-9A-Za-z._/-]*$(?!\n)")] = ""
    title: Title = Title()


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """A bill of one member. `at` is when it was made, not when it is told."""

    source: Source
    number: Number
    member: MemberId
    store: Slug
    at: Instant
    lines: Annotated[tuple[BillLine, ...], Meta(min_length=1, max_length=500)]


class RefundedLine(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a line is given back, in fen. A line by event is given back whole; its `paid_fen` is 0."""

    line: Number
    paid_fen: Fen = 0


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """Money given back on a bill, or with no lines all that is left of it. It may come before its bill.

    `store` is set where whoever tells it speaks for one store alone: the bill must be of that one.
    """

    source: Source
    number: Number
    bill: Number
    at: Instant
    lines: Annotated[tuple[RefundedLine, ...], Meta(max_length=500)] = ()
    store: Slug | UnsetType = UNSET


Signed = Annotated[int, Meta(ge=-(2**53), le=2**53)]
Earned = Annotated[int, Meta(ge=0, le=2**53, description="whole points of one bill")]


class LotMade(msgspec.Struct, frozen=True, kw_only=True):
    """Reward points with their last day; ISO date."""

    category: Slug
    points: Earned
    expires: str


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule brought. `line` is empty for a bonus on the whole bill."""

    line: str
    step: str
    rule: str
    points: Signed
    tier_points: Signed
    said: Text = Text("")


class BookedBill(msgspec.Struct, frozen=True, kw_only=True):
    """What a bill earned, and why; the same answer whenever the same bill is told again.

    `debt_paid` are points that paid for an earlier refund; `tier` is the tier held after it, `tier_before` the one before.
    """

    bill_id: str
    source: Source
    number: Number
    points: Earned
    tier_points: Earned
    debt_paid: Earned
    lots: tuple[LotMade, ...]
    why: tuple[Why, ...]
    tier_before: Slug
    tier: Slug
    renewed_to: str = ""  # the membership's new last day (ISO), where an insurance bill renewed it


class BookedRefund(msgspec.Struct, frozen=True, kw_only=True):
    """What a refund took back. `waiting`: its bill is not here yet; it is booked when the bill comes.

    `points` left the balance, `expired` of the bill had gone before, `owed` the member owes, `borne` the store bears.
    """

    refund_id: str
    source: Source
    number: Number
    state: Literal["waiting", "booked", "refused"]
    points: Earned = 0
    tier_points: Earned = 0
    expired: Earned = 0
    owed: Earned = 0
    borne: Earned = 0
    tier: str = ""
    why_refused: str = ""

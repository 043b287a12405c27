"""What a till sends and is answered when a member pays with points (A11)."""

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from central_api.integrations.dms.schemas import Number
from club.wire.limits import Fen, Instant, Slug

_END = r"$(?!\n)"
PaymentNumber = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=31,
        pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]*" + _END,
        description="the till's own number of the payment, for ever the same for the same one",
    ),
]
State: TypeAlias = Literal["reserved", "paid", "cancelled", "returned", "lapsed"]
"""`cancelled`: before it was paid; `returned`: after; `lapsed`: it was neither confirmed nor cancelled in time."""


class Reserve(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/till/payments`: keep points for a payment. `member` is the sender's own number of them.

    `card` is the number printed on the card that pays; it must be named where cards of the member have limits, as drivers' do.
    """

    number: PaymentNumber
    member: Number
    store: Slug
    points: Annotated[int, Meta(ge=1, le=1_000_000_000, description="whole points")]
    card: Annotated[str, Meta(max_length=24, description="the number printed on the card that pays; empty: none")] = ""


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """How a payment stands: what the points are worth, and until when they are kept."""

    number: str
    member: str
    state: State
    points: int
    amount_fen: Fen
    until: Instant

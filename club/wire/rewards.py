"""The redeem command and its answer (A12)."""

import hashlib
from datetime import datetime

import msgspec

from club.wire.cards import VoucherView
from club.wire.limits import Id, Points, Quantity, Slug


class Redeem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/redemptions`, idempotent on `command_id` for ever; `unit_points` is the price the member saw."""

    command_id: Id
    session_id: Id
    reward: Slug
    quantity: Quantity
    unit_points: Points
    grant: Id | None = None


class Redeemed(msgspec.Struct, frozen=True, kw_only=True):
    """The points are taken and the vouchers exist; the same for every repeat of the command."""

    command_id: Id
    redemption_id: str
    reward: Slug
    quantity: Quantity
    points_taken: Points
    points: Points
    tier_points: Points
    vouchers: tuple[VoucherView, ...]
    at: datetime


def step_up_digest(command: Redeem) -> str:
    """What the PIN is bound to: the SHA-256 of the command without its grant."""
    bare = msgspec.structs.replace(command, grant=None)
    return hashlib.sha256(msgspec.json.encode(bare)).hexdigest()

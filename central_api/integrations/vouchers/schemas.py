"""What a till sends and is answered when a member brings a voucher (A14)."""

from typing import Literal

import msgspec

from central_api.integrations.till.schemas import PaymentNumber
from club.model.text import Text
from club.wire.limits import Slug


class Close(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who fulfils or takes back a voucher: the caller's own number, for ever the same for the same act, and the store."""

    number: PaymentNumber
    store: Slug


class TillVoucher(msgspec.Struct, frozen=True, kw_only=True):
    """A voucher as a till sees it, without its owner. `points` came back when it was cancelled, `expired` of them ended at once."""

    code: str
    state: Literal["issued", "fulfilled", "cancelled", "expired"]
    reward: Slug
    name: Text
    valid_to: str
    points: int
    expired: int

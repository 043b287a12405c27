"""Redeeming while the club cannot be reached (A14): the store's rules, the sealed command, and a voucher that proves itself."""

import contextlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from club.model import errors
from club.wire import codec, signing
from club.wire.cards import Evidence
from club.wire.devices import Base64Key
from club.wire.limits import Count, Hash, Id, Instant, Long, Pin, Points, Short, Slug

PREFIX = "XZO1"
_LABEL = b"club-offline-voucher-1\n"
_CLOCKS = timedelta(seconds=signing.FRESH_S)  # as far as two clocks may differ
VoucherCode = Annotated[
    str, Meta(pattern=r"^[0-9A-HJ-NP-RT-Y]{8}[0-9]{2}$(?!\n)", description="a voucher's short code")
]
Reason = Literal["", "points", "stock", "limit", "pin", "card", "blocked", "replayed", "seal", "code"]


class OfflineRule(msgspec.Struct, frozen=True, kw_only=True):
    """What a store allows from `starts` on; nothing when it is not `enabled`.

    `floor_points` is what one card may spend in one outage, `hours` how long an outage may have lasted, `quotas` the marked
    rewards with the pieces one device may hand out in one outage.
    """

    starts: datetime
    enabled: bool
    floor_points: Points
    hours: Count
    quotas: dict[str, Count]


class FormerKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key by which a device was known in a store, for what it handed out there from `since` until `until`."""

    key: Base64Key
    since: datetime
    until: datetime


class OfflineEntity(msgspec.Struct, frozen=True, kw_only=True):
    """A store's rules, now and to come, in the store's feed (entity id: the store's slug).

    `seal_key` is the server's X25519 key for evidence and PIN; `device_keys` whose signatures make a voucher here, `former_keys`
    whose made one then: of devices that have another key by now or stand elsewhere. A club of one version back tells none.
    """

    store: Slug
    rules: tuple[OfflineRule, ...]
    seal_key: Base64Key
    device_keys: dict[str, Base64Key]
    former_keys: dict[str, tuple[FormerKey, ...]] = {}

    def rule_at(self, now: datetime) -> OfflineRule | None:
        """The rule in force; None: there never was one."""
        begun = [rule for rule in self.rules if rule.starts <= now]
        return max(begun, key=lambda rule: rule.starts, default=None)


class SealedTap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is sealed to the server's key: the tap's evidence and the PIN, judged at settlement."""

    evidence: Evidence
    pin: Pin
    tap: Id  # one tap may pay for several pieces, two taps never have the same counter


class OfflineRedeem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/offline-redemptions`, idempotent on `command_id` for ever: one piece that was handed out offline."""

    command_id: Id
    outage: Id
    card_hash: Hash
    reward: Slug
    unit_points: Points
    code: VoucherCode
    issued_at: Instant
    valid_to: date
    sealed: Long  # base64url of the sealed `SealedTap`, bound to `command_id`


class OfflineSettled(msgspec.Struct, frozen=True, kw_only=True):
    """How it ended, for ever: the member paid `points_taken`, the store bears `shortfall`; `reason` is empty when all was well."""

    command_id: Id
    code: str
    points_taken: Points
    shortfall: Points
    reason: Reason
    at: datetime


class OfflineVoucher(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What the QR of a voucher says that was handed out offline; an array, for a QR must stay coarse enough to scan."""

    device: Id
    store: Slug
    code: VoucherCode
    reward: Slug
    points: Points
    issued_at: Instant
    valid_to: date
    note: Short = ""


def text_of(voucher: OfflineVoucher) -> bytes:
    """The bytes a device signs."""
    return _LABEL + codec.encode(voucher)


def qr_text(voucher: OfflineVoucher, signature: bytes) -> str:
    """What the QR says: prefix, voucher, signature."""
    return f"{PREFIX}:{signing.to_text(codec.encode(voucher))}.{signing.to_text(signature)}"


def read_qr(
    text: str, device_keys: Mapping[str, str], former_keys: Mapping[str, Sequence[FormerKey]] | None = None
) -> OfflineVoucher:
    """The voucher of a scanned QR, proved by its device's signature; no server is asked.

    Args:
        text: as it was scanned.
        device_keys: the store's devices and their public keys, base64url.
        former_keys: those its devices had before; one counts for vouchers of its own time and for no others.

    Raises:
        Malformed: it is no such QR.
        DeviceUnknown: no device of this store made it.
        SignatureWrong: it was changed, or made by somebody else, or its device had another key when it says it was made.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    prefix, _, rest = text.strip().partition(":")
    body, _, signature = rest.partition(".")
    try:
        if prefix != PREFIX:
            raise ValueError(f"expected a text that begins with {PREFIX}")
        raw, signed = signing.from_text(body), signing.from_text(signature)
    except ValueError as error:
        raise errors.Malformed(
            "expected the QR of a voucher that was handed out offline, found another text"
        ) from error
    voucher = codec.decode(raw, OfflineVoucher)
    before = (former_keys or {}).get(voucher.device, ())
    keys = [one.key for one in before if one.since - _CLOCKS <= voucher.issued_at <= one.until]
    if voucher.device in device_keys:
        keys.insert(0, device_keys[voucher.device])
    elif not before:
        raise errors.DeviceUnknown("expected a voucher of one of this store's devices, found another device's")
    for key in keys:
        with contextlib.suppress(InvalidSignature):
            Ed25519PublicKey.from_public_bytes(signing.from_text(key)).verify(signed, _LABEL + raw)
            return voucher
    raise errors.SignatureWrong("the voucher's signature is not of a key that its device had then")

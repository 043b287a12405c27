"""Looks closer at a card that was read: which product it is, and whose signature says that its chip is genuine.

For technicians and for those who buy cards; nothing of it raises what a tap is worth (``protocol.originality``).
"""

from __future__ import annotations

from dataclasses import dataclass

from nfc.evidence import Evidence, Family
from nfc.protocol import apdu, errors, native, ntag21x, ntag424, originality

_READ_SIGNATURE = apdu.Command(0x90, 0x3C, data=b"\x00", le=256)
_SW_SIGNED = 0x9190  # NTAG 424 DNA and DESFire say so instead of 9100
_GENERATIONS = {0x00: "DESFire", 0x01: "DESFire EV1", 0x12: "DESFire EV2", 0x22: "DESFire EV2", 0x33: "DESFire EV3"}


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a closer look found.

    Args:
        product: by the chip's own word; None when it gives none that we know.
        signed_as: the chip family as which NXP signed this UID; None without a signature, or with one that does not fit.
    """

    product: str | None = None
    signed_as: str | None = None


def inspect(transmit: apdu.Transmit, evidence: Evidence) -> Inspection:
    """Ask a card for its version and signature, in whatever way its family and the reader have.

    Args:
        transmit: sends one APDU.
        evidence: as it was read a moment ago.

    Raises:
        errors.CardLeft: it was taken away.
    """
    if evidence.family is Family.ULTRALIGHT:
        return _storage(transmit, evidence.uid)
    if evidence.family in (Family.NTAG424, Family.DESFIRE):
        return Inspection(_native_product(transmit), originality.made_by(evidence.uid, _native_signature(transmit)))
    return Inspection()


def _storage(transmit: apdu.Transmit, uid: bytes) -> Inspection:
    try:
        chip = native.open_native(transmit)
        try:
            product = ntag21x.version(chip).product
            signed_as = originality.made_by(uid, ntag21x.signature(chip))
        finally:
            native.close_native(transmit)
    except errors.CardLeft:
        raise
    except errors.ProtocolError:
        return Inspection()  # a chip, or a reader, that does not know the commands
    return Inspection(product, signed_as)


def _native_product(transmit: apdu.Transmit) -> str | None:
    try:
        version = ntag424.get_version(transmit)
    except (errors.StatusError, errors.Malformed):
        return None
    if version.is_ntag424:
        return "NTAG 424 DNA"
    return _GENERATIONS.get(version.major) if version.is_desfire else None


def _native_signature(transmit: apdu.Transmit) -> bytes:
    response = apdu.exchange(transmit, _READ_SIGNATURE)
    return response.data if response.ok or response.sw == _SW_SIGNED else b""

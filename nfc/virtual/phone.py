"""A virtual Android phone with the club's application: a random UID at each tap, and a signature for each question."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from nfc.protocol import phone, tlv
from nfc.protocol.applications import CLUB_AID
from nfc.virtual.card import SW_NOT_SUPPORTED, SW_OK, data_of

ATR_PHONE = bytes.fromhex("3B80800101")
"""What readers make up for Android phones: no historical bytes."""

_SW_NOT_FOUND = bytes.fromhex("6A82")
_SW_WRONG_LENGTH = bytes.fromhex("6700")
_QUESTION_BYTES = 32


class Phone:
    """A phone, with the club's application unless told otherwise.

    Args:
        number: the credential, 8 bytes; None for a phone without the application.
        key: its P-256 key; a fresh one when left out.
        random_bytes: makes the UID of a tap.
    """

    atr = ATR_PHONE

    def __init__(
        self,
        number: bytes | None,
        key: ec.EllipticCurvePrivateKey | None = None,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.number = number
        self._key = key or ec.generate_private_key(ec.SECP256R1())
        self._random_bytes = random_bytes
        self.power_on()

    @property
    def public_key(self) -> bytes:
        """What the central API enrols: 65 bytes, uncompressed."""
        return self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def power_on(self) -> None:
        """A new tap: another UID, nothing selected."""
        self._uid = b"\x08" + self._random_bytes(3)
        self._selected = False

    def transmit(self, command: bytes) -> bytes | None:
        """Answer one APDU."""
        if len(command) < 4:
            return SW_NOT_SUPPORTED
        data = data_of(command)
        match command[0], command[1]:
            case 0xFF, 0xCA:
                return self._uid + SW_OK
            case 0x00, 0xA4 if command[2] == 0x04:
                return self._select(data)
            case 0x00, 0xCA if self._selected and command[2:4] == b"\x5f\x49":
                return tlv.build(0x5F49, self.public_key) + SW_OK
            case 0x00, 0x88 if self._selected and self.number is not None:
                if len(data) != _QUESTION_BYTES:
                    return _SW_WRONG_LENGTH
                return self._key.sign(phone.signed(self.number, data), ec.ECDSA(hashes.SHA256())) + SW_OK
        return SW_NOT_SUPPORTED if self._selected else _SW_NOT_FOUND

    def _select(self, name: bytes) -> bytes:
        if self.number is None or name != CLUB_AID:
            return _SW_NOT_FOUND
        self._selected = True
        return phone.build_fci(CLUB_AID, self.number) + SW_OK

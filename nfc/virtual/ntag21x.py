"""A virtual NTAG213 in a reader that can pass native commands: pages, password, a signature as the factory made it."""

from __future__ import annotations

from nfc.protocol import tlv
from nfc.virtual.card import ATR_ULTRALIGHT, SW_NOT_SUPPORTED, SW_OK, data_of

GENUINE_UID = bytes.fromhex("04E10CDA993C80")
GENUINE_SIGNATURE = bytes.fromhex("8B76052EE42F5567BEB53238B3E3F9950707C0DCC956B5C5EFCFDB709B2D82B3")
"""Of a real chip: only NXP can make another pair."""

_PAGES = 45
_CONFIG = 0x29
_VERSION = bytes.fromhex("0004040201000F03")
_SW_FAILED = bytes.fromhex("6300")


class Ntag213:
    """A chip, unguarded as from the factory.

    Args:
        uid: 7 bytes.
        signature: what READ_SIG gives.
        transparent: whether the reader opens a transparent session; otherwise it is an ACR122U.
    """

    atr = ATR_ULTRALIGHT

    def __init__(
        self, uid: bytes = GENUINE_UID, signature: bytes = GENUINE_SIGNATURE, *, transparent: bool = False
    ) -> None:
        self.uid = uid
        self._signature = signature
        self._transparent = transparent
        self.memory = bytearray(_PAGES * 4)
        bcc0, bcc1 = 0x88 ^ uid[0] ^ uid[1] ^ uid[2], uid[3] ^ uid[4] ^ uid[5] ^ uid[6]
        self.memory[:10] = uid[:3] + bytes((bcc0,)) + uid[3:] + bytes((bcc1, 0x48))
        self.memory[_CONFIG * 4 : _CONFIG * 4 + 4] = bytes.fromhex("040000FF")
        self.memory[(_CONFIG + 2) * 4 : (_CONFIG + 3) * 4] = b"\xff" * 4
        self._tries = 0
        self._counter = 0
        self.power_on()

    def power_on(self) -> None:
        """Forget the password shown and the session; count the next read."""
        self._shown = False
        self._session = False
        self._counted = False

    def transmit(self, command: bytes) -> bytes | None:
        """Answer one APDU as the reader does, native commands inside included."""
        data = data_of(command)
        match command[:2]:
            case b"\xff\xca":
                return self.uid + SW_OK
            case b"\xff\xb0" if len(command) >= 4:
                found = self._native(bytes((0x30, command[3])))
                return _SW_FAILED if found is None else found + SW_OK
            case b"\xff\x00" if not self._transparent and data[:2] == b"\xd4\x42":
                found = self._native(data[2:])
                return b"\xd5\x43" + (b"\x01" if found is None else b"\x00" + found) + SW_OK
            case b"\xff\xc2" if self._transparent:
                return self._manage(command[2:4], data)
        return SW_NOT_SUPPORTED

    def _manage(self, p: bytes, data: bytes) -> bytes:
        if p == b"\x00\x00":
            self._session = data == b"\x81\x00"
            return bytes.fromhex("C003009000") + SW_OK
        inside = tlv.find(data, 0x95) if self._session else None
        found = None if inside is None else self._native(inside)
        if found is None:
            return bytes.fromhex("C003016401") + SW_OK  # no answer from the card
        return bytes.fromhex("C003009000") + tlv.build(0x97, found) + SW_OK

    def _native(self, command: bytes) -> bytes | None:
        """Return the chip's answer, None for a NAK or silence."""
        match list(command):
            case [0x60]:
                return _VERSION
            case [0x30, page] if page < _PAGES and self._may(page, write=False):
                self._count()
                return self._visible(page, page + 3)
            case [0x3A, first, last] if first <= last < _PAGES and self._may(last, write=False):
                self._count()
                return self._visible(first, last)
            case [0xA2, page, *data] if 2 <= page < _PAGES and len(data) == 4 and self._may(page, write=True):
                self.memory[page * 4 : page * 4 + 4] = bytes(data)
                return b"\x0a"
            case [0x1B, *password] if len(password) == 4:
                return self._authenticate(bytes(password))
            case [0x3C, 0x00]:
                return self._signature
            case [0x39, 0x02]:
                return self._counter.to_bytes(3, "little")
        return None

    def _authenticate(self, password: bytes) -> bytes | None:
        limit = self.memory[(_CONFIG + 1) * 4] & 0x7
        start = (_CONFIG + 2) * 4
        if (limit and self._tries >= limit) or password != self.memory[start : start + 4]:
            self._tries += 1
            return None
        self._tries, self._shown = 0, True
        return bytes(self.memory[start + 4 : start + 6])

    def _may(self, page: int, *, write: bool) -> bool:
        guarded = page >= self.memory[_CONFIG * 4 + 3] and (write or self.memory[(_CONFIG + 1) * 4] & 0x80)
        return self._shown or not guarded

    def _visible(self, first: int, last: int) -> bytes:
        hidden = self.memory[: (_CONFIG + 2) * 4] + bytes(8)  # password and PACK read as zeros
        return b"".join(bytes(hidden[page % _PAGES * 4 : page % _PAGES * 4 + 4]) for page in range(first, last + 1))

    def _count(self) -> None:
        self._counter += not self._counted
        self._counted = True

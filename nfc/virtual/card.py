"""What every virtual card is, and the simplest one: a card that has nothing but its UID."""

from __future__ import annotations

from typing import Protocol

from nfc.protocol import ntag424

SW_OK = bytes.fromhex("9000")
SW_NOT_SUPPORTED = bytes.fromhex("6D00")

ATR_ISO14443_4 = bytes.fromhex("3B8180018080")
"""DESFire, NTAG 424 DNA and others in a contactless reader (PC/SC part 3)."""
ATR_ULTRALIGHT = bytes.fromhex("3B8F8001804F0CA0000003060300030000000068")
ATR_FELICA = bytes.fromhex("3B8F8001804F0CA00000030611003B0000000042")
ATR_CONTACT = bytes.fromhex("3B6500002063CB6800")
ATR_CLASSIC_1K = bytes.fromhex("3B8F8001804F0CA000000306030001000000006A")

_GET_UID = ntag424.GET_UID.to_bytes()


class Pulled(Exception):
    """Raised by a card to be pulled away from the reader at this very moment.

    Args:
        back: whether it only wobbled and is back at once.
    """

    def __init__(self, *, back: bool = False) -> None:
        super().__init__("pulled away")
        self.back = back


class Card(Protocol):
    """A virtual card; the slot calls it from one thread."""

    @property
    def atr(self) -> bytes:
        """Answer to reset, as a contactless reader would make it up."""

    def power_on(self) -> None:
        """The card enters the field (or is reset): selections are forgotten, a new tap begins."""

    def transmit(self, command: bytes) -> bytes | None:
        """Answer one APDU; None leaves the reader waiting.

        Raises:
            Pulled: the card is taken away now.
        """


def data_of(command: bytes) -> bytes:
    """Return the data field of a short APDU, empty when Lc does not fit."""
    if len(command) < 6:
        return b""
    return command[5 : 5 + command[4]] if len(command) >= 5 + command[4] else b""


def expected_of(command: bytes) -> int:
    """Return Le of an APDU without data; 00 means 256."""
    return (command[4] or 256) if len(command) >= 5 else 256


class UidOnly:
    """A card of which only the UID can be read: the reader answers for it, as it does for Ultralight and Classic.

    Args:
        uid: 4, 7, 8 or 10 bytes.
        atr: decides as what it is seen; an Ultralight by default.
    """

    def __init__(self, uid: bytes, atr: bytes = ATR_ULTRALIGHT) -> None:
        self._uid = uid
        self.atr = atr

    def power_on(self) -> None:
        """Nothing to forget."""

    def transmit(self, command: bytes) -> bytes | None:
        """Answer the UID to GET DATA, and refuse everything else."""
        if command == _GET_UID:
            return self._uid + SW_OK
        return SW_NOT_SUPPORTED

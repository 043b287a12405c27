"""Reads a card's ATR into a first guess of its family (PC/SC part 3 §3.1.3.2, ISO 7816-3).

An ATR names a family at best: ``3B 81 80 01 80 80`` is DESFire, NTAG 424 DNA and others, so ``families`` asks the card.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Hint(StrEnum):
    """What an ATR lets us expect."""

    CLASSIC = "mifare_classic"
    ULTRALIGHT = "ultralight"  # and every NTAG21x
    FELICA = "felica"
    VICINITY = "iso15693"
    TYPE_B_MEMORY = "iso14443b_memory"
    STORAGE = "storage"  # a storage card whose name we do not know
    ISO14443_4 = "iso14443_4"
    CONTACT = "contact"
    UNKNOWN = "unknown"


_PCSC_RID = bytes.fromhex("A000000306")
_STORAGE_PREFIX = bytes.fromhex("804F0C") + _PCSC_RID
_MIN_STORAGE_ATR = 4 + len(_STORAGE_PREFIX) + 3

_CARD_NAMES: dict[int, Hint] = {
    0x0001: Hint.CLASSIC,
    0x0002: Hint.CLASSIC,
    0x0026: Hint.CLASSIC,  # Mini
    0x0003: Hint.ULTRALIGHT,
    0x003A: Hint.ULTRALIGHT,  # Ultralight C
    0x003D: Hint.ULTRALIGHT,  # Ultralight EV1
    0x003B: Hint.FELICA,
    0xFF88: Hint.CLASSIC,  # ACR122U's own word for Infineon's Classic
    0xF004: Hint.FELICA,  # ACR122U: Topaz and FeliCa share its private range; both give only a UID
}


@dataclass(frozen=True, slots=True)
class Atr:
    """A parsed ATR.

    Args:
        raw: the bytes as the reader gave them.
        hint: the family the bytes suggest.
        historical: the historical bytes, empty when the ATR is too short to hold them.
    """

    raw: bytes
    hint: Hint
    historical: bytes


def parse(raw: bytes) -> Atr:
    """Parse an ATR; never raises, since readers deliver all kinds of bytes."""
    historical = _historical(raw)
    return Atr(raw=raw, hint=_hint(raw, historical), historical=historical)


def _hint(raw: bytes, historical: bytes) -> Hint:
    if len(raw) < 2 or raw[0] not in (0x3B, 0x3F):
        return Hint.UNKNOWN
    contactless = raw[2:4] == b"\x80\x01"
    if not contactless:
        return Hint.CONTACT
    if len(raw) >= _MIN_STORAGE_ATR and historical.startswith(_STORAGE_PREFIX):
        standard = historical[len(_STORAGE_PREFIX)]
        name = int.from_bytes(historical[len(_STORAGE_PREFIX) + 1 : len(_STORAGE_PREFIX) + 3], "big")
        return _storage_hint(standard, name)
    return Hint.ISO14443_4


def _storage_hint(standard: int, name: int) -> Hint:
    if standard == 0x11:
        return Hint.FELICA
    if 0x09 <= standard <= 0x0C:
        return Hint.VICINITY
    if name in _CARD_NAMES:
        return _CARD_NAMES[name]
    if 0x05 <= standard <= 0x07:
        return Hint.TYPE_B_MEMORY
    return Hint.STORAGE


def _historical(raw: bytes) -> bytes:
    """Walk the interface bytes (T0, TDi announce which follow) to the historical bytes."""
    if len(raw) < 2:
        return b""
    wanted = raw[1] & 0x0F
    announce = raw[1] >> 4
    position = 2
    while True:
        position += (announce & 0x7).bit_count()
        if not announce & 0x8:
            break
        if position >= len(raw):
            return b""
        announce = raw[position] >> 4
        position += 1
    return raw[position : position + wanted]

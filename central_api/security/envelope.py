"""Seals a text for its one place in the database: AES-256-GCM, the place as associated data (ADR 0012). No database here.

A sealed value is a byte 1 (this form), the number of its data key (4 bytes), a nonce (12 random bytes), ciphertext and tag.
Its place is table, column and row: a value that somebody moves to another row does not open there.
"""

import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_FORM = 1
_NONCE_BYTES, _TAG_BYTES = 12, 16
_HEAD_BYTES = 1 + 4
_SHORTEST = _HEAD_BYTES + _NONCE_BYTES + _TAG_BYTES


class NotOpened(ValueError):
    """A sealed value does not open: it was changed, moved to another place, or belongs to another key."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value stands; `row` is the row's key."""

    table: str
    column: str
    row: str

    def __str__(self) -> str:
        return f"{self.table}.{self.column} of {self.row}"

    @property
    def associated(self) -> bytes:
        """The bytes that bind a value to its place; lengths keep `a|bc` and `ab|c` apart."""
        parts = [part.encode() for part in (self.table, self.column, self.row)]
        return b"club\0" + b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def seal(key: bytes, number: int, place: Place, text: str) -> bytes:
    """Seal a text under the data key of that number (32 bytes); a new nonce each time."""
    nonce, begins = os.urandom(_NONCE_BYTES), head(number)
    return begins + nonce + AESGCM(key).encrypt(nonce, text.encode(), begins + place.associated)


def head(number: int) -> bytes:
    """How every value begins that the data key of this number sealed."""
    return bytes([_FORM]) + number.to_bytes(4, "big")


def key_number(sealed: bytes) -> int:
    """The number of the data key that opens a value.

    Raises:
        NotOpened: these bytes are no sealed value of this form.
    """
    if len(sealed) < _SHORTEST or sealed[0] != _FORM:
        raise NotOpened(f"expected a sealed value of form {_FORM}, found other bytes")
    return int.from_bytes(sealed[1:_HEAD_BYTES], "big")


def opened(key: bytes, place: Place, sealed: bytes) -> str:
    """The text of a sealed value, opened at its place with its key.

    Raises:
        NotOpened: it does not open here with this key.
    """
    key_number(sealed)
    begins, nonce = sealed[:_HEAD_BYTES], sealed[_HEAD_BYTES : _HEAD_BYTES + _NONCE_BYTES]
    try:
        return AESGCM(key).decrypt(nonce, sealed[_HEAD_BYTES + _NONCE_BYTES :], begins + place.associated).decode()
    except (InvalidTag, UnicodeDecodeError) as fault:
        raise NotOpened(f"the value in {place} does not open: it was changed, or stood somewhere else") from fault


def wrap(master: bytes, number: int, key: bytes) -> bytes:
    """A data key under a master key (both 32 bytes), bound to its number."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(master).encrypt(nonce, key, _of_key(number))


def unwrap(master: bytes, number: int, wrapped: bytes) -> bytes:
    """The data key of a number.

    Raises:
        NotOpened: it was wrapped by another master key, or changed.
    """
    try:
        return AESGCM(master).decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], _of_key(number))
    except (InvalidTag, ValueError) as fault:
        raise NotOpened(f"data key {number} does not open with this master key") from fault


def _of_key(number: int) -> bytes:
    return b"club data key\0" + number.to_bytes(4, "big")

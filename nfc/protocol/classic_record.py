"""A small record on MIFARE Classic that survives the card being pulled away: two copies, the older one is written.

Each copy fills the same number of whole blocks::

    sequence (2, high byte first) | length (1) | payload | zeros | code (4)

The code is the AES-CMAC, cut to 4 bytes, over the card's UID, which copy it is, and the blocks before it. So a torn copy is
known as torn, a copy carried to another card is known as foreign, and the other copy stands. The cipher of the card itself
is broken: whoever reads the card can put back an older state of both copies. The record is a pointer, never money.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from nfc.protocol import apdu, classic, cmac, errors

_HEAD_BYTES = 3
_CODE_BYTES = 4
_SEQUENCES = 1 << 16


class NoRecord(errors.ProtocolError):
    """Neither copy is whole: a blank card, another programme's, or one that was tampered with."""


class NotKept(errors.ProtocolError):
    """What was written does not read back; the older record still stands."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record lies and what opens it.

    Args:
        copies: the blocks of the two copies, as many in each; each copy inside one sector, better not the same one.
        key: which key opens the sectors for reading and writing.
        values: that key of each copy's sector, 6 bytes each.
        code_key: the record's own 16-byte key, diversified by card.
        uid: the card's UID.
    """

    copies: tuple[tuple[int, ...], tuple[int, ...]]
    key: classic.Key
    values: tuple[bytes, bytes]
    code_key: bytes
    uid: bytes

    def __post_init__(self) -> None:
        first, second = self.copies
        if not first or len(first) != len(second) or set(first) & set(second):
            raise ValueError(f"expected two copies of as many blocks each, apart; found {self.copies}")
        if any(len({classic.sector_of(block) for block in copy}) > 1 for copy in self.copies):
            raise ValueError(f"expected each copy inside one sector, found {self.copies}")

    @property
    def capacity(self) -> int:
        """How many bytes the payload may have."""
        return len(self.copies[0]) * classic.BLOCK_BYTES - _HEAD_BYTES - _CODE_BYTES


@dataclass(frozen=True, slots=True)
class _Copy:
    number: int
    sequence: int
    payload: bytes


def read(transmit: apdu.Transmit, place: Place) -> bytes:
    """Return the newest whole payload.

    Raises:
        NoRecord: neither copy is whole.
        errors.StatusError: a key does not open a sector.
    """
    newest = _newest(_copies(transmit, place))
    if newest is None:
        raise NoRecord("neither copy of the record is whole")
    return newest.payload


def write(transmit: apdu.Transmit, place: Place, payload: bytes) -> None:
    """Write a new payload over the older copy and read it back.

    At whatever moment the card leaves, :func:`read` finds the old payload or the new one.

    Raises:
        NotKept: the card did not keep what was written.
        ValueError: the payload does not fit.
    """
    if len(payload) > place.capacity:
        raise ValueError(f"expected at most {place.capacity} bytes of record, found {len(payload)}")
    newest = _newest(_copies(transmit, place))
    number = 1 - newest.number if newest else 0
    sequence = (newest.sequence + 1) % _SEQUENCES if newest else 0
    content = _build(place, number, sequence, payload)
    blocks = place.copies[number]
    classic.authenticate(transmit, blocks[0], place.key, place.values[number])
    for position, block in enumerate(blocks):
        start = position * classic.BLOCK_BYTES
        classic.write_block(transmit, block, content[start : start + classic.BLOCK_BYTES])
    if b"".join(classic.read_block(transmit, block) for block in blocks) != content:
        raise NotKept(f"copy {number + 1} does not read back as it was written; the older record stands")


def _copies(transmit: apdu.Transmit, place: Place) -> list[_Copy]:
    found = []
    for number, blocks in enumerate(place.copies):
        classic.authenticate(transmit, blocks[0], place.key, place.values[number])
        content = b"".join(classic.read_block(transmit, block) for block in blocks)
        copy = _parse(place, number, content)
        if copy:
            found.append(copy)
    return found


def _newest(copies: list[_Copy]) -> _Copy | None:
    if len(copies) < 2:
        return copies[0] if copies else None
    first, second = copies
    # Sequences go round: the newer one is less than half a round ahead.
    return second if (second.sequence - first.sequence) % _SEQUENCES < _SEQUENCES // 2 else first


def _build(place: Place, number: int, sequence: int, payload: bytes) -> bytes:
    head = sequence.to_bytes(2, "big") + bytes((len(payload),))
    body = head + payload.ljust(place.capacity, b"\x00")
    return body + _code(place, number, body)


def _parse(place: Place, number: int, content: bytes) -> _Copy | None:
    body, code = content[:-_CODE_BYTES], content[-_CODE_BYTES:]
    if body[2] > place.capacity or not hmac.compare_digest(code, _code(place, number, body)):
        return None
    return _Copy(number, int.from_bytes(body[:2], "big"), body[_HEAD_BYTES : _HEAD_BYTES + body[2]])


def _code(place: Place, number: int, body: bytes) -> bytes:
    return cmac.cmac(place.code_key, place.uid + bytes((number,)) + body)[:_CODE_BYTES]

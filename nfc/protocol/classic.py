"""MIFARE Classic through the reader's pseudo commands: load a key, authenticate, read, write, value blocks (PC/SC part 3 §3.2.2).

Its cipher is broken (see the family's page): nothing here proves anything. It exists to read what older cards hold and to move
members off them. Rules that follow from the chip:

- A key lies in the reader, where every program sees it: load it anew before each authentication, inside one transaction.
- Authentication counts for one sector and is lost at any failure; the card then wants to be selected again.
- A trailer with wrong access bits makes a sector dead for ever: :func:`write_block` refuses trailers, and
  :func:`write_trailer`, for issuing only, takes nothing but a :class:`Trailer`.
- A block that is being written when the card leaves may hold anything: see ``classic_record``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from nfc.protocol import apdu, errors

BLOCK_BYTES = 16
KEY_BYTES = 6
BLOCKS_1K, BLOCKS_4K = 64, 256
_SMALL_SECTORS, _SMALL, _LARGE = 32, 4, 16  # a 4K card's last eight sectors have 16 blocks
_FIRST_LARGE_BLOCK = _SMALL_SECTORS * _SMALL
_SLOT = 0x00  # every reader has one; ACR122U has 0 and 1


class Key(IntEnum):
    """Which of a sector's two keys; the numbers are the command's own."""

    A = 0x60
    B = 0x61


class Condition(IntEnum):
    """Access conditions C1 C2 C3 of a data block that are worth having (MF1S50yyX §8.7)."""

    TRANSPORT = 0b000  # both keys do everything: as it comes
    READ_ONLY = 0b010  # both keys read, nobody writes
    READ_A_WRITE_B = 0b100  # both keys read, B writes
    VALUE = 0b110  # B raises and writes, both lower and read
    ONLY_B = 0b011  # B reads and writes


TRAILER_TRANSPORT = 0b001
"""Key A writes keys and access bits and reads key B: as it comes."""
TRAILER_ISSUED = 0b011
"""Key B writes keys and access bits; nobody reads a key. Sectors of this kind can be issued again."""


def sector_of(block: int) -> int:
    """Return the sector of a block (0 to 255)."""
    if not 0 <= block < BLOCKS_4K:
        raise ValueError(f"expected a block from 0 to {BLOCKS_4K - 1}, found {block}")
    if block < _FIRST_LARGE_BLOCK:
        return block // _SMALL
    return _SMALL_SECTORS + (block - _FIRST_LARGE_BLOCK) // _LARGE


def trailer_of(sector: int) -> int:
    """Return the number of a sector's trailer, its last block."""
    if sector < _SMALL_SECTORS:
        return sector * _SMALL + _SMALL - 1
    return _FIRST_LARGE_BLOCK + (sector - _SMALL_SECTORS) * _LARGE + _LARGE - 1


def is_trailer(block: int) -> bool:
    """Whether a block holds keys and access bits."""
    return trailer_of(sector_of(block)) == block


@dataclass(frozen=True, slots=True)
class Trailer:
    """A sector's last block.

    Args:
        key_a, key_b: 6 bytes each.
        blocks: conditions C1 C2 C3 of the sector's three data blocks (of the three groups of five in a large sector).
        trailer: those of the trailer itself.
        user: the one byte of free use.
    """

    key_a: bytes
    key_b: bytes
    blocks: tuple[int, int, int] = (Condition.TRANSPORT,) * 3
    trailer: int = TRAILER_TRANSPORT
    user: int = 0x69

    def to_bytes(self) -> bytes:
        """Return the 16 bytes, access bits with their complements.

        Raises:
            ValueError: a key is not 6 bytes long.
        """
        if len(self.key_a) != KEY_BYTES or len(self.key_b) != KEY_BYTES:
            raise ValueError(f"expected two keys of {KEY_BYTES} bytes, found {len(self.key_a)} and {len(self.key_b)}")
        return self.key_a + access_bits((*self.blocks, self.trailer)) + bytes((self.user,)) + self.key_b


def access_bits(conditions: tuple[int, int, int, int]) -> bytes:
    """Return the three bytes of four conditions (each C1 C2 C3 as a number 0 to 7)."""
    if any(not 0 <= one <= 7 for one in conditions):
        raise ValueError(f"expected four conditions from 0 to 7, found {conditions}")
    c1, c2, c3 = (sum((one >> bit & 1) << place for place, one in enumerate(conditions)) for bit in (2, 1, 0))
    return bytes(((c2 ^ 0xF) << 4 | c1 ^ 0xF, c1 << 4 | c3 ^ 0xF, c3 << 4 | c2))


def conditions(bits: bytes) -> tuple[int, int, int, int]:
    """Undo :func:`access_bits`.

    Raises:
        errors.Malformed: the complements do not fit; the chip locks such a sector.
    """
    if len(bits) != 3:
        raise errors.Malformed(f"expected three access bytes, found {len(bits)}")
    c1, c2, c3 = bits[1] >> 4, bits[2] & 0xF, bits[2] >> 4
    if (bits[0] & 0xF, bits[0] >> 4, bits[1] & 0xF) != (c1 ^ 0xF, c2 ^ 0xF, c3 ^ 0xF):
        raise errors.Malformed("the access bits do not match their complements")
    first, second, third, last = ((c1 >> n & 1) << 2 | (c2 >> n & 1) << 1 | c3 >> n & 1 for n in range(4))
    return first, second, third, last


def authenticate(transmit: apdu.Transmit, block: int, key: Key, value: bytes) -> None:
    """Load a key into the reader and open the block's sector with it.

    Args:
        transmit: sends one APDU.
        block: any block of the sector.
        key: which of the two.
        value: its 6 bytes.

    Raises:
        errors.StatusError: the key is wrong, or the reader cannot do Classic (63 00, 69 xx).
    """
    if len(value) != KEY_BYTES:
        raise ValueError(f"expected a key of {KEY_BYTES} bytes, found {len(value)}")
    sector_of(block)
    apdu.exchange(transmit, apdu.Command(0xFF, 0x82, 0x00, _SLOT, value)).require()
    body = bytes((0x01, 0x00, block, key, _SLOT))
    apdu.exchange(transmit, apdu.Command(0xFF, 0x86, data=body)).require()


def read_block(transmit: apdu.Transmit, block: int) -> bytes:
    """Return the 16 bytes of a block of the open sector."""
    data = apdu.exchange(transmit, apdu.Command(0xFF, 0xB0, 0x00, block, le=BLOCK_BYTES)).require()
    if len(data) != BLOCK_BYTES:
        raise errors.Malformed(f"expected a block of {BLOCK_BYTES} bytes, found {len(data)}")
    return data


def write_block(transmit: apdu.Transmit, block: int, data: bytes) -> None:
    """Write a data block of the open sector.

    Raises:
        ValueError: the block is a trailer or the maker's, or the data are not 16 bytes.
    """
    if block == 0 or is_trailer(block):
        raise ValueError(f"block {block} is no data block: trailers are written by write_trailer while issuing")
    _write(transmit, block, data)


def write_trailer(transmit: apdu.Transmit, sector: int, trailer: Trailer) -> None:
    """Write a sector's keys and access bits; for issuing only. Then prove both keys before the card leaves."""
    _write(transmit, trailer_of(sector), trailer.to_bytes())


def read_value(transmit: apdu.Transmit, block: int) -> int:
    """Return a value block's amount, checked against its copies by us and not by the reader.

    Raises:
        errors.Malformed: it is no value block.
    """
    return parse_value(read_block(transmit, block))


def store_value(transmit: apdu.Transmit, block: int, amount: int) -> None:
    """Make a block a value block holding ``amount`` (-2^31 to 2^31 - 1)."""
    write_block(transmit, block, build_value(amount, block))


def change_value(transmit: apdu.Transmit, block: int, change: int) -> None:
    """Raise (or lower, when negative) a value block by one command of the chip, which keeps the old value until it is done."""
    if change == 0 or not -(1 << 31) < change < 1 << 31:
        raise ValueError(f"expected a change from 1 to 2^31 - 1 either way, found {change}")
    body = bytes((0x01 if change > 0 else 0x02,)) + abs(change).to_bytes(4, "big")
    apdu.exchange(transmit, apdu.Command(0xFF, 0xD7, 0x00, block, body)).require()


def build_value(amount: int, address: int) -> bytes:
    """Return a value block: v, ~v, v (low byte first), then the address byte and its complement, twice."""
    value = amount.to_bytes(4, "little", signed=True)
    inverted = bytes(byte ^ 0xFF for byte in value)
    return value + inverted + value + bytes((address, address ^ 0xFF)) * 2


def parse_value(block: bytes) -> int:
    """Undo :func:`build_value`.

    Raises:
        errors.Malformed: the copies do not agree.
    """
    if len(block) != BLOCK_BYTES or block != build_value(int.from_bytes(block[:4], "little", signed=True), block[12]):
        raise errors.Malformed("the block is no value block: its copies do not agree")
    return int.from_bytes(block[:4], "little", signed=True)


def _write(transmit: apdu.Transmit, block: int, data: bytes) -> None:
    if len(data) != BLOCK_BYTES:
        raise ValueError(f"expected a block of {BLOCK_BYTES} bytes, found {len(data)}")
    apdu.exchange(transmit, apdu.Command(0xFF, 0xD6, 0x00, block, data)).require()

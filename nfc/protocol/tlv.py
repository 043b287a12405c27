"""Reads BER-TLV as cards send it (ISO 7816-4 §5.2.2, ISO 8825-1), trusting no length."""

from __future__ import annotations

from collections.abc import Iterator

from nfc.protocol import errors

_MAX_LENGTH_BYTES = 2
_PADDING = (0x00, 0xFF)


def entries(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (tag, value) of each object; 00 and FF between objects are skipped.

    Raises:
        errors.Malformed: an object does not fit into the bytes given.
    """
    position = 0
    while position < len(data):
        if data[position] in _PADDING:
            position += 1
            continue
        tag, position = _tag(data, position)
        length, position = _length(data, position)
        if position + length > len(data):
            raise errors.Malformed(f"object {tag:X} says {length} bytes, found {len(data) - position}")
        yield tag, data[position : position + length]
        position += length


def find(data: bytes, *path: int) -> bytes | None:
    """Return the value under a path of tags, e.g. ``find(fci, 0x6F, 0x84)``; None when a tag is not there.

    Raises:
        errors.Malformed: see :func:`entries`.
    """
    value: bytes | None = data
    for wanted in path:
        value = next((found for tag, found in entries(value or b"") if tag == wanted), None)
        if value is None:
            return None
    return value


def build(tag: int, value: bytes) -> bytes:
    """Return one object; ``value`` is at most 65535 bytes."""
    size = len(value)
    if size < 0x80:
        length = bytes((size,))
    elif size <= 0xFF:
        length = bytes((0x81, size))
    else:
        length = b"\x82" + size.to_bytes(2, "big")
    return tag.to_bytes((tag.bit_length() + 7) // 8, "big") + length + value


def _tag(data: bytes, position: int) -> tuple[int, int]:
    first = data[position]
    if first & 0x1F != 0x1F:
        return first, position + 1
    if position + 1 >= len(data) or data[position + 1] & 0x80:
        raise errors.Malformed("an object's tag is cut off, or longer than two bytes")
    return first << 8 | data[position + 1], position + 2


def _length(data: bytes, position: int) -> tuple[int, int]:
    if position >= len(data):
        raise errors.Malformed("an object ends before its length")
    first = data[position]
    if first < 0x80:
        return first, position + 1
    size = first & 0x7F
    if not 1 <= size <= _MAX_LENGTH_BYTES or position + 1 + size > len(data):
        raise errors.Malformed(f"an object's length is written in {size} bytes: expected one or two, all there")
    return int.from_bytes(data[position + 1 : position + 1 + size], "big"), position + 1 + size

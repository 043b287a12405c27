"""Reads and writes the one NDEF message a member card holds: a URL (NFC Forum NDEF 1.0, RTD URI 1.0, Type 4 Tag 2.0)."""

from __future__ import annotations

from nfc.protocol import errors

# RTD URI 1.0 §3.2.2, as far as browsers know the schemes.
_PREFIXES = ("", "http://www.", "https://www.", "http://", "https://", "tel:", "mailto:")
_HEADER_SHORT_URI = 0xD1  # message begin + end, short record, type name format: well known
_TNF_WELL_KNOWN = 0x01
_SHORT = 0x10
_HAS_ID = 0x08
_TYPE_URI = b"U"
MAX_FILE_BYTES = 0xFFFE


def parse_file(content: bytes) -> str:
    """Return the URL of the first URI record of a type 4 NDEF file (2 bytes of length, then the message).

    Raises:
        errors.BadNdef: there is none, or the lengths inside do not fit.
    """
    if len(content) < 2:
        raise errors.BadNdef(f"expected an NDEF file with a 2-byte length, found {len(content)} bytes")
    length = int.from_bytes(content[:2], "big")
    message = content[2 : 2 + length]
    if len(message) < length:
        raise errors.BadNdef(f"NDEF length says {length} bytes, found {len(message)}")
    return parse_message(message)


def parse_message(message: bytes) -> str:
    """Return the URL of the first URI record of an NDEF message.

    Raises:
        errors.BadNdef: there is none, or the lengths inside do not fit.
    """
    position = 0
    while position < len(message):
        header = message[position]
        kind, payload, position = _record(message, position)
        if header & 0x07 == _TNF_WELL_KNOWN and kind == _TYPE_URI:
            return _uri(payload)
    raise errors.BadNdef("the NDEF message holds no URI record")


def build_file(url: str) -> bytes:
    """Return a type 4 NDEF file holding one URI record; ``url`` is ASCII of at most 255 bytes after its prefix.

    Raises:
        ValueError: the URL is too long or not ASCII.
    """
    code = max(
        (number for number, prefix in enumerate(_PREFIXES) if url.startswith(prefix)),
        key=lambda number: len(_PREFIXES[number]),
    )
    payload = bytes((code,)) + url[len(_PREFIXES[code]) :].encode("ascii")
    if len(payload) > 0xFF:
        raise ValueError(f"a short NDEF record carries at most 255 bytes, found {len(payload)}")
    record = bytes((_HEADER_SHORT_URI, len(_TYPE_URI), len(payload))) + _TYPE_URI + payload
    return len(record).to_bytes(2, "big") + record


def _record(message: bytes, position: int) -> tuple[bytes, bytes, int]:
    """Return (type, payload, next position) of the record at ``position``."""
    header = message[position]
    length_bytes = 1 if header & _SHORT else 4
    fixed = 2 + length_bytes + (1 if header & _HAS_ID else 0)
    if position + fixed > len(message):
        raise errors.BadNdef("an NDEF record is cut off in its header")
    type_length = message[position + 1]
    payload_length = int.from_bytes(message[position + 2 : position + 2 + length_bytes], "big")
    id_length = message[position + fixed - 1] if header & _HAS_ID else 0
    start = position + fixed
    end = start + type_length + id_length + payload_length
    if end > len(message):
        raise errors.BadNdef(f"an NDEF record of {end - position} bytes does not fit into {len(message) - position}")
    return message[start : start + type_length], message[start + type_length + id_length : end], end


def _uri(payload: bytes) -> str:
    if not payload:
        raise errors.BadNdef("the URI record is empty")
    if payload[0] >= len(_PREFIXES):
        raise errors.BadNdef(f"URI prefix code {payload[0]:02X} is not one a member card uses")
    try:
        return _PREFIXES[payload[0]] + payload[1:].decode("utf-8")
    except UnicodeDecodeError as fault:
        raise errors.BadNdef("the URI record is not UTF-8") from fault

"""AES-128 key diversification (NXP AN10922 §2.2): one master key becomes one key per card."""

from __future__ import annotations

from nfc.protocol import cmac

_AES128_CONSTANT = b"\x01"
_INPUT_BYTES = 32
_MAX_DATA = _INPUT_BYTES - len(_AES128_CONSTANT)
_ZERO_BLOCK = bytes(16)
_R128 = 0x87


def diversify(master: bytes, data: bytes) -> bytes:
    """Return the diversified 16-byte key.

    This is *not* a plain CMAC of short data: AN10922 always pads to 32 bytes (with 80 00.., then sub-key K2) and uses K1
    only when the data fill all 31. For 16 bytes or fewer the two give different keys.

    Args:
        master: the 16-byte master key.
        data: 1 to 31 bytes, as UID || AID || system identifier.

    Raises:
        ValueError: a length is outside these bounds.
    """
    if len(master) != 16:
        raise ValueError(f"AN10922 wants a master key of 16 bytes, found {len(master)}")
    if not 1 <= len(data) <= _MAX_DATA:
        raise ValueError(f"AN10922 wants 1 to {_MAX_DATA} bytes of diversification data, found {len(data)}")
    k1 = _double(cmac.cbc_encrypt(master, _ZERO_BLOCK))
    message = _AES128_CONSTANT + data
    if len(message) == _INPUT_BYTES:
        subkey = k1
    else:
        subkey = _double(k1)
        message += b"\x80" + bytes(_INPUT_BYTES - len(message) - 1)
    last = bytes(a ^ b for a, b in zip(message[16:], subkey, strict=True))
    return cmac.cbc_encrypt(master, message[:16] + last)[16:]


def _double(block: bytes) -> bytes:
    """Multiply by x in GF(2^128) (RFC 4493 §2.3)."""
    value = int.from_bytes(block, "big") << 1
    if value >> 128:
        value = (value & ((1 << 128) - 1)) ^ _R128
    return value.to_bytes(16, "big")

"""Key diversification (NXP AN10922): one master key becomes one key per card.

================  ===========  ==========  =========================================================
master            result       data        what for
================  ===========  ==========  =========================================================
16 bytes, AES     16 bytes     1 to 31     NTAG 424 DNA, DESFire, CPU cards with AES or SM4
24 bytes, AES     24 bytes     1 to 31     AES-192 applications of CPU cards
16 bytes, 3DES    16 bytes     1 to 15     CPU cards with 3DES (two keys)
================  ===========  ==========  =========================================================

None of these is a plain CMAC of short data: AN10922 always pads to two blocks (with 80 00.., then sub-key K2) and uses K1 only
when the data fill both. For data of one block or less the two give different keys.
"""

from __future__ import annotations

from nfc.protocol.ciphers import Algorithm, cmac

_AES128 = b"\x01"
_AES192 = (b"\x11", b"\x12")
_TDEA2 = (b"\x21", b"\x22")


def diversify(master: bytes, data: bytes) -> bytes:
    """Return the diversified AES-128 key, 16 bytes (AN10922 §2.2).

    Args:
        master: the 16-byte master key.
        data: 1 to 31 bytes, as UID || AID || system identifier.

    Raises:
        ValueError: a length is outside these bounds.
    """
    _check(master, 16, data, 31)
    return cmac(Algorithm.AES, master, _AES128 + data, pad_to=2)


def diversify_aes192(master: bytes, data: bytes) -> bytes:
    """Return the diversified AES-192 key, 24 bytes (AN10922 §2.3).

    Args:
        master: the 24-byte master key.
        data: 1 to 31 bytes.

    Raises:
        ValueError: a length is outside these bounds.
    """
    _check(master, 24, data, 31)
    first, second = (cmac(Algorithm.AES, master, constant + data, pad_to=2) for constant in _AES192)
    return first[:8] + bytes(a ^ b for a, b in zip(first[8:], second[:8], strict=True)) + second[8:]


def diversify_3des(master: bytes, data: bytes) -> bytes:
    """Return the diversified two-key 3DES key, 16 bytes (AN10922 §2.4); parity bits are left as they fall.

    Args:
        master: the 16-byte master key.
        data: 1 to 15 bytes.

    Raises:
        ValueError: a length is outside these bounds.
    """
    _check(master, 16, data, 15)
    return b"".join(cmac(Algorithm.TDES, master, constant + data, pad_to=2) for constant in _TDEA2)


def _check(master: bytes, size: int, data: bytes, most: int) -> None:
    if len(master) != size:
        raise ValueError(f"AN10922 wants a master key of {size} bytes, found {len(master)}")
    if not 1 <= len(data) <= most:
        raise ValueError(f"AN10922 wants 1 to {most} bytes of diversification data, found {len(data)}")

"""AES-CMAC (RFC 4493), NXP's truncation of it, and the two plain AES modes the card protocols use."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

BLOCK = 16


def cmac(key: bytes, message: bytes) -> bytes:
    """Return the 16-byte AES-CMAC of a message of any length, under a 16-byte key."""
    code = CMAC(algorithms.AES128(key))
    code.update(message)
    return code.finalize()


def truncated(full: bytes) -> bytes:
    """Return NXP's 8-byte MACt: bytes 1, 3, .. 15 of a 16-byte CMAC (AN12196 §3.4.4, counted from 0)."""
    return full[1::2]


def cbc_encrypt(key: bytes, plain: bytes, iv: bytes = bytes(BLOCK)) -> bytes:
    """AES-128-CBC without padding; ``plain`` must be whole blocks of 16 bytes."""
    run = Cipher(algorithms.AES128(key), modes.CBC(iv)).encryptor()
    return run.update(plain) + run.finalize()


def cbc_decrypt(key: bytes, secret: bytes, iv: bytes = bytes(BLOCK)) -> bytes:
    """Undo :func:`cbc_encrypt`."""
    run = Cipher(algorithms.AES128(key), modes.CBC(iv)).decryptor()
    return run.update(secret) + run.finalize()


def pad(data: bytes) -> bytes:
    """Append 80 00.. to whole blocks (ISO 9797-1 method 2); a full block is added when the length already fits."""
    return data + b"\x80" + bytes(-(len(data) + 1) % BLOCK)


def unpad(data: bytes) -> bytes:
    """Undo :func:`pad`.

    Raises:
        ValueError: the 80 marker is missing.
    """
    body = data.rstrip(b"\x00")
    if not body.endswith(b"\x80"):
        raise ValueError("expected padding 80 00.., found none: wrong key or damaged data")
    return body[:-1]

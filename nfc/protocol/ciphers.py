"""The block ciphers that CPU cards speak, 3DES, AES and SM4, under one small interface, and CMAC over any of them.

======  ==========================  ==========  ==========================================================
cipher  standard                    key, block  found in
======  ==========================  ==========  ==========================================================
TDES    ISO 18033-3, two keys       16, 8       FM1208 and its relatives
AES     FIPS 197                    16, 16      newer CPU cards, DESFire (24-byte keys too)
SM4     GB/T 32907-2016             16, 16      国密 cards
======  ==========================  ==========  ==========================================================

SM4 comes from OpenSSL; a build without it is refused by name when the cipher is used, never silently replaced.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, CipherContext, algorithms, modes

_KEY_BYTES = {"3des": (16,), "aes": (16, 24), "sm4": (16,)}
_FEEDBACK = {8: 0x1B, 16: 0x87}  # NIST SP 800-38B §5.3, by block size


class CipherMissing(RuntimeError):
    """This machine's OpenSSL was built without the cipher."""


class Algorithm(StrEnum):
    """A block cipher."""

    TDES = "3des"
    AES = "aes"
    SM4 = "sm4"

    @property
    def block(self) -> int:
        """Bytes in a block."""
        return 8 if self is Algorithm.TDES else 16


def encrypt(algorithm: Algorithm, key: bytes, plain: bytes, iv: bytes | None = None) -> bytes:
    """CBC without padding.

    Args:
        algorithm: the cipher.
        key: 16 bytes; AES takes 24 too.
        plain: whole blocks.
        iv: one block; zeros when left out, so that one block is encrypted as by ECB.

    Raises:
        ValueError: a length is wrong.
        CipherMissing: see there.
    """
    return _run(_cipher(algorithm, key, iv, plain).encryptor, plain, algorithm)


def decrypt(algorithm: Algorithm, key: bytes, secret: bytes, iv: bytes | None = None) -> bytes:
    """Undo :func:`encrypt`."""
    return _run(_cipher(algorithm, key, iv, secret).decryptor, secret, algorithm)


def cmac(algorithm: Algorithm, key: bytes, message: bytes, iv: bytes | None = None, *, pad_to: int = 1) -> bytes:
    """Return the CMAC of a message, one block long (NIST SP 800-38B; RFC 4493 for AES).

    Args:
        algorithm: the cipher.
        key: as for :func:`encrypt`.
        message: of any length.
        iv: what the chain goes on from, one block; DESFire EV1 lets one chain run through a whole session.
        pad_to: pad to at least this many blocks, as AN10922 does; 1 is the standard.
    """
    size = algorithm.block
    subkey = _double(encrypt(algorithm, key, bytes(size)))
    missing = max(pad_to * size - len(message), 0) or -len(message) % size
    if missing:
        subkey = _double(subkey)
        message += b"\x80" + bytes(missing - 1)
    last = bytes(a ^ b for a, b in zip(message[-size:], subkey, strict=True))
    return encrypt(algorithm, key, message[:-size] + last, iv)[-size:]


def _double(block: bytes) -> bytes:
    """Multiply by x in GF(2^n)."""
    bits = 8 * len(block)
    value = int.from_bytes(block, "big") << 1
    if value >> bits:
        value = (value & ((1 << bits) - 1)) ^ _FEEDBACK[len(block)]
    return value.to_bytes(len(block), "big")


def _cipher(algorithm: Algorithm, key: bytes, iv: bytes | None, data: bytes) -> Cipher[modes.CBC]:
    if len(key) not in _KEY_BYTES[algorithm]:
        wanted = " or ".join(str(size) for size in _KEY_BYTES[algorithm])
        raise ValueError(f"{algorithm} wants a key of {wanted} bytes, found {len(key)}")
    if len(data) % algorithm.block:
        raise ValueError(f"{algorithm} wants whole blocks of {algorithm.block} bytes, found {len(data)} bytes")
    return Cipher(_block_cipher(algorithm, key), modes.CBC(iv or bytes(algorithm.block)))


def _block_cipher(algorithm: Algorithm, key: bytes) -> BlockCipherAlgorithm:
    match algorithm:
        case Algorithm.TDES:
            return TripleDES(key + key[:8])  # two keys are three, the third being the first
        case Algorithm.SM4:
            return algorithms.SM4(key)
        case Algorithm.AES:
            return algorithms.AES(key)


def _run(start: Callable[[], CipherContext], data: bytes, algorithm: Algorithm) -> bytes:
    try:
        context = start()
    except UnsupportedAlgorithm as fault:
        raise CipherMissing(f"this machine's OpenSSL has no {algorithm.upper()}: install a build with it") from fault
    return context.update(data) + context.finalize()

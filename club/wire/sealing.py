"""Seals what only the server may read, with nothing but its public key: X25519, HKDF-SHA256, ChaCha20-Poly1305.

`sealed = ephemeral public key (32 bytes) | ciphertext and tag`. The key of each seal is made for it alone and thrown away, so
whoever holds the device, its disk and its own key cannot open what it sealed before.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

_LABEL = b"club-seal-1"
_KEY = 32
_NONCE = bytes(12)  # each key seals once


def public_key(private: bytes) -> bytes:
    """The public half of 32 private bytes."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    key = X25519PrivateKey.from_private_bytes(private).public_key()
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def seal(to: bytes, content: bytes, *, bound_to: bytes, random: Callable[[int], bytes]) -> bytes:
    """Seal `content` for the holder of the private half of `to`.

    Args:
        to: the receiver's public key, 32 bytes.
        content: what only the receiver may read.
        bound_to: what it belongs to, such as a command's id; it opens with nothing else.
        random: gives so many bytes nobody can guess (`secrets.token_bytes`).

    Raises:
        ValueError: `to` is no public key.
    """
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

    ours = random(_KEY)
    mine = public_key(ours)
    shared = X25519PrivateKey.from_private_bytes(ours).exchange(X25519PublicKey.from_public_bytes(to))
    return mine + _cipher(shared, mine, to).encrypt(_NONCE, content, bound_to)


def unseal(private: bytes, sealed: bytes, *, bound_to: bytes) -> bytes:
    """What was sealed for the holder of these private bytes.

    Raises:
        ValueError: it was sealed for somebody else, belongs to something else, or was changed.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

    theirs = sealed[:_KEY]
    try:
        shared = X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(theirs))
        return _cipher(shared, theirs, public_key(private)).decrypt(_NONCE, sealed[_KEY:], bound_to)
    except InvalidTag as error:
        raise ValueError("expected what was sealed for this key and this purpose, found something else") from error


def _cipher(shared: bytes, ephemeral: bytes, to: bytes) -> "ChaCha20Poly1305":
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    key = HKDF(algorithm=SHA256(), length=_KEY, salt=ephemeral + to, info=_LABEL).derive(shared)
    return ChaCha20Poly1305(key)

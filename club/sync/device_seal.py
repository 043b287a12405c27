"""Keeps the mirrored members unreadable to whoever has only the disk: a file key, wrapped by a key that this device alone can make (X2)."""

import hashlib
import logging
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from club.sync import files
from club.sync.identity import Identity

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_log = logging.getLogger(__name__)

_NONCE = 12
_KEY = 32
_MARKS = ("/proc/device-tree/serial-number", "/sys/class/dmi/id/product_serial", "/etc/machine-id")
"""What tells this machine from another, as far as the program's account may read it."""


class DeviceSeal:
    """Seals and opens small values; safe from every thread.

    The key file is worth nothing elsewhere: it is wrapped by a key derived from the device's own Ed25519 key and from the
    machine's marks. Where it cannot be unwrapped (another machine, another identity, a damaged file) a new one begins, and what
    was sealed before is lost, as it should be: `fingerprint` tells one key from another, and all of it comes again from the server.

    Args:
        path: the key file; made when missing, mode 0600.
        identity: of this device.
        machine: what tells this machine from another.
    """

    def __init__(self, path: Path, identity: Identity, machine: Callable[[], bytes] | None = None) -> None:
        self._path, self._identity = path, identity
        self._purpose = "club-store-key-1:" + (machine or machine_mark)().hex()
        self._wrapping = identity.derive(self._purpose)
        self._key = self._load() or self._make()

    @property
    def fingerprint(self) -> str:
        """Which key seals: other keys have others, and none says anything about its key."""
        return hashlib.sha256(b"club-store-key-print" + self._key).hexdigest()[:16]

    def close(self, content: bytes, bound_to: str) -> bytes:
        """Seal `content` for its one place, such as a kind and an id."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + _cipher(self._key).encrypt(nonce, content, bound_to.encode())

    def open(self, sealed: bytes, bound_to: str) -> bytes | None:
        """What was sealed for that place; None: it was sealed by another key or for another place, or is damaged."""
        return _opened(self._key, sealed, bound_to)

    def forget(self) -> None:
        """Throw the key away and begin with a new one: whatever was sealed is unreadable from now on, copies included."""
        self._key = self._make()

    def wrap_anew(self) -> None:
        """The device has another key: have the same file key opened by that one alone.

        Raises:
            OSError: no room, no right; the key before opens it as it did.
        """
        wrapping = self._identity.derive(self._purpose)
        self._write(wrapping, self._key)
        self._wrapping = wrapping

    def _load(self) -> bytes | None:
        try:
            wrapped = self._path.read_bytes()
        except FileNotFoundError:
            return None
        key = _opened(self._wrapping, wrapped, "file key")
        former = self._identity.derive_by_former(self._purpose)
        if key is None and former is not None:
            key = _opened(former, wrapped, "file key")  # the power failed between another key and its wrapping
        if key is None:
            _log.warning("the store's key is another device's or damaged; the mirror is filled anew")
        return key

    def _make(self) -> bytes:
        key = secrets.token_bytes(_KEY)
        self._write(self._wrapping, key)
        return key

    def _write(self, wrapping: bytes, key: bytes) -> None:
        nonce = secrets.token_bytes(_NONCE)
        files.write_whole(self._path, nonce + _cipher(wrapping).encrypt(nonce, key, b"file key"), mode=0o600)


def machine_mark() -> bytes:
    """What tells this machine from another, as far as it can be read; empty parts are left out."""
    found = []
    for name in _MARKS:
        try:
            found.append(Path(name).read_bytes().strip())
        except OSError:
            found.append(b"")
    return b"|".join(found)


def _opened(key: bytes, sealed: bytes, bound_to: str) -> bytes | None:
    from cryptography.exceptions import InvalidTag

    try:
        return _cipher(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to.encode())
    except (InvalidTag, ValueError):
        return None


def _cipher(key: bytes) -> "AESGCM":
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)

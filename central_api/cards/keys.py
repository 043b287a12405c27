"""The masters of cards' keys, by purpose and version: for the server that verifies, and the runs that issue (N3, N6).

Each version has four masters (`nfc.protocol.keys`). Of version 1 the two that verify SUN messages lie in the keyring's file;
all others lie in the database, sealed under a data key that a master key of the keyring's file (0600) wraps: envelope
encryption as for personal fields (ADR 0012), renewed by the same commands. `CardKeys` is the seam for an HSM: whoever has one
writes these eight methods over it, and no master ever leaves it; a card's own diversified keys have to, for the session with
the card is ours.
"""

import os
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from central_api.cards import repository
from central_api.db import Tx
from central_api.security.envelope import Place
from central_api.security.keyring import Keyring
from central_api.security.vault import Vault
from club.model import errors
from nfc.protocol import keys
from nfc.protocol.ciphers import Algorithm

FIRST = 1
_IN_KEYRING = frozenset({"meta", "file"})
_PURPOSES = ("meta", "file", "app", "write")


class CardKeys(Protocol):
    """What verifying and issuing ask of whoever holds the masters."""

    def current(self) -> int:
        """The version that cards are given now."""
        ...

    def versions(self) -> Sequence[int]:
        """Every version a card may hold, newest first."""
        ...

    def meta_key(self, version: int) -> bytes:
        """The 16 bytes that open SUN messages of a version."""
        ...

    def file_key(self, version: int, uid: bytes) -> bytes:
        """A card's own key of its SUN messages, one of the five."""
        ...

    def card(self, version: int, uid: bytes) -> keys.KeySet:
        """An NTAG 424 DNA's own five keys of a version."""
        ...

    def desfire(self, version: int, uid: bytes) -> keys.DesfireKeys:
        """A DESFire card's own two keys of a version."""
        ...

    def classic(self, version: int, uid: bytes) -> keys.ClassicKeys:
        """A MIFARE Classic card's own keys of a version."""
        ...

    def cpu(self, version: int, uid: bytes, algorithm: Algorithm) -> bytes:
        """The 16 bytes by which a CPU card proves itself."""
        ...


class StoredKeys:
    """Masters in the database and the keyring's file; lives as long as its unit of work.

    Args:
        tx: where they are read.
        keyring: holds two of version 1, and what the others are sealed by.
        vault: opens them.
    """

    def __init__(self, tx: Tx, keyring: Keyring, vault: Vault) -> None:
        self._tx, self._keyring, self._vault = tx, keyring, vault
        self._sealed: dict[tuple[int, str], bytes] | None = None

    def current(self) -> int:
        """See `CardKeys`."""
        return self.versions()[0]

    def versions(self) -> Sequence[int]:
        """See `CardKeys`."""
        return sorted({FIRST, *(version for version, _ in self._rows())}, reverse=True)

    def meta_key(self, version: int) -> bytes:
        """See `CardKeys`."""
        return self._master(version, "meta")

    def file_key(self, version: int, uid: bytes) -> bytes:
        """See `CardKeys`; found without the other masters."""
        return keys.file_key(self._master(version, "file"), uid)

    def card(self, version: int, uid: bytes) -> keys.KeySet:
        """See `CardKeys`."""
        return keys.key_set(self._masters(version), uid)

    def desfire(self, version: int, uid: bytes) -> keys.DesfireKeys:
        """See `CardKeys`."""
        return keys.desfire_keys(self._masters(version), uid)

    def classic(self, version: int, uid: bytes) -> keys.ClassicKeys:
        """See `CardKeys`."""
        return keys.classic_keys(self._masters(version), uid)

    def cpu(self, version: int, uid: bytes, algorithm: Algorithm) -> bytes:
        """See `CardKeys`; found without the other masters."""
        return keys.cpu_key(self._master(version, "file"), uid, algorithm)

    def _masters(self, version: int) -> keys.Masters:
        return keys.Masters(version, *(self._master(version, purpose) for purpose in _PURPOSES))

    def _master(self, version: int, purpose: str) -> bytes:
        if version == FIRST and purpose in _IN_KEYRING:
            return self._keyring.meta_key if purpose == "meta" else self._keyring.file_master
        sealed = self._rows().get((version, purpose))
        if sealed is None:
            raise errors.NotFound(
                f"expected the {purpose} master of cards in version {version}, found none",
                kind="card-key",
                id=str(version),
            )
        return bytes.fromhex(self._vault.open(self._tx, _place(version, purpose), sealed))

    def _rows(self) -> dict[tuple[int, str], bytes]:
        if self._sealed is None:
            self._sealed = {(row.version, row.purpose): row.secret for row in repository.masters(self._tx)}
        return self._sealed


def file_key(keyring: Keyring, uid: str) -> bytes:
    """The 16-byte file key of a card of version 1 (UID in hex)."""
    return keys.file_key(keyring.file_master, bytes.fromhex(uid))


def ensure_first(tx: Tx, vault: Vault, now: datetime) -> None:
    """Make what version 1 lacks for issuing; nothing happens when it is there."""
    for purpose in (purpose for purpose in _PURPOSES if purpose not in _IN_KEYRING):
        _add(tx, vault, FIRST, purpose, now)


def add_version(tx: Tx, vault: Vault, now: datetime) -> int:
    """Make masters of a new version, which cards are given from the next run on; its number.

    Cards of older versions go on being verified, and get the new keys when they are next issued.

    Raises:
        CardNotFit: there are as many versions as a card can tell apart.
    """
    ensure_first(tx, vault, now)
    version: int = max(row.version for row in repository.masters(tx)) + 1
    if version > keys.NEWEST_VERSION:
        raise errors.CardNotFit("expected room for another version of keys, found none", state="full", needs="version")
    for purpose in _PURPOSES:
        _add(tx, vault, version, purpose, now)
    return version


def _add(tx: Tx, vault: Vault, version: int, purpose: str, now: datetime) -> None:
    secret = vault.seal(tx, _place(version, purpose), os.urandom(keys.KEY_BYTES).hex())
    values = {"id": _id(version, purpose), "version": version, "purpose": purpose, "secret": secret, "made_at": now}
    repository.add_master(tx, values)


def _place(version: int, purpose: str) -> Place:
    return Place("card_masters", "secret", _id(version, purpose))


def _id(version: int, purpose: str) -> str:
    return f"{version}-{purpose}"

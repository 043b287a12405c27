"""Seals and opens personal fields, and makes the keyed hashes they are found by (X2; ADR 0012).

The data keys lie wrapped in the database and open in this process's memory. Another process may have made newer ones: the
number of the key that seals is asked of the database once in a unit of work, and an unknown key is looked up there.
"""

import hashlib
import hmac
import os
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from central_api.db import Tx
from central_api.security import envelope
from central_api.security.envelope import Place
from central_api.security.keyring import Keyring
from central_api.security.tables import SEARCH, data_keys

LOOKUP_DIGITS = 32
_STATE = "vault"
_KEY = select(data_keys).where(data_keys.c.number == bindparam("number"))
_CURRENT = select(func.max(data_keys.c.number)).where(data_keys.c.number > SEARCH, data_keys.c.retired_at.is_(None))


class Vault:
    """The opened data keys of one process; safe from every thread.

    Args:
        keyring: the master keys.
        reread: reads the keyring's file again, when a key was wrapped by a master key that was not in it before.
    """

    def __init__(self, keyring: Keyring, reread: Callable[[], Keyring]) -> None:
        self._masters = dict(keyring.masters)
        self._reread = reread
        self._keys: dict[int, bytes] = {}

    def seal(self, tx: Tx, place: Place, text: str) -> bytes:
        """A text sealed for its place under the newest data key."""
        number = self._current(tx)
        return envelope.seal(self._key(tx, number), number, place, text)

    def open(self, tx: Tx, place: Place, sealed: bytes) -> str:
        """The text of a sealed value at its place.

        Raises:
            NotOpened: it was changed, or stood somewhere else.
            ValueError: its key is missing, or the master key that wraps it.
        """
        return envelope.opened(self._key(tx, envelope.key_number(sealed)), place, sealed)

    def lookup(self, tx: Tx, kind: str, normal: str) -> str:
        """The keyed hash that finds a normalised value of a kind: HMAC-SHA256, its first 128 bits in hex.

        The kind is hashed as well, so that a phone's hash does not find a name.
        """
        text = f"{kind}\0{normal}".encode()
        return hmac.new(self._key(tx, SEARCH), text, hashlib.sha256).hexdigest()[:LOOKUP_DIGITS]

    def must_open(self, tx: Tx) -> None:
        """Open every key of the database.

        Raises:
            ValueError: one does not open, for the file of the keys belongs to another database; or one is missing.
        """
        known = set(tx.connection.execute(select(data_keys.c.number)).scalars())
        for number in sorted(known | {SEARCH}):
            self._key(tx, number)

    def _current(self, tx: Tx) -> int:
        # Asked anew in each unit of work: one that was begun before a key was retired is over within seconds.
        number: int | None = tx.state.get(_STATE)
        if number is None:
            number = tx.scalar(_CURRENT)
            if number is None:
                raise ValueError("expected a data key in the database, found none; run `central-api migrate`")
            tx.state[_STATE] = number
        return number

    def _key(self, tx: Tx, number: int) -> bytes:
        found = self._keys.get(number)
        if found is None:
            row = tx.first(_KEY, {"number": number})
            if row is None:
                raise ValueError(f"expected data key {number} in the database, found none; restore it from a backup")
            found = self._keys[number] = envelope.unwrap(self._master(row.master), number, row.wrapped)
        return found

    def _master(self, name: str) -> bytes:
        if name not in self._masters:
            self._masters.update(self._reread().masters)
        if name not in self._masters:
            raise ValueError(
                f"expected the master key {name}, which wraps the keys of this database's personal data, in the file of "
                f"the keys (keys.file), found {', '.join(sorted(self._masters))}; take the file that belongs to this "
                "database from its backup"
            )
        return self._masters[name]


def ensure(tx: Tx, vault: Vault, keyring: Keyring, now: datetime) -> None:
    """Make the first keys of a database, and make sure that the keyring opens those that are there.

    Raises:
        ValueError: it does not: the file of the keys belongs to another database.
    """
    if tx.first(select(data_keys.c.number)) is None:
        for number in (SEARCH, 1):
            _add(tx, keyring, number, now)
    vault.must_open(tx)


def add_data_key(tx: Tx, keyring: Keyring, now: datetime) -> int:
    """Make a new data key, which seals from the next unit of work on; its number.

    Two that are made at once meet at the number: one of them fails and changes nothing.
    """
    number = int(tx.scalar(select(func.max(data_keys.c.number)))) + 1
    tx.execute(insert(data_keys).values(**_row(keyring, number, now)))
    return number


def _add(tx: Tx, keyring: Keyring, number: int, now: datetime) -> None:
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    statement = make(data_keys).values(**_row(keyring, number, now))
    tx.execute(statement.on_conflict_do_nothing(index_elements=[data_keys.c.number]))


def _row(keyring: Keyring, number: int, now: datetime) -> dict[str, object]:
    wrapped = envelope.wrap(keyring.masters[keyring.master], number, os.urandom(envelope.KEY_BYTES))
    return {"number": number, "wrapped": wrapped, "master": keyring.master, "made_at": now, "retired_at": None}

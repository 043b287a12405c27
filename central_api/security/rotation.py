"""Renews keys: wraps the data keys by a new master key, and seals every personal field anew under a new data key.

The first touches a row for each data key, whatever the number of members. The second goes through every column that is
marked as sealed, some rows at a time, each batch in a unit of work of its own; broken off, it is simply run again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Table, delete, func, select, update

from central_api.columns import metadata
from central_api.db import Database, Tx
from central_api.security import envelope
from central_api.security.envelope import Place
from central_api.security.keyring import Keyring
from central_api.security.tables import SEARCH, data_keys
from central_api.security.vault import Vault, add_data_key

BATCH = 200
"""Rows in one unit of work."""
REST = timedelta(hours=1)
"""How long a retired data key is kept at least: no unit of work that still seals with it lasts nearly as long."""


@dataclass(frozen=True, slots=True)
class SealedAnew:
    """What a run did: the number of the key that seals now, values sealed anew, and which old keys are gone or stay."""

    number: int
    values: int
    dropped: tuple[int, ...]
    kept: tuple[int, ...]


def wrap_anew(tx: Tx, keyring: Keyring) -> int:
    """Wrap every data key by the keyring's newest master key; how many were wrapped by another one.

    Raises:
        NotOpened, KeyError: a key was wrapped by a master key that the keyring does not have.
    """
    rows = tx.rows(select(data_keys).where(data_keys.c.master != keyring.master).with_for_update())
    for row in rows:
        key = envelope.unwrap(keyring.masters[row.master], row.number, row.wrapped)
        wrapped = envelope.wrap(keyring.masters[keyring.master], row.number, key)
        changed = {"wrapped": wrapped, "master": keyring.master}
        tx.execute(update(data_keys).where(data_keys.c.number == row.number).values(**changed))
    return len(rows)


def seal_anew(db: Database, vault: Vault, keyring: Keyring, now: datetime, *, new_key: bool = True) -> SealedAnew:
    """Seal every personal field under a new data key, and drop the keys that nothing is sealed by any more.

    Args:
        db: the database; the service may run beside it.
        vault: opens and seals.
        keyring: wraps the new key.
        now: the instant.
        new_key: False goes on with what an earlier run left.

    Raises:
        NotOpened: a field does not open; what was sealed anew before it stays so.
    """
    with db.write() as tx:
        if new_key:
            number = add_data_key(tx, keyring, now)
            older = data_keys.c.number.between(SEARCH + 1, number - 1)
            tx.execute(update(data_keys).where(older, data_keys.c.retired_at.is_(None)).values(retired_at=now))
        number = int(tx.scalar(select(func.max(data_keys.c.number))))
    values = sum(_column(db, vault, table, column.name, number) for table, column in sealed_columns())
    dropped, kept = _drop(db, now)
    return SealedAnew(number, values, dropped, kept)


def sealed_columns() -> list[tuple[Table, Column[Any]]]:
    """Every column of sealed values, with its table."""
    return [
        (table, column) for table in metadata.sorted_tables for column in table.columns if column.info.get("sealed")
    ]


def place(table: Table, column: str, row: object) -> Place:
    """The place of a value in a row of a table with one key."""
    (key,) = table.primary_key.columns
    return Place(table.name, column, str(getattr(row, key.name)))


def _column(db: Database, vault: Vault, table: Table, name: str, number: int) -> int:
    (key,) = table.primary_key.columns
    value, done, after = table.c[name], 0, None
    while True:
        with db.write() as tx:
            query = select(key, value).where(value.is_not(None)).order_by(key).limit(BATCH).with_for_update()
            rows = tx.rows(query if after is None else query.where(key > after))
            if not rows:
                return done
            for row in rows:
                sealed = getattr(row, name)
                if envelope.key_number(sealed) == number:
                    continue
                where = place(table, name, row)
                fresh = vault.seal(tx, where, vault.open(tx, where, sealed))
                tx.execute(update(table).where(key == getattr(row, key.name)).values({name: fresh}))
                done += 1
            after = getattr(rows[-1], key.name)


def _drop(db: Database, now: datetime) -> tuple[tuple[int, ...], tuple[int, ...]]:
    dropped, kept = [], []
    with db.write() as tx:
        for row in tx.rows(select(data_keys).where(data_keys.c.retired_at.is_not(None)).order_by(data_keys.c.number)):
            if now - row.retired_at < REST or _in_use(tx, row.number):
                kept.append(row.number)
                continue
            tx.execute(delete(data_keys).where(data_keys.c.number == row.number))
            dropped.append(row.number)
    return tuple(dropped), tuple(kept)


def _in_use(tx: Tx, number: int) -> bool:
    head = envelope.head(number)
    return any(
        tx.first(select(column).where(func.substr(column, 1, len(head)) == head).limit(1)) is not None
        for _, column in sealed_columns()
    )

"""Queries of keys, and of the addresses wrong ones came from."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, case, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from central_api.db import Tx
from central_api.integrations.tables import api_keys, key_guesses

_KEY = select(api_keys).where(api_keys.c.id == bindparam("key"))  # asked with every request: built once


def key(tx: Tx, key_id: str) -> Any:
    """The row of a key, or None."""
    return tx.first(_KEY, {"key": key_id})


def keys(tx: Tx) -> Sequence[Any]:
    """Every key, the newest last."""
    return tx.rows(select(api_keys).order_by(api_keys.c.made_at, api_keys.c.id))


def add_key(tx: Tx, values: Mapping[str, object]) -> None:
    """Write a new key."""
    tx.execute(insert(api_keys).values(**values))


def change_key(tx: Tx, key_id: str, values: Mapping[str, object]) -> None:
    """Change a key's row."""
    tx.execute(update(api_keys).where(api_keys.c.id == key_id).values(**values))


def guesses(tx: Tx, source: str) -> Any:
    """The row of an address wrong keys came from, or None."""
    return tx.first(select(key_guesses).where(key_guesses.c.source == source))


def count_guess(tx: Tx, source: str, now: datetime, old: datetime) -> None:
    """Count one more wrong key from an address, anew when its first came before `old`; one statement, so none is missed."""
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    fresh = key_guesses.c.since <= old
    statement = make(key_guesses).values(source=source, wrong=1, since=now)
    changed = {
        "wrong": case((fresh, 1), else_=key_guesses.c.wrong + 1),
        "since": case((fresh, now), else_=key_guesses.c.since),
    }
    tx.execute(statement.on_conflict_do_update(index_elements=[key_guesses.c.source], set_=changed))


def forget_guesses(tx: Tx, before: datetime) -> None:
    """Clear away addresses whose first wrong key is older, but for those that are counted anew just now."""
    old = select(key_guesses.c.source).where(key_guesses.c.since < before).with_for_update(skip_locked=True)
    tx.execute(delete(key_guesses).where(key_guesses.c.source.in_(old)))

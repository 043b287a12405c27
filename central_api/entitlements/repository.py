"""Queries of granted entitlements and their uses."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from central_api.db import Tx
from central_api.entitlements.tables import entitlement_grants as grants
from central_api.programme.tables import benefit_uses

_MANY = 500


def add(tx: Tx, values: Mapping[str, object]) -> bool:
    """Write a grant; False when its key is taken, and nothing was written."""
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    statement = make(grants).values(**values).on_conflict_do_nothing(index_elements=[grants.c.key])
    return tx.first(statement.returning(grants.c.id)) is not None


def by_key(tx: Tx, key: str) -> Any:
    """The row of a grant, locked until the end."""
    return tx.connection.execute(select(grants).where(grants.c.key == key).with_for_update()).one()


def set_count(tx: Tx, grant: str, count: int) -> None:
    """Let a grant be used so often in all."""
    tx.execute(update(grants).where(grants.c.id == grant).values(count=count))


def remove(tx: Tx, grant: str) -> None:
    """Take a grant away that was never used."""
    tx.execute(delete(grants).where(grants.c.id == grant, grants.c.used == 0))


def valid(tx: Tx, member_id: str, day: date, entitlement: str = "") -> Sequence[Any]:
    """The grants that are good on a day, first to expire first; of one entitlement, or of all. Locked until the end."""
    query = select(grants).where(grants.c.member == member_id, grants.c.starts <= day, grants.c.expires >= day)
    if entitlement:
        query = query.where(grants.c.entitlement == entitlement)
    return tx.rows(query.order_by(grants.c.expires, grants.c.granted_at, grants.c.id).with_for_update())


def held(tx: Tx, member_id: str, day: date) -> Sequence[Any]:
    """The same, to look at."""
    query = select(grants).where(grants.c.member == member_id, grants.c.starts <= day, grants.c.expires >= day)
    return tx.rows(query.order_by(grants.c.entitlement, grants.c.expires, grants.c.id))


def use(tx: Tx, grant: str, times: int) -> None:
    """Count uses."""
    tx.execute(update(grants).where(grants.c.id == grant).values(used=grants.c.used + times))


def add_use(tx: Tx, values: Mapping[str, object]) -> None:
    """Write a use."""
    tx.execute(insert(benefit_uses).values(**values))


def use_by_reference(tx: Tx, reference: str) -> Any:
    """The row of a use by what was behind it, or None."""
    return tx.first(select(benefit_uses).where(benefit_uses.c.reference == reference))


def known_keys(tx: Tx, keys: Sequence[str]) -> frozenset[str]:
    """Which of these grants are there."""
    found: set[str] = set()
    for start in range(0, len(keys), _MANY):
        some = select(grants.c.key).where(grants.c.key.in_(keys[start : start + _MANY]))
        found |= set(tx.connection.execute(some).scalars())
    return frozenset(found)

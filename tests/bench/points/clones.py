"""Copies one member's rows for thousands of others, inside the database, so that books of any size are there in minutes.

The member that is copied, a *model*, was booked by the product itself, so every copy is as right as it is: double entries,
lots, uses, balances. Each of a model's rows becomes one statement that writes the row for all who are like it: the rows of
one member lie as far apart as years of a club's life put them, which is what reading a history has to pay for.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    insert,
    literal,
    null,
    select,
    text,
)

from central_api.cards.tables import card_sessions, cards
from central_api.db import Database
from central_api.ledger.tables import accounts, ledger_entries, ledger_postings, lot_uses, lots
from central_api.members.tables import members
from central_api.rewards.tables import idempotency, redemptions, vouchers

DIGITS = 7
OF_A_MEMBER: Sequence[tuple[Table, str]] = (
    (members, "id"),
    (accounts, "id"),
    (cards, "id"),
    (card_sessions, "id"),
    (ledger_entries, "id"),
    (ledger_postings, "entry"),
    (lots, "id"),
    (lot_uses, "entry"),
    (idempotency, "key"),
    (redemptions, "id"),
    (vouchers, "id"),
)
"""Every table with rows of a member, in the order of their keys, and the column whose value has the member's digits in it."""

_numbers = Table(
    "bench_numbers",
    MetaData(),
    Column("digits", String(DIGITS), primary_key=True),
    Column("model", Integer, nullable=False),
    Column("store", String(64), nullable=False),
    Column("device", String(64), nullable=False),
    Column("uid", String(20), nullable=False),
    Column("number", String(24), nullable=False),
)
_OWN = {"home_store": "store", "store": "store", "device": "device", "uid": "uid", "number": "number"}
_BATCH = 10_000


@dataclass(frozen=True, slots=True)
class Copy:
    """A member to be made: its number, the number of the model it is like, its home store, and the device it is seen at."""

    number: int
    model: int
    store: str
    device: str


def digits(number: int) -> str:
    """A member's number as it stands in all its ids."""
    return f"{number:0{DIGITS}d}"


def uid(number: int) -> str:
    """The UID of a member's card."""
    return f"04{number:012X}"


def make(db: Database, copies: Sequence[Copy], say: Callable[[str], None] = lambda _: None) -> None:
    """Write the copies. Triggers and keys do not look at them, so nothing waits for a seal afterwards (`wait_for_seals`)."""
    with _behind(db) as connection:
        _numbers.create(connection)
        rows = [
            {
                "digits": digits(copy.number),
                "model": copy.model,
                "store": copy.store,
                "device": copy.device,
                "uid": uid(copy.number),
                "number": f"8800 {digits(copy.number)}",
            }
            for copy in copies
        ]
        for start in range(0, len(rows), _BATCH):
            connection.execute(insert(_numbers), rows[start : start + _BATCH])
        for table, named_by in OF_A_MEMBER:
            say(f"{table.name} of {len(copies):,} members")
            for model in sorted({copy.model for copy in copies}):
                known = select(table).where(table.c[named_by].like(f"%{digits(model)}%")).order_by(*table.primary_key)
                for row in connection.execute(known).mappings().all():
                    _copy(connection, table, row, model)
        _numbers.drop(connection)


def wait_for_seals(db: Database) -> None:
    """Have every entry that has no seal wait for one, as the trigger would have."""
    with db.write() as tx:
        tx.execute(
            text(
                "INSERT INTO ledger_unsealed (entry, store) SELECT e.id, e.store FROM ledger_entries e "
                "LEFT JOIN ledger_seals s ON s.entry = e.id LEFT JOIN ledger_unsealed u ON u.entry = e.id "
                "WHERE s.entry IS NULL AND u.entry IS NULL ORDER BY e.at, e.id"
            )
        )


def settle(db: Database) -> None:
    """Have PostgreSQL learn what is there, as its autovacuum would soon, and SQLite put its one huge log into the database."""
    if db.is_sqlite:
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM (ANALYZE)"))
        connection.execute(text("CHECKPOINT"))


def _copy(connection: Connection, table: Table, row: Mapping[Any, Any], model: int) -> None:
    """One row of a model, for all who are like it."""
    columns = [column for column in table.c if not (column.primary_key and isinstance(column.type, BigInteger))]
    values = list[ColumnElement[Any]]()
    for column in columns:
        value, own = row[column], _OWN.get(column.name)
        before, tag, after = value.partition(digits(model)) if isinstance(value, str) else ("", "", "")
        if value is None:
            values.append(null())
        elif own is not None and isinstance(value, str) and value:
            values.append(_numbers.c[own])
        elif tag:
            values.append(literal(before) + _numbers.c.digits + literal(after))
        else:
            values.append(literal(value, column.type))
    chosen = select(*values).where(_numbers.c.model == model)
    connection.execute(insert(table).from_select(columns, chosen))


@contextmanager
def _behind(db: Database) -> Iterator[Connection]:
    """A transaction for which no trigger works and no foreign key is looked up; both are as before when it ends."""
    with db.engine.connect() as connection:
        if not db.is_sqlite:
            with connection.begin():
                connection.execute(text("SET LOCAL session_replication_role = replica"))
                connection.execute(text("SET LOCAL statement_timeout = 0"))
                yield connection
            return
        raw: Any = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.execute("PRAGMA foreign_keys=OFF")
        made = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        try:
            with connection.begin():
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                for name, _ in made:
                    connection.exec_driver_sql(f"DROP TRIGGER {name}")
                yield connection
                for _, sql in made:
                    connection.exec_driver_sql(sql)
        finally:
            raw.execute("PRAGMA foreign_keys=ON")

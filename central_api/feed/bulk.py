"""Writes many changes at once, in plain SQL: composed by SQLAlchemy row by row, telling devices of a redemption cost more than the redemption."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from central_api.columns import sqlite_text
from central_api.db import Tx

_SQLITE = (
    "INSERT INTO change_log (feed, seq, entity, entity_id, payload, at) VALUES (?, ?, ?, ?, ?, ?)",
    (
        "INSERT INTO feed_entities (feed, entity, entity_id, payload) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (feed, entity, entity_id) DO UPDATE SET payload = excluded.payload"
    ),
)
_POSTGRESQL = (
    (
        "INSERT INTO change_log (feed, seq, entity, entity_id, payload, at) "
        "SELECT r.feed, r.seq, r.entity, r.entity_id, r.payload, r.at FROM json_to_recordset(%s::text::json) "
        "AS r (feed text, seq bigint, entity text, entity_id text, payload text, at timestamptz)"
    ),
    (
        "INSERT INTO feed_entities (feed, entity, entity_id, payload) "
        "SELECT r.feed, r.entity, r.entity_id, r.payload FROM json_to_recordset(%s::text::json) "
        "AS r (feed text, entity text, entity_id text, payload text) WHERE r.payload IS NOT NULL "
        "ON CONFLICT (feed, entity, entity_id) DO UPDATE SET payload = excluded.payload"
    ),
)


class Row(NamedTuple):
    """A change under its number; a payload of None says that the entity is gone."""

    feed: str
    seq: int
    entity: str
    entity_id: str
    payload: str | None
    at: datetime


def write(tx: Tx, rows: Sequence[Row]) -> None:
    """Add changes of any feeds to the log, and keep each entity that is not gone as it now is. No entity comes twice in one feed."""
    if tx.dialect == "sqlite":
        log, keep = _SQLITE
        kept = [(row.feed, row.entity, row.entity_id, row.payload) for row in rows if row.payload is not None]
        tx.sqlite.executemany(log, [(*row[:-1], sqlite_text(row.at)) for row in rows])
        tx.sqlite.executemany(keep, kept)
        return
    # One statement each, whatever their number. As JSON: the driver quotes arrays of texts one quotation mark at a time.
    written = msgspec.json.encode([row._asdict() for row in rows]).decode()
    for statement in _POSTGRESQL:
        tx.connection.exec_driver_sql(statement, (written,))

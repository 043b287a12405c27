"""Writes many changes at once, in plain SQL: composed by SQLAlchemy row by row, telling devices of a redemption cost more than the redemption."""

from collections.abc import Mapping, Sequence
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
    "WITH r AS MATERIALIZED (SELECT * FROM json_to_recordset(%s::text::json) "
    "AS r (feed text, seq bigint, entity text, entity_id text, payload text, at timestamptz)), "
    "logged AS (INSERT INTO change_log (feed, seq, entity, entity_id, payload, at) "
    "SELECT feed, seq, entity, entity_id, payload, at FROM r) "
    "INSERT INTO feed_entities (feed, entity, entity_id, payload) "
    "SELECT feed, entity, entity_id, payload FROM r WHERE payload IS NOT NULL "
    "ON CONFLICT (feed, entity, entity_id) DO UPDATE SET payload = excluded.payload"
)
_RAISE_SQLITE = (
    "INSERT INTO feeds (id, seq) SELECT value ->> 0, value ->> 1 FROM json_each(?) WHERE true "
    "ON CONFLICT (id) DO UPDATE SET seq = seq + excluded.seq RETURNING id, seq"
)
_RAISE_POSTGRESQL = (
    "INSERT INTO feeds (id, seq) SELECT r ->> 0, (r ->> 1)::bigint FROM json_array_elements(%s::text::json) AS r "
    "ON CONFLICT (id) DO UPDATE SET seq = feeds.seq + excluded.seq RETURNING id, seq"
)


class Row(NamedTuple):
    """A change under its number; a payload of None says that the entity is gone."""

    feed: str
    seq: int
    entity: str
    entity_id: str
    payload: str | None
    at: datetime


def raise_counters(tx: Tx, by: Mapping[str, int]) -> dict[str, int]:
    """Move the counters of feeds, in the order given, which is the order in which their rows are locked; where each is then."""
    counts = msgspec.json.encode(list(by.items())).decode()
    if tx.dialect == "sqlite":
        return dict(tx.sqlite.execute(_RAISE_SQLITE, (counts,)).fetchall())
    return {row.id: row.seq for row in tx.connection.exec_driver_sql(_RAISE_POSTGRESQL, (counts,))}


def write(tx: Tx, rows: Sequence[Row]) -> None:
    """Add changes of any feeds to the log, and keep each entity that is not gone as it now is. No entity comes twice in one feed."""
    if tx.dialect == "sqlite":
        log, keep = _SQLITE
        kept = [(row.feed, row.entity, row.entity_id, row.payload) for row in rows if row.payload is not None]
        tx.sqlite.executemany(log, [(*row[:-1], sqlite_text(row.at)) for row in rows])
        tx.sqlite.executemany(keep, kept)
        return
    # One statement, whatever their number. As JSON: the driver quotes arrays of texts one quotation mark at a time.
    written = msgspec.json.encode([row._asdict() for row in rows]).decode()
    tx.connection.exec_driver_sql(_POSTGRESQL, (written,))

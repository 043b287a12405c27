"""Events that wait to be handed on, and how far the ledger's seals were handed on."""

from sqlalchemy import BigInteger, Column, Index, String, Table, text

from central_api.columns import BigId, Json, UtcDateTime, metadata

outbox_events = Table(
    "outbox_events",
    metadata,
    Column("arrival", BigId, primary_key=True),
    Column("id", String(96), nullable=False, unique=True),
    Column("kind", String(32), nullable=False),
    Column("member", String(64), nullable=False),  # id; empty for what is about nobody
    Column("store", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("facts", Json, nullable=False),  # slugs and whole numbers, never personal data
    Column("handed_on_at", UtcDateTime, nullable=True),
    Index(
        "ix_outbox_events_waiting",
        "arrival",
        postgresql_where=text("handed_on_at IS NULL"),
        sqlite_where=text("handed_on_at IS NULL"),
    ),
    Index(None, "handed_on_at"),
)

outbox_seals = Table(
    "outbox_seals",
    metadata,
    Column("store", String(64), primary_key=True),
    Column("sequence", BigInteger, nullable=False),  # of the last seal whose entry was handed on
)

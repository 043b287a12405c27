"""Messages to members, and tasks for staff; each has a key of its own and is written once (A5, A16)."""

from sqlalchemy import Column, ForeignKey, Index, String, Table, text

from central_api.columns import Json, UtcDateTime, metadata

member_messages = Table(
    "member_messages",
    metadata,
    Column("key", String(160), primary_key=True),  # tier-warning:m0001:2026-07-15:30
    Column("member", String(64), ForeignKey("members.id"), nullable=False),
    Column("kind", String(32), nullable=False),  # tier-up | tier-down | tier-warning | renewal-reminder | ...
    Column("at", UtcDateTime, nullable=False),
    Column("facts", Json, nullable=False),  # slugs, numbers and days, which the catalogue puts into words
    Index(None, "member", "at"),
)

staff_tasks = Table(
    "staff_tasks",
    metadata,
    Column("key", String(160), primary_key=True),
    Column("kind", String(32), nullable=False),  # such as refund-unclear, phone-taken, ranking
    Column("store", String(64), ForeignKey("stores.slug"), nullable=False),
    Column("member", String(64), ForeignKey("members.id"), nullable=True),
    Column("made_at", UtcDateTime, nullable=False),
    Column("facts", Json, nullable=False),
    Column("done_at", UtcDateTime, nullable=True),
    Column("done_by", String(64), nullable=False, server_default=""),  # staff id
    Index(
        None,
        "store",
        "made_at",
        postgresql_where=text("done_at IS NULL"),
        sqlite_where=text("done_at IS NULL"),
    ),
)

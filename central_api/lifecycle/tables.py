"""Registrations that wait for their activation, and merges of two members with all that they moved (K10, A9)."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table

from central_api.columns import Json, UtcDateTime, metadata

registrations = Table(
    "registrations",
    metadata,
    Column("id", String(64), primary_key=True),  # made by whoever asks, before sending
    Column("member", String(64), ForeignKey("members.id"), nullable=False),
    Column("by", String(128), nullable=False),  # device:…, staff:…
    Column("body_hash", String(32), nullable=False),  # keyed hash of what was asked; empty when erased
    Column("state", String(16), nullable=False),
    Column("code_hash", String(64), nullable=False),  # keyed hash of the code; empty: none is good any more
    Column("tries", Integer, nullable=False),  # wrong codes so far
    Column("told", Integer, nullable=False, server_default="1"),  # codes told to this phone one day after another
    Column("asked_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    CheckConstraint("state IN ('pending', 'activated', 'lapsed')", name="state"),
    Index(None, "member"),
    Index(None, "state", "expires_at"),
)

merges = Table(
    "merges",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("source", String(64), ForeignKey("members.id"), nullable=False),
    Column("target", String(64), ForeignKey("members.id"), nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("tier_points", BigInteger, nullable=False),
    Column("before", Json, nullable=False),  # slugs and days of both, as undoing puts them back
    Column("reason", String(64), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("undone_at", UtcDateTime, nullable=True),
    Column("undone_by", String(64), nullable=False, server_default=""),
    CheckConstraint("source <> target", name="two"),
    Index(None, "source"),
    Index(None, "target"),
)

merge_items = Table(
    "merge_items",
    metadata,
    Column("merge", String(64), ForeignKey("merges.id"), primary_key=True),
    Column("table", String(64), primary_key=True),
    Column("item", String(200), primary_key=True),  # the key of a row that changed hands
)

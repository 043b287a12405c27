"""Registrations that wait for their activation, merges of two members, and cards being issued at a kiosk (K10, A9, N6)."""

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
    Column("item", String(200), primary_key=True),  # the key of a row that changed hands; of a card its line as well
)

card_issues = Table(
    "card_issues",
    metadata,
    Column("id", String(64), primary_key=True),  # made by the kiosk
    Column("session", String(64), ForeignKey("kiosk_staff_sessions.id"), nullable=False),
    Column("member", String(64), ForeignKey("members.id"), nullable=False),
    Column("card", String(64), ForeignKey("cards.id"), nullable=False),
    Column("replaces", String(64), ForeignKey("cards.id"), nullable=True),
    Column("identity", String(32), nullable=False),  # how staff saw who it is: id-card, licence
    Column("permit", String(64), ForeignKey("card_permits.id"), nullable=False),  # of this one card
    Column("state", String(16), nullable=False),
    Column("begun_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime, nullable=True),  # of an open one: it was given up, nothing was written
    CheckConstraint("state IN ('open', 'done', 'spoiled')", name="state"),
    Index(None, "card"),
    Index(None, "session"),
)

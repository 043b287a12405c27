"""The programme's rules with their dates of effect, and what membership saved each member (A7)."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table

from central_api.columns import Json, UtcDateTime, metadata

programme_versions = Table(
    "programme_versions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("effective_from", UtcDateTime, nullable=False, unique=True),
    Column("content", Json, nullable=False),  # programme.content.Programme
    Column("counting", Json, nullable=False, server_default="{}"),  # programme.content.Counting
    Column("made_at", UtcDateTime, nullable=False),
)

benefit_uses = Table(
    "benefit_uses",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("member", String(64), ForeignKey("members.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", String(16), nullable=False),  # discount | service | activity
    Column("entitlement", String(64), nullable=False, server_default=""),
    Column("by", String(64), nullable=False),  # staff slug or desk
    Column("title", Json, nullable=False),
    Column("saved_fen", BigInteger, nullable=False),
    Column("department", String(64), nullable=False, server_default=""),
    Column("grant", String(64), nullable=False, server_default=""),  # of entitlements.tables.grants; empty: not counted
    Column("times", Integer, nullable=False, server_default="1"),
    Column("reference", String(64), nullable=True),  # the command or job behind it: registered once
    CheckConstraint("saved_fen >= 0", name="saved"),
    Index(None, "member", "at"),
    Index(None, "reference", unique=True),
)

"""Counted rights as members hold them; their uses are `programme.tables.benefit_uses` (A7)."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Integer, String, Table

from central_api.columns import UtcDateTime, metadata

entitlement_grants = Table(
    "entitlement_grants",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("key", String(200), nullable=False, unique=True),  # tier:MEMBER:SLUG:FIRST DAY, or of a sold card its sale's
    Column("member", String(64), ForeignKey("members.id"), nullable=False),
    Column("entitlement", String(64), nullable=False),
    Column("source", String(16), nullable=False),
    Column("count", Integer, nullable=False),  # 0: without limit
    Column("used", Integer, nullable=False, server_default="0"),
    Column("starts", Date, nullable=False),
    Column("expires", Date, nullable=False),  # the last day, store time
    Column("granted_at", UtcDateTime, nullable=False),
    Column("by", String(64), nullable=False, server_default=""),  # staff id, of a sold card
    CheckConstraint("source IN ('tier', 'sold', 'staff')", name="source"),
    CheckConstraint("used >= 0 AND (count = 0 OR used <= count)", name="used"),
    Index(None, "member", "entitlement", "expires"),
)

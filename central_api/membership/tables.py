"""Renewals of memberships, each once for what paid it (A6)."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, ForeignKey, Index, String, Table

from central_api.columns import UtcDateTime, metadata

renewals = Table(
    "renewals",
    metadata,
    Column("key", String(160), primary_key=True),  # renewal:MEMBER:REFERENCE
    Column("member", String(64), ForeignKey("members.id"), nullable=False),
    Column("way", String(16), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("starts", Date, nullable=False),
    Column("valid_to", Date, nullable=False),
    Column("paid_fen", BigInteger, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("entry", String(64), ForeignKey("ledger_entries.id"), nullable=True),  # what took the points
    Column("undone_at", UtcDateTime, nullable=True),  # the bill that paid it was refunded
    CheckConstraint("way IN ('fee', 'points', 'insurance')", name="way"),
    CheckConstraint("points >= 0 AND paid_fen >= 0", name="paid"),
    Index(None, "member"),
)

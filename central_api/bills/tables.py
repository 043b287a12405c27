"""Bills and refunds as the billing system numbered them, and which entry each part of a bill became (A15)."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    text,
)

from central_api.columns import Json, UtcDateTime, metadata

bills = Table(
    "bills",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("source", String(32), nullable=False),  # the billing system
    Column("number", String(64), nullable=False),  # its own number
    Column("digest", String(64), nullable=False),  # SHA-256 of what it said, to tell a repetition from a contradiction
    Column("member", String(64), ForeignKey("members.id"), nullable=False),
    Column("store", String(64), ForeignKey("stores.slug"), nullable=False),
    Column("at", UtcDateTime, nullable=False),  # its own time
    Column("booked_at", UtcDateTime, nullable=False),
    Column("tier", String(64), nullable=False),  # held when it was made: it earned at this one
    Column("content", Json, nullable=False),  # bills.schemas.Bill
    Column("answer", Json, nullable=False),  # bills.schemas.BookedBill
    UniqueConstraint("source", "number"),
    Index(None, "member", "at"),
    Index(None, "at"),
)

bill_parts = Table(
    "bill_parts",
    metadata,
    Column("bill", String(64), ForeignKey("bills.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("entry", String(64), ForeignKey("ledger_entries.id"), nullable=False, unique=True),
    Column("line", String(64), nullable=False),  # its line's own number; empty: a bonus on several lines
    Column("lines", Json, nullable=False),  # whose refund takes of it
    Column("category", String(64), nullable=False),
    Column("counts", Integer, nullable=False),  # 1: money the member spent; 0: a bonus, or a line that is excluded
    Column("paid_fen", BigInteger, nullable=False),  # of a bonus: of the lines it was given for
    Column("refunded_fen", BigInteger, nullable=False, server_default="0"),
    Column("points", BigInteger, nullable=False),
    Column("tier_points", BigInteger, nullable=False),
    Column("taken_points", BigInteger, nullable=False, server_default="0"),  # back, by refunds
    Column("taken_tier_points", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("refunded_fen >= 0 AND refunded_fen <= paid_fen", name="refunded"),
    CheckConstraint("taken_points >= 0 AND taken_points <= points", name="taken"),
)

bill_refunds = Table(
    "bill_refunds",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("source", String(32), nullable=False),
    Column("number", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("bill", String(64), nullable=False),  # the billing system's number of it; the bill may still come
    Column("at", UtcDateTime, nullable=False),
    Column("came_at", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("content", Json, nullable=False),  # bills.schemas.Refund
    Column("answer", Json, nullable=False),  # bills.schemas.BookedRefund
    UniqueConstraint("source", "number"),
    CheckConstraint("state IN ('waiting', 'booked', 'refused')", name="state"),
    Index(
        None,
        "source",
        "bill",
        postgresql_where=text("state = 'waiting'"),
        sqlite_where=text("state = 'waiting'"),
    ),
)

"""The catalogue, redemptions, vouchers, and the keys under which commands are answered once for ever (A11 to A14)."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from central_api.columns import Json, UtcDateTime, metadata
from central_api.ledger import tables as ledger_tables

reward_categories = Table(
    "reward_categories",
    metadata,
    Column("slug", String(64), primary_key=True),
    Column("name", Json, nullable=False),
    Column("position", Integer, nullable=False),
)

rewards = Table(
    "rewards",
    metadata,
    Column("slug", String(64), primary_key=True),
    Column("category", String(64), ForeignKey("reward_categories.slug"), nullable=False),
    Column("type", String(16), nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("value_fen", BigInteger, nullable=False),
    Column("stock", Integer, nullable=True),  # None: unlimited
    Column("sold_out", Boolean, nullable=False),
    Column("limit_per", String(16), nullable=False),  # day | month | quarter | year | "" for none
    Column("limit_times", Integer, nullable=False),
    Column("valid_days", Integer, nullable=False),
    Column("starts", UtcDateTime, nullable=False),
    Column("ends", UtcDateTime, nullable=True),
    Column("position", Integer, nullable=False),
    Column("content", Json, nullable=False),  # rewards.content.RewardContent
    CheckConstraint("points > 0", name="points"),
    CheckConstraint("stock IS NULL OR stock >= 0", name="stock"),
    CheckConstraint("limit_per IN ('', 'day', 'month', 'quarter', 'year')", name="limit_per"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("device", String(64), ForeignKey("devices.id"), nullable=False),
    Column("body_sha256", String(64), nullable=False),
    Column("status", Integer, nullable=True),  # of the answer; None only inside the transaction that works on it
    Column("answer", Text, nullable=True),
    Column("at", UtcDateTime, nullable=False),
)

redemptions = Table(
    "redemptions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("command", String(64), nullable=True, unique=True),  # second line behind the idempotency key; None: imported
    Column("member", String(64), ForeignKey("members.id"), nullable=False),
    Column("reward", String(64), ForeignKey("rewards.slug"), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("unit_points", BigInteger, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("entry", String(64), ForeignKey("ledger_entries.id"), nullable=False, unique=True),
    Column("device", String(64), ForeignKey("devices.id"), nullable=True),
    Column("session", String(64), ForeignKey("card_sessions.id"), nullable=True),
    Column("card", String(64), ForeignKey("cards.id"), nullable=True),
    Column("assurance", String(16), nullable=False),
    Column("store", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column(
        "cancelled", Integer, nullable=False, server_default="0"
    ),  # pieces given back: all of them: the state says so
    Column("line", String(96), nullable=True),  # of its card (`cards.lines`); None: named as the card
    CheckConstraint("quantity > 0 AND points = quantity * unit_points", name="points"),
    CheckConstraint("state IN ('done', 'cancelled')", name="state"),
    Index(None, "member", "reward", "at"),
    Index(None, "card", "at"),
    Index(None, "line", "at", postgresql_where=text("line IS NOT NULL"), sqlite_where=text("line IS NOT NULL")),
)

vouchers = Table(
    "vouchers",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("code", String(10), nullable=False, unique=True),
    Column("member", String(64), ForeignKey("members.id"), nullable=False),
    Column("reward", String(64), ForeignKey("rewards.slug"), nullable=False),
    Column("redemption", String(64), ForeignKey("redemptions.id"), nullable=True),  # None: given, not bought
    Column("number", Integer, nullable=False),  # from 1 within its redemption
    Column("state", String(16), nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("valid_to", Date, nullable=False),  # the last day, store time
    Column("closed_at", UtcDateTime, nullable=True),
    Column("closed_by", String(64), nullable=False, server_default=""),
    Column("closed_store", String(64), nullable=False, server_default=""),
    Column("closed_reference", String(64), nullable=False, server_default=""),  # the number of whoever closed it
    Column("back_points", BigInteger, nullable=False, server_default="0"),  # given back when it was cancelled
    Column("back_expired", BigInteger, nullable=False, server_default="0"),  # of them, gone at once with their last day
    CheckConstraint("state IN ('issued', 'fulfilled', 'cancelled', 'expired')", name="state"),
    CheckConstraint("(state = 'issued') = (closed_at IS NULL)", name="closed"),
    UniqueConstraint("redemption", "number"),
    Index(None, "member"),
    Index(
        None,
        "closed_by",
        "closed_reference",
        postgresql_where=text("closed_reference <> ''"),
        sqlite_where=text("closed_reference <> ''"),
    ),
)

holds = ledger_tables.holds
"""Points that are kept; every spending of the ledger has to know of them, so they stand with it."""

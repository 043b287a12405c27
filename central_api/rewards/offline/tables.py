"""A store's rules for redeeming offline, which only grow, and how each piece that was handed out ended (A14)."""

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
    text,
)

from central_api.columns import Json, UtcDateTime, metadata

offline_rules = Table(
    "offline_rules",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("store", String(64), ForeignKey("stores.slug"), nullable=False),
    Column("starts", UtcDateTime, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("floor_points", BigInteger, nullable=False),  # of one card in one outage
    Column("hours", Integer, nullable=False),  # an outage that has lasted longer hands nothing out
    Column("quotas", Json, nullable=False),  # reward -> pieces of one device in one outage
    Column("by", String(64), nullable=False),  # as the audit names who
    Column("at", UtcDateTime, nullable=False),
    CheckConstraint("floor_points >= 0 AND hours >= 0", name="amounts"),
    Index(None, "store", "starts"),
)

offline_redemptions = Table(
    "offline_redemptions",
    metadata,
    Column("command", String(64), primary_key=True),
    Column("device", String(64), ForeignKey("devices.id"), nullable=False),
    Column("store", String(64), ForeignKey("stores.slug"), nullable=False),
    Column("outage", String(64), nullable=False),
    Column("tap", String(64), nullable=False, server_default=""),
    Column("card", String(64), ForeignKey("cards.id"), nullable=True),  # None: the evidence proved none
    Column("member", String(64), ForeignKey("members.id"), nullable=True),
    Column("counter", Integer, nullable=True),  # of a cryptogram
    Column("reward", String(64), nullable=False),  # as the device named it: perhaps no more in the catalogue
    Column("code", String(10), nullable=False),
    Column("price", BigInteger, nullable=False),
    Column("taken", BigInteger, nullable=False),  # what the member paid
    Column("shortfall", BigInteger, nullable=False),  # what the store bears: all rows together are its account
    Column("reason", String(16), nullable=False, server_default=""),
    Column("entry", String(64), ForeignKey("ledger_entries.id"), nullable=True, unique=True),
    Column("voucher", String(64), ForeignKey("vouchers.id"), nullable=True, unique=True),
    Column("issued_at", UtcDateTime, nullable=False),  # by the device's clock
    Column("valid_to", Date, nullable=False),
    Column("settled_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=True),  # staff have looked into it
    Column("seen_by", String(64), nullable=False, server_default=""),
    CheckConstraint("price = taken + shortfall AND taken >= 0 AND shortfall >= 0", name="amounts"),
    CheckConstraint("(taken > 0) = (entry IS NOT NULL)", name="entry"),
    Index(None, "card", "counter"),
    # Of those that staff still have to look into: few, however many there were.
    Index(
        "ix_offline_redemptions_unseen",
        "store",
        "settled_at",
        postgresql_where=text("reason <> '' AND seen_at IS NULL"),
        sqlite_where=text("reason <> '' AND seen_at IS NULL"),
    ),
)

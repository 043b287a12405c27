"""Birthdays, referrals and the spenders' places, each paid once (A8)."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, ForeignKey, Index, Integer, String, Table

from central_api.columns import UtcDateTime, metadata

birthdays = Table(
    "birthdays",
    metadata,
    Column("member", String(64), ForeignKey("members.id"), primary_key=True),
    Column("month", Integer, nullable=False),  # no year: nobody's age is kept
    Column("day", Integer, nullable=False),
    CheckConstraint("month BETWEEN 1 AND 12 AND day BETWEEN 1 AND 31", name="day"),
    Index(None, "month", "member"),
)

birthday_gifts = Table(
    "birthday_gifts",
    metadata,
    Column("member", String(64), ForeignKey("members.id"), primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("tier", String(64), nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("reward", String(64), nullable=False),
    Column("entry", String(64), ForeignKey("ledger_entries.id"), nullable=True),
)

referral_codes = Table(
    "referral_codes",
    metadata,
    Column("member", String(64), ForeignKey("members.id"), primary_key=True),
    Column("code", String(16), nullable=False, unique=True),
)

referral_links = Table(
    "referral_links",
    metadata,
    Column("friend", String(64), ForeignKey("members.id"), primary_key=True),  # nobody is recommended twice
    Column("referrer", String(64), ForeignKey("members.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    CheckConstraint("referrer <> friend", name="friend"),
    Index(None, "referrer"),
)

referrals = Table(
    "referrals",
    metadata,
    Column("id", String(96), primary_key=True),  # of the occasion: visit:FRIEND, vehicle:BILL
    Column("referrer", String(64), ForeignKey("members.id"), nullable=False),
    Column("friend", String(64), ForeignKey("members.id"), nullable=False),
    Column("occasion", String(16), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("reversed_at", UtcDateTime, nullable=True),
    Column("paid", BigInteger, nullable=True),  # None: not yet; 0: taken back, or void
    Column("settled_at", UtcDateTime, nullable=True),
    Column("entry", String(64), ForeignKey("ledger_entries.id"), nullable=True),
    CheckConstraint("occasion IN ('first-visit', 'vehicle')", name="occasion"),
    CheckConstraint("referrer <> friend", name="friend"),
    CheckConstraint("paid IS NULL OR paid >= 0", name="paid"),
    Index(None, "referrer"),
)

ranking_places = Table(
    "ranking_places",
    metadata,
    Column("ranking", String(64), primary_key=True),
    Column("first_day", Date, primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("last_day", Date, nullable=False),
    Column("member", String(64), ForeignKey("members.id"), nullable=False),
    Column("spent_fen", BigInteger, nullable=False),
    Column("reward", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("proposed_at", UtcDateTime, nullable=False),
    Column("decided_at", UtcDateTime, nullable=True),
    Column("decided_by", String(64), nullable=False, server_default=""),  # staff id
    CheckConstraint("state IN ('proposed', 'paid', 'refused')", name="state"),
)

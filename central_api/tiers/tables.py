"""Every move of a tier, and what only the tier rules ask for: grants, payments, vehicles (A5)."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table

from central_api.columns import BigId, Json, UtcDateTime, metadata

tier_changes = Table(
    "tier_changes",
    metadata,
    Column("id", BigId, primary_key=True),  # the order in which they happened
    Column("member", String(64), ForeignKey("members.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("from_tier", String(64), nullable=False),
    Column("to_tier", String(64), nullable=False),
    Column(
        "since", UtcDateTime, nullable=False
    ),  # from when on `to_tier` is held; older than `at` when an upgrade was undone
    Column("reasons", Json, nullable=False),  # conditions met, with their figures
    Column("fall", Json, nullable=True),  # programme.tier_facts.Fall that counts from here on
    CheckConstraint("kind IN ('up', 'down', 'undone')", name="kind"),
    Index(None, "member", "id"),
)

tier_grants = Table(
    "tier_grants",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("member", String(64), ForeignKey("members.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("tier", String(64), nullable=False),
    Column("by", String(64), nullable=False),  # staff id
    Column("reason", String(400), nullable=False),
    Index(None, "member"),
)

tier_payments = Table(
    "tier_payments",
    metadata,
    Column("id", String(64), primary_key=True),  # the command behind it
    Column("member", String(64), ForeignKey("members.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("tier", String(64), nullable=False),
    Column("from_tier", String(64), nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("entry", String(64), ForeignKey("ledger_entries.id"), nullable=False),
    Column("reversed_at", UtcDateTime, nullable=True),
    CheckConstraint("points > 0", name="points"),
    Index(None, "member"),
)

tier_vehicles = Table(
    "tier_vehicles",
    metadata,
    Column("vehicle", String(64), primary_key=True),  # the billing system's own number, never a plate
    Column("member", String(64), ForeignKey("members.id"), nullable=False),
    Column("owned_since", UtcDateTime, nullable=False),
    Column("mileage_km", Integer, nullable=False),
    Column("bought_here", Boolean, nullable=False),
    CheckConstraint("mileage_km >= 0", name="mileage_km"),
    Index(None, "member"),
)

"""Members: no more of a person than the product needs so far (X2). The given name, phone and plates are not kept here."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, String, Table

from central_api.db import Json, UtcDateTime, metadata

members = Table(
    "members",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("surname", Json, nullable=False),  # {"zh", "en"}
    Column("title", Json, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("language", String(16), nullable=False),
    Column("tier", String(64), nullable=False),
    Column("status", String(16), nullable=False),
    Column("home_store", String(64), ForeignKey("stores.slug"), nullable=False),
    Column("joined", Date, nullable=False),
    Column("valid_to", Date, nullable=False),  # the membership's last day
    Column("created_at", UtcDateTime, nullable=False),
    CheckConstraint("kind IN ('person', 'company')", name="kind"),
    CheckConstraint("status IN ('pending', 'active', 'expired', 'closed')", name="status"),
    Index(None, "home_store"),
)

"""Members and what the club knows of them: who they are, what they agreed to, their vehicles (X2, A6, K10).

Plain are surname and title, which devices show. What else is personal is sealed (`security.vault`), and found by keyed hashes.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
)

from central_api.columns import BigId, Json, UtcDateTime, metadata
from central_api.security.tables import sealed

members = Table(
    "members",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("surname", Json, nullable=False),  # {"zh", "en"}; of a company its whole name
    Column("title", Json, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("language", String(16), nullable=False),
    Column("tier", String(64), nullable=False),
    Column("status", String(16), nullable=False),
    Column("home_store", String(64), ForeignKey("stores.slug"), nullable=False),
    Column("joined", Date, nullable=False),
    Column("valid_to", Date, nullable=False),  # the membership's last day
    Column("created_at", UtcDateTime, nullable=False),
    Column("source", String(16), nullable=False, server_default=""),  # how they came (A6): purchase, vehicle, fee, ...
    Column("adviser", String(64), nullable=False, server_default=""),  # staff slug; empty: none
    Column("closed_at", UtcDateTime, nullable=True),
    Column("closed_for", String(16), nullable=False, server_default=""),  # left | merged | lapsed
    Column("merged_into", String(64), nullable=True),
    CheckConstraint("kind IN ('person', 'company')", name="kind"),
    CheckConstraint("status IN ('pending', 'active', 'expired', 'closed')", name="status"),
    Index(None, "home_store"),
    Index(None, "merged_into"),
)

member_details = Table(
    "member_details",
    metadata,
    Column("member", String(64), ForeignKey("members.id"), primary_key=True),
    sealed("given"),
    sealed("phone"),
    sealed("id_number"),
    sealed("birthday"),  # MM-DD
    Column("changed_at", UtcDateTime, nullable=False),
)

vehicles = Table(
    "vehicles",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("member", String(64), ForeignKey("members.id"), nullable=False),
    sealed("plate"),
    sealed("vin"),
    Column("model", String(64), nullable=False, server_default=""),
    Column("mileage_km", Integer, nullable=True),
    Column("bought_on", Date, nullable=True),
    Column("added_at", UtcDateTime, nullable=False),
    CheckConstraint("mileage_km IS NULL OR mileage_km >= 0", name="mileage"),
    Index(None, "member"),
)

member_lookups = Table(
    "member_lookups",  # keyed hashes by which somebody is found; without the key they say nothing
    metadata,
    Column("kind", String(16), primary_key=True),  # phone | phone-tail | name | id-number | plate | vin
    Column("hash", String(32), primary_key=True),
    Column("member", String(64), ForeignKey("members.id"), primary_key=True),
    Column("vehicle", String(64), primary_key=True, server_default=""),  # of which vehicle, for plate and vin
    Index(None, "member"),
    sqlite_with_rowid=False,
)

consent_texts = Table(
    "consent_texts",
    metadata,
    Column("document", String(32), primary_key=True),  # terms, privacy, sms, screens
    Column("version", String(32), primary_key=True),
    Column("title", Json, nullable=False),
    Column("text", Json, nullable=False),
    Column("effective_from", UtcDateTime, nullable=False),
)

consents = Table(
    "consents",  # only grows (triggers of 0008): who agreed to what, or took it back, when and where
    metadata,
    Column("id", BigId, primary_key=True),
    Column("member", String(64), ForeignKey("members.id"), nullable=False),
    Column("document", String(32), nullable=False),
    Column("version", String(32), nullable=False),
    Column("given", BigInteger, nullable=False),  # 1 agreed, 0 took it back
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(64), nullable=False),  # device:…, staff:…, import
    CheckConstraint("given IN (0, 1)", name="given"),
    Index(None, "member", "document"),
)

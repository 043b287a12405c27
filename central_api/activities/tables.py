"""Activities of the club, and the stories members shared of them."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table

from central_api.columns import Json, UtcDateTime, metadata

activities = Table(
    "activities",
    metadata,
    Column("slug", String(64), primary_key=True),
    Column("store", String(64), nullable=False),
    Column("state", String(16), nullable=False),  # open | planned | past
    Column("kind", Json, nullable=False),
    Column("title", Json, nullable=False),
    Column("line", Json, nullable=False),
    Column("place", Json, nullable=False),
    Column("unit", Json, nullable=False),
    Column("starts", UtcDateTime, nullable=False),
    Column("ends", UtcDateTime, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("taken", Integer, nullable=False),
    Column("fee_points", Integer, nullable=False),
    Column("picture", String(64), nullable=False),  # SHA-256, empty: none
    Column("url", String(200), nullable=False),
    Column("art", String(64), nullable=False, server_default=""),  # the same picture where it ships with every device
    Column("closes", UtcDateTime, nullable=True),
    Column("fee_fen", BigInteger, nullable=False, server_default="0"),
    Column(
        "opens", Json, nullable=False, server_default="{}"
    ),  # from when on a tier may sign up: {"gold": "2026-05-06T02:00:00Z"}
    Column("position", Integer, nullable=False, server_default="0"),
    CheckConstraint("state IN ('open', 'planned', 'past')", name="state"),
    CheckConstraint("capacity >= 0 AND taken >= 0 AND taken <= capacity", name="places"),
    CheckConstraint("fee_points >= 0", name="fee"),
    Index(None, "store", "starts"),
)

activity_shares = Table(
    "activity_shares",
    metadata,
    Column("slug", String(64), primary_key=True),
    Column("activity", String(64), ForeignKey("activities.slug"), nullable=False),
    Column("headline", Json, nullable=False),
    Column("picture", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("approved", Boolean, nullable=False),  # consent given and reviewed: nothing else reaches a screen (L9)
    Index(None, "activity"),
)

"""Jobs in the workshop, as far as a member's home page tells of them."""

from sqlalchemy import Column, ForeignKey, Index, String, Table

from central_api.db import Json, UtcDateTime, metadata

service_jobs = Table(
    "service_jobs",
    metadata,
    Column("order", String(64), primary_key=True),  # the dealership's own number
    Column("member", String(64), ForeignKey("members.id"), nullable=True),
    Column("store", String(64), ForeignKey("stores.slug"), nullable=False),
    Column("kind", Json, nullable=False),  # {"zh", "en"}
    Column("checked_in_at", UtcDateTime, nullable=False),
    Column("promised_at", UtcDateTime, nullable=True),
    Column("ready_at", UtcDateTime, nullable=True),
    Column("handed_over_at", UtcDateTime, nullable=True),
    Index(None, "member"),
)

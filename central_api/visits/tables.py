"""Jobs in the workshop, as far as a member's home page tells of them."""

from sqlalchemy import Column, ForeignKey, Index, String, Table

from central_api.columns import Json, UtcDateTime, metadata

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
    Column("source", String(32), nullable=False, server_default=""),  # the billing system that told of it
    Column("told_at", UtcDateTime, nullable=True),  # when it knew what stands here: what is older changes nothing
    Column("digest", String(64), nullable=False, server_default=""),  # SHA-256 of what it said then
    Index(None, "member"),
)

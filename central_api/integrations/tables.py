"""Keys of other programs, their own numbers of our members, and the webhooks they are told by."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from central_api.columns import BigId, Json, UtcDateTime, metadata

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(16), primary_key=True),  # the part of the key that is no secret
    Column("name", String(64), nullable=False),
    Column("source", String(64), nullable=False),  # the program whose own numbers come with this key, such as dms-east
    Column("scopes", Json, nullable=False),  # slugs of keys.scopes
    Column("store", String(64), ForeignKey("stores.slug"), nullable=True),  # None: every store of the group
    Column("secret_sha256", String(64), nullable=False),  # the secret itself was shown once and is kept nowhere
    Column("made_at", UtcDateTime, nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("expires_at", UtcDateTime, nullable=True),
    Column("revoked_at", UtcDateTime, nullable=True),
    Column("used_at", UtcDateTime, nullable=True),  # to the minute
)

key_guesses = Table(
    "key_guesses",
    metadata,
    Column("source", String(64), primary_key=True),  # the network address wrong keys came from
    Column("wrong", Integer, nullable=False),
    Column("since", UtcDateTime, nullable=False),  # the first of these wrong ones
    Index(None, "since"),
)

member_links = Table(
    "member_links",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("number", String(64), primary_key=True),  # the program's own number of the member
    Column("member", String(64), ForeignKey("members.id"), nullable=False),
    Column("linked_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),  # by the program's clock; what it says of before comes too late
    Index(None, "member"),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("url", String(500), nullable=False),
    Column("kinds", Json, nullable=False),  # of events; empty: all
    Column("store", String(64), ForeignKey("stores.slug"), nullable=True),  # None: events of every store
    Column("active", Boolean, nullable=False),
    Column("head", BigInteger, nullable=False),  # the sequence of its newest delivery
    Column("busy_until", UtcDateTime, nullable=True),  # a process is sending for it; over by then, whatever happens
    Column("made_at", UtcDateTime, nullable=False),
    Column("made_by", String(64), nullable=False),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("webhook", String(32), ForeignKey("webhooks.id"), nullable=False),
    Column("sequence", BigInteger, nullable=False),  # 1, 2, 3, ... without a gap: the order in which it is sent
    Column("event", String(96), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("body", Text, nullable=False),  # as it is sent and sent again
    Column("state", String(16), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    Column("said", String(200), nullable=False),  # what the last try ended with: a status, or why there was none
    Column("made_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime, nullable=True),
    CheckConstraint("state IN ('waiting', 'delivered', 'dead')", name="state"),
    UniqueConstraint("webhook", "sequence"),
    Index(
        "ix_webhook_deliveries_waiting",
        "webhook",
        "sequence",
        postgresql_where=text("state = 'waiting'"),
        sqlite_where=text("state = 'waiting'"),
    ),
    Index(None, "ended_at"),
)

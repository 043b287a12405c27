"""Change feeds: a counter each, the log of changes, every entity as it was last published, and what is to be published soon."""

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from central_api.columns import BigId, UtcDateTime, metadata

feeds = Table(
    "feeds",
    metadata,
    Column("id", String(64), primary_key=True),  # global | store-east
    Column("seq", BigInteger, nullable=False),
)

change_log = Table(
    "change_log",
    metadata,
    Column("feed", String(64), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("entity", String(32), nullable=False),
    Column("entity_id", String(64), nullable=False),
    Column("payload", Text, nullable=True),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "at"),
)

feed_entities = Table(
    "feed_entities",
    metadata,
    Column("feed", String(64), primary_key=True),
    Column("entity", String(32), primary_key=True),
    Column("entity_id", String(64), primary_key=True),
    Column("payload", Text, nullable=False),
)

feed_epoch = Table(
    "feed_epoch",
    metadata,
    Column("id", String(8), primary_key=True),  # always "epoch": one row
    Column("epoch", String(64), nullable=False),
)

feed_due = Table(
    "feed_due",  # rows are only added and taken away: no two transactions ever meet at one
    metadata,
    Column("id", BigId, primary_key=True),
    Column("entity", String(32), nullable=False),  # member | reward | offline (a store's)
    Column("entity_id", String(64), nullable=False),
)

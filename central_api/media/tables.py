"""Pictures by their content: the rows beside the files in the media folder."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table

from central_api.columns import UtcDateTime, metadata

media = Table(
    "media",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("media_type", String(64), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("name", String(200), nullable=False),  # what staff call it; the file's name when it was uploaded
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(64), nullable=False),
    Index(None, "created_at"),
)

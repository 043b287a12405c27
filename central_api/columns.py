"""What tables are made of: the naming of their constraints, the types of their columns, and how values stand in them as text."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    Text,
    type_coerce,
)
from sqlalchemy import cast as cast_column
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

T = TypeVar("T")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    },
)
"""All tables of the service; each feature's `tables.py` adds its own."""

BigId = BigInteger().with_variant(Integer, "sqlite")
"""A counting key: 64 bits on both engines, counted up by both."""

Json = JSON().with_variant(JSONB, "postgresql")
"""For content nothing filters by; validated by msgspec before it gets here."""


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware going in, aware in UTC coming out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse an instant without its zone; SQLite is given UTC without the zone it cannot keep."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"expected an instant with its zone, found the naive {value}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def content(column: ColumnElement[Any], kind: type[T]) -> ColumnElement[T]:
    """A `Json` column of a query, read as `kind`, a frozen msgspec type; a row gives it under the column's own name.

    The rules and the catalogue are read with every tap and change next to never: a text that was read before is not read
    again. What was read is kept by the text itself, so that nothing can be out of date.
    """
    return type_coerce(cast_column(column, Text), _Content(kind)).label(column.key)


class _Content(TypeDecorator[Any]):
    impl = Text
    cache_ok = True

    def __init__(self, kind: type) -> None:
        super().__init__()
        self.kind = kind

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else read_content(value, self.kind)


@lru_cache(maxsize=1024)  # some hundred rewards, and the rules
def read_content(written: str, kind: type) -> Any:
    """The text of a `Json` column as `kind`, for queries that are plain SQL (see `content`)."""
    return msgspec.json.decode(written, type=kind)


def sqlite_text(moment: datetime) -> str:
    """An instant as SQLite keeps it, for queries that are plain SQL."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def sqlite_moment(text: str) -> datetime:
    """The instant of `sqlite_text`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)

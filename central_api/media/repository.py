"""Queries of the picture library."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select

from central_api.db import Tx
from central_api.media.tables import media


def picture(tx: Tx, sha256: str) -> Any:
    """The row of a picture, or None."""
    return tx.first(select(media).where(media.c.sha256 == sha256))


def pictures(tx: Tx, least_width: int = 0) -> Sequence[Any]:
    """The pictures at least so wide (px), newest first, then by name."""
    query = select(media).where(media.c.width >= least_width)
    return tx.rows(query.order_by(media.c.created_at.desc(), media.c.name, media.c.sha256))


def all_files(tx: Tx) -> Sequence[Any]:
    """Hash, size and media type of every picture."""
    return tx.rows(select(media.c.sha256, media.c.size, media.c.media_type))


def add(tx: Tx, values: Mapping[str, object]) -> None:
    """Write a new picture."""
    tx.execute(insert(media).values(**values))

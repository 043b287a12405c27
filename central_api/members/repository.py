"""Queries of members."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select

from central_api.db import Tx, among
from central_api.members.tables import members


def member(tx: Tx, member_id: str) -> Any:
    """The row of a member; it exists, for cards and accounts point to it."""
    return tx.connection.execute(select(members).where(members.c.id == member_id)).one()


def some(tx: Tx, ids: Sequence[str]) -> Sequence[Any]:
    """The rows of these members."""
    return tx.rows(select(members).where(among(tx, members.c.id, ids)))


def known(tx: Tx, member_id: str) -> Any:
    """The row of a member, or None: an id that came from outside."""
    return tx.first(select(members).where(members.c.id == member_id))


def at_home(tx: Tx, ids: Collection[str], stores: Collection[str]) -> frozenset[str]:
    """Which of these members have one of these stores as their home."""
    query = select(members.c.id).where(members.c.id.in_(ids), members.c.home_store.in_(stores))
    return frozenset(tx.connection.execute(query).scalars())

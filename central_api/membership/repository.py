"""Queries of renewals."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update

from central_api.db import Tx, not_sought
from central_api.members.tables import members
from central_api.membership.tables import renewals


def renewal(tx: Tx, key: str) -> Any:
    """The row of a renewal, or None."""
    return tx.first(select(renewals).where(renewals.c.key == key))


def add(tx: Tx, values: Mapping[str, object]) -> None:
    """Write a renewal and move the membership's end."""
    tx.execute(insert(renewals).values(**values))
    set_end(tx, str(values["member"]), values["valid_to"], "active")


def set_end(tx: Tx, member_id: str, valid_to: object, status: str) -> None:
    """Set the last day of a membership, and whether it stands."""
    tx.execute(update(members).where(members.c.id == member_id).values(valid_to=valid_to, status=status))


def undo(tx: Tx, key: str, now: datetime) -> None:
    """Say that a renewal does not count any more."""
    tx.execute(update(renewals).where(renewals.c.key == key).values(undone_at=now))


def redo(tx: Tx, key: str, values: Mapping[str, object]) -> None:
    """Let a renewal count again, with a period of now."""
    tx.execute(update(renewals).where(renewals.c.key == key).values(**values, undone_at=None))
    set_end(tx, str(values["member"]), values["valid_to"], "active")


def ended(tx: Tx, before: date, after: str, most: int, of_stores: Collection[str]) -> Sequence[Any]:
    """The next active members of these home stores whose membership ended before a day."""
    query = select(members).where(
        members.c.id > after,
        members.c.valid_to < before,
        members.c.status == "active",
        not_sought(members.c.home_store).in_(of_stores),
    )
    return tx.rows(query.order_by(members.c.id).limit(most))


def ending(tx: Tx, first: date, last: date, after: str, most: int, of_stores: Collection[str]) -> Sequence[Any]:
    """The next active members of these home stores whose membership ends between two days, both included."""
    query = select(members).where(
        members.c.id > after,
        members.c.valid_to >= first,
        members.c.valid_to <= last,
        members.c.status == "active",
        not_sought(members.c.home_store).in_(of_stores),
    )
    return tx.rows(query.order_by(members.c.id).limit(most))

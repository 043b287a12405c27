"""Writes a message or a task once, however often it is asked for."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from central_api.db import Tx
from central_api.inbox.tables import member_messages, staff_tasks
from central_api.members.tables import members
from central_api.outbox import service as outbox
from club.model import errors

Facts = Mapping[str, int | str]

_EVENTS: Mapping[str, outbox.Kind] = {
    "tier-up": "tier.changed",
    "tier-down": "tier.changed",
    "tier-undone": "tier.changed",
    "points-expire": "points.expiring",
}


def tell(tx: Tx, key: str, kind: str, member_id: str, facts: Facts, now: datetime) -> bool:
    """Tell a member something; whether it is new.

    Args:
        tx: a unit of work that writes.
        key: what makes this message the same message.
        kind: the catalogue's name for it.
        member_id: whom.
        facts: slugs, whole numbers and days; never personal data.
        now: the instant.
    """
    values = {"key": key, "member": member_id, "kind": kind, "at": now, "facts": dict(facts)}
    new = _add(tx, member_messages, values)
    if new:
        _tell_others(tx, key, kind, member_id, facts, now)
    return new


def ask_staff(tx: Tx, key: str, kind: str, store: str, member_id: str | None, facts: Facts, now: datetime) -> bool:
    """Put a task on a store's list; whether it is new. Arguments as in `tell`."""
    values = {
        "key": key,
        "kind": kind,
        "store": store,
        "member": member_id,
        "made_at": now,
        "facts": dict(facts),
        "done_at": None,
    }
    return _add(tx, staff_tasks, values)


def open_tasks(tx: Tx, store: str) -> Sequence[Any]:
    """What a store's staff still have to do, oldest first."""
    query = select(staff_tasks).where(staff_tasks.c.store == store, staff_tasks.c.done_at.is_(None))
    return tx.rows(query.order_by(staff_tasks.c.made_at, staff_tasks.c.key))


def open_of(tx: Tx, store: str, kind: str) -> Sequence[Any]:
    """The tasks of one kind that a store's staff still have to do, oldest first."""
    query = select(staff_tasks).where(staff_tasks.c.store == store, staff_tasks.c.done_at.is_(None))
    return tx.rows(query.where(staff_tasks.c.kind == kind).order_by(staff_tasks.c.made_at, staff_tasks.c.key))


def open_in(tx: Tx, stores: Collection[str], kinds: Collection[str]) -> Sequence[Any]:
    """The tasks of these kinds that the staff of these stores still have to do, oldest first."""
    query = select(staff_tasks).where(staff_tasks.c.done_at.is_(None), *_of(stores, kinds))
    return tx.rows(query.order_by(staff_tasks.c.made_at, staff_tasks.c.key))


def done_in(tx: Tx, stores: Collection[str], kinds: Collection[str], most: int, skip: int = 0) -> Sequence[Any]:
    """The tasks of these kinds that were done in these stores, the latest first; at most so many, behind the first `skip`."""
    query = select(staff_tasks).where(staff_tasks.c.done_at.is_not(None), *_of(stores, kinds))
    return tx.rows(query.order_by(staff_tasks.c.done_at.desc(), staff_tasks.c.key).limit(most).offset(skip))


def is_of(tx: Tx, key: str, stores: Collection[str], kinds: Collection[str]) -> bool:
    """Whether there is such a task, done or not, of these kinds and stores."""
    return tx.first(select(staff_tasks.c.key).where(staff_tasks.c.key == key, *_of(stores, kinds))) is not None


def _of(stores: Collection[str], kinds: Collection[str]) -> tuple[Any, ...]:
    return staff_tasks.c.store.in_(sorted(stores)), staff_tasks.c.kind.in_(sorted(kinds))


def finish(tx: Tx, key: str, by: str, now: datetime) -> bool:
    """Say that a task is done; saying it again changes nothing. Whether it was open until now.

    Raises:
        NotFound: there is no such task.
    """
    if tx.first(select(staff_tasks.c.key).where(staff_tasks.c.key == key)) is None:
        raise errors.NotFound(f"expected a task of staff, found none under {key}", kind="task", id=key)
    open_one = update(staff_tasks).where(staff_tasks.c.key == key, staff_tasks.c.done_at.is_(None))
    return tx.first(open_one.values(done_at=now, done_by=by).returning(staff_tasks.c.key)) is not None


def messages_of(tx: Tx, member_id: str) -> Sequence[Any]:
    """What a member was told, newest first."""
    query = select(member_messages).where(member_messages.c.member == member_id)
    return tx.rows(query.order_by(member_messages.c.at.desc(), member_messages.c.key))


def _tell_others(tx: Tx, key: str, kind: str, member_id: str, facts: Facts, now: datetime) -> None:
    """Other programs hear of it as well (A16): by an event of its own, or as `member.told` with the message's kind."""
    event = _EVENTS.get(kind, "member.told")
    event_id = f"message-{hashlib.sha256(key.encode()).hexdigest()[:40]}"
    home = str(tx.scalar(select(members.c.home_store).where(members.c.id == member_id)) or "")
    outbox.tell(tx, event, event_id, now, member=member_id, store=home, facts={"message": kind, **facts})


def _add(tx: Tx, table: Table, values: Mapping[str, object]) -> bool:
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    statement = make(table).values(**values).on_conflict_do_nothing(index_elements=[table.c.key])
    return tx.first(statement.returning(table.c.key)) is not None

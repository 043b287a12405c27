"""Queries of members by another program's numbers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from central_api.db import Tx
from central_api.integrations.tables import member_links
from central_api.ledger.tables import accounts
from central_api.members.tables import members


def linked(tx: Tx, source: str, number: str, *, lock: bool = False) -> Any:
    """The member behind a number (with `changed_at` of the link), or None; the link locked until the end when asked for."""
    query = select(members, member_links.c.changed_at).join(member_links, member_links.c.member == members.c.id)
    query = query.where(member_links.c.source == source, member_links.c.number == number)
    return tx.first(query.with_for_update(of=member_links) if lock else query)


def member(tx: Tx, member_id: str) -> Any:
    """The row of a member, or None."""
    return tx.first(select(members).where(members.c.id == member_id))


def link(tx: Tx, source: str, number: str, member_id: str, changed_at: datetime, now: datetime) -> bool:
    """Note whose number it is; False when another unit of work has just done so."""
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    values = {"source": source, "number": number, "member": member_id, "linked_at": now, "changed_at": changed_at}
    statement = make(member_links).values(**values).on_conflict_do_nothing().returning(member_links.c.number)
    return tx.first(statement) is not None


def touch(tx: Tx, source: str, number: str, changed_at: datetime) -> None:
    """Note the instant of the newest change that came for a number."""
    where = (member_links.c.source == source) & (member_links.c.number == number)
    tx.execute(update(member_links).where(where).values(changed_at=changed_at))


def add_member(tx: Tx, values: Mapping[str, object]) -> None:
    """Write a new member with an empty account on both tracks."""
    tx.execute(insert(members).values(**values))
    rows = [
        {"id": f"member:{values['id']}:{track}", "track": track, "member": values["id"], "balance": 0}
        for track in ("points", "tier")
    ]
    tx.execute(insert(accounts), rows)


def change_member(tx: Tx, member_id: str, values: Mapping[str, object]) -> None:
    """Change a member's row."""
    tx.execute(update(members).where(members.c.id == member_id).values(**values))

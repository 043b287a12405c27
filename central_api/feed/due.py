"""Notes which entities are to be published soon, in the transaction that changes them: a durable outbox of ids.

A note is a row of its own, so that a hundred members who take the same reward never wait for each other at its place in a
feed. Whoever publishes takes the notes away in the same transaction: none is lost, and many of one entity make one change.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import collate, delete, insert, literal, select, true
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from central_api.db import Tx, among, each
from central_api.feed.tables import feed_due, feeds

MEMBER, REWARD, OFFLINE = "member", "reward", "offline"


def mark(tx: Tx, entity: str, entity_id: str) -> None:
    """Note that an entity has changed; it is published soon after this transaction has committed."""
    tx.execute(insert(feed_due).values(entity=entity, entity_id=entity_id))


def is_any(tx: Tx) -> bool:
    """Whether anything is noted. Reads only."""
    return tx.first(select(feed_due.c.id).limit(1)) is not None


def take(tx: Tx, limit: int) -> Sequence[Any]:
    """The oldest notes, taken away: entity and entity's id. Another who takes at the same time waits, and gets others."""
    # These very rows: one with a lower number may be committed only now.
    oldest = select(feed_due.c.id).order_by(feed_due.c.id).limit(limit).with_for_update()
    taken = delete(feed_due).where(feed_due.c.id.in_(oldest))
    return tx.rows(taken.returning(feed_due.c.entity, feed_due.c.entity_id))


def lock(tx: Tx, names: Iterable[str]) -> None:
    """Make everybody else who publishes to these feeds wait until this unit of work has ended.

    What is read after this and published is never older than what stands in the feed: whoever changed it and published it
    in one transaction has committed before, or publishes after us.
    """
    wanted = sorted(set(names))  # by code points, as below: not by the rules of some language, which differ
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    begun = select(each(tx, wanted), literal(0)).where(true())  # SQLite needs a condition before "on conflict"
    tx.execute(make(feeds).from_select(["id", "seq"], begun).on_conflict_do_nothing())
    by_code_points = collate(feeds.c.id, "BINARY" if tx.dialect == "sqlite" else "C")
    tx.rows(select(feeds.c.id).where(among(tx, feeds.c.id, wanted)).order_by(by_code_points).with_for_update())

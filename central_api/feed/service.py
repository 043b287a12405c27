"""Publishes changes to the feeds and reads them: dense numbers, no row ever missed.

A feed's counter row is raised as the last act of a transaction, feeds in sorted order: numbers are dense, become visible
in their order, and no two transactions wait for each other in a ring. A naive `id > cursor` loses rows that commit late.
"""

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import and_, bindparam, delete, func, insert, or_, select, update

from central_api.db import Tx
from central_api.feed import bulk
from central_api.feed.notes import DisplayHint, Nudge
from central_api.feed.tables import change_log, feed_entities, feed_epoch, feeds
from club.wire.changes import GONE, Change, DisplayEntity, Snapshot, SnapshotRow, SyncAnswer

GLOBAL = "global"
ROWS_PER_FEED = 500
WITHHELD = "withheld"  # stands for the id of an entity its reader may not know of
_AT_A_TIME = 200  # feeds in a statement that clears away
_STATE = "feed"
_LAST = "~feed"  # sorts after every other name: the feed's counters are the last rows a transaction takes

# Statements of every tap are built once.
_FORGET = delete(feed_entities).where(
    feed_entities.c.feed == bindparam("f"),
    feed_entities.c.entity == bindparam("e"),
    feed_entities.c.entity_id == bindparam("i"),
)


def store_feed(store: str) -> str:
    """The feed of a store, by its slug."""
    return f"store-{store}"


def group_feed(group: str) -> str:
    """The feed of a group of stores, by its slug."""
    return f"group-{group}"


@dataclass(frozen=True, slots=True)
class _Pending:
    feed: str
    entity: str
    entity_id: str
    payload: str | None
    at: datetime
    display: DisplayEntity | None = None


def publish(tx: Tx, feed: str, entity: str, entity_id: str, payload: msgspec.Struct | None, *, now: datetime) -> None:
    """Give an entity, whole, to a feed's readers when this transaction commits; None says it is gone.

    The same entity published twice in one transaction makes one row, the later one. A `DisplayEntity` is also told to the
    display itself at once (`event: display`).
    """
    publish_all(tx, [(feed, entity, entity_id, payload)], now=now)


def publish_all(tx: Tx, changes: Iterable[tuple[str, str, str, msgspec.Struct | None]], *, now: datetime) -> None:
    """As `publish`, for many: each with its feed, kind, id and what it now is."""
    # A new dict each time: a savepoint that is undone gives the old one back.
    pending: dict[tuple[str, str, str], _Pending] = dict(tx.state.get(_STATE, {}))
    for feed, entity, entity_id, payload in changes:
        text = None if payload is None else msgspec.json.encode(payload).decode()
        display = payload if isinstance(payload, DisplayEntity) else None
        key = (feed, entity, entity_id)
        pending.pop(key, None)
        pending[key] = _Pending(feed, entity, entity_id, text, now, display)
    if not pending:
        return
    tx.state[_STATE] = pending
    tx.at_end(_LAST, _flush)


def _flush(tx: Tx) -> None:
    """Write all that is pending by a few statements, however many feeds it goes to: a hundred members who redeem have a hundred stores."""
    pending: dict[tuple[str, str, str], _Pending] = tx.state.pop(_STATE, {})
    by_feed: dict[str, list[_Pending]] = {}
    for change in pending.values():
        by_feed.setdefault(change.feed, []).append(change)
    if not by_feed:
        return
    heads = bulk.raise_counters(tx, {feed: len(by_feed[feed]) for feed in sorted(by_feed)})
    rows = [
        bulk.Row(feed, seq, c.entity, c.entity_id, c.payload, c.at)
        for feed, changes in sorted(by_feed.items())
        for seq, c in enumerate(changes, start=heads[feed] - len(changes) + 1)
    ]
    bulk.write(tx, rows)
    gone = [{"f": row.feed, "e": row.entity, "i": row.entity_id} for row in rows if row.payload is None]
    if gone:
        tx.execute(_FORGET, gone)
    for feed, changes in sorted(by_feed.items()):
        tx.notes.append(Nudge(feed, heads[feed]))
        tx.notes.extend(DisplayHint(feed, c.display.slug, c.display.revision) for c in changes if c.display)


def forget(tx: Tx, feed: str, entity: str, entity_id: str, *, now: datetime) -> None:
    """Say that an entity is gone, and that it was in every earlier row: for what may no longer be kept (A10, X2).

    The numbers stay dense; a reader far behind learns a little earlier that the entity is gone.
    """
    of_it = (change_log.c.feed == feed, change_log.c.entity == entity, change_log.c.entity_id == entity_id)
    tx.execute(update(change_log).where(*of_it).values(payload=None))
    publish(tx, feed, entity, entity_id, None, now=now)


def ensure_epoch(tx: Tx, new_epoch: Callable[[], str] = lambda: secrets.token_hex(8)) -> str:
    """The epoch of all feeds, made at the first call; it changes when a backup is restored, and devices start anew."""
    found = epoch(tx)
    if found is None:
        found = new_epoch()
        tx.execute(insert(feed_epoch).values(id="epoch", epoch=found))
    return found


def epoch(tx: Tx) -> str | None:
    """The epoch of all feeds; None before the first start."""
    found: str | None = tx.scalar(select(feed_epoch.c.epoch))
    return found


def cursors(tx: Tx, names: tuple[str, ...]) -> dict[str, int]:
    """How far each of these feeds has come; 0 for one that nothing was published to."""
    found = {row.id: int(row.seq) for row in tx.rows(select(feeds).where(feeds.c.id.in_(names)))}
    return {name: found.get(name, 0) for name in names}


def changes_after(
    tx: Tx,
    names: tuple[str, ...],
    after: Mapping[str, int],
    known_epoch: str,
    now: datetime,
    shown: Collection[str] | None = None,
) -> SyncAnswer:
    """The rows of the feeds `names` after the reader's places, at most 500 a feed.

    Reads only. Places of another epoch, of other feeds than these, ahead of a feed or older than what is kept ask for a
    snapshot. Of the kinds `shown` (None: of all) entities come whole; others come as gone: the reader learns nothing of
    them, and the numbers stay dense.
    """
    current = epoch(tx) or ""
    heads = cursors(tx, names)
    stale = SyncAnswer(epoch=current, now=now, cursors=heads, snapshot_needed=True)
    # Other feeds than these: the device was moved, or its store joined or left a group; what it knows of the old feed must go.
    if known_epoch != current or set(after) != set(names) or any(after[name] > heads[name] for name in names):
        return stale
    rows: list[Change] = []
    reached: dict[str, int] = {}
    for name in names:
        found = tx.rows(
            select(change_log)
            .where(change_log.c.feed == name, change_log.c.seq > after[name])
            .order_by(change_log.c.seq)
            .limit(ROWS_PER_FEED),
        )
        if after[name] < heads[name] and (not found or found[0].seq != after[name] + 1):
            return stale  # the rows between were cleared away
        rows.extend(_change(row, shown) for row in found)
        reached[name] = int(found[-1].seq) if found else after[name]
    return SyncAnswer(epoch=current, now=now, cursors=reached, changes=tuple(rows), more=reached != heads)


def _change(row: Any, shown: Collection[str] | None) -> Change:
    hidden = shown is not None and row.entity not in shown
    return Change(
        feed=row.feed,
        seq=row.seq,
        entity=row.entity,
        entity_id=WITHHELD if hidden else row.entity_id,
        payload=GONE if hidden or row.payload is None else msgspec.Raw(row.payload.encode()),
    )


def snapshot(tx: Tx, names: tuple[str, ...], now: datetime, shown: Collection[str] | None = None) -> Snapshot:
    """Every entity of these feeds and the places from which changes follow, all of one moment. Reads only.

    Entities of other kinds than those `shown` (None: all) are left out. `tx` is of `Database.read`: entities and places are of
    the same moment only there.
    """
    query = select(feed_entities).where(feed_entities.c.feed.in_(names))
    if shown is not None:
        query = query.where(feed_entities.c.entity.in_(shown))
    rows = tx.rows(query.order_by(feed_entities.c.feed, feed_entities.c.entity, feed_entities.c.entity_id))
    return Snapshot(
        epoch=epoch(tx) or "",
        now=now,
        cursors=cursors(tx, names),
        rows=tuple(
            SnapshotRow(
                feed=row.feed, entity=row.entity, entity_id=row.entity_id, payload=msgspec.Raw(row.payload.encode())
            )
            for row in rows
        ),
    )


def last_published(tx: Tx, feed: str, entity: str, entity_id: str) -> bytes | None:
    """The entity's JSON as the feed's readers know it, to publish only what has changed."""
    found = tx.scalar(
        select(feed_entities.c.payload).where(
            feed_entities.c.feed == feed,
            feed_entities.c.entity == entity,
            feed_entities.c.entity_id == entity_id,
        ),
    )
    return None if found is None else str(found).encode()


def forget_before(tx: Tx, moment: datetime) -> int:
    """Clear away the rows of each feed up to the last one older than `moment`; readers that far behind take a snapshot.

    What goes is the beginning of a feed: whoever publishes says when, and a row may be older than the one before it. Taken
    out singly, it would leave a hole in numbers that are dense for whoever reads them. Returns how many went.
    """
    last = select(change_log.c.feed, func.max(change_log.c.seq).label("seq")).where(change_log.c.at < moment)
    ends = [and_(change_log.c.feed == row.feed, change_log.c.seq <= row.seq) for row in tx.rows(last.group_by("feed"))]
    if not ends:
        return 0
    return sum(
        int(tx.execute(delete(change_log).where(or_(*ends[at : at + _AT_A_TIME]))).rowcount)
        for at in range(0, len(ends), _AT_A_TIME)
    )


def all_heads(tx: Tx) -> dict[str, int]:
    """How far every feed has come."""
    return {row.id: int(row.seq) for row in tx.rows(select(feeds))}

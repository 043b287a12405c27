"""Hands events on: each becomes a delivery for every webhook that asked for its kind, once, in one order for each (A16).

Events come from two places, both written in the transaction of what they tell: the outbox, and the ledger itself, whose
entries are read in the order of their seals. Seals are dense in each store, so that none is passed over, whenever its
transaction was committed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from central_api.db import Database, Tx
from central_api.integrations.webhooks import repository
from central_api.outbox.service import Kind

MOST = 200
"""Events handed on by one unit of work."""

_BY_ENTRY: Mapping[str, Kind] = {
    "opening": "points.earned",
    "bill": "points.earned",
    "bonus": "points.earned",
    "redeem": "points.spent",
    "reverse": "points.returned",
    "expire": "points.expired",
}


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, as every webhook is told it; `facts` hold slugs and whole numbers."""

    id: str
    kind: str
    member: str
    store: str
    at: datetime
    facts: Mapping[str, int | str]


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent. `sequence` counts 1, 2, 3, … for each webhook; `id` is the same whenever the same event is sent."""

    id: str
    kind: str
    at: datetime
    sequence: int
    member: str
    store: str
    facts: dict[str, int | str]


def hand_on(db: Database, now: datetime) -> int:
    """Hand on what waits, at most `MOST` events of each place; how many events there were.

    Does nothing but look when nothing waits. Where nobody listens, events are passed over: who comes later is told of what
    happens later.
    """
    with db.read() as tx:
        if not repository.waiting_events(tx, 1) and not _grown(tx):
            return 0
    with db.write() as tx:
        repository.lock_handing_on(tx)
        arrived = repository.waiting_events(tx, MOST)
        grown = _grown(tx)
        # Behind the events: whoever was added before one of them happened is among those that listen.
        listeners = repository.listening(tx, lock=True)
        events = [Event(row.id, row.kind, row.member, row.store, row.at, row.facts) for row in arrived]
        if arrived:
            repository.handed_on(tx, [row.arrival for row in arrived], now)
        events += _sealed(tx, grown, skip=not listeners)
        for listener in listeners:
            _deliver(tx, listener, events, now)
    return len(events)


def _grown(tx: Tx) -> dict[str, tuple[int, int]]:
    """The stores with seals that were not handed on: how far they were, and the newest."""
    cursors = repository.seal_cursors(tx)
    found = {store: (cursors.get(store, 0), newest) for store, newest in repository.last_seals(tx).items()}
    return {store: ends for store, ends in found.items() if ends[1] > ends[0]}


def _sealed(tx: Tx, grown: Mapping[str, tuple[int, int]], *, skip: bool) -> list[Event]:
    found: list[Event] = []
    reached: dict[str, int] = {}
    for store, (after, last) in sorted(grown.items()):
        rows = [] if skip else repository.sealed_after(tx, store, after, MOST)
        found += [event for row in rows if (event := _of_entry(row, store)) is not None]
        reached[store] = int(rows[-1].sequence) if rows else last
    repository.put_seal_cursors(tx, reached)
    return found


def _of_entry(row: Any, store: str) -> Event | None:
    points, tier_points = int(row.points), int(row.tier_points)
    if not points and not tier_points:
        return None
    taken_back: Kind = "points.taken-back" if row.reverses else "points.adjusted"
    facts: dict[str, int | str] = {"entry": row.id, "points": points, "tier_points": tier_points}
    if row.bill:
        facts["bill"] = row.bill
    if row.reverses:
        facts["reverses"] = row.reverses
    return Event(f"entry-{row.id}", _BY_ENTRY.get(row.kind, taken_back), row.member, store, row.at, facts)


def _deliver(tx: Tx, listener: Any, events: Sequence[Event], now: datetime) -> None:
    kinds = frozenset(listener.kinds)
    wanted = [
        event
        for event in events
        if (not kinds or event.kind in kinds) and (listener.store is None or event.store == listener.store)
    ]
    if not wanted:
        return
    rows = [
        {
            "webhook": listener.id,
            "sequence": sequence,
            "event": event.id,
            "kind": event.kind,
            "body": body_of(event, sequence).decode(),
            "state": "waiting",
            "tries": 0,
            "next_at": now,
            "said": "",
            "made_at": now,
            "ended_at": None,
        }
        for sequence, event in enumerate(wanted, int(listener.head) + 1)
    ]
    repository.add_deliveries(tx, rows)
    repository.change(tx, listener.id, {"head": int(listener.head) + len(rows)})


def body_of(event: Event, sequence: int) -> bytes:
    """The JSON of an event for one webhook."""
    body = Body(
        id=event.id,
        kind=event.kind,
        at=event.at,
        sequence=sequence,
        member=event.member,
        store=event.store,
        facts=dict(event.facts),
    )
    return msgspec.json.encode(body)

"""A reader of the feeds as a device is one: a snapshot, then changes by its places; it complains of any hole."""

from collections import Counter
from dataclasses import dataclass, field

from central_api.db import Database
from central_api.feed import service as feed
from tests.support.central import DRAWN


@dataclass
class Follower:
    """`known` is each entity by feed, kind and id; `seen` counts the changes read of each feed."""

    db: Database
    names: tuple[str, ...]
    epoch: str = ""
    places: dict[str, int] = field(default_factory=dict)
    known: dict[tuple[str, str, str], bytes] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    snapshots: int = 0

    def take_snapshot(self) -> None:
        """Begin anew from everything there is."""
        with self.db.read() as tx:
            found = feed.snapshot(tx, self.names, DRAWN)
        self.epoch, self.places = found.epoch, dict(found.cursors)
        self.known = {(row.feed, row.entity, row.entity_id): bytes(row.payload) for row in found.rows}
        self.snapshots += 1

    def pull(self) -> None:
        """Read what has changed, all of it."""
        more = True
        while more:
            with self.db.read() as tx:
                found = feed.changes_after(tx, self.names, self.places, self.epoch, DRAWN)
            if found.snapshot_needed:
                self.take_snapshot()
                return
            for change in found.changes:
                assert change.seq == self.places[change.feed] + 1, f"a hole in {change.feed} before {change.seq}"
                self.places[change.feed] = change.seq
                self.seen[change.feed] += 1
                key = (change.feed, change.entity, change.entity_id)
                if change.is_gone:
                    self.known.pop(key, None)
                else:
                    self.known[key] = bytes(change.payload)
            assert {name: self.places[name] for name in found.cursors} == dict(found.cursors)
            more = found.more

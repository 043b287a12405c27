"""What the device knows without a network: the few mirrored fields of members, the programme, rewards, its store (K14, X2)."""

import contextlib
import hashlib
import hmac
import logging
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from club.model import errors
from club.sync.device_seal import DeviceSeal
from club.sync.store import DeviceStore
from club.wire import codec, signing
from club.wire.changes import (
    ActivityEntity,
    Change,
    DisplayEntity,
    MemberEntity,
    ProgrammeEntity,
    RewardCategoryEntity,
    RewardEntity,
    SnapshotRow,
)
from club.wire.devices import Enrolled, StoreProfile
from club.wire.offline import OfflineEntity

_log = logging.getLogger(__name__)

T = TypeVar("T")

KINDS: Mapping[str, type] = {
    "programme": ProgrammeEntity,
    "store": StoreProfile,
    "reward": RewardEntity,
    "reward_category": RewardCategoryEntity,
    "activity": ActivityEntity,
    "member": MemberEntity,
    "display": DisplayEntity,
    "offline": OfflineEntity,
}
_SHAPE = "5"  # raise it when KINDS or what is kept of them changes: the device then asks for a whole snapshot once


PRIVATE = frozenset({"member"})
"""Kinds that are sealed on the disk (X2)."""


class Mirror:
    """Reads are cheap and safe from every thread; only the sync worker writes.

    Args:
        store: the device's database.
        seal: seals what is of members; without one (a display, which is told of none) they stand as they came.
    """

    def __init__(self, store: DeviceStore, seal: DeviceSeal | None = None) -> None:
        self._store = store
        self._seal = seal
        if self._is_anothers():
            self._drop_private()

    # -- reading --------------------------------------------------------------------------------------------------

    def member(self, card_hash: str) -> MemberEntity | None:
        """Who holds the card of that hash, None when it is not known here."""
        return self._one("member", card_hash, MemberEntity)

    def card_hash(self, uid: str) -> str | None:
        """The hash under which this store's mirror knows a card; None before enrolment or for a UID made up anew at each tap.

        Args:
            uid: the card's UID in hex. Four bytes beginning with 08 are random and never an identity (N3).
        """
        enrolled = self.enrolled()
        if enrolled is None or (len(uid) == 8 and uid.startswith("08")):
            return None
        return hmac.new(signing.from_text(enrolled.card_key), uid.upper().encode("ascii"), hashlib.sha256).hexdigest()

    def programme(self) -> ProgrammeEntity | None:
        """The club's programme."""
        return self._one("programme", "club", ProgrammeEntity)

    def store_profile(self) -> StoreProfile | None:
        """The store this device stands in: the mirrored one, else as told at enrolment."""
        found = self._all("store", StoreProfile)
        enrolled = self.enrolled()
        if enrolled is None:
            return found[0] if found else None
        return next((store for store in found if store.slug == enrolled.store.slug), enrolled.store)

    def rewards(self) -> tuple[RewardEntity, ...]:
        """All rewards, in the catalogue's order."""
        return tuple(sorted(self._all("reward", RewardEntity), key=lambda reward: (reward.order, reward.slug)))

    def categories(self) -> tuple[RewardCategoryEntity, ...]:
        """The catalogue's tabs in their order."""
        return tuple(sorted(self._all("reward_category", RewardCategoryEntity), key=lambda tab: (tab.order, tab.slug)))

    def activities(self) -> tuple[ActivityEntity, ...]:
        """The club's activities, those to come and those gone by, in the order the club gave them."""
        return tuple(sorted(self._all("activity", ActivityEntity), key=lambda one: (one.order, one.starts, one.slug)))

    def offline(self) -> OfflineEntity | None:
        """What this store allows while the club cannot be reached; None: it never said (A14)."""
        enrolled = self.enrolled()
        return self._one("offline", enrolled.store.slug, OfflineEntity) if enrolled else None

    def display(self, slug: str) -> DisplayEntity | None:
        """The newest manifest's number for a display."""
        return self._one("display", slug, DisplayEntity)

    def enrolled(self) -> Enrolled | None:
        """What the server told this device about itself, None before enrolment."""
        kept = self._store.noted("enrolled")
        return codec.decode(kept.encode(), Enrolled) if kept else None

    def as_of(self) -> datetime | None:
        """The server's time of what is mirrored, None before the first sync."""
        kept = self._store.noted("as_of")
        return datetime.fromisoformat(kept) if kept else None

    def rows(self) -> list[tuple[str, str, str, bytes]]:
        """Everything mirrored: feed, kind, id and payload; for whoever compares it with the club's."""
        rows = self._store.read("SELECT feed, kind, id, payload FROM entity ORDER BY feed, kind, id")
        return [
            (feed, kind, entity_id, self._opened(kind, entity_id, payload) or b"")
            for feed, kind, entity_id, payload in rows
        ]

    def epoch(self) -> str:
        """The epoch of the feeds' places; empty when a whole snapshot is needed."""
        if self._store.noted("shape") != _SHAPE or self._is_anothers():
            return ""
        return self._store.noted("epoch") or ""

    def places(self) -> dict[str, int]:
        """How far each feed has been applied."""
        return dict(self._store.read("SELECT feed, seq FROM place"))

    # -- writing (the worker) -------------------------------------------------------------------------------------

    def keep_enrolled(self, enrolled: Enrolled) -> bool:
        """Remember what the server told this device about itself; whether it stands in another store than it did.

        What was mirrored there goes in the same transaction, with the key it was sealed by: its cards were hashed by that store's
        key and would be found by nobody, and its members are none of this store's business (X2). Commands on their way stay (X1).
        """
        moved = self._was_elsewhere(enrolled)
        with self._store.transaction() as db:
            if moved:
                for table in ("entity", "place"):
                    db.execute(f"DELETE FROM {table}")  # noqa: S608  # names from the line above
                db.execute("DELETE FROM fact WHERE name IN ('epoch', 'shape', 'seal', 'as_of')")
            self._store.note("enrolled", codec.encode(enrolled).decode())
        if moved:
            self._store.scrub()
            if self._seal is not None:
                self._seal.forget()
            _log.warning("this device stands in another store now; what it had mirrored is gone, and is filled anew")
        return moved

    def apply(
        self, changes: Iterable[Change], *, epoch: str, places: Mapping[str, int], at: datetime
    ) -> frozenset[str]:
        """Apply changes and move the places on, in one transaction; gives the kinds that changed.

        Kinds of a newer server are skipped, so is a payload that cannot be read: one bad row must not stop the others.
        """
        changed, forgotten = set(), False
        with self._store.transaction() as db:
            for change in changes:
                if change.entity not in KINDS:
                    continue
                if change.is_gone:
                    forgotten = forgotten or change.entity in PRIVATE
                    db.execute(
                        "DELETE FROM entity WHERE kind = ? AND id = ? AND feed = ?",
                        (change.entity, change.entity_id, change.feed),
                    )
                elif _readable(change.entity, change.payload):
                    self._put(db, change)
                else:
                    continue
                changed.add(change.entity)
            self._note_places(epoch, places, at)
        if forgotten:
            self._store.scrub()  # whom the club erased is gone from the log of this disk too (A10)
        return frozenset(changed)

    def replace(
        self, rows: Iterable[SnapshotRow], *, epoch: str, places: Mapping[str, int], at: datetime
    ) -> frozenset[str]:
        """Put a snapshot in the place of everything mirrored, in one transaction; gives the kinds it may have changed."""
        with self._store.transaction() as db:
            db.execute("DELETE FROM entity")
            db.execute("DELETE FROM place")
            for row in rows:
                if row.entity in KINDS and _readable(row.entity, row.payload):
                    self._put(db, row)
            self._note_places(epoch, places, at)
        self._store.scrub()
        return frozenset(KINDS)

    def touch(self, at: datetime) -> None:
        """The server said at `at` that nothing had changed."""
        self._store.note("as_of", at.astimezone(UTC).isoformat())

    def wipe(self) -> None:
        """Take every mirrored entity off the disk, and the key they were sealed by; unsettled commands stay (X1).

        A device that is revoked is wiped, and one that the club orders to be (X2): what a copy of its disk holds is then
        unreadable too.
        """
        with self._store.transaction() as db:
            for table in ("entity", "place", "offline_use"):
                db.execute(f"DELETE FROM {table}")  # noqa: S608  # names from the line above
            db.execute("DELETE FROM fact WHERE name <> 'clock'")
        self._store.scrub()
        if self._seal is not None:
            self._seal.forget()

    def _was_elsewhere(self, enrolled: Enrolled) -> bool:
        try:
            before = self.enrolled()
        except errors.Malformed:  # nobody can say whose this is
            return True
        return before is not None and (before.store.slug, before.card_key) != (enrolled.store.slug, enrolled.card_key)

    def _note_places(self, epoch: str, places: Mapping[str, int], at: datetime) -> None:
        with self._store.transaction() as db:
            db.executemany(
                "INSERT INTO place VALUES (?, ?) ON CONFLICT (feed) DO UPDATE SET seq = excluded.seq",
                list(places.items()),
            )
            self._store.note("epoch", epoch)
            self._store.note("shape", _SHAPE)
            if self._seal is not None:
                self._store.note("seal", self._seal.fingerprint)
            self.touch(at)

    def _put(self, db: sqlite3.Connection, row: Change | SnapshotRow) -> None:
        payload = bytes(row.payload)
        if self._seal is not None and row.entity in PRIVATE:
            payload = self._seal.close(payload, f"{row.entity}:{row.entity_id}")
        db.execute(_PUT, (row.entity, row.entity_id, row.feed, payload))

    def _opened(self, kind: str, entity_id: str, payload: bytes) -> bytes | None:
        if self._seal is None or kind not in PRIVATE:
            return bytes(payload)
        return self._seal.open(payload, f"{kind}:{entity_id}")

    def _is_anothers(self) -> bool:
        """Whether another key sealed what is here, or an earlier version kept it open."""
        return self._seal is not None and self._store.noted("seal") != self._seal.fingerprint

    def _drop_private(self) -> None:
        """It is of no use, and comes again with a whole snapshot; where the disk is full now, the snapshot replaces it."""
        marks = ", ".join("?" for _ in PRIVATE)
        with contextlib.suppress(sqlite3.Error):
            with self._store.transaction() as db:
                db.execute(f"DELETE FROM entity WHERE kind IN ({marks})", sorted(PRIVATE))  # noqa: S608
            self._store.scrub()

    def _one(self, kind: str, entity_id: str, as_type: type[T]) -> T | None:
        rows = self._store.read(
            # A store's own word goes before the group's: `store-east` sorts behind `global`.
            "SELECT payload FROM entity WHERE kind = ? AND id = ? ORDER BY feed DESC LIMIT 1",
            kind,
            entity_id,
        )
        payload = self._opened(kind, entity_id, rows[0][0]) if rows else None
        return codec.decode(payload, as_type) if payload is not None else None

    def _all(self, kind: str, as_type: type[T]) -> list[T]:
        rows = self._store.read("SELECT id, payload FROM entity WHERE kind = ? ORDER BY id, feed", kind)
        opened = [self._opened(kind, entity_id, payload) for entity_id, payload in dict(rows).items()]
        return [codec.decode(payload, as_type) for payload in opened if payload is not None]


_PUT = "INSERT INTO entity VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET payload = excluded.payload"


def _readable(kind: str, payload: msgspec.Raw) -> bool:
    try:
        codec.decode(bytes(payload), KINDS[kind])
    except errors.Malformed:
        _log.warning("a %s of the feed cannot be read by this version; skipped", kind)
        return False
    return True

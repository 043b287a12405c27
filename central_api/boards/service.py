"""Edits drafts, freezes versions, and raises the manifest of every display that a change reaches, in one transaction (L3, C2)."""

import hashlib
import logging
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update

from central_api import texts
from central_api.boards import content, horizon, manifest, repository
from central_api.boards.repository import BoardRow, DisplayRow
from central_api.boards.tables import board_versions, boards, display_manifests
from central_api.db import Database, Tx
from central_api.feed import service as feed
from central_api.media import service as media
from club.model import errors
from club.model.board import Manifest
from club.model.clock import Clock
from club.render.boards import TEMPLATES as DRAWABLE
from club.wire.changes import DisplayEntity
from club.wire.codec import decode, encode

_DONE = "boards refreshed"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Raised:
    """A display whose manifest has a new revision."""

    display: str
    revision: int


@dataclass(frozen=True, slots=True)
class PublishedBoard:
    """What publishing did: the frozen version, and the displays it reaches."""

    slug: str
    version: int
    raised: tuple[Raised, ...]


def board(tx: Tx, slug: str, *, lock: bool = False) -> BoardRow:
    """One board.

    Raises:
        NotFound: there is none of this slug.
    """
    found = repository.find_board(tx, slug, lock=lock)
    if found is None:
        raise errors.NotFound(f"expected a board, found none called {slug!r}", kind="board", id=slug)
    return found


def create(tx: Tx, slug: str, fields: content.Fields, *, position: int, by: str, now: datetime) -> None:
    """A new board with its first draft; nothing shows before it is published."""
    tx.execute(
        insert(boards).values(
            slug=slug,
            template=fields.template,
            state="draft",
            draft=content.fields_to_json(fields),
            edit=1,
            edited_at=now,
            edited_by=by,
            edited_on="",
            version=0,
            published_edit=0,
            position=position,
        )
    )


def edit(
    tx: Tx, slug: str, fields: content.Fields, *, expected_edit: int, by: str, now: datetime, page: str = ""
) -> BoardRow:
    """Store a draft; what displays play is not touched.

    Args:
        tx: the unit of work.
        slug: the board.
        fields: the whole new draft, of the board's own template.
        expected_edit: the edit the editor's page was made from; storing the same draft again changes nothing.
        by: who edits, such as `staff:1001`.
        now: the instant.
        page: the opened editor page; it sends each edit before it has the answer to the last one, so the edits that
            were its own are no conflict.

    Raises:
        NotFound: no such board.
        EditConflict: another page stored another draft meanwhile. Facts: expected, found.
    """
    known = board(tx, slug, lock=True)
    if fields == known.draft:
        return known
    if expected_edit != known.edit and not (page and page == known.edited_on):
        raise _conflict(slug, expected_edit, known.edit)
    tx.execute(
        update(boards)
        .where(boards.c.slug == slug)
        .values(draft=content.fields_to_json(fields), edit=known.edit + 1, edited_at=now, edited_by=by, edited_on=page)
    )
    return replace(known, draft=fields, edit=known.edit + 1, edited_at=now, edited_by=by, edited_on=page)


def publish(
    tx: Tx, slug: str, *, expected_edit: int, by: str, now: datetime, read_bound: content.BoundReader
) -> PublishedBoard:
    """Freeze the draft as the next version and raise the manifests it changes.

    Publishing what is published already changes nothing and names the version that stands.

    Raises:
        NotFound: no such board.
        EditConflict: the draft is not the one that was looked at. Facts: expected, found.
    """
    known = board(tx, slug, lock=True)
    if expected_edit != known.edit:
        raise _conflict(slug, expected_edit, known.edit)
    version = freeze(tx, known, by=by, now=now)
    raised = refresh(tx, repository.displays_playing(tx, slug), now=now, read_bound=read_bound)
    return PublishedBoard(slug, version, raised)


def freeze(tx: Tx, known: BoardRow, *, by: str, now: datetime) -> int:
    """Make the draft of a locked board its newest version and return that; manifests are the caller's to refresh."""
    version = known.version
    if known.changed:
        version += 1
        snapshot = content.fields_to_json(known.draft)
        tx.execute(
            insert(board_versions).values(
                board=known.slug,
                version=version,
                snapshot=snapshot,
                digest=hashlib.sha256(manifest.canonical(snapshot)).hexdigest(),
                published_by=by,
                published_at=now,
            )
        )
    tx.execute(
        update(boards)
        .where(boards.c.slug == known.slug)
        .values(state="published", version=version, published_edit=known.edit)
    )
    return version


def recall(tx: Tx, slug: str, *, now: datetime, read_bound: content.BoundReader) -> tuple[Raised, ...]:
    """Take a board off every display; it may be published again.

    Raises:
        NotFound: no such board.
    """
    board(tx, slug, lock=True)
    tx.execute(update(boards).where(boards.c.slug == slug).values(state="recalled"))
    return refresh(tx, repository.displays_playing(tx, slug), now=now, read_bound=read_bound)


def refresh(
    tx: Tx, slugs: Collection[str] | None = None, *, now: datetime, read_bound: content.BoundReader
) -> tuple[Raised, ...]:
    """Derive the manifests of these displays (None: of all) and raise the revision of those that show something else by it.

    Something else within the time looked ahead (`horizon.AHEAD`): what differs later is found when its day comes nearer. There
    is no list of what depends on what. Whoever changes data that boards follow calls this at the end of the same transaction;
    whoever forgets has it done for them (`follow`).
    """
    tx.state[_DONE] = tx.followed_writes
    rows = repository.all_displays(tx, slugs)
    locked = repository.lock_manifests(tx, [row.slug for row in rows])
    pictures = media.by_hash(tx)
    bound: dict[str, content.BoundData] = {}
    raised = []
    for display, found in zip(rows, repository.contents(tx, rows), strict=True):
        if display.store not in bound:
            bound[display.store] = read_bound(tx, display.store, now)
        derived = manifest.derive(found, bound[display.store], pictures, DRAWABLE)
        known = locked.get(display.slug)
        if known is None or _shows_otherwise(tx, known, derived, now):
            raised.append(_raise(tx, display, derived, known.revision if known else 0, now))
    return tuple(raised)


def follow(db: Database, clock: Clock, read_bound: content.BoundReader, tables: Collection[str]) -> None:
    """Have every transaction that writes to one of these tables end with `refresh`, unless its last act was just that.

    Args:
        db: whose transactions.
        clock: the service's.
        read_bound: reads the data boards follow.
        tables: by name, all that `repository.contents` and `read_bound` read, but what changes with every tap.
    """

    def at_end(tx: Tx) -> None:
        if tx.state.get(_DONE) == tx.followed_writes:
            return
        try:
            refresh(tx, now=clock.now(), read_bound=read_bound)
        except (errors.Unavailable, errors.NotFound) as fault:  # a club that is being set up has no programme yet
            _log.info("manifests_not_derived %s", fault.code)

    db.follow(tables, "boards", at_end)


def _shows_otherwise(tx: Tx, known: Any, derived: Manifest, now: datetime) -> bool:
    if known.digest == derived.digest:
        return False
    today = texts.local_day(now, derived.time_zone)
    if (known.alike_digest, known.alike_on) == (derived.digest, today):
        return False
    if horizon.differ(decode(known.body.encode(), Manifest), derived, now):
        return True
    found = {"alike_digest": derived.digest, "alike_on": today}
    tx.execute(update(display_manifests).where(display_manifests.c.display == known.display).values(found))
    return False


def _conflict(slug: str, expected: int, found: int) -> errors.EditConflict:
    return errors.EditConflict(
        f"expected edit {expected} of {slug}, found {found}; load the page again", expected=expected, found=found
    )


def _raise(tx: Tx, display: DisplayRow, derived: Manifest, last: int, now: datetime) -> Raised:
    revision = last + 1
    body = encode(replace(derived, revision=revision)).decode()
    values = {
        "revision": revision,
        "digest": derived.digest,
        "body": body,
        "derived_at": now,
        "alike_digest": "",
        "alike_on": None,
    }
    if last:
        tx.execute(update(display_manifests).where(display_manifests.c.display == display.slug).values(values))
    else:
        tx.execute(insert(display_manifests).values(display=display.slug, **values))
    entity = DisplayEntity(slug=display.slug, revision=revision)
    feed.publish(tx, feed.store_feed(display.store), "display", display.slug, entity, now=now)
    return Raised(display.slug, revision)

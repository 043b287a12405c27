"""Changes activities; whatever boards and kiosks tell of them is refreshed in the same transaction."""

from datetime import datetime

from sqlalchemy import select, update

from central_api.activities import catalogue
from central_api.activities.tables import activities
from central_api.boards import content
from central_api.boards import service as boards
from central_api.db import Tx
from club.model import errors

_MOST_PLACES = 100_000


def set_taken(tx: Tx, slug: str, taken: int, *, now: datetime, read_bound: content.BoundReader) -> None:
    """Say how many places of an activity are taken.

    Raises:
        NotFound: no such activity.
        Malformed: fewer than none or more than there are.
    """
    row = tx.first(select(activities.c.capacity).where(activities.c.slug == slug).with_for_update())
    if row is None:
        raise errors.NotFound(f"expected an activity, found none called {slug!r}", kind="activity", id=slug)
    if not 0 <= taken <= row.capacity:
        raise errors.Malformed(f"expected 0 to {row.capacity} places of {slug} taken, found {taken}")
    tx.execute(update(activities).where(activities.c.slug == slug).values(taken=taken))
    catalogue.publish(tx, slug, now)
    boards.refresh(tx, now=now, read_bound=read_bound)


def set_capacity(tx: Tx, slug: str, capacity: int, *, now: datetime, read_bound: content.BoundReader) -> None:
    """Say how many places an activity has.

    Raises:
        NotFound: no such activity.
        Malformed: fewer than are taken.
    """
    row = tx.first(select(activities.c.taken).where(activities.c.slug == slug).with_for_update())
    if row is None:
        raise errors.NotFound(f"expected an activity, found none called {slug!r}", kind="activity", id=slug)
    if not row.taken <= capacity <= _MOST_PLACES:
        raise errors.Malformed(f"expected {row.taken} to {_MOST_PLACES} places of {slug}, found {capacity}")
    tx.execute(update(activities).where(activities.c.slug == slug).values(capacity=capacity))
    catalogue.publish(tx, slug, now)
    boards.refresh(tx, now=now, read_bound=read_bound)

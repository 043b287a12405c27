"""Shows activities to devices: entities of the global feed, published when they change or when time changes them (K6)."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select

from central_api import texts
from central_api.activities.tables import activities
from central_api.db import Tx
from central_api.feed import service as feed
from club.wire.changes import ActivityEntity

_KIND = "activity"


def entity(row: Any, now: datetime) -> ActivityEntity:
    """An activity as every member may see it; once it has ended it is past, whatever staff noted."""
    return ActivityEntity(
        slug=row.slug,
        state="past" if row.ends <= now else row.state,
        kind=texts.text(row.kind),
        title=texts.text(row.title),
        line=texts.text(row.line),
        place=texts.text(row.place),
        unit=texts.text(row.unit),
        starts=row.starts,
        ends=row.ends,
        closes=row.closes,
        capacity=row.capacity,
        taken=row.taken,
        fee_points=row.fee_points,
        fee_fen=row.fee_fen,
        opens_by_tier=msgspec.convert(row.opens, dict[str, datetime]),
        picture=row.art or row.picture,
        order=row.position,
    )


def publish(tx: Tx, slug: str, now: datetime) -> None:
    """Tell every device how an activity now stands; one that is no more is told as gone."""
    row = tx.first(select(activities).where(activities.c.slug == slug))
    feed.publish(tx, feed.GLOBAL, _KIND, slug, None if row is None else entity(row, now), now=now)


def publish_due(tx: Tx, now: datetime) -> int:
    """Tell devices of activities that look another way than they were last told, such as one that has ended; returns how many."""
    due = 0
    for row in tx.rows(select(activities).order_by(activities.c.position, activities.c.slug)):
        found = entity(row, now)
        if feed.last_published(tx, feed.GLOBAL, _KIND, row.slug) != msgspec.json.encode(found):
            feed.publish(tx, feed.GLOBAL, _KIND, row.slug, found, now=now)
            due += 1
    return due

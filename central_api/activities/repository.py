"""Reads activities as boards and kiosks tell of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from central_api import texts
from central_api.activities.tables import activities, activity_shares
from central_api.db import Tx
from club.model.board import ActivityLine


def lines(tx: Tx) -> Mapping[str, ActivityLine]:
    """Every activity by its slug, also past ones: a sharing column looks back."""
    return {row.slug: _line(row) for row in tx.rows(select(activities).order_by(activities.c.slug))}


def open_slugs(tx: Tx, store: str, now: datetime) -> tuple[str, ...]:
    """What one can sign up for in a store and that has not begun, soonest first; full ones too, for they have a waiting list."""
    query = select(activities.c.slug).where(
        activities.c.store == store, activities.c.state == "open", activities.c.starts > now
    )
    return tuple(row.slug for row in tx.rows(query.order_by(activities.c.starts, activities.c.slug)))


def share_pictures(tx: Tx) -> Mapping[str, str]:
    """The picture (SHA-256) of every story that has its consent and was reviewed (L9)."""
    query = select(activity_shares.c.slug, activity_shares.c.picture).where(activity_shares.c.approved)
    return {row.slug: row.picture for row in tx.rows(query)}


def _line(row: Any) -> ActivityLine:
    return ActivityLine(
        slug=row.slug,
        kind=texts.text(row.kind),
        title=texts.text(row.title),
        place=texts.text(row.place),
        starts=row.starts,
        ends=row.ends,
        left=row.capacity - row.taken,
        unit=texts.text(row.unit),
        fee_points=row.fee_points,
        picture=row.picture,
        url=row.url,
    )

"""Loads the demo activities and their stories; what is there already stays."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select

from central_api.activities import catalogue
from central_api.activities.tables import activities, activity_shares
from central_api.db import Tx
from central_api.media import service as media
from central_api.media.store import MediaStore
from club.model.relative_dates import RelativeDates
from club.resources import files

SIGN_UP = "https://xingzhou.example/a/"


def load(tx: Tx, store: MediaStore, content: Mapping[str, Any], dates: RelativeDates, *, now: datetime) -> None:
    """Load the activities of `activities.toml` with their pictures.

    Args:
        tx: the unit of work.
        store: where pictures go.
        content: the parsed file.
        dates: how its relative dates are read.
        now: the instant.
    """
    known = {row.slug for row in tx.rows(select(activities.c.slug))}
    for position, activity in enumerate(content["activity"], 1):
        if activity["slug"] in known:
            continue
        tx.execute(
            insert(activities).values(
                slug=activity["slug"],
                store=activity["store"],
                state=activity["state"],
                kind=_text(activity, "type_"),
                title=_text(activity, ""),
                line=_text(activity, "line_"),
                place=_text(activity, "place_"),
                unit=_text(activity, "unit_"),
                starts=dates.instant(activity["starts"]),
                ends=dates.instant(activity["ends"]),
                capacity=activity["capacity"],
                taken=activity["taken"],
                fee_points=activity["fee_points"],
                picture=_picture(tx, store, activity["picture"], activity["zh"], now),
                url=SIGN_UP + activity["slug"],
                art=activity["picture"],
                closes=dates.instant(activity["closes"], end_of_day=True) if activity.get("closes") else None,
                fee_fen=activity["fee_fen"],
                opens={
                    tier: dates.instant(when).astimezone(UTC).isoformat() for tier, when in activity["opens"].items()
                },
                position=position,
            )
        )
        for share in activity.get("share", ()):
            tx.execute(
                insert(activity_shares).values(
                    slug=share["slug"],
                    activity=activity["slug"],
                    headline=_text(share, "headline_"),
                    picture=_picture(tx, store, share["picture"], share["headline_zh"], now),
                    at=dates.instant(share["at"]),
                    approved=share["consent"] and bool(share["approved_by"]),
                )
            )
    catalogue.publish_due(tx, now)


def _text(row: Mapping[str, Any], prefix: str) -> dict[str, str]:
    return {"zh": row[f"{prefix}zh"], "en": row[f"{prefix}en"]}


def _picture(tx: Tx, store: MediaStore, slug: str, name: str, now: datetime) -> str:
    if not slug:
        return ""
    data = files.picture(slug).read_bytes()
    return media.add(tx, store, data, name=name, by="system", now=now, shipped=True).sha256

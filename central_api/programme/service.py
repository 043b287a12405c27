"""Finds the rules in force, and adds up what membership saved a member this year (A7)."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import func, insert, select

from central_api import texts
from central_api.db import Tx
from central_api.feed import service as feed
from central_api.programme.content import Programme
from central_api.programme.tables import benefit_uses, programme_versions
from club.model import errors
from club.wire.changes import ProgrammeEntity, TierEntity

ENTITY_ID = "club"


def current(tx: Tx, now: datetime) -> Programme:
    """The rules in force at `now`.

    Raises:
        Unavailable: no programme is loaded yet.
    """
    query = select(programme_versions.c.content).where(programme_versions.c.effective_from <= now)
    content = tx.scalar(query.order_by(programme_versions.c.effective_from.desc()).limit(1))
    if content is None:
        raise errors.Unavailable("expected a programme in force, found none; load one (central-api load-demo)")
    return msgspec.convert(content, Programme)


def add_version(tx: Tx, version_id: str, content: Programme, effective_from: datetime, now: datetime) -> None:
    """Keep a set of rules with its date of effect."""
    values: dict[str, Any] = {
        "id": version_id,
        "effective_from": effective_from,
        "content": msgspec.to_builtins(content),
        "made_at": now,
    }
    tx.execute(insert(programme_versions).values(**values))


def publish(tx: Tx, now: datetime) -> None:
    """Tell every device the rules it shows."""
    programme = current(tx, now)
    entity = ProgrammeEntity(
        club=programme.club,
        tagline=programme.tagline,
        tiers=tuple(
            TierEntity(slug=t.slug, rank=t.rank, name=t.name, summary=t.summary, tier_points=t.tier_points)
            for t in programme.tiers
        ),
        pin_at_redeem=programme.redeem.pin,
        reversible_days=programme.redeem.reversible_days,
        pin_tries=programme.pin.tries,
        pin_lock_minutes=programme.pin.lock_minutes,
    )
    feed.publish(tx, feed.GLOBAL, "programme", ENTITY_ID, entity, now=now)


def saved_this_year(tx: Tx, member_id: str, now: datetime, time_zone: str) -> int:
    """What membership saved a member in this calendar year, in fen."""
    start = texts.day_starts(texts.local_day(now, time_zone).replace(month=1, day=1), time_zone)
    query = select(func.sum(benefit_uses.c.saved_fen)).where(
        benefit_uses.c.member == member_id, benefit_uses.c.at >= start, benefit_uses.c.at <= now
    )
    return int(tx.scalar(query) or 0)

"""Finds the rules in force, and adds up what membership saved a member this year (A7)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, insert, select

from central_api import texts
from central_api.columns import content
from central_api.db import Tx
from central_api.feed import service as feed
from central_api.programme.content import Counting, Programme
from central_api.programme.tables import benefit_uses, programme_versions
from club.model import errors
from club.wire.changes import ProgrammeEntity, TierEntity

ENTITY_ID = "club"

# Statements of every tap are built once.
_CURRENT = (
    select(content(programme_versions.c.content, Programme))
    .where(programme_versions.c.effective_from <= bindparam("now"))
    .order_by(programme_versions.c.effective_from.desc())
    .limit(1)
)
_COUNTING = (
    select(content(programme_versions.c.counting, Counting))
    .where(programme_versions.c.effective_from <= bindparam("now"))
    .order_by(programme_versions.c.effective_from.desc())
    .limit(1)
)
_FIRST = select(programme_versions.c.effective_from).order_by(programme_versions.c.effective_from).limit(1)
_SAVED = select(func.sum(benefit_uses.c.saved_fen)).where(
    benefit_uses.c.member == bindparam("member"),
    benefit_uses.c.at >= bindparam("since"),
    benefit_uses.c.at <= bindparam("now"),
)


def current(tx: Tx, now: datetime) -> Programme:
    """The rules in force at `now`.

    Raises:
        Unavailable: no programme is loaded yet.
    """
    found: Programme | None = tx.scalar(_CURRENT, {"now": now})
    if found is None:
        raise errors.Unavailable("expected a programme in force, found none; load one (central-api load-demo)")
    return found


def counting(tx: Tx, at: datetime) -> Counting:
    """The rules that were in force when something happened, however late it is told.

    Raises:
        Malformed: it happened before the club's first rules.
        Unavailable: no programme is loaded yet.
    """
    found: Counting | None = tx.scalar(_COUNTING, {"now": at})
    if found is not None:
        return found
    first = tx.scalar(_FIRST)
    if first is None:
        raise errors.Unavailable("expected a programme, found none; load one (central-api load-demo)")
    raise errors.Malformed(
        f"expected an instant from {first.isoformat()} on, the club's first rules, found {at.isoformat()}"
    )


def add_version(
    tx: Tx,
    version_id: str,
    rules: Programme,
    effective_from: datetime,
    now: datetime,
    counting: Counting = Counting(),  # noqa: B008 -- frozen
) -> None:
    """Keep a set of rules with its date of effect; `proposal.may_begin` says when it may be."""
    values: dict[str, Any] = {
        "id": version_id,
        "effective_from": effective_from,
        "content": msgspec.to_builtins(rules),
        "counting": msgspec.to_builtins(counting),
        "made_at": now,
    }
    tx.execute(insert(programme_versions).values(**values))


@dataclass(frozen=True, slots=True)
class Kept:
    """A version as it is kept."""

    id: str
    effective_from: datetime
    programme: Programme
    counting: Counting


def version(tx: Tx, name: str, effective_from: datetime) -> Kept | None:
    """The version of that name, or the one that begins at that instant; None where there is neither. Reads only."""
    row = tx.first(
        select(programme_versions)
        .where((programme_versions.c.id == name) | (programme_versions.c.effective_from == effective_from))
        .order_by((programme_versions.c.id == name).desc())
    )
    if row is None:
        return None
    return Kept(
        row.id,
        row.effective_from,
        msgspec.convert(row.content, Programme),
        msgspec.convert(row.counting, Counting),
    )


def publish(tx: Tx, now: datetime) -> None:
    """Tell every device the rules it shows."""
    feed.publish(tx, feed.GLOBAL, "programme", ENTITY_ID, _entity(current(tx, now)), now=now)


def publish_due(tx: Tx, now: datetime) -> bool:
    """Tell devices of rules that have come into force meanwhile; whether there was something to tell."""
    programme = tx.scalar(_CURRENT, {"now": now})
    if programme is None:
        return False
    entity = _entity(programme)
    if feed.last_published(tx, feed.GLOBAL, "programme", ENTITY_ID) == msgspec.json.encode(entity):
        return False
    feed.publish(tx, feed.GLOBAL, "programme", ENTITY_ID, entity, now=now)
    return True


def _entity(programme: Programme) -> ProgrammeEntity:
    return ProgrammeEntity(
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


def saved_this_year(tx: Tx, member_id: str, now: datetime, time_zone: str) -> int:
    """What membership saved a member in this calendar year, in fen."""
    start = texts.day_starts(texts.local_day(now, time_zone).replace(month=1, day=1), time_zone)
    return int(tx.scalar(_SAVED, {"member": member_id, "since": start, "now": now}) or 0)

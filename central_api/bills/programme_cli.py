"""What `central-api programme preview|put` does: looks at proposed rules beside last month's bills, and keeps them (C5)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from dateutil.relativedelta import relativedelta

from central_api import texts
from central_api.bills import previews
from central_api.bills.previews import Effect
from central_api.db import Database, Tx
from central_api.programme import proposal as proposals
from central_api.programme import service as programmes
from central_api.programme.content import Counting
from central_api.programme.proposal import Proposal
from club.model import errors

_SHOWN = 20


def preview(db: Database, path: Path, now: datetime, say: Callable[[str], None]) -> Effect:
    """Say what proposed rules would have changed in last month's bills, and what else they take from members. Changes nothing.

    Raises:
        Malformed: the file holds no rules.
        Unavailable: no programme is loaded yet.
    """
    proposal, counting = _read(db, path, now)
    found = _effect(db, counting, proposal, now)
    _tell(found, say)
    try:
        _may_begin(counting, proposal, found, now)
    except errors.Malformed as fault:
        say(f"may not begin then: {fault}")
    return found


def put(db: Database, path: Path, now: datetime, say: Callable[[str], None]) -> None:
    """Keep proposed rules with their date of effect; the same version again changes nothing.

    Raises:
        Malformed: the file holds no rules, or they begin too early.
        EditConflict: a version of that name, or one that begins at that instant, is there with other rules.
    """
    proposal, counting = _read(db, path, now)
    with db.read() as tx:
        if _kept(tx, proposal):
            say(f"version {proposal.version} is kept already")
            return
    found = _effect(db, counting, proposal, now)
    _tell(found, say)
    _may_begin(counting, proposal, found, now)
    with db.write() as tx:
        if not _kept(tx, proposal):
            programmes.add_version(
                tx, proposal.version, proposal.programme, proposal.effective_from, now, proposal.counting
            )
    say(f"version {proposal.version} is in force from {proposal.effective_from.isoformat()}")


def _read(db: Database, path: Path, now: datetime) -> tuple[Proposal, Counting]:
    with db.read() as tx:
        current, counting = programmes.current(tx, now), programmes.counting(tx, now)
    return proposals.read(path, current, counting), counting


def _effect(db: Database, counting: Counting, proposal: Proposal, now: datetime) -> Effect:
    zone = proposal.programme.time_zone
    first = texts.local_day(now, zone).replace(day=1)
    since = texts.day_starts(first - relativedelta(months=1), zone)
    return previews.effect(db, counting, proposal.counting, since, texts.day_starts(first, zone))


def _may_begin(counting: Counting, proposal: Proposal, found: Effect, now: datetime) -> None:
    proposals.may_begin(proposal, notice_days=counting.notice_days, costs_members=found.costs_members, now=now)


def _kept(tx: Tx, proposal: Proposal) -> bool:
    row = programmes.version(tx, proposal.version, proposal.effective_from)
    if row is None:
        return False
    same = row.id == proposal.version and row.effective_from - proposal.effective_from == timedelta(0)
    if not same or (row.programme, row.counting) != (proposal.programme, proposal.counting):
        raise errors.EditConflict(
            f"expected a name and a first instant that no version has, found version {row.id} from "
            f"{row.effective_from.isoformat()} with other rules",
            expected=proposal.version,
            found=row.id,
        )
    return True


def _tell(found: Effect, say: Callable[[str], None]) -> None:
    one = found.preview
    say(
        f"last month: {one.bills} bills; reward points {one.before.points} -> {one.after.points}, "
        f"tier points {one.before.tier_points} -> {one.after.tier_points}"
    )
    say(f"members with more points: {len(one.members_gaining)}, with fewer: {len(one.members_losing)}")
    for change in one.changes[:_SHOWN]:
        why = ", ".join(f"{effect.step} {effect.rule} {effect.points:+}" for effect in change.after.effects)
        say(f"  bill {change.bill.id}: {change.points:+} points, {change.tier_points:+} tier points ({why})")
    if len(one.changes) > _SHOWN:
        say(f"  and {len(one.changes) - _SHOWN} bills more")
    for lost in one.unreadable[:_SHOWN]:
        say(f"  cannot be judged: {lost.why}")
    say("costs members: " + (", ".join(found.costs) or "nothing"))

"""Runs what is due, one runner at a time, and records each run; twice or late does no harm."""

import logging
import threading
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from central_api import texts
from central_api.devices import repository as stores
from central_api.jobs import job as jobs
from central_api.jobs import repository, schedule
from central_api.jobs.catalogue import JOBS
from central_api.jobs.job import LEASE, RETRY, Job, Parts, Run, Stopped
from central_api.programme import service as programmes
from club.model import errors

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """A zone, and the stores whose members a job is about there."""

    time_zone: str
    stores: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a run. `lines` are what a dry run would do."""

    job: str
    time_zone: str
    day: date
    outcome: str
    counts: dict[str, int]
    lines: list[str] = field(default_factory=list)


def run_due(context: Parts, stop: threading.Event | None = None, only: Sequence[Job] = JOBS) -> list[Ran]:
    """Run every job that is due and that nobody else is at.

    A job begins with the first time it is due after it was first seen here. A day that fails is tried again after some minutes.

    Args:
        context: the service's parts.
        stop: set when the service ends.
        only: which jobs.

    Raises:
        Unavailable: the database is away.
    """
    found: list[Ran] = []
    for job in only:
        for place in _places(context, job):
            found += _run_days(context, job, place, stop or threading.Event())
    return found


def run_by_hand(context: Parts, name: str, day: date | None = None, *, dry: bool = False) -> list[Ran]:
    """Run a job now, whether it is due or not, in every zone.

    Args:
        context: the service's parts.
        name: of the job.
        day: for which; None is today. One that is yet to come can be looked at in a dry run.
        dry: say what would be done, and do nothing.

    Raises:
        NotFound: there is no such job.
        Malformed: the day is yet to come, or is over for too long.
        Unavailable: another runner is at it, or the database is away.
    """
    return run_now(context, named(name), day, dry=dry)


def run_now(context: Parts, job: Job, day: date | None = None, *, dry: bool = False) -> list[Ran]:
    """The same of a job that is at hand."""
    now = context.clock.now()
    found = []
    for place in _places(context, job):
        today = texts.local_day(now, place.time_zone)
        wanted = day or today
        if wanted > today and not dry:
            raise errors.Malformed(
                f"expected a day until {today.isoformat()}, found {wanted.isoformat()}; look ahead by a dry run"
            )
        if wanted < today - timedelta(
            days=schedule.MOST
        ):  # what was due long ago is not made up for by schedule either
            raise errors.Malformed(f"expected a day of the last {schedule.MOST}, found {wanted.isoformat()}")
        runner = "" if dry else context.new_id()
        if not dry and not _take(context, job, place, runner, now):
            raise errors.Unavailable(
                f"expected job {job.name} to be free, found a runner at it; try again in some minutes"
            )
        try:
            found.append(_once(context, job, place, wanted, threading.Event(), runner, by="hand", dry=dry))
        finally:
            if not dry:
                _leave(context, job, place, runner, None)
    return found


def named(name: str) -> Job:
    """The job of that name.

    Raises:
        NotFound: there is none.
    """
    found = next((job for job in JOBS if job.name == name), None)
    if found is None:
        raise errors.NotFound(
            f"expected one of {', '.join(job.name for job in JOBS)}, found {name}", kind="job", id=name
        )
    return found


def _places(context: Parts, job: Job) -> list[Place]:
    by_zone: dict[str, list[str]] = {}
    with context.db.read() as tx:
        for store in stores.all_stores(tx):
            by_zone.setdefault(store.time_zone, []).append(store.slug)
        if job.scope == "club" and by_zone:
            zone = programmes.current(tx, context.clock.now()).time_zone
            return [Place(zone, tuple(sorted(slug for slugs in by_zone.values() for slug in slugs)))]
    return [Place(zone, tuple(sorted(slugs))) for zone, slugs in sorted(by_zone.items())]


def _run_days(context: Parts, job: Job, place: Place, stop: threading.Event) -> list[Ran]:
    now = context.clock.now()
    with context.db.read() as tx:
        state = repository.state(tx, job.name, place.time_zone)
    if state is None:
        with context.db.write() as tx:
            last = schedule.latest(job.schedule, now, place.time_zone)
            repository.ensure_state(tx, job.name, place.time_zone, last)
        return []
    if not schedule.due(job.schedule, state.done_to, now, place.time_zone):
        return []
    runner = context.new_id()
    if not _take(context, job, place, runner, now):
        return []
    found: list[Ran] = []
    until: datetime | None = None
    try:
        with context.db.read() as tx:  # another one may have done it meanwhile
            state = repository.state(tx, job.name, place.time_zone)
        for day in schedule.due(job.schedule, state.done_to, now, place.time_zone):
            ran = _once(context, job, place, day, stop, runner, by="schedule", dry=False)
            found.append(ran)
            if ran.outcome != "done":
                until = context.clock.now() + RETRY if ran.outcome == "failed" else None
                break
    finally:
        _leave(context, job, place, runner, until)
    return found


def _once(
    context: Parts, job: Job, place: Place, day: date, stop: threading.Event, runner: str, *, by: str, dry: bool
) -> Ran:
    def keep(now: datetime) -> bool:
        return dry or _take(context, job, place, runner, now)

    run = Run(
        db=context.db,
        keyring=context.keyring,
        clock=context.clock,
        new_id=context.new_id,
        random_below=context.random_below,
        day=day,
        time_zone=place.time_zone,
        stores=place.stores,
        dry=dry,
        still=jobs.halting(stop, keep, context.clock),
    )
    number = context.new_id()
    values = {
        "id": number,
        "job": job.name,
        "time_zone": place.time_zone,
        "day": day,
        "dry": dry,
        "by": by,
        "began": context.clock.now(),
        "ended": None,
        "outcome": "running",
        "facts": {},
    }
    with context.db.write() as tx:
        repository.begin(tx, values)
    outcome, facts = _outcome(job, run)
    with context.db.write() as tx:
        repository.end(tx, number, outcome, facts, context.clock.now())
        if outcome == "done" and by == "schedule":
            repository.done(tx, job.name, place.time_zone, day)
    _log.info("job %s for %s in %s: %s %s", job.name, day, place.time_zone, outcome, facts)
    return Ran(job.name, place.time_zone, day, outcome, run.counts, run.lines)


def _outcome(job: Job, run: Run) -> tuple[str, dict[str, int | str]]:
    try:
        job.work(run)
    except Stopped as fault:
        return "lost", {**run.counts, "why": str(fault)}
    except errors.ClubError as fault:
        return "failed", {**run.counts, "why": fault.code}
    except Exception as fault:  # noqa: BLE001 -- recorded, told to the log, and tried again
        # Without its message, which may hold what was in a row.
        where = "".join(traceback.format_tb(fault.__traceback__))
        _log.error("job %s failed: %s\n%s", job.name, type(fault).__name__, where)
        return "failed", {**run.counts, "why": type(fault).__name__}
    return "done", {**run.counts}


def _take(context: Parts, job: Job, place: Place, runner: str, now: datetime) -> bool:
    with context.db.write() as tx:
        last = schedule.latest(job.schedule, now, place.time_zone)
        repository.ensure_state(tx, job.name, place.time_zone, last)
        return repository.take(tx, job.name, place.time_zone, runner, now, now + LEASE)


def _leave(context: Parts, job: Job, place: Place, runner: str, until: datetime | None) -> None:
    with context.db.write() as tx:
        repository.leave(tx, job.name, place.time_zone, runner, until)

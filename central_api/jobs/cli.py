"""What `central-api jobs` prints."""

from collections.abc import Callable
from datetime import date

from central_api.db import Tx
from central_api.devices import repository as stores
from central_api.jobs import repository, runner
from central_api.jobs.catalogue import JOBS
from central_api.jobs.job import Parts
from club.model import errors


def show(parts: Parts, say: Callable[[str], None]) -> None:
    """Each job with its hour, how far it has come in each zone, and its last run."""
    with parts.db.read() as tx:
        zones = sorted({store.time_zone for store in stores.all_stores(tx)})
        for job in JOBS:
            hour = f"{job.schedule.at:%H:%M} each {job.schedule.every}"
            say(f"{job.name:<16} {hour:<18} {job.about}")
            for zone in zones:
                line = _come(tx, job.name, zone)
                if line:
                    say(f"{'':<16} {line}")


def run(parts: Parts, name: str, day: str, *, dry: bool, say: Callable[[str], None]) -> bool:
    """Run a job by hand; whether it went through everywhere.

    Raises:
        NotFound, Malformed, Unavailable: as `runner.run_by_hand`; Malformed also for a day that is none.
    """
    right = True
    for ran in runner.run_by_hand(parts, name, _day(day), dry=dry):
        for line in ran.lines:
            say(line)
        counts = " ".join(f"{key}={value}" for key, value in sorted(ran.counts.items()))
        outcome = "would do" if dry and ran.outcome == "done" else ran.outcome
        say(f"{name} {ran.day.isoformat()} {ran.time_zone}: {outcome} {counts or 'nothing'}")
        right = right and ran.outcome == "done" and not ran.counts.get("failed")
    return right


def _come(tx: Tx, job: str, zone: str) -> str:
    state = repository.state(tx, job, zone)
    if state is None:
        return ""
    last = next((row for row in repository.runs(tx, job) if row.time_zone == zone and not row.dry), None)
    came = "" if last is None else f"; last run for {last.day.isoformat()}: {last.outcome} {dict(last.facts)}"
    return f"{zone}: done to {state.done_to.isoformat()}{came}"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise errors.Malformed(f"expected a day such as 2026-05-16, found {text!r}", field="day") from None

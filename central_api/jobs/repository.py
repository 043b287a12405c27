"""Queries of jobs' states and runs."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from central_api.db import Tx
from central_api.jobs.tables import job_runs, job_states


def ensure_state(tx: Tx, job: str, time_zone: str, done_to: date) -> None:
    """Begin to look after a job in a zone, unless that is done already."""
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    values = {"job": job, "time_zone": time_zone, "done_to": done_to, "runner": "", "until": None}
    keys = [job_states.c.job, job_states.c.time_zone]
    tx.execute(make(job_states).values(**values).on_conflict_do_nothing(index_elements=keys))


def state(tx: Tx, job: str, time_zone: str) -> Any:
    """How far a job has come in a zone, or None."""
    return tx.first(select(job_states).where(job_states.c.job == job, job_states.c.time_zone == time_zone))


def take(tx: Tx, job: str, time_zone: str, runner: str, now: datetime, until: datetime) -> bool:
    """Be the one who runs a job until an instant; False while somebody else is."""
    free = or_(job_states.c.until.is_(None), job_states.c.until <= now, job_states.c.runner == runner)
    statement = update(job_states).where(job_states.c.job == job, job_states.c.time_zone == time_zone, free)
    taken = statement.values(runner=runner, until=until).returning(job_states.c.job)
    return tx.first(taken) is not None


def leave(tx: Tx, job: str, time_zone: str, runner: str, until: datetime | None) -> None:
    """Let others run a job again, from an instant on or at once."""
    statement = update(job_states).where(
        job_states.c.job == job, job_states.c.time_zone == time_zone, job_states.c.runner == runner
    )
    tx.execute(statement.values(runner="", until=until))


def done(tx: Tx, job: str, time_zone: str, day: date) -> None:
    """Say that a day is done; an earlier one never takes it back."""
    statement = update(job_states).where(
        job_states.c.job == job, job_states.c.time_zone == time_zone, job_states.c.done_to < day
    )
    tx.execute(statement.values(done_to=day))


def begin(tx: Tx, values: Mapping[str, object]) -> None:
    """Write the beginning of a run. What a killed runner left behind as running is lost."""
    same = (job_runs.c.job == values["job"], job_runs.c.time_zone == values["time_zone"])
    if not values["dry"]:
        stale = update(job_runs).where(*same, job_runs.c.outcome == "running", job_runs.c.dry.is_(False))
        tx.execute(stale.values(outcome="lost", ended=values["began"]))
    tx.execute(insert(job_runs).values(**values))


def end(tx: Tx, run: str, outcome: str, facts: Mapping[str, int | str], now: datetime) -> None:
    """Write the end of a run."""
    tx.execute(update(job_runs).where(job_runs.c.id == run).values(outcome=outcome, facts=dict(facts), ended=now))


def runs(tx: Tx, job: str, most: int = 50) -> Sequence[Any]:
    """The last runs of a job, the last first."""
    query = select(job_runs).where(job_runs.c.job == job).order_by(job_runs.c.began.desc(), job_runs.c.id)
    return tx.rows(query.limit(most))

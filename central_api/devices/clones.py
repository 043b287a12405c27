"""Finds out that two machines are the same device: one key, copied, and both alive (C9).

Each run of a device's program has a random id. A program that starts anew never becomes the one before again; so a run that
is heard after its successor had begun is one of two that live beside each other. Restarts, lost connections and half-open
streams, however many, do not look like that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from central_api.db import Database, Tx
from central_api.devices import incidents, repository
from central_api.devices.enrolled import Device
from central_api.security.signatures import SignedRequest

REMEMBERED = 8
"""Runs of a device that are kept: of so many copies that take turns, each is known again."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a device's program: since when it was heard, by the time of signing, and from which network address."""

    run: str
    since: datetime
    source: str


def after(runs: Sequence[Run], heard: Run) -> tuple[tuple[Run, ...], Run | None]:
    """The runs known once this one was heard, newest last; and the run it lives beside, when it does.

    A request of an ended run that comes late was signed before the next one began, and says nothing.
    """
    if not runs:
        return (heard,), None
    if runs[-1].run == heard.run or heard.since <= runs[-1].since:
        return tuple(runs), None
    known = any(run.run == heard.run for run in runs)
    rest = tuple(run for run in runs if run.run != heard.run)
    return (*rest, heard)[-REMEMBERED:], runs[-1] if known else None


def hear(db: Database, device: Device, run: str, source: str, request: SignedRequest, now: datetime) -> None:
    """Note that a run of a device's program was heard; two that live at once open an incident that names both.

    Args:
        db: written to only when it is another run than the last time.
        device: whose request it was.
        run: the run's id.
        source: the network address it came from.
        request: the request, for the time it was signed at.
        now: the instant.
    """
    with db.read() as tx:
        known = read(repository.device(tx, device.id).runs)
    if known and known[-1].run == run:
        return
    db.run(lambda tx: note(tx, device, Run(run, request.sent_at(now), source), now))


def note(tx: Tx, device: Device, heard: Run, now: datetime) -> None:
    """As `hear`, in a unit of work of the caller's."""
    row = repository.lock_device(tx, device.id)
    runs, beside = after(read(row.runs), heard)
    repository.change_device(tx, device.id, {"runs": [_kept(run) for run in runs]})
    if beside is not None:
        facts = {"first": beside.source, "second": heard.source}
        incidents.open_one(tx, device.id, device.place, "clone", facts, now)


def read(kept: Sequence[Mapping[str, Any]] | None) -> tuple[Run, ...]:
    """The runs in a device's row."""
    return tuple(Run(one["run"], datetime.fromisoformat(one["since"]), one["source"]) for one in kept or ())


def _kept(run: Run) -> dict[str, str]:
    return {"run": run.run, "since": run.since.isoformat(), "source": run.source}

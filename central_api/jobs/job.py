"""What a job is, and what it works with while it runs."""

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Literal, Protocol, TypeAlias

from central_api import texts
from central_api.db import Database, Tx
from central_api.jobs.schedule import Schedule
from central_api.security.keyring import Keyring
from club.model import errors
from club.model.clock import Clock, PinnedClock
from club.model.voucher import make

BATCH = 200
"""How many members are looked at in one moment. What is written is a unit of work for each."""

_NOON = 12

_log = logging.getLogger(__name__)


class Stopped(Exception):
    """The service ends, or another runner took over: what is done is done, the rest comes with the next run."""


class Parts(Protocol):
    """What of the service jobs need; `Context` has it."""

    @property
    def db(self) -> Database:
        """The database."""

    @property
    def clock(self) -> Clock:
        """The time."""

    @property
    def keyring(self) -> Keyring:
        """For the devices' mirrors."""

    @property
    def new_id(self) -> Callable[[], str]:
        """Makes ids."""

    @property
    def random_below(self) -> Callable[[int], int]:
        """Makes voucher codes."""


@dataclass(slots=True)
class Run:
    """One run of a job for one day of one zone.

    Args:
        db: the database.
        keyring: for the devices' mirrors.
        clock: the time of what is booked.
        new_id: makes ids.
        random_below: makes voucher codes.
        day: for which the job is due, in the zone's calendar; the rules judge as on this day.
        time_zone: IANA.
        stores: whose members this run is about: those of the zone.
        dry: say what would be done, and do nothing.
        still: called between units of work; raises `Stopped`.
    """

    db: Database
    keyring: Keyring
    clock: Clock
    new_id: Callable[[], str]
    random_below: Callable[[int], int]
    day: date
    time_zone: str
    stores: tuple[str, ...]
    dry: bool
    still: Callable[[], None]
    counts: dict[str, int] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        """The instant of what is booked."""
        return self.clock.now()

    @property
    def judged_at(self) -> datetime:
        """An instant of the day the run is for: now, or of a day that is over its noon."""
        now = self.now
        if texts.local_day(now, self.time_zone) == self.day:
            return now
        return texts.day_starts(self.day, self.time_zone).replace(hour=_NOON)

    @property
    def judging(self) -> Clock:
        """A clock that stands there."""
        return PinnedClock(self.judged_at)

    def new_code(self) -> str:
        """A new voucher code."""
        return make(self.random_below)

    def count(self, name: str, by: int = 1) -> None:
        """Count what was done."""
        self.counts[name] = self.counts.get(name, 0) + by

    def say(self, line: str) -> None:
        """Say what a dry run would do; ids and numbers, never people."""
        if self.dry:
            self.lines.append(line)

    def each(self, who: Iterable[str], act: Callable[[Tx, str], None]) -> None:
        """Do something for each of them, in a unit of work of its own (of a dry run one that reads). One that fails is logged, counted and left out.

        Raises:
            Stopped: it is time to end.
            Unavailable: the database is away.
        """
        for one in who:
            self.still()
            try:
                if self.dry:
                    with self.db.read() as tx:
                        act(tx, one)
                else:
                    self.db.run(partial(_swapped, act, one))
            except errors.Unavailable:
                raise
            except Exception as fault:  # noqa: BLE001 -- one member's trouble is not the others'
                code = fault.code if isinstance(fault, errors.ClubError) else type(fault).__name__
                _log.error("job left out %s: %s", one, code)
                self.count("failed")


def _swapped(act: Callable[[Tx, str], None], one: str, tx: Tx) -> None:
    act(tx, one)


Work: TypeAlias = Callable[[Run], None]


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work by schedule. `scope`: for each zone in which there are stores, or once for the club, in the programme's zone."""

    name: str
    about: str
    schedule: Schedule
    work: Work
    scope: Literal["zone", "club"] = "zone"


LEASE = timedelta(minutes=5)
RETRY = timedelta(minutes=10)


def halting(stop: threading.Event, keep: Callable[[datetime], bool], clock: Clock) -> Callable[[], None]:
    """What is called between units of work: ends when the service does, and keeps the lease.

    Args:
        stop: set when the service ends.
        keep: lengthens the lease; False when another runner has it.
        clock: the time.
    """
    last = clock.now()

    def still() -> None:
        nonlocal last
        if stop.is_set():
            raise Stopped("the service ends")
        now = clock.now()
        if now - last >= LEASE / 5:
            if not keep(now):
                raise Stopped("another runner took over")
            last = now

    return still

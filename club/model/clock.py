"""Time as a value that is handed in: the real clock, a pinned one for pictures, a hand-moved one for tests."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What everything that needs the time is given; nobody asks the system."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back, for intervals and time-outs."""
        ...


class SystemClock:
    """The machine's own clock, for programs whose machine keeps good time: the server, the demo."""

    def now(self) -> datetime:
        """The machine's time, UTC."""
        return _wall()

    def monotonic(self) -> float:
        """`time.monotonic()`."""
        return time.monotonic()


class SteadyClock:
    """A device's clock: what the machine said at the start, carried on by the monotonic clock, corrected from outside (L5).

    Whatever the machine's own clock does meanwhile (a service that sets it, a battery that is empty) is not followed: time goes
    on evenly between corrections. `slow` takes a lead back without ever going backwards; only `step` may do that.

    Args:
        wall: the machine's clock.
        monotonic: seconds that never go back.
    """

    def __init__(
        self, wall: Callable[[], datetime] | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._wall = wall or _wall
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._at = self._wall()
        self._from = monotonic()
        self._lead = timedelta(0)  # still to be taken back

    def now(self) -> datetime:
        """The present instant, UTC; with a lead to take back it runs at half the speed."""
        with self._lock:
            return self._at + self._passed() - self._taken_back()

    def settled(self) -> datetime:
        """What it would say had all of the lead been taken back: the best that is known of the present instant."""
        with self._lock:
            return self._at + self._passed() - self._lead

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return self._monotonic()

    def step(self, by: timedelta) -> None:
        """Move the clock at once, forwards or back; what was still to be taken back is settled with it."""
        self._anchor(by, timedelta(0))

    def slow(self, lead: timedelta) -> None:
        """The clock is ahead by `lead`: run at half the speed until it is not."""
        self._anchor(timedelta(0), max(lead, timedelta(0)))

    def against_machine(self) -> timedelta:
        """How far this clock is ahead of the machine's own, once all is taken back."""
        return self.settled() - self._wall()

    def _anchor(self, by: timedelta, lead: timedelta) -> None:
        with self._lock:
            passed, taken = self._passed(), self._taken_back()
            self._at += passed - taken + by
            self._from += passed.total_seconds()
            self._lead = lead

    def _passed(self) -> timedelta:
        return timedelta(seconds=self._monotonic() - self._from)

    def _taken_back(self) -> timedelta:
        return min(self._lead, self._passed() / 2)


class PinnedClock:
    """A clock that starts at one instant: it stands still, or runs on from there (`runs`)."""

    def __init__(self, at: datetime, *, runs: bool = False) -> None:
        if at.tzinfo is None:
            raise ValueError(
                f"a pinned clock needs an instant with its zone, such as 2026-05-16T14:32:00+08:00; found {at}"
            )
        self._at = at.astimezone(UTC)
        self._runs = runs
        self._started = time.monotonic()

    def now(self) -> datetime:
        """The pinned instant, or that plus the time since the start."""
        if not self._runs:
            return self._at
        return self._at + timedelta(seconds=time.monotonic() - self._started)

    def monotonic(self) -> float:
        """`time.monotonic()`: intervals go on, or nothing would ever time out."""
        return time.monotonic()


@dataclass
class HandClock:
    """A clock for tests: it moves when told to."""

    at: datetime
    seconds: float = field(default=0.0)

    def now(self) -> datetime:
        """The instant it was last moved to."""
        return self.at.astimezone(UTC)

    def monotonic(self) -> float:
        """Seconds moved since the start."""
        return self.seconds

    def forward(self, seconds: float) -> None:
        """Move both readings on."""
        self.at += timedelta(seconds=seconds)
        self.seconds += seconds


def clock_for(pinned: str, *, runs: bool = False) -> Clock:
    """The clock a program's `[clock]` setting asks for: empty text is the machine's own, an ISO instant pins it."""
    if not pinned:
        return SystemClock()
    return PinnedClock(datetime.fromisoformat(pinned), runs=runs)


def device_clock(pinned: str, *, runs: bool = False) -> Clock:
    """The same for a device, whose machine's time nobody vouches for: a steady clock that the server corrects (L5)."""
    return clock_for(pinned, runs=runs) if pinned else SteadyClock()


def _wall() -> datetime:
    return datetime.now(UTC)

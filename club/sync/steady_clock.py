"""A device's clock: even, whatever the machine's own does, and corrected from outside without going backwards (L5)."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from club.model.clock import Clock, clock_for


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


def device_clock(pinned: str, *, runs: bool = False) -> Clock:
    """The same for a device, whose machine's time nobody vouches for: a steady clock that the server corrects (L5)."""
    return clock_for(pinned, runs=runs) if pinned else SteadyClock()


def _wall() -> datetime:
    return datetime.now(UTC)

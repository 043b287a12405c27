"""Time as a value that is handed in: the real clock, a pinned one for pictures, a hand-moved one for tests."""

import time
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
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """`time.monotonic()`."""
        return time.monotonic()


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

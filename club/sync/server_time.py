"""The server's time as this device knows it: the device's clock, corrected by what the server says (L5)."""

import logging
import threading
from datetime import datetime, timedelta

from club.model.clock import Clock, SystemClock

_log = logging.getLogger(__name__)
_TOLERATED_S = 2.0


class ServerTime:
    """Corrects a `SystemClock` for the whole program; any other clock (pinned, by hand) only for signatures."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._skew = timedelta(0)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The present instant by the server's clock, as far as it is known."""
        return self._clock.now() + self._skew

    def learn(self, server_now: datetime, *, round_trip_s: float = 0.0) -> None:
        """Take the server's `now`; a difference that the way there and back explains changes nothing.

        Args:
            server_now: the server's clock when it wrote its answer.
            round_trip_s: seconds from asking to having the answer.
        """
        with self._lock:
            off = server_now - self.now()
            if abs(off.total_seconds()) <= _TOLERATED_S + round_trip_s:
                return
            if isinstance(self._clock, SystemClock):
                self._clock.offset += off
            else:
                self._skew += off
        _log.info("the clock was %.1f s off the server's; corrected", off.total_seconds())

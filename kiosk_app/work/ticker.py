"""Posts a second at a time, so that time reaches the flow as an event."""

import threading
from collections.abc import Callable

from club.model.clock import Clock


class Ticker:
    """A thread that calls `tick` each second until closed; after a pause of the machine it does not catch up.

    Args:
        tick: called on the ticker's thread; must not block.
        clock: for the pace.
        every_s: seconds between ticks.
    """

    def __init__(self, tick: Callable[[], None], clock: Clock, every_s: float = 1.0) -> None:
        self._tick, self._clock, self._every_s = tick, clock, every_s
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)

    def start(self) -> None:
        """Begin ticking."""
        self._thread.start()

    def close(self) -> None:
        """Stop; harmless when repeated."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2)

    def _run(self) -> None:
        due = self._clock.monotonic() + self._every_s
        while not self._closed.wait(max(0.0, due - self._clock.monotonic())):
            self._tick()
            due = max(due + self._every_s, self._clock.monotonic())

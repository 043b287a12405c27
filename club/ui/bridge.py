"""The one place that crosses threads: readers, workers and players post events; the UI thread handles them at its next frame."""

import logging
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from kivy.clock import Clock

from club.ui import stopwatch

_log = logging.getLogger(__name__)
Event = TypeVar("Event")


class Bridge(Generic[Event]):
    """Carries events to the UI thread in the order they were posted.

    Args:
        handle: called on the UI thread with each event. What it raises is logged and does not stop the next event.
    """

    def __init__(self, handle: Callable[[Event], None]) -> None:
        self._handle = handle
        self._waiting: deque[Event] = deque()
        self._closed = False

    def post(self, event: Event) -> None:
        """Hand over an event, from any thread. An idle window wakes for it. After `close` it is dropped."""
        if self._closed:
            return
        self._waiting.append(event)
        # Each post asks for its own wake-up: Kivy's scheduling is safe between threads and ends the sleep of its clock.
        Clock.schedule_once(self._drain, 0)

    def close(self) -> None:
        """Drop what waits and take no more."""
        self._closed = True
        self._waiting.clear()

    def _drain(self, _elapsed: float) -> None:
        while self._waiting:
            event = self._waiting.popleft()
            try:
                with stopwatch.measure(f"event {type(event).__name__}"):
                    self._handle(event)
            except Exception:  # noqa: BLE001 -- one bad event must not stop the next
                _log.exception("an event of kind %s was not handled", type(event).__name__)

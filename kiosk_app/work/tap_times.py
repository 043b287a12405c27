"""Measures taps: from the card event to the member's name on the glass, with the parts in between; figures only."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

KEPT = 1000


@dataclass
class _Tap:
    session_id: str
    event_at: float
    read_ms: float
    marks: dict[str, float] = field(default_factory=dict)


class TapTimes:
    """Notes instants on the monotonic clock; safe from every thread. Session ids are dropped when a tap is complete.

    Args:
        monotonic: seconds that only rise, the same clock as the frames'.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._tap: _Tap | None = None
        self._done: deque[dict[str, float]] = deque(maxlen=KEPT)

    def tapped(self, session_id: str, read_s: float) -> None:
        """The reader reported a card; reading it had taken `read_s` seconds."""
        with self._lock:
            self._tap = _Tap(session_id, self._monotonic(), read_s * 1000)

    def mirror_answered(self, session_id: str) -> None:
        """The mirror was read."""
        self._mark(session_id, "mirror")

    def server_asked(self, session_id: str) -> None:
        """The central API is asked now."""
        self._mark(session_id, "asked")

    def server_answered(self, session_id: str) -> None:
        """The central API has verified the card."""
        self._mark(session_id, "answered")

    def frame(self, screen: str, opacity: float, at: float, cost_ms: float) -> None:
        """A frame is on the glass; the first in which the home page is at least half opaque ends the tap's way."""
        with self._lock:
            tap = self._tap
            if tap is None or screen != "home" or opacity < 0.5 or at < tap.event_at or "name" in tap.marks:
                return
            tap.marks["name"] = at
            tap.marks["frame_ms"] = cost_ms
            self._finish(tap)

    def figures(self) -> list[dict[str, float]]:
        """Each tap's milliseconds and its instant (`event_at_s`, monotonic), oldest first; parts that did not happen are left out."""
        with self._lock:
            return list(self._done)

    def _mark(self, session_id: str, name: str) -> None:
        with self._lock:
            if self._tap is not None and self._tap.session_id == session_id:
                self._tap.marks[name] = self._monotonic()
                self._finish(self._tap)

    def _finish(self, tap: _Tap) -> None:
        """Keep the figures when both the name and the central API's answer are there, in whichever order they came."""
        marks = tap.marks
        if "name" not in marks or "answered" not in marks:
            return
        figures = {
            "event_at_s": tap.event_at,
            "event_to_name_ms": (marks["name"] - tap.event_at) * 1000,
            "read_card_ms": tap.read_ms,
            "server_ms": (marks["answered"] - marks["asked"]) * 1000,
            "frame_ms": marks["frame_ms"],
        }
        if "mirror" in marks:
            figures["mirror_ms"] = (marks["mirror"] - tap.event_at) * 1000
        self._done.append(figures)
        self._tap = None

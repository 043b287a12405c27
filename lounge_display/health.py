"""Says what a person standing there sees, and that the picture progresses (L7)."""

from collections.abc import Callable
from datetime import datetime

from club.wire.devices import OnGlass


class Health:
    """Reports at each change, and in between so that the frames are seen to rise.

    Args:
        report: takes the news (the sync worker sends it with its heartbeat).
        frames: how many frames the window has drawn so far.
        monotonic: seconds.
        every_s: the longest silence.
    """

    def __init__(
        self,
        report: Callable[[OnGlass], None],
        frames: Callable[[], int],
        monotonic: Callable[[], float],
        *,
        every_s: float = 10.0,
    ) -> None:
        self._report, self._frames, self._monotonic, self._every_s = report, frames, monotonic, every_s
        self._what = ""
        self._since: datetime | None = None
        self._due = 0.0

    def shown(self, what: str, since: datetime) -> None:
        """Another picture is on the glass."""
        self._what, self._since = what, since
        self._say()

    def beat(self) -> None:
        """Called often; reports when it is time."""
        if self._monotonic() >= self._due:
            self._say()

    def _say(self) -> None:
        if self._since is None:
            return
        self._due = self._monotonic() + self._every_s
        # The wire bounds the count; only that it rises is of interest.
        self._report(OnGlass(what=self._what, since=self._since, frames=self._frames() % 1_000_000))

"""Wakes the devices that listen: after a commit each is told which feed has grown, never the data itself."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from central_api.feed.service import DisplayHint, Nudge

QUEUE_LENGTH = 64
STREAMS = 3  # of one device at a time: it needs one, and may come back before the server has seen the old one end


@dataclass(eq=False)
class Listener:
    """One open stream. `queue` holds what it has not been sent yet; None in it says: close, and let the device pull anew."""

    device_id: str
    feeds: frozenset[str]
    place: str
    loop: asyncio.AbstractEventLoop
    queue: asyncio.Queue[Nudge | DisplayHint | None] = field(default_factory=lambda: asyncio.Queue(QUEUE_LENGTH))

    def offer(self, hint: Nudge | DisplayHint | None) -> None:
        """Put a hint (on the loop's thread); a listener that does not keep up is closed rather than fed for ever."""
        try:
            self.queue.put_nowait(hint)
        except asyncio.QueueFull:
            while not self.queue.empty():
                self.queue.get_nowait()
            self.queue.put_nowait(None)


class Hub:
    """All open streams of this process. `tell` may be called from any thread."""

    def __init__(self) -> None:
        self._listeners: tuple[Listener, ...] = ()  # replaced whole, for other threads read it
        self._heads: dict[str, int] = {}

    def add(self, listener: Listener) -> None:
        """Start telling it; the oldest streams of a device that opens too many are closed."""
        mine = [other for other in self._listeners if other.device_id == listener.device_id]
        for other in mine[: max(0, len(mine) + 1 - STREAMS)]:
            _post(other, None)
        self._listeners = (*self._listeners, listener)

    def remove(self, listener: Listener) -> None:
        """Stop telling it."""
        self._listeners = tuple(other for other in self._listeners if other is not listener)

    def drop(self, device_id: str) -> None:
        """Close the streams of a device, for example because it was revoked."""
        for listener in self._listeners:
            if listener.device_id == device_id:
                _post(listener, None)

    def close(self) -> None:
        """Close all streams."""
        for listener in self._listeners:
            _post(listener, None)

    @property
    def count(self) -> int:
        """Open streams."""
        return len(self._listeners)

    def tell(self, notes: Sequence[object]) -> None:
        """Pass on what a committed unit of work noted."""
        for note in notes:
            if isinstance(note, Nudge):
                self._heads[note.feed] = max(note.seq, self._heads.get(note.feed, 0))
                self._pass_on(note, [listener for listener in self._listeners if note.feed in listener.feeds])
            elif isinstance(note, DisplayHint):
                self._pass_on(note, [listener for listener in self._listeners if note.slug == listener.place])

    def seen(self, heads: dict[str, int]) -> None:
        """What a look into the database found: tells of growth that another process committed."""
        self.tell([Nudge(feed, seq) for feed, seq in heads.items() if seq > self._heads.get(feed, 0)])

    @staticmethod
    def _pass_on(note: Nudge | DisplayHint, listeners: Sequence[Listener]) -> None:
        for listener in listeners:
            _post(listener, note)


def _post(listener: Listener, hint: Nudge | DisplayHint | None) -> None:
    try:
        listener.loop.call_soon_threadsafe(listener.offer, hint)
    except RuntimeError:  # its loop has ended: the stream is gone, and the device will pull
        return

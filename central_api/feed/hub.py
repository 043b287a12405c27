"""Wakes the devices that listen: after a commit each is told which feed has grown, never the data itself.

A commit costs one hand-over to the event loop, however many listen; listeners of the same feeds share the bytes they are sent.
Each has a bounded queue: who does not keep up is closed and pulls anew. Heartbeats come from one timer for all of them.
"""

import asyncio
import json
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

from central_api.feed.notes import Closed, CommandHint, DisplayHint, Note, Nudge

QUEUE_LENGTH = 64
"""Frames that wait for one listener; a kiosk on a bad line takes them late, a dead one never."""
STREAMS = 3  # of one device at a time: it needs one, and may come back before the server has seen the old one end
HEARTBEAT_S = 15.0
BEATS = 15
"""In so many parts a round of heartbeats is sent, so that thousands of listeners are not woken in the same moment."""
BEAT = b": beat\n\n"


class Listener:
    """One open stream, used on its event loop's thread alone."""

    __slots__ = ("_closed", "_waiting", "_waker", "device_id", "feeds", "loop", "place", "run")

    def __init__(
        self, device_id: str, feeds: frozenset[str], place: str, loop: asyncio.AbstractEventLoop, run: str = ""
    ) -> None:
        self.device_id = device_id
        self.feeds = feeds
        self.place = place
        self.loop = loop
        self.run = run
        self._waiting: deque[bytes] = deque()
        self._waker: asyncio.Future[None] | None = None
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether it takes nothing any more."""
        return self._closed

    @property
    def waiting(self) -> int:
        """Frames it has not been sent yet."""
        return len(self._waiting)

    def offer(self, frame: bytes) -> None:
        """Put a frame; a listener that does not keep up is closed rather than fed for ever."""
        if self._closed:
            return
        if len(self._waiting) >= QUEUE_LENGTH:
            self.close()
            return
        self._waiting.append(frame)
        self._wake()

    def close(self) -> None:
        """Say that nothing more comes; what it was not sent yet is forgotten, for it pulls anew."""
        self._closed = True
        self._waiting.clear()
        self._wake()

    async def take(self) -> bytes | None:
        """All that waits, as soon as something does; None once it is closed."""
        while not self._waiting:
            if self._closed:
                return None
            self._waker = self.loop.create_future()
            try:
                await self._waker
            finally:
                self._waker = None
        found = b"".join(self._waiting) if len(self._waiting) > 1 else self._waiting[0]
        self._waiting.clear()
        return found

    def _wake(self) -> None:
        if self._waker is not None and not self._waker.done():
            self._waker.set_result(None)


class _Channel:
    """The listeners of the same feeds, and how far they were told each feed has come."""

    __slots__ = ("feeds", "listeners", "told")

    def __init__(self, feeds: frozenset[str]) -> None:
        self.feeds = feeds
        self.listeners: set[Listener] = set()
        self.told: dict[str, int] = {}


class Hub:
    """All open streams of this process.

    `tell`, `seen`, `drop`, `close` and `count` may be used from any thread, the rest on the event loop's; none of them in a
    signal's handler, which may have interrupted another.

    Args:
        epoch: of the feeds; part of each event's id, so that a stream that goes on after a restore goes on from nothing.
    """

    def __init__(self, epoch: str = "") -> None:
        self.epoch = epoch
        self.ended = False
        """Whether the service ends: nothing is told any more."""
        self._lock = Lock()  # for what other threads read: loops and heads
        self._loops: Counter[asyncio.AbstractEventLoop] = Counter()
        self._heads: dict[str, int] = {}
        self._channels: dict[frozenset[str], _Channel] = {}
        self._of_feed: dict[str, list[_Channel]] = {}
        self._of_device: dict[str, list[Listener]] = {}
        self._of_place: dict[str, list[Listener]] = {}
        self._beats: list[set[Listener]] = [set() for _ in range(BEATS)]
        self._beat = 0

    def add(self, listener: Listener) -> None:
        """Start telling it; the oldest streams of a device that opens too many are closed, and each when the service ends."""
        if self.ended:
            listener.close()
        mine = self._of_device.setdefault(listener.device_id, [])
        mine.append(listener)
        for other in mine[: max(0, len(mine) - STREAMS)]:
            other.close()
        self._of_place.setdefault(listener.place, []).append(listener)
        channel = self._channels.get(listener.feeds)
        if channel is None:
            channel = self._channels[listener.feeds] = _Channel(listener.feeds)
            for feed in listener.feeds:
                self._of_feed.setdefault(feed, []).append(channel)
        channel.listeners.add(listener)
        min(self._beats, key=len).add(listener)
        with self._lock:
            self._loops[listener.loop] += 1

    def remove(self, listener: Listener) -> None:
        """Stop telling it."""
        channel = self._channels[listener.feeds]
        channel.listeners.discard(listener)
        if not channel.listeners:
            del self._channels[listener.feeds]
            for feed in listener.feeds:
                _take_out(self._of_feed, feed, channel)
        _take_out(self._of_device, listener.device_id, listener)
        _take_out(self._of_place, listener.place, listener)
        for part in self._beats:
            part.discard(listener)
        with self._lock:
            self._loops[listener.loop] -= 1
            self._loops += Counter()  # without those that have none left

    def greeted(self, listener: Listener, cursors: Mapping[str, int]) -> None:
        """Note how far a listener was told its feeds have come when it began."""
        channel = self._channels.get(listener.feeds)
        if channel is not None:
            for feed, seq in cursors.items():
                channel.told.setdefault(feed, seq)

    def beat(self) -> None:
        """Send the next part of a round of heartbeats; called `BEATS` times in `HEARTBEAT_S`."""
        for listener in tuple(self._beats[self._beat]):
            listener.offer(BEAT)
        self._beat = (self._beat + 1) % BEATS

    def drop(self, device_id: str) -> None:
        """Close the streams of a device, for example because it was revoked."""
        self.tell([Closed(device_id)])

    def end(self) -> None:
        """The service ends: close all streams, and those that are still being opened as soon as they are."""
        self.ended = True
        self.close()

    def close(self) -> None:
        """Close all streams."""
        self._on_each_loop(self._close_all)

    @property
    def count(self) -> int:
        """Open streams."""
        with self._lock:
            return self._loops.total()

    def tell(self, notes: Sequence[object]) -> None:
        """Pass on what a committed unit of work noted, here or in another process."""
        fresh = self._fresh(notes)
        if fresh:
            self._on_each_loop(self._pass_on, fresh)

    def seen(self, heads: Mapping[str, int]) -> None:
        """What a look into the database found: tells of growth that another process committed."""
        self.tell([Nudge(feed, seq) for feed, seq in heads.items()])

    def _fresh(self, notes: Sequence[object]) -> list[Note]:
        """Those worth telling: a feed that was told to have come further is not told of again."""
        found: list[Note] = []
        with self._lock:
            for note in notes:
                if isinstance(note, Nudge):
                    if note.seq <= self._heads.get(note.feed, 0):
                        continue
                    self._heads[note.feed] = note.seq
                    found.append(note)
                elif isinstance(note, Note):
                    found.append(note)
        return found

    def _on_each_loop(self, call: Any, *arguments: Any) -> None:
        with self._lock:
            loops = list(self._loops)
        for loop in loops:
            try:
                loop.call_soon_threadsafe(call, loop, *arguments)
            except RuntimeError:  # the loop has ended: its streams are gone, and the devices will pull
                continue

    def _close_all(self, loop: asyncio.AbstractEventLoop) -> None:
        for listeners in tuple(self._of_device.values()):
            for listener in listeners:
                if listener.loop is loop:
                    listener.close()

    def _pass_on(self, loop: asyncio.AbstractEventLoop, notes: Sequence[Note]) -> None:
        for note in notes:
            match note:
                case Nudge(feed, seq):
                    for channel in self._of_feed.get(feed, ()):
                        channel.told[feed] = seq
                        frame = nudge_frame(note, self.epoch, channel.told)
                        _offer(channel.listeners, loop, frame)
                case DisplayHint(_, slug, revision):
                    _offer(self._of_place.get(slug, ()), loop, _frame("display", slug=slug, revision=revision))
                case CommandHint(device_id, waiting):
                    _offer(self._of_device.get(device_id, ()), loop, _frame("command", waiting=waiting))
                case Closed(device_id):
                    for listener in self._of_device.get(device_id, ()):
                        if listener.loop is loop:
                            listener.close()


def hello_frame(epoch: str, cursors: Mapping[str, int], now: str) -> bytes:
    """The first event of a stream: how far each of the device's feeds has come, and the server's time."""
    return _frame("hello", event_id(epoch, cursors), epoch=epoch, cursors=dict(cursors), now=now)


def nudge_frame(note: Nudge, epoch: str, told: Mapping[str, int]) -> bytes:
    """That a feed has grown; `told` is how far the stream was told each feed has come, with this event."""
    return _frame("nudge", event_id(epoch, told), feed=note.feed, seq=note.seq)


def event_id(epoch: str, told: Mapping[str, int]) -> str:
    """What a device sends as `Last-Event-ID` when it comes back: `epoch/global:7,store-east:41`."""
    return f"{epoch}/{','.join(f'{feed}:{seq}' for feed, seq in sorted(told.items()))}"


def told_by(last_event_id: str, epoch: str) -> dict[str, int] | None:
    """How far a stream with this last id was told its feeds had come; None when it is of another epoch or no id of ours."""
    before, slash, places = last_event_id.partition("/")
    if not slash or before != epoch:
        return None
    found = {}
    for part in filter(None, places.split(",")):
        feed, _, seq = part.rpartition(":")
        if not feed or not seq.isascii() or not seq.isdecimal() or len(seq) > 18:
            return None
        found[feed] = int(seq)
    return found


def _frame(event: str, id: str = "", **data: object) -> bytes:
    # ASCII JSON on one line: readers that split at U+2028 exist.
    head = f"id: {id}\n" if id else ""
    return f"{head}event: {event}\ndata: {json.dumps(data, ensure_ascii=True)}\n\n".encode("ascii")


def _offer(listeners: "Sequence[Listener] | set[Listener]", loop: asyncio.AbstractEventLoop, frame: bytes) -> None:
    for listener in listeners:
        if listener.loop is loop:
            listener.offer(frame)


def _take_out(of: dict[str, list[Any]], name: str, one: object) -> None:
    left = [each for each in of.get(name, ()) if each is not one]
    if left:
        of[name] = left
    else:
        of.pop(name, None)

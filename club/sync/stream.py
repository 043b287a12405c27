"""Reads the event stream on a thread of its own and tells the worker what it says; a push is a hint, never the data."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from queue import SimpleQueue

import msgspec

from club.model import errors as club_errors
from club.sync import errors, steps
from club.sync.client import ApiClient, EventStream
from club.sync.server_time import ServerTime
from club.sync.sse import ServerSent

_log = logging.getLogger(__name__)


class _Hello(msgspec.Struct):
    epoch: str
    cursors: dict[str, int]
    now: datetime


class _Nudge(msgspec.Struct):
    feed: str
    seq: int


class _Display(msgspec.Struct):
    slug: str
    revision: int


class StreamReader:
    """One thread that opens the stream when told to and reads until it ends.

    Args:
        client: who opens it.
        tell: takes `StreamOpened`, `Nudged`, `DisplayNudged`; each `open` ends in exactly one `StreamClosed`.
    """

    def __init__(self, client: ApiClient, tell: Callable[[steps.Input], None]) -> None:
        self._client = client
        self._tell = tell
        self._asked: SimpleQueue[bool] = SimpleQueue()
        self._lock = threading.Lock()
        self._open: EventStream | None = None
        self._closing = False
        self._complaint = ""  # what was last written down, told once however often it is met again
        self.thread = threading.Thread(target=self._run, name="sync-stream", daemon=True)

    def start(self) -> None:
        """Start the thread; it reads nothing yet."""
        self.thread.start()

    def open(self) -> None:
        """Try to open the stream; does not wait."""
        self._asked.put(True)

    def close(self) -> None:
        """End reading and the thread, at once; does not wait."""
        with self._lock:
            self._closing = True
            if self._open is not None:
                self._open.close()
        self._asked.put(False)

    def _run(self) -> None:
        while self._asked.get():
            fault = self._read()
            if self._closing:
                return
            self._tell(steps.StreamClosed(fault))

    def _complain(self, what: str) -> None:
        if what != self._complaint:
            self._complaint = what
            _log.warning("%s", what)

    def _read(self) -> steps.Fault:
        heard = False
        try:
            stream = self._client.stream()
            try:
                if not self._hold(stream):
                    return steps.Fault.ENDED
                for event in stream:
                    told = translated(event, self._client.time)
                    if told is not None:
                        heard, self._complaint = True, ""
                        self._tell(told)
            finally:
                self._hold(None)
                stream.close()
        except errors.ServerConfused as error:
            self._complain(f"event stream: {error}")
            return steps.Fault.CONFUSED
        except errors.ServerUnreachable:
            return steps.Fault.ENDED if heard else steps.Fault.UNREACHABLE
        except club_errors.DeviceRevoked:
            return steps.Fault.REVOKED
        except club_errors.DeviceUnknown:
            return steps.Fault.UNKNOWN
        except club_errors.ClubError as error:
            self._complain(f"event stream refused: {error.code}")
            return steps.Fault.CONFUSED
        return steps.Fault.ENDED

    def _hold(self, stream: EventStream | None) -> bool:
        with self._lock:
            self._open = stream
            return not self._closing


def translated(event: ServerSent, time: ServerTime) -> steps.Input | None:
    """What an event of the stream is to the engine; None for those of a newer server.

    Raises:
        ServerConfused: it is none of ours.
    """
    try:
        match event.name:
            case "hello":
                hello = msgspec.json.decode(event.data, type=_Hello)
                time.learn(hello.now)
                return steps.StreamOpened(hello.epoch, hello.cursors)
            case "nudge":
                nudge = msgspec.json.decode(event.data, type=_Nudge)
                return steps.Nudged(nudge.feed, nudge.seq)
            case "display":
                display = msgspec.json.decode(event.data, type=_Display)
                return steps.DisplayNudged(display.slug, display.revision)
            case "command":
                return steps.OrdersWaiting()
            case _:
                return None
    except msgspec.DecodeError as error:
        raise errors.ServerConfused(f"expected a {event.name} event, found something that is none") from error

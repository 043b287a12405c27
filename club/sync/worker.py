"""The one thread that does what the sync engine decides."""

import logging
import queue
import random
import sqlite3
import threading
from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path

from club.model import errors as club_errors
from club.model.clock import Clock
from club.model.ids import new_id
from club.sync import engine, errors, events, steps
from club.sync.client import ApiClient
from club.sync.doing import Doing, unforeseen
from club.sync.fetching import Downloads
from club.sync.key_renewal import SOON_S
from club.sync.manifest_store import Kept
from club.sync.media import Quota
from club.sync.offline_desk import OfflineDesk
from club.sync.state import State
from club.sync.store import DeviceStore
from club.sync.stream import StreamReader
from club.sync.window import DownloadWindow
from club.wire.devices import DeviceKind, OnGlass
from club.wire.rewards import Redeem

_log = logging.getLogger(__name__)
_JOIN_S = 2.0
_WINDOW, _KEY = "window", "key"  # the worker's own timers
_ASK_AGAIN_S = 60.0  # after how long the window is asked for again when it could not be told
_READ_AGAIN_S = (1.0, 60.0)  # between how many seconds a store that could not be read is tried again


class SyncWorker:
    """Keeps this device in step with the central API; all methods are safe from every thread.

    Args:
        store: the device's database.
        client: the central API; the worker also learns from other threads' calls through it (`ApiClient.watch`).
        clock: the program's clock.
        post: takes the values of `club.sync.events`, on the worker's thread; must not block.
        kind: what this device is.
        media_dir: where manifests and media lie.
        version: the program's version; empty takes the installed one.
        quota: how much of the disk media may take.
        window: when bulky media are fetched; by default at any time.
        between: draws a number of seconds between two; tests give their own.
    """

    def __init__(  # noqa: PLR0913 -- all a device is made of
        self,
        store: DeviceStore,
        client: ApiClient,
        clock: Clock,
        post: Callable[[events.SyncEvent], None],
        *,
        kind: DeviceKind,
        media_dir: Path,
        version: str = "",
        quota: Quota | None = None,
        window: DownloadWindow | None = None,
        between: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._doing = Doing(
            store, client, clock, kind=kind, media_dir=media_dir, version=version, quota=quota, window=window
        )
        self.mirror = self._doing.mirror
        self.outbox = self._doing.outbox
        self.media = self._doing.media
        self._store = store
        self._client = client
        self._clock = clock
        self._post = post
        self._between = between
        self._queue: queue.SimpleQueue[steps.Input | None] = queue.SimpleQueue()
        self.offline = OfflineDesk(store, self._doing, client, self._queue.put, new_id=new_id)
        self._timers: dict[str, float] = {}
        self._may_ask = False  # whether the device is let in and the club answers
        self._closing = threading.Event()
        self._last_contact = self.mirror.as_of()
        client.time.remember(store.noted("clock"), self._keep_clock, lambda: not self._doing.attended)
        self._stream = StreamReader(client, self._queue.put)
        self._downloads = Downloads(self._doing.fetch, self._queue.put)
        self._thread = threading.Thread(target=self._run, name="sync-worker", daemon=True)

    # -- what programs call ---------------------------------------------------------------------------------------

    @property
    def last_contact(self) -> datetime | None:
        """When the server was last heard (any answer, or the stream's heartbeat); None: never."""
        return self._last_contact

    @property
    def clock_is_doubtful(self) -> bool:
        """Whether the device's clock may be wrong: no server was heard, and no note of an earlier run vouches for it (L5)."""
        return self._client.time.doubtful

    def start(self) -> None:
        """Start the threads. What is playing from disk is posted first; nothing waits for the network."""
        self._client.watch(self.note_contact)
        self._thread.start()

    def enrol(self, code: str) -> None:
        """Register this device by a one-time code; `DeviceEnrolled` or `EnrolRefused` follows. Does not wait."""
        self._queue.put(steps.EnrolAsked(code))

    def submit(self, command: Redeem, *, member_id: str = "", hold_points: int | None = None) -> None:
        """Write a command and its hold down, and send it at once; `CommandSettled` or `CommandRefused` follows.

        The command is durable when this returns; the network is not waited for. Call it off the UI thread (it flushes to
        the disk), and `acknowledge` it once its answer was shown.

        Args:
            command: with the id made at the touch; the same command again changes nothing.
            member_id: whose points are held meanwhile.
            hold_points: what is held, by default the price.

        Raises:
            IdempotencyConflict: the id was used before with another body.
            sqlite3.Error: no room on the disk, or the disk failed; the command is not kept and will not be sent.
        """
        self._queue.put(self._doing.submit(command, member_id=member_id, hold_points=hold_points))

    def acknowledge(self, command_id: str) -> None:
        """The answer was shown: it leaves the disk (K13)."""
        self._doing.acknowledge(command_id)

    def end_session(self) -> None:
        """The member has gone: every answer leaves the disk, and those still to come are not kept (K13)."""
        self._doing.end_session()

    def wake(self) -> None:
        """Fetch what is new, now; does not wait."""
        self._queue.put(steps.Woken())

    def report(self, on_glass: OnGlass | None = None, *, reader: str | None = None) -> None:
        """Say what is on the glass, and how the card reader is; a new picture is told to the server at once (L7)."""
        doing = self._doing
        changed = on_glass is not None and (doing.on_glass is None or doing.on_glass.what != on_glass.what)
        changed = changed or (reader is not None and reader != doing.reader)
        doing.on_glass = on_glass or doing.on_glass
        doing.reader = doing.reader if reader is None else reader
        if changed:
            self._queue.put(steps.PictureChanged())

    def showing(self, media: Collection[str]) -> None:
        """These media (SHA-256) are on the glass: they stay on the disk whatever any manifest says (L4)."""
        self._doing.on_screen = frozenset(media)

    def answer_order(self, order_id: str, *, done: bool, detail: str = "", picture: bytes = b"") -> None:
        """Say what became of an `OrderCame` (C9); staff see it in the console.

        Args:
            order_id: of the order.
            done: whether it was carried out.
            detail: why not, as the console's words name it (`console.devices.reason.*`); never personal data.
            picture: of the screen, JPEG or PNG of at most 1 MiB, when the order asked for one; it goes before the answer.
        """
        if picture:
            self._doing.shots.keep(order_id, picture)
        self._queue.put(steps.OrderDone(order_id, "done" if done else "refused", detail))

    def wipe(self) -> None:
        """Take what is mirrored off the disk, by order of the club; the device is filled anew as long as it is enrolled (X2)."""
        self._queue.put(steps.WipeAsked())

    def note_contact(self, ok: bool) -> None:
        """A call of the program's own reached the server or did not; the client says so by itself once started."""
        if ok:
            self._last_contact = self._clock.now()
        if threading.current_thread() not in (self._thread, self._stream.thread, *self._downloads.threads):
            self._queue.put(steps.Contact(ok))

    def close(self) -> None:
        """End all threads promptly; unsettled commands wait on the disk. The store stays open."""
        self._closing.set()
        self._doing.urgent.set()
        self._stream.close()
        self._downloads.close()
        self._queue.put(None)
        for thread in (self._thread, self._stream.thread, *self._downloads.threads):
            # A thread inside a call that hangs ends with the program: it is a daemon, and the disk is safe at any moment.
            if thread.is_alive():
                thread.join(_JOIN_S)

    # -- the loop -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        state = self._restored()
        if state is None:
            return
        self._stream.start()
        self._downloads.start()
        self._queue.put(self._window())
        self._timers[_KEY] = self._clock.monotonic() + SOON_S
        event: steps.Input | None = steps.Started()
        while event is not None and not self._closing.is_set():
            state, effects = engine.step(state, event)
            self._may_ask = state.enrolled and state.online is True
            for effect in effects:
                result = self._do(effect)
                if result is not None:
                    # Behind what came in meanwhile: a command submitted during a call is seen before the next one.
                    self._queue.put(result)
            event = self._next()

    def _restored(self) -> State | None:
        """Where the last run stopped; what is playing from disk is told of first. None: closed before the store could be read."""
        told = False
        while not self._closing.is_set():
            state, playing = self._read_store()
            if playing is not None and not told:
                self._tell(events.ManifestReady(playing.manifest, playing.manifest.revision))
                told = True
            if state is not None:
                return state
            self._closing.wait(self._between(*_READ_AGAIN_S))
        return None

    def _read_store(self) -> tuple[State | None, Kept | None]:
        try:
            return self._doing.restored()
        except Exception as error:  # noqa: BLE001  # whatever the disk holds, the boards on it are played
            unforeseen("reading the store", error)
        try:
            return None, self._doing.to_play()
        except Exception as error:  # noqa: BLE001  # as above
            unforeseen("reading the manifests", error)
            return None, None

    def _next(self) -> steps.Input | None:
        while True:
            name = min(self._timers, key=self._timers.__getitem__, default=None)
            wait = None if name is None else self._timers[name] - self._clock.monotonic()
            if name is not None and wait is not None and wait <= 0:
                del self._timers[name]
                if name == _KEY:
                    self._look_at_key()
                    continue
                return self._window() if name == _WINDOW else steps.TimedOut(name)
            try:
                return self._queue.get(timeout=wait)
            except queue.Empty:
                continue

    def _look_at_key(self) -> None:
        """Renew the device's key when it is due, on this thread, between two pieces of work."""
        again_s = SOON_S
        try:
            again_s = self._doing.keys.look(may_ask=self._may_ask)
        except (OSError, sqlite3.Error, errors.SyncError, club_errors.ClubError) as error:
            _log.warning("the device's key was not renewed: %s; tried again", type(error).__name__)
        except Exception as error:  # noqa: BLE001  # the sync goes on with the key it has
            unforeseen("renewing the key", error)
        self._timers[_KEY] = self._clock.monotonic() + again_s

    def _window(self) -> steps.Input:
        """Whether the download window is open; asks itself again when that changes. Open as long as it cannot be told."""
        try:
            is_open, changes_in_s = self._doing.window.at(self._clock.now(), self._doing.store_zone())
        except Exception as error:  # noqa: BLE001  # an unreadable store or an unknown zone must not stop the sync
            unforeseen("asking for the download window", error)
            is_open, changes_in_s = True, _ASK_AGAIN_S
        self._timers[_WINDOW] = self._clock.monotonic() + changes_in_s
        return steps.Window(is_open)

    def _do(self, effect: steps.Effect) -> steps.Input | None:
        match effect:
            case steps.StartTimer(name, low, high):
                self._timers[name] = self._clock.monotonic() + self._between(low, high)
            case steps.OpenStream():
                self._stream.open()
            case steps.Fetch(sha256):
                self._downloads.begin(sha256)
            case steps.Tell(event):
                if isinstance(event, events.Online | events.CommandSettled | events.CommandRefused):
                    self._outage(self.offline.in_contact)
                self._tell(event)
            case steps.TellOffline():
                self._outage(self.offline.lost_contact)
                self._tell(events.Offline(self._last_contact))
            case _:
                return self._doing.work(effect)
        return None

    def _tell(self, event: events.SyncEvent) -> None:
        try:
            self._post(event)
        except Exception as error:  # noqa: BLE001  # the program's fault must not stop the sync
            unforeseen("posting an event", error)

    def _outage(self, note: Callable[[], None]) -> None:
        """Note that one begins or ends; without a note nothing is handed out, which is the safe side."""
        try:
            note()
        except sqlite3.Error as error:
            _log.warning("the outage could not be noted: %s; nothing is handed out offline", type(error).__name__)

    def _keep_clock(self, note: str) -> None:
        try:
            self._store.note("clock", note)
        except sqlite3.Error as error:
            _log.warning("the clock's correction could not be kept: %s", type(error).__name__)

"""The one thread that does what the sync engine decides."""

import importlib.metadata
import logging
import queue
import random
import sqlite3
import threading
import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from club.model import errors as club_errors
from club.model.clock import Clock
from club.sync import engine, errors, events, faults, steps
from club.sync.client import ApiClient
from club.sync.manifest_store import Kept, ManifestStore
from club.sync.media import MediaCache
from club.sync.mirror import Mirror
from club.sync.outbox import Outbox
from club.sync.store import DeviceStore
from club.sync.stream import StreamReader
from club.wire import codec
from club.wire.devices import AskPairing, DeviceKind, Enrol, Heartbeat, OnGlass
from club.wire.rewards import Redeem, Redeemed

_log = logging.getLogger(__name__)
_JOIN_S = 2.0


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
        between: draws a number of seconds between two; tests give their own.
    """

    def __init__(
        self,
        store: DeviceStore,
        client: ApiClient,
        clock: Clock,
        post: Callable[[events.SyncEvent], None],
        *,
        kind: DeviceKind,
        media_dir: Path,
        version: str = "",
        between: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self.mirror = Mirror(store)
        self.outbox = Outbox(store)
        self.media = MediaCache(media_dir)
        self._manifests = ManifestStore(media_dir / "manifests")
        self._client = client
        self._clock = clock
        self._post = post
        self._kind: DeviceKind = kind
        self._version = version
        self._between = between
        self._queue: queue.SimpleQueue[steps.Input | None] = queue.SimpleQueue()
        self._timers: dict[str, float] = {}
        self._complaints: dict[str, str] = {}  # by the work's name, what was last written down about it
        self._urgent = threading.Event()  # a command waits: a download makes room
        self._closing = False
        self._attended: set[str] = set()  # commands whose member still stands there
        self._playing: Kept | None = None
        self._staged: Kept | None = None
        self._on_glass: OnGlass | None = None
        self._reader = ""
        self._last_contact = self.mirror.as_of()
        self._stream = StreamReader(client, self._queue.put)
        self._thread = threading.Thread(target=self._run, name="sync-worker", daemon=True)

    # -- what programs call ---------------------------------------------------------------------------------------

    @property
    def last_contact(self) -> datetime | None:
        """When the server was last heard (any answer, or the stream's heartbeat); None: never."""
        return self._last_contact

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
        request = self._client.prepare(command)
        hold = command.unit_points * command.quantity if hold_points is None else hold_points
        self.outbox.add(command, request, member_id=member_id, hold_points=hold, made_at=self._clock.now())
        self._attended.add(command.command_id)
        self._urgent.set()
        self._queue.put(steps.Submitted(command.command_id))

    def acknowledge(self, command_id: str) -> None:
        """The answer was shown: it leaves the disk (K13)."""
        self._attended.discard(command_id)
        self.outbox.acknowledge(command_id)

    def end_session(self) -> None:
        """The member has gone: every answer leaves the disk, and those still to come are not kept (K13)."""
        self._attended.clear()
        self.outbox.forget_answered()

    def wake(self) -> None:
        """Fetch what is new, now; does not wait."""
        self._queue.put(steps.Woken())

    def report(self, on_glass: OnGlass | None = None, *, reader: str | None = None) -> None:
        """Say what is on the glass, and how the card reader is; a new picture is told to the server at once (L7)."""
        changed = on_glass is not None and (self._on_glass is None or self._on_glass.what != on_glass.what)
        changed = changed or (reader is not None and reader != self._reader)
        self._on_glass = on_glass or self._on_glass
        self._reader = self._reader if reader is None else reader
        if changed:
            self._queue.put(steps.PictureChanged())

    def note_contact(self, ok: bool) -> None:
        """A call of the program's own reached the server or did not; the client says so by itself once started."""
        if ok:
            self._last_contact = self._clock.now()
        if threading.current_thread() not in (self._thread, self._stream.thread):
            self._queue.put(steps.Contact(ok))

    def close(self) -> None:
        """End both threads promptly; unsettled commands wait on the disk. The store stays open."""
        self._closing = True
        self._urgent.set()
        self._stream.close()
        self._queue.put(None)
        for thread in (self._thread, self._stream.thread):
            # A thread inside a call that hangs ends with the program: it is a daemon, and the disk is safe at any moment.
            if thread.is_alive():
                thread.join(_JOIN_S)

    # -- the loop -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        state = self._restored()
        self._stream.start()
        event: steps.Input | None = steps.Started()
        while event is not None and not self._closing:
            state, effects = engine.step(state, event)
            for effect in effects:
                result = self._do(effect)
                if result is not None:
                    # Behind what came in meanwhile: a command submitted during a download is seen before the next one.
                    self._queue.put(result)
            event = self._next()

    def _restored(self) -> engine.State:
        """Where the last run stopped. Its answers are nobody's any more, its unsettled commands go on."""
        self.outbox.forget_answered()
        enrolled = self.mirror.enrolled()
        kept = self._manifests.load()
        whole = [one for one in kept if not self.media.missing(one.manifest.media)]
        playing = next(iter(whole or kept), None)
        if playing is not None:
            self._playing = playing if playing in whole else None
            self._tell(events.ManifestReady(playing.manifest, playing.manifest.revision))
        return engine.State(
            kind=self._kind,
            enrolled=enrolled is not None,
            place=enrolled.place if enrolled else "",
            epoch=self.mirror.epoch(),
            places=self.mirror.places(),
            revision=self._playing.manifest.revision if self._playing else 0,
            commands=tuple(command.command_id for command in self.outbox.pending()),
        )

    def _next(self) -> steps.Input | None:
        while True:
            name = min(self._timers, key=self._timers.__getitem__, default=None)
            wait = None if name is None else self._timers[name] - self._clock.monotonic()
            if name is not None and wait is not None and wait <= 0:
                del self._timers[name]
                return steps.TimedOut(name)
            try:
                return self._queue.get(timeout=wait)
            except queue.Empty:
                continue

    def _do(self, effect: steps.Effect) -> steps.Input | None:
        match effect:
            case steps.StartTimer(name, low, high):
                self._timers[name] = self._clock.monotonic() + self._between(low, high)
            case steps.OpenStream():
                self._stream.open()
            case steps.Tell(event):
                self._tell(event)
            case steps.TellOffline():
                self._tell(events.Offline(self._last_contact))
            case steps.Wipe():
                self.mirror.wipe()
            case _:
                return self._work(effect)
        return None

    def _tell(self, event: events.SyncEvent) -> None:
        try:
            self._post(event)
        except Exception as error:  # noqa: BLE001  # the program's fault must not stop the sync
            _unforeseen("posting an event", error)

    def _work(self, work: steps.Work) -> steps.Input:
        """Do it; whatever happens is one input."""
        try:
            done = self._call(work) if isinstance(work, steps.Call) else self._on_disk(work)
            self._works_again(work)
            return done
        except errors.ServerConfused as error:
            self._complain(work, str(error))
            return steps.Failed(steps.Fault.CONFUSED)
        except errors.ServerUnreachable:
            return steps.Failed(steps.Fault.UNREACHABLE)
        except errors.MediaWrong as error:
            self._complain(work, str(error))
            return steps.Failed(steps.Fault.CONFUSED)
        except club_errors.ClubError as error:
            self._complain(work, f"the server says {error.code}")
            return steps.Failed(_fault_of(error), error)
        except (sqlite3.Error, OSError) as error:
            self._complain(
                work, f"the device's storage failed: {_reason(error)}; free the disk, or mend the folder's rights"
            )
            return steps.Failed(steps.Fault.DISK)
        except Exception as error:  # noqa: BLE001  # the thread must outlive a bug, and the engine must hear of it
            _unforeseen(_named(work), error)
            return steps.Failed(steps.Fault.CONFUSED)

    def _complain(self, work: steps.Work, what: str) -> None:
        """Write a fault down once, however often it is met again before it is gone."""
        name = _named(work)
        if self._complaints.get(name) != what:
            self._complaints[name] = what
            _log.warning("%s: %s", name, what)

    def _works_again(self, work: steps.Work) -> None:
        if self._complaints.pop(_named(work), None) is not None:
            _log.info("%s: works again", _named(work))

    def _call(self, call: steps.Call) -> steps.Input:
        match call.job:
            case "command":
                return self._send(call.key)
            case "enrol":
                enrolled = self._client.enrol(
                    Enrol(
                        code=call.key,
                        device_id=self._client.identity.device_id,
                        kind=self._kind,
                        public_key=self._client.identity.public_key,
                        version=self._running_version(),
                    )
                )
                self.mirror.keep_enrolled(enrolled)
                return steps.Known(enrolled)
            case "pairing":
                asking = AskPairing(
                    device_id=self._client.identity.device_id,
                    kind=self._kind,
                    public_key=self._client.identity.public_key,
                    version=self._running_version(),
                )
                return steps.PairingCame(self._client.ask_pairing(asking))
            case "self":
                enrolled = self._client.myself()
                self.mirror.keep_enrolled(enrolled)
                return steps.Known(enrolled)
            case "sync":
                return steps.ChangesCame(self._client.sync(self.mirror.epoch(), self.mirror.places()))
            case "snapshot":
                return steps.SnapshotCame(self._client.snapshot())
            case "manifest":
                return self._fetch_manifest()
            case "media":
                return self._fetch_media(call.key)
            case "heartbeat":
                self._client.heartbeat(self._heartbeat())
                return steps.Beaten()
            case _:
                raise AssertionError(call.job)

    def _on_disk(self, work: steps.Apply | steps.Replace | steps.Settle | steps.Refuse | steps.Flip) -> steps.Input:
        match work:
            case steps.Apply(changes, epoch, places, at):
                return steps.Applied(epoch, places, self.mirror.apply(changes, epoch=epoch, places=places, at=at))
            case steps.Replace(shot):
                kinds = self.mirror.replace(shot.rows, epoch=shot.epoch, places=shot.cursors, at=shot.now)
                return steps.Applied(shot.epoch, shot.cursors, kinds)
            case steps.Settle(command_id, body):
                self.outbox.settle(command_id, body)
                self._drop_unattended(command_id)
                return steps.Closed(command_id)
            case steps.Refuse(command_id, error):
                self.outbox.refuse(command_id, error)
                self._drop_unattended(command_id)
                return steps.Closed(command_id)
            case steps.Flip():
                staged = self._staged
                if staged is None:
                    raise AssertionError("a flip without a staged manifest")
                self._manifests.flip(staged)
                self._playing, self._staged = staged, None
                self.media.sweep(self._manifests.referred())
                return steps.Flipped(staged.manifest)

    # -- single calls ---------------------------------------------------------------------------------------------

    def _send(self, command_id: str) -> steps.Input:
        self._urgent.clear()
        request = self.outbox.take(command_id)
        if request is None:
            return steps.CommandGone(command_id)
        faults.reach("outbox.before-send")
        _log.info("command %s on its way", command_id)
        try:
            try:
                body = self._client.send(request)
            except club_errors.ClockSkew:
                # The clock was wrong when it was signed and is right now: same body, same key, new signature.
                command = self.outbox.command(command_id)
                if command is None:
                    return steps.CommandGone(command_id)
                request = self._client.prepare(command)
                self.outbox.resign(command_id, request.headers)
                body = self._client.send(request)
        except (club_errors.Refusal, club_errors.Malformed, club_errors.NotFound) as error:
            return steps.CommandRejected(command_id, error)
        faults.reach("outbox.after-answer")
        return steps.CommandAnswered(command_id, body, codec.decode(body, Redeemed))

    def _drop_unattended(self, command_id: str) -> None:
        if command_id not in self._attended:
            self.outbox.acknowledge(command_id)

    def _fetch_manifest(self) -> steps.Input:
        newest = self._staged or self._playing
        answer = self._client.manifest(newest.etag if newest else "")
        if answer is not None:
            try:
                staged = self._manifests.stage(answer.body, answer.etag)
            except club_errors.Malformed as error:
                raise errors.ServerConfused("expected a manifest, found something this version cannot read") from error
            same = self._playing is not None and staged.key == self._playing.key
            self._staged = None if same else staged
        if self._staged is None:
            return steps.ManifestCame()
        # Told again when it is still the staged one: an earlier telling may have been lost with what failed then.
        manifest = self._staged.manifest
        missing = tuple(picture.sha256 for picture in self.media.missing(manifest.media))
        return steps.ManifestCame(self._staged.key, manifest.revision, missing, len(manifest.media))

    def _fetch_media(self, sha256: str) -> steps.Input:
        pictures = self._staged.manifest.media if self._staged else ()
        picture = next((one for one in pictures if one.sha256 == sha256), None)
        if picture is None or self.media.fetch(self._client, picture, self._urgent.is_set):
            return steps.MediaCame(sha256)
        return steps.MediaPaused(sha256)

    def _heartbeat(self) -> Heartbeat:
        return Heartbeat(
            version=self._running_version(),
            at=self._clock.now(),
            on_glass=self._on_glass,
            manifest_revision=self._playing.manifest.revision if self._playing else 0,
            outbox=len(self.outbox.pending()),
            reader=self._reader,
        )

    def _running_version(self) -> str:
        if not self._version:
            try:
                self._version = importlib.metadata.version("xingzhou-club")
            except importlib.metadata.PackageNotFoundError:
                self._version = "unknown"
        return self._version


def _fault_of(error: club_errors.ClubError) -> steps.Fault:
    match error:
        case club_errors.DeviceRevoked():
            return steps.Fault.REVOKED
        case club_errors.DeviceUnknown():
            return steps.Fault.UNKNOWN
        case club_errors.NotFound():
            return steps.Fault.NOT_FOUND
        case club_errors.Unavailable() | club_errors.ClockSkew():
            return steps.Fault.CONFUSED
        case _:
            return steps.Fault.REFUSED


def _reason(error: sqlite3.Error | OSError) -> str:
    """Why a disk failed: SQLite's and the system's own words, which hold no values."""
    return (
        str(error)
        if isinstance(error, sqlite3.OperationalError)
        else getattr(error, "strerror", "") or type(error).__name__
    )


def _named(work: steps.Work) -> str:
    return work.job if isinstance(work, steps.Call) else type(work).__name__.lower()


def _unforeseen(doing: str, error: Exception) -> None:
    """Log a bug without its message, which may carry a member's data."""
    _log.error("%s: unforeseen %s\n%s", doing, type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))

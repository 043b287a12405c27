"""Does what the sync engine decides, one piece of work at a time, on the caller's thread; whatever happens is one input."""

import importlib.metadata
import logging
import sqlite3
import threading
import traceback
from pathlib import Path

from club.model import errors as club_errors
from club.model.board import Manifest, Picture
from club.model.clock import Clock
from club.model.ids import new_id
from club.sync import engine, errors, faults, machine, steps
from club.sync.client import ApiClient
from club.sync.device_seal import DeviceSeal
from club.sync.key_renewal import KeyRenewal
from club.sync.manifest_store import Kept, ManifestStore
from club.sync.media import MediaCache, Quota
from club.sync.mirror import Mirror
from club.sync.outbox import Command, Outbox
from club.sync.shots import Shots
from club.sync.store import DeviceStore
from club.sync.window import DownloadWindow
from club.wire import codec
from club.wire.devices import AskPairing, CommandAnswer, DeviceKind, Enrol, Heartbeat, OnGlass
from club.wire.offline import OfflineSettled
from club.wire.rewards import Redeem, Redeemed

_log = logging.getLogger(__name__)


class Doing:
    """The hands of the sync: mirror, outbox, manifests, media and the calls. `work` is for one thread, `fetch` for any.

    Args:
        store: the device's database.
        client: the central API.
        clock: the program's clock.
        kind: what this device is.
        media_dir: where manifests and media lie.
        version: the program's version; empty takes the installed one.
        quota: how much of the disk media may take.
        window: when bulky media are fetched.
    """

    def __init__(
        self,
        store: DeviceStore,
        client: ApiClient,
        clock: Clock,
        *,
        kind: DeviceKind,
        media_dir: Path,
        version: str = "",
        quota: Quota | None = None,
        window: DownloadWindow | None = None,
    ) -> None:
        seal = DeviceSeal(store.path.with_name(store.path.name + ".key"), client.identity)
        self._store = store
        self.mirror = Mirror(store, seal)
        self.outbox = Outbox(store)
        self.keys = KeyRenewal(client, seal, is_quiet=self._owes_nothing)
        self.media = MediaCache(media_dir, quota=quota)
        self.shots = Shots()
        self.window = window or DownloadWindow()
        self.urgent = threading.Event()  # a command waits: downloads make room
        self.attended: set[str] = set()  # commands whose member still stands there
        self.on_glass: OnGlass | None = None
        self.on_screen: frozenset[str] = frozenset()  # media that are being shown
        self.reader = ""
        self.playing: Kept | None = None
        self._staged: Kept | None = None
        self._manifests = ManifestStore(media_dir / "manifests")
        self._client = client
        self._clock = clock
        self._kind: DeviceKind = kind
        self._version = version
        self._run = new_id()
        self._folder = store.path.parent
        self._complaints: dict[str, str] = {}  # by the work's name, what was last written down about it

    def _owes_nothing(self) -> bool:
        """Whether nothing that the key in use signed is still on its way, commands or vouchers of an outage."""
        return not self.outbox.pending() and not self._store.noted("outage")

    def to_play(self) -> Kept | None:
        """The manifest to play: the newest whose media are all here, else the newest. Needs no database."""
        kept = self._manifests.load()
        whole = [one for one in kept if not self.media.missing(one.manifest.media)]
        playing = next(iter(whole or kept), None)
        self.playing = playing if playing in whole else None
        return playing

    def restored(self) -> tuple[engine.State, Kept | None]:
        """Where the last run stopped, and what to play. Its answers are nobody's any more, its unsettled commands go on.

        Raises:
            sqlite3.Error: the database cannot be read; `to_play` works all the same.
        """
        try:
            self.outbox.forget_answered()
        except sqlite3.Error as error:  # a full or read-only disk: what stands on it can still be read, and played
            self._complain("restored", f"old answers stay on the disk: {_reason(error)}; free it, or mend its rights")
        try:
            enrolled = self.mirror.enrolled()
        except club_errors.Malformed:  # the server still knows this device by its key, and tells it anew
            self._complain("restored", "what the club said of this device cannot be read; it is asked for again")
            enrolled = None
        playing = self.to_play()
        pending = self.outbox.pending()
        state = engine.State(
            kind=self._kind,
            enrolled=enrolled is not None,
            place=enrolled.place if enrolled else "",
            epoch=self.mirror.epoch(),
            places=self.mirror.places(),
            revision=self.playing.manifest.revision if self.playing else 0,
            commands=tuple(command.command_id for command in pending),
            lanes={command.command_id: command.member_id for command in pending if command.member_id},
        )
        return state, playing

    # -- commands, from any thread --------------------------------------------------------------------------------

    def submit(self, command: Command, *, member_id: str = "", hold_points: int | None = None) -> steps.Input:
        """Write a command and its hold down, durable when this returns (`SyncWorker.submit`)."""
        request = self._client.prepare(command)
        pieces = command.quantity if isinstance(command, Redeem) else 1
        hold = command.unit_points * pieces if hold_points is None else hold_points
        self.outbox.add(command, request, member_id=member_id, hold_points=hold, made_at=self._clock.now())
        self.attended.add(command.command_id)
        self.urgent.set()
        return steps.Submitted(command.command_id, member_id)

    def acknowledge(self, command_id: str) -> None:
        """The answer was shown: it leaves the disk (K13)."""
        self.attended.discard(command_id)
        self.outbox.acknowledge(command_id)

    def end_session(self) -> None:
        """The member has gone: every answer leaves the disk, and those still to come are not kept (K13)."""
        self.attended.clear()
        self.outbox.forget_answered()

    # -- what the engine decides ----------------------------------------------------------------------------------

    def work(self, work: steps.Work) -> steps.Input:
        """Do it; whatever happens is one input."""
        name = work.job if isinstance(work, steps.Call) else type(work).__name__.lower()
        try:
            done = self._call(work) if isinstance(work, steps.Call) else self._on_disk(work)
        except Exception as error:  # noqa: BLE001  # the thread must outlive a bug, and the engine must hear of it
            fault = self._fault(name, error)
            return steps.Failed(fault, error if isinstance(error, club_errors.ClubError) else None)
        self._works_again(name)
        return done

    def fetch(self, sha256: str) -> steps.Input:
        """Get a medium of the staged manifest; whatever happens is one input."""
        name = f"media {sha256[:12]}"
        try:
            picture = self._wanted(sha256)
            whole = picture is None or self.media.fetch(self._client, picture, self.urgent.is_set, keep=self.kept())
        except Exception as error:  # noqa: BLE001  # as above
            return steps.MediaFailed(sha256, self._fault(name, error))
        self._works_again(name)
        return steps.MediaCame(sha256) if whole else steps.MediaPaused(sha256)

    def kept(self) -> frozenset[str]:
        """The SHA-256 of every medium that must stay: on the glass, playing, played before, or next."""
        staged = self._staged
        return self._manifests.referred((staged,) if staged else ()) | self.on_screen

    def store_zone(self) -> str:
        """The store's IANA zone; UTC as long as no store is known."""
        profile = self.mirror.store_profile()
        return profile.time_zone if profile else "UTC"

    # -- what went wrong ------------------------------------------------------------------------------------------

    def _fault(self, name: str, error: Exception) -> steps.Fault:
        match error:
            case errors.ServerConfused() | errors.MediaWrong():
                self._complain(name, str(error))
                return steps.Fault.CONFUSED
            case errors.ServerUnreachable():
                return steps.Fault.UNREACHABLE
            case club_errors.ClubError():
                self._complain(name, f"the server says {error.code}")
                return _fault_of(error)
            case sqlite3.Error() | OSError():
                reason = _reason(error)
                self._complain(
                    name, f"the device's storage failed: {reason}; free the disk, or mend the folder's rights"
                )
                return steps.Fault.DISK
            case _:
                unforeseen(name, error)
                return steps.Fault.CONFUSED

    def _complain(self, name: str, what: str) -> None:
        """Write a fault down once, however often it is met again before it is gone."""
        if self._complaints.get(name) != what:
            self._complaints[name] = what
            _log.warning("%s: %s", name, what)

    def _works_again(self, name: str) -> None:
        if self._complaints.pop(name, None) is not None:
            _log.info("%s: works again", name)

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
                return steps.Known(enrolled, self.mirror.keep_enrolled(enrolled))
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
                return steps.Known(enrolled, self.mirror.keep_enrolled(enrolled))
            case "sync":
                return steps.ChangesCame(self._client.sync(self.mirror.epoch(), self.mirror.places()))
            case "snapshot":
                return steps.SnapshotCame(self._client.snapshot())
            case "manifest":
                return self._fetch_manifest()
            case "heartbeat":
                return steps.Beaten(self._client.heartbeat(self._heartbeat()).commands)
            case "orders":
                return steps.OrdersCame(self._client.orders())
            case "order-answer":
                return self._answer_order(call.key, call.note)
            case _:
                raise AssertionError(call.job)

    def _on_disk(
        self, work: steps.Apply | steps.Replace | steps.Settle | steps.Refuse | steps.Flip | steps.Wipe
    ) -> steps.Input:
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
            case steps.Flip(key):
                staged = self._staged
                if staged is None or staged.key != key:
                    raise AssertionError("a flip to another manifest than the staged one")
                self._manifests.flip(staged)
                self.playing, self._staged = staged, None
                self.media.sweep(self.kept())
                return steps.Flipped(staged.manifest)
            case steps.Wipe():
                self.mirror.wipe()
                return steps.Wiped()

    # -- single calls ---------------------------------------------------------------------------------------------

    def _send(self, command_id: str) -> steps.Input:
        self.urgent.clear()
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
            except club_errors.SignatureWrong:
                # It was signed with a key that has ended since, while it waited here.
                again = self._client.signed_again(request)
                if again is None:
                    raise
                request = again
                self.outbox.resign(command_id, request.headers)
                body = self._client.send(request)
        except (club_errors.Refusal, club_errors.Malformed, club_errors.NotFound) as error:
            return steps.CommandRejected(command_id, error)
        faults.reach("outbox.after-answer")
        if request.target == "/v1/redemptions":
            return steps.CommandAnswered(command_id, body, codec.decode(body, Redeemed))
        return steps.CommandAnswered(command_id, body, codec.decode(body, OfflineSettled))

    def _answer_order(self, order_id: str, note: str) -> steps.Input:
        """Bring the picture that an order asked for, then say how it ended."""
        state, _, detail = note.partition(":")
        if not self.shots.brought(order_id, self._client.bring_shot):
            state, detail = "refused", "picture-not-taken"
        answer = CommandAnswer(state="done" if state == "done" else "refused", detail=detail)
        ended = self._client.answer_order(order_id, answer).state
        self.shots.forget(order_id)
        return steps.OrderAnswered(order_id, ended)

    def _drop_unattended(self, command_id: str) -> None:
        if command_id not in self.attended:
            self.outbox.acknowledge(command_id)

    def _fetch_manifest(self) -> steps.Input:
        newest = self._staged or self.playing
        answer = self._client.manifest(newest.etag if newest else "")
        if answer is not None:
            try:
                staged = self._manifests.stage(answer.body, answer.etag)
            except club_errors.Malformed as error:
                raise errors.ServerConfused("expected a manifest, found something this version cannot read") from error
            same = self.playing is not None and staged.key == self.playing.key
            self._staged = None if same else staged
        if self._staged is None:
            return steps.ManifestCame()
        # Told again when it is still the staged one: an earlier telling may have been lost with what failed then.
        manifest = self._staged.manifest
        missing = self.media.missing(manifest.media)
        return steps.ManifestCame(
            self._staged.key,
            manifest.revision,
            tuple(picture.sha256 for picture in missing),
            len(manifest.media),
            self._bulky(manifest, missing),
        )

    def _bulky(self, manifest: Manifest, missing: tuple[Picture, ...]) -> frozenset[str]:
        """What waits for the window: nothing, when a notice stands in the manifest, for that cannot wait."""
        if self.window.is_always_open or manifest.notices:
            return frozenset()
        return frozenset(picture.sha256 for picture in missing if picture.size > self.window.anytime_bytes)

    def _wanted(self, sha256: str) -> Picture | None:
        pictures = self._staged.manifest.media if self._staged else ()
        return next((one for one in pictures if one.sha256 == sha256), None)

    def _heartbeat(self) -> Heartbeat:
        return Heartbeat(
            version=self._running_version(),
            at=self._clock.now(),
            on_glass=self.on_glass,
            manifest_revision=self.playing.manifest.revision if self.playing else 0,
            outbox=len(self.outbox.pending()),
            reader=self.reader,
            run=self._run,
            sync="current" if self.mirror.epoch() else "snapshot",
            health=machine.health(self._folder, self._clock),
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


def unforeseen(doing: str, error: Exception) -> None:
    """Log a bug without its message, which may carry a member's data."""
    _log.error("%s: unforeseen %s\n%s", doing, type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))

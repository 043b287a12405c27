"""A whole device and a whole server in one value each, with faults drawn by the test: what the engine is tried against.

The server is an honest small model: it carries a command out once for each id, numbers its rows densely and keeps its
manifests. The device's disk is what survives a crash; the engine's state does not.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from club.model import errors
from club.model.board import Manifest
from club.sync import engine, events, steps
from club.wire import codec
from club.wire.changes import Change, Snapshot, SnapshotRow, SyncAnswer
from tests.club.sync import makers

FEED = "store-east"
PAGE = 3


@dataclass
class Server:
    """The central API as far as the engine can tell."""

    epoch: int = 1
    log: list[Change] = field(default_factory=list)
    entities: dict[str, bytes] = field(default_factory=dict)
    carried_out: Counter[str] = field(default_factory=Counter)
    refuses: frozenset[str] = frozenset()
    revision: int = 1
    media: tuple[str, ...] = ("m1",)

    def change(self, entity_id: str, points: int) -> int:
        value = makers.a_reward(entity_id, points=points)
        self.log.append(makers.a_change(FEED, len(self.log) + 1, "reward", entity_id, value))
        self.entities[entity_id] = codec.encode(value)
        return len(self.log)

    def restore(self) -> None:
        """A backup was put back: another epoch, another history."""
        self.epoch += 1
        self.log = self.log[: len(self.log) // 2]
        self.entities = {row.entity_id: bytes(row.payload) for row in self.log}

    def redeem(self, command_id: str) -> steps.Input:
        if command_id in self.refuses:
            return steps.CommandRejected(command_id, errors.OutOfStock(reward="car-wash"))
        if not self.carried_out[command_id]:
            self.carried_out[command_id] += 1
        answer = makers.a_redeemed(command_id)
        return steps.CommandAnswered(command_id, codec.encode(answer), answer)

    def sync(self, epoch: str, places: dict[str, int]) -> SyncAnswer:
        now, head = makers.NOW, {FEED: len(self.log)}
        if epoch != str(self.epoch) or FEED not in places or places[FEED] > len(self.log):
            return SyncAnswer(epoch=str(self.epoch), now=now, cursors=head, snapshot_needed=True)
        rows = tuple(self.log[places[FEED] : places[FEED] + PAGE])
        reached = places[FEED] + len(rows)
        return SyncAnswer(
            epoch=str(self.epoch), now=now, cursors={FEED: reached}, changes=rows, more=reached < len(self.log)
        )

    def snapshot(self) -> Snapshot:
        rows = tuple(
            SnapshotRow(feed=FEED, entity="reward", entity_id=name, payload=msgspec.Raw(payload))
            for name, payload in sorted(self.entities.items())
        )
        return Snapshot(epoch=str(self.epoch), now=makers.NOW, cursors={FEED: len(self.log)}, rows=rows)


@dataclass
class Disk:
    """What survives a power failure."""

    epoch: str = ""
    places: dict[str, int] = field(default_factory=dict)
    entities: dict[str, bytes] = field(default_factory=dict)
    outbox: list[str] = field(default_factory=list)
    media: set[str] = field(default_factory=set)
    playing: int = 0
    staged: tuple[int, tuple[str, ...]] = (0, ())


FAULTS = ("none", "none", "lost-before", "lost-after", "confused-before", "confused-after", "disk", "crash")


class World:
    """Runs the engine against server and disk. `fault()` draws what befalls the next piece of work."""

    def __init__(self, fault: Callable[[], str]) -> None:
        self.server = Server()
        self.disk = Disk()
        self.fault = fault
        self.told: list[events.SyncEvent | str] = []
        self.timers: dict[str, tuple[float, float]] = {}
        self.inputs: deque[steps.Input] = deque()
        self.stream_open = False
        self.submitted: list[str] = []
        self.calls: list[steps.Work | steps.Fetch] = []
        self._boot()

    def _boot(self) -> None:
        self.state = engine.State(
            enrolled=True,
            place="lounge-1",
            epoch=self.disk.epoch,
            places=dict(self.disk.places),
            revision=self.disk.playing,
            commands=tuple(self.disk.outbox),
        )
        self.disk.staged = (0, ())  # what is only staged is fetched again
        self.timers.clear()
        self.inputs.clear()
        self.stream_open = False
        self.inputs.append(steps.Started())

    def submit(self, command_id: str) -> None:
        self.disk.outbox.append(command_id)  # outbox row and hold: one transaction
        self.submitted.append(command_id)
        self.inputs.append(steps.Submitted(command_id))

    def publish(self, media: tuple[str, ...], *, heard: bool, overtakes: bool = False) -> None:
        self.server.revision += 1
        self.server.media = media
        if heard:
            self._push(steps.DisplayNudged("lounge-1", self.server.revision), overtakes=overtakes)

    def change(self, entity_id: str, points: int, *, heard: bool, overtakes: bool = False) -> None:
        seq = self.server.change(entity_id, points)
        if heard:
            self._push(steps.Nudged(FEED, seq), overtakes=overtakes)

    def _push(self, nudge: steps.Input, *, overtakes: bool) -> None:
        """On an open stream; it `overtakes` an answer that was made before it and is still on its way."""
        if self.stream_open and overtakes:
            self.inputs.appendleft(nudge)
        elif self.stream_open:
            self.inputs.append(nudge)

    def take(self) -> bool:
        """Let the engine have one input; False when there is none."""
        if not self.inputs:
            return False
        state, effects = engine.step(self.state, self.inputs.popleft())
        self.state = state
        works = [effect for effect in effects if isinstance(effect, steps.Work)]
        assert len(works) <= 1
        assert (state.busy is None) or not works or works[0] == state.busy
        for effect in effects:
            if self._do(effect) == "crash":
                self._boot()
                return True
        return True

    def ring(self, *, periodic: bool = False) -> bool:
        """Ring the timer that is due first; False when none runs (the periodic ones count only when asked for)."""
        due = [name for name in self.timers if periodic or name not in ("poll", "beat")]
        if not due:
            return False
        name = min(due, key=lambda one: self.timers[one][1])
        del self.timers[name]
        self.inputs.append(steps.TimedOut(name))
        return True

    def rest(self) -> None:
        """No more faults: run until nothing is left to do but the periodic work."""
        self.fault = lambda: "none"
        for _ in range(2000):
            if not self.take() and not self.ring():
                return
        raise AssertionError(f"the engine did not come to rest: {self.state}")

    def calm_down(self) -> None:
        """No more faults: run until nothing is left to do, timers included."""
        for last in (False, False, True):
            self.rest()
            if not last:
                self.timers.pop("poll", None)
                self.inputs.append(steps.TimedOut("poll"))

    def _do(self, effect: steps.Effect) -> str:
        match effect:
            case steps.StartTimer(name, low, high):
                assert 0 <= low <= high
                self.timers[name] = (low, high)
            case steps.Tell(event):
                self.told.append(event)
            case steps.TellOffline():
                self.told.append("offline")
            case steps.OpenStream():
                self._open_stream()
            case steps.Fetch(sha256):
                self._fetch(sha256)
            case _:
                return self._work(effect)
        return ""

    def _open_stream(self) -> None:
        if self.fault() == "none":
            self.stream_open = True
            self.inputs.append(steps.StreamOpened(str(self.server.epoch), {FEED: len(self.server.log)}))
        else:
            self.inputs.append(steps.StreamClosed(steps.Fault.UNREACHABLE))

    def break_stream(self) -> None:
        if self.stream_open:
            self.stream_open = False
            self.inputs.append(steps.StreamClosed(steps.Fault.ENDED))

    def _work(self, work: steps.Work) -> str:
        self.calls.append(work)
        fault = self.fault()
        if isinstance(work, steps.Call):
            if fault in ("lost-before", "confused-before"):
                self._fail(fault)
                return ""
            result = self._call(work)
            if fault in ("lost-after", "confused-after"):
                self._fail(fault)
                return ""
        else:
            if fault == "disk":
                self.inputs.append(steps.Failed(steps.Fault.DISK))
                return ""
            result = self._on_disk(work)
        if fault == "crash":
            return "crash"
        self.inputs.append(result)
        return ""

    def _fetch(self, sha256: str) -> None:
        """A download, which no crash befalls: what it wrote is there or not, and is asked for again."""
        self.calls.append(steps.Fetch(sha256))
        match self.fault():
            case "lost-before" | "lost-after":
                self.inputs.append(steps.MediaFailed(sha256, steps.Fault.UNREACHABLE))
            case "confused-before" | "confused-after":
                self.inputs.append(steps.MediaFailed(sha256, steps.Fault.CONFUSED))
            case "disk":
                self.inputs.append(steps.MediaFailed(sha256, steps.Fault.DISK))
            case _:
                self.disk.media.add(sha256)
                self.inputs.append(steps.MediaCame(sha256))

    def _fail(self, fault: str) -> None:
        kind = steps.Fault.UNREACHABLE if fault.startswith("lost") else steps.Fault.CONFUSED
        self.inputs.append(steps.Failed(kind))

    def _call(self, call: steps.Call) -> steps.Input:
        match call.job:
            case "command":
                if call.key not in self.disk.outbox:
                    return steps.CommandGone(call.key)
                return self.server.redeem(call.key)
            case "sync":
                return steps.ChangesCame(self.server.sync(self.disk.epoch, self.disk.places))
            case "snapshot":
                return steps.SnapshotCame(self.server.snapshot())
            case "manifest":
                if self.server.revision == self.disk.playing:
                    return steps.ManifestCame()
                self.disk.staged = (self.server.revision, self.server.media)
                missing = tuple(one for one in self.server.media if one not in self.disk.media)
                return steps.ManifestCame(str(self.server.revision), self.server.revision, missing)
            case "heartbeat":
                return steps.Beaten()
            case "self":
                return steps.Known(makers.an_enrolled(place="lounge-1"))
            case _:
                raise AssertionError(call.job)

    def _on_disk(self, work: steps.Work) -> steps.Input:
        match work:
            case steps.Apply(changes, epoch, places):
                for change in changes:
                    self.disk.entities[change.entity_id] = bytes(change.payload)
                self.disk.epoch, self.disk.places = epoch, dict(places)
                return steps.Applied(epoch, places, frozenset(change.entity for change in changes))
            case steps.Replace(shot):
                self.disk.entities = {row.entity_id: bytes(row.payload) for row in shot.rows}
                self.disk.epoch, self.disk.places = shot.epoch, dict(shot.cursors)
                return steps.Applied(shot.epoch, shot.cursors, frozenset({"reward"}))
            case steps.Settle(command_id) | steps.Refuse(command_id):
                self.disk.outbox = [one for one in self.disk.outbox if one != command_id]
                return steps.Closed(command_id)
            case steps.Flip(key):
                revision, media = self.disk.staged
                assert key == str(revision)
                assert set(media) <= self.disk.media, "a half-fetched set was switched to"
                self.disk.playing = revision
                return steps.Flipped(_manifest(revision))
            case steps.Wipe():
                self.disk = Disk(outbox=self.disk.outbox, media=self.disk.media, playing=self.disk.playing)
                return steps.Wiped()
            case _:
                raise AssertionError(work)


def _manifest(revision: int) -> Manifest:
    return makers.a_manifest(revision)

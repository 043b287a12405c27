"""A device of the simulated club: the real engine, hands, store, media and client; only the threads are the world's."""

import contextlib
import shutil
import sqlite3
from collections import deque
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from club.model import errors as club_errors
from club.sync import engine, events, steps
from club.sync.client import ApiClient
from club.sync.doing import Doing
from club.sync.identity import Identity
from club.sync.offline_desk import OfflineDesk, Wish
from club.sync.steady_clock import SteadyClock
from club.wire.cards import Evidence
from club.wire.devices import DeviceKind
from club.wire.rewards import Redeem
from tests.faults.world.club import UIDS, WASH
from tests.faults.world.disk import Plug, PowerCut, SimManifestStore, SimStore
from tests.faults.world.network import Transport

if TYPE_CHECKING:
    from tests.faults.world.world import World

RESTART_S = (0.5, 8.0)


class SimDevice:
    """One kiosk or display. `take_in` is its queue, `boots` counts its lives: what belongs to an earlier one is dropped."""

    def __init__(self, world: "World", name: str, kind: DeviceKind, folder: Path) -> None:
        self.world, self.name, self.kind, self._folder = world, name, kind, folder
        self.chance: Random = world.chance
        self.plug = Plug(world.chance)
        key = Ed25519PrivateKey.from_private_bytes(world.chance.randbytes(32))
        self.identity = Identity(f"dev-{name}", key)
        self.is_on = False
        self._store: SimStore | None = None
        self.boots = 0
        self.slow_disk_s = 0.0
        self.machine_off = timedelta(0)  # how wrong the machine's own clock is
        self.drift = 1.0  # seconds its crystal counts in a second
        self.promised: dict[str, str] = {}  # commands that were durable when `submit` returned: whose
        self.doubtful: set[str] = set()  # commands whose `submit` never returned, or that a lying disk may have lost
        self._inputs: deque[steps.Input] = deque()
        self._timers: dict[str, int] = {}
        self._rung = 0
        self._is_pumping = False
        self._path = folder / "life-0" / "device.db"
        self._path.parent.mkdir(parents=True)
        self.seen_at: datetime | None = None

    # -- its life -------------------------------------------------------------------------------------------------

    def boot(self) -> None:
        """Start the program on what the disk holds."""
        self.boots += 1
        self._inputs.clear()
        self._timers.clear()
        self.seen_at = None
        try:
            self._build()
        except PowerCut:
            self.cut_off()
            return
        except (sqlite3.Error, OSError):
            # The program ends with an error and is started again: here, as by systemd.
            self.world.note("no start", self.name)
            self.store_closed()
            self.world.after(self.chance.uniform(*RESTART_S), self._boot_again(self.boots))
            return
        self.is_on = True
        self.world.note("boot", self.name, self.boots)
        self.world.check_mirror(self)
        self.take_in(steps.Started())

    def _build(self) -> None:
        self._store = None
        self._store = SimStore(self._path, self.plug)
        self.clock = SteadyClock(self._machine_time, lambda: self.world.now * self.drift)
        self.client = ApiClient("http://club.test", self.identity, self.clock)
        self.transport = Transport(self.world.network, self)
        self.client._made = self.transport  # type: ignore[assignment]
        media = self._folder / "media"
        self.doing = Doing(self._store, self.client, self.clock, kind=self.kind, media_dir=media, version="0.1.0")
        self.doing._manifests = SimManifestStore(media / "manifests", self.plug)
        self.doing.media._free = lambda _: 0 if self.plug.is_full else 10**12
        store = self._store
        self.offline = OfflineDesk(
            store,
            self.doing,
            self.client,
            self.take_in,
            new_id=self.world.new_id,
            random_below=self.chance.randrange,
            random_bytes=self.chance.randbytes,
        )
        self.client.time.remember(
            store.noted("clock"), lambda note: self._keep_clock(store, note), lambda: not self.doing.attended
        )
        self.state, playing = self.doing.restored()
        if playing is not None:
            self._told(events.ManifestReady(playing.manifest, playing.manifest.revision))

    def _keep_clock(self, store: SimStore, note: str) -> None:
        with contextlib.suppress(sqlite3.Error):
            store.note("clock", note)

    def _machine_time(self) -> datetime:
        return datetime(2026, 5, 16, 6, 32, tzinfo=UTC) + timedelta(seconds=self.world.now) + self.machine_off

    def kill(self) -> None:
        """The power goes, or the program dies, now: between two steps."""
        if self.is_on:
            self.cut_off()

    def cut_off(self) -> None:
        """This life ends; the next begins on what the disk kept."""
        self.is_on = False
        self.world.note("power cut", self.name, self.plug.cut_at)
        for part in self._folder.glob("media/??/*.part"):
            # What was not flushed may be there in part.
            with part.open("r+b") as file:
                file.truncate(self.chance.randint(0, part.stat().st_size))
        if self._store is not None:
            lost = self._path.parent
            self._path = self._store.survives(self._folder / f"life-{self.boots}")
            self.store_closed()
            shutil.rmtree(lost)
        self.world.network_lost(self)
        self.world.after(self.chance.uniform(*RESTART_S), self._boot_again(self.boots))

    def store_closed(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _boot_again(self, boots: int) -> "_Again":
        return _Again(self, boots)

    # -- its queue ------------------------------------------------------------------------------------------------

    def take_in(self, event: steps.Input) -> None:
        self._inputs.append(event)
        self._pump_soon()

    def later(self, seconds: float, event: steps.Input) -> None:
        """`event` comes after so many seconds, if this life lasts."""
        boots = self.boots

        def come() -> None:
            if self.is_on and boots == self.boots:
                self.take_in(event)

        self.world.after(seconds, come)

    def _pump_soon(self) -> None:
        if not self._is_pumping:
            self._is_pumping = True
            self.world.after(0.0005, self._pump)

    def _pump(self) -> None:
        self._is_pumping = False
        if not self.is_on or not self._inputs:
            return
        event = self._inputs.popleft()
        self.state, effects = engine.step(self.state, event)
        self.world.stepped(self, event)
        try:
            for effect in effects:
                if self.chance.random() < self.plug.cuts / 10:
                    raise PowerCut
                self._do(effect)
        except PowerCut:
            self.cut_off()
            return
        if self._inputs:
            self._pump_soon()

    def _do(self, effect: steps.Effect) -> None:
        match effect:
            case steps.StartTimer(name, low, high):
                self._start_timer(name, self.chance.uniform(low, high))
            case steps.OpenStream():
                self.world.network.open_stream(self)
            case steps.Tell(event):
                if isinstance(event, events.Online | events.CommandSettled | events.CommandRefused):
                    with contextlib.suppress(sqlite3.Error):
                        self.offline.in_contact()
                self._told(event)
            case steps.TellOffline():
                self.world.note("offline", self.name)
                with contextlib.suppress(sqlite3.Error):
                    self.offline.lost_contact()
            case steps.Fetch(sha256):
                self._later_than_call(self.doing.fetch(sha256))
            case _:
                self._later_than_call(self.doing.work(effect))

    def _later_than_call(self, result: steps.Input) -> None:
        took_s, self.transport.took_s = self.transport.took_s, 0.0
        self.later(took_s + self.chance.uniform(0.0, self.slow_disk_s) + 0.001, result)

    def _start_timer(self, name: str, seconds: float) -> None:
        self._rung += 1
        number, boots = self._rung, self.boots
        self._timers[name] = number

        def ring() -> None:
            if self.is_on and boots == self.boots and self._timers.get(name) == number:
                del self._timers[name]
                self.take_in(steps.TimedOut(name))

        self.world.after(seconds / self.drift, ring)

    def _told(self, event: events.SyncEvent) -> None:
        self.world.told(self, event)

    # -- who stands there -----------------------------------------------------------------------------------------

    def submit(self, command: Redeem, member: str) -> None:
        """A member confirms; what `SyncWorker.submit` does."""
        if not self.is_on:
            return
        self.world.oracles.clock_goes_forward(
            self
        )  # until now nobody stood there: a clock far ahead was free to go back
        self.doubtful.add(command.command_id)
        try:
            event = self.doing.submit(command, member_id=member)
        except PowerCut:
            self.cut_off()
            return
        except (sqlite3.Error, OSError, club_errors.ClubError):
            # Not kept, not sent: the member is told so.
            self.doubtful.discard(command.command_id)
            self.world.note("not stored", self.name, command.command_id)
            return
        self.doubtful.discard(command.command_id)
        self.promised[command.command_id] = member
        self.take_in(event)

    def hand_out(self, command_id: str, member: str) -> None:
        """A member wants a wash; what is handed out is noted by its outage."""
        if not self.is_on:
            return
        evidence = Evidence(uid=UIDS[member], family="ntag21x")
        wish = Wish(command_id, f"tap-{command_id}", WASH, evidence, "493817")
        begun = self.doing.mirror._store.noted("outage") or ""
        self.doubtful.add(command_id)
        try:
            handed = self.offline.redeem(wish)
        except PowerCut:
            self.cut_off()
            return
        except (sqlite3.Error, OSError, club_errors.ClubError) as error:
            self.doubtful.discard(command_id)
            self.world.note("not handed out", self.name, getattr(error, "facts", {}))
            return
        self.doubtful.discard(command_id)
        self.promised[command_id] = member
        self.world.note("voucher of", self.name, command_id)
        self.world.oracles.limits_hold(self, begun, member, handed)

    def leave(self) -> None:
        """The member walks away."""
        if not self.is_on:
            return
        try:
            self.doing.end_session()
        except PowerCut:
            self.cut_off()
        except sqlite3.Error:
            pass


class _Again:
    """Starts a device again, unless it lives already."""

    def __init__(self, device: SimDevice, boots: int) -> None:
        self._device, self._boots = device, boots

    def __call__(self) -> None:
        if not self._device.is_on and self._device.boots == self._boots:
            self._device.boot()

"""Plays one seed: what happens in the club, what fails meanwhile, and that all is well when it has calmed down.

Everything that is drawn comes from the seed's one source, and time is a number: the same seed is the same run to the last
step. `World(seed).play()` raises `Broken` with the seed and the end of its trace.
"""

import hashlib
import heapq
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

from club.sync import events, steps
from club.wire.rewards import Redeem
from tests.club.sync import makers
from tests.faults.world import club, network
from tests.faults.world.club import ApiProcess, ClubData, Known
from tests.faults.world.device import SimDevice
from tests.faults.world.network import FAIR, Network
from tests.faults.world.oracles import Broken, Oracles

START = datetime(2026, 5, 16, 6, 32, tzinfo=UTC)
CALM_S = 420.0
"""How long a world may take to come to rest: a download or a disk that rests half a minute, then a poll, then what it brought."""
MEMBERS = tuple(club.UIDS)
_MEMORY = Path("/dev/shm")  # a disk that is no slower than memory, where there is one


class World:
    """A club under a seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chance = Random(seed)
        self.now = 0.0
        self.trace: list[str] = []
        self.keeps_all = False  # of the trace, not only its end
        self._digest = hashlib.sha256()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0
        self._commands = 0
        self.data = ClubData(lambda: START + timedelta(seconds=self.now))
        self.oracles = Oracles(self)
        self.network = Network(self)
        self.processes: list[ApiProcess] = []
        self.devices: list[SimDevice] = []
        self.given: dict[str, int] = {}
        self.liars: set[str] = set()  # devices whose disks forgot

    # -- time -----------------------------------------------------------------------------------------------------

    def after(self, seconds: float, do: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self._due, (self.now + max(0.0, seconds), self._number, do))

    def run_until(self, end: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Let time pass; True as soon as `until` holds."""
        while self._due and self._due[0][0] <= end:
            self.now, _, do = heapq.heappop(self._due)
            do()
            if until():
                return True
        self.now = max(self.now, end)
        return until()

    def note(self, *what: object) -> None:
        line = f"{self.now:10.3f} {' '.join(str(one) for one in what)}"
        self._digest.update(line.encode())
        self.trace.append(line)
        if not self.keeps_all:
            del self.trace[:-200]

    @property
    def fingerprint(self) -> str:
        """Equal for equal runs, to the step."""
        return self._digest.hexdigest()

    # -- one run --------------------------------------------------------------------------------------------------

    def play(self) -> None:
        """Play the seed.

        Raises:
            Broken: something that must hold does not; the message has the seed and the end of the trace.
        """
        folder = Path(tempfile.mkdtemp(prefix="club-world-", dir=_MEMORY if _MEMORY.is_dir() else None))
        try:
            self._begin(folder)
            trouble_s = self.chance.uniform(60.0, 360.0)
            self._trouble(trouble_s)
            self.run_until(trouble_s)
            self._calm()
            rested = self.run_until(trouble_s + CALM_S, self._looks_calm)
            self.note("calm", rested)
            self.run_until(self.now + 80.0)  # one more poll, and whatever was still on its way
            self.oracles.all_is_well()
        except Exception as error:
            end = "\n".join(self.trace[-40:])
            raise Broken(f"seed {self.seed}: {type(error).__name__}: {error}\n{end}") from error
        finally:
            for device in self.devices:
                device.store_closed()
            shutil.rmtree(folder, ignore_errors=True)

    def _begin(self, folder: Path) -> None:
        self.given = {member: self.chance.choice((1200, 5000, 20000)) for member in MEMBERS}
        self.data.points = dict(self.given)
        sessions = {f"session-{member}": member for member in MEMBERS}
        self.processes = [ApiProcess(self.data, sessions) for _ in range(self.chance.randint(1, 3))]
        self.data.committed.append(self._committed)
        self.data.published.append(self._published)
        for number in range(self.chance.randint(2, 4)):
            kind = "kiosk" if number == 0 or self.chance.random() < 0.5 else "lounge"
            device = SimDevice(self, f"{kind}-{number}", kind, folder / str(number))  # type: ignore[arg-type]
            place = f"{kind}-place-{number}"
            enrolled = self.chance.random() < 0.8
            self.data.devices[device.identity.device_id] = Known(kind, place, device.identity.public_key, enrolled)  # type: ignore[arg-type]
            self.devices.append(device)
        for device in self.devices:
            if self.chance.random() < 0.3:
                device.machine_off = timedelta(seconds=self.chance.choice((-1, 1)) * 10 ** self.chance.uniform(0, 8.5))
            device.drift = 1 + self.chance.uniform(-1, 1) * 1e-4
        for slug in ("wash", "oil", "tea"):
            self.data.change(club.GLOBAL, "reward", slug, makers.a_reward(slug))
        for member in MEMBERS:
            self.data.member_changed(member)
        if self.chance.random() < 0.7:
            self.data.allow_offline()
        for device in self.devices:
            if device.kind == "lounge" and self.chance.random() < 0.8:
                self._publish(device)
            self.after(self.chance.uniform(0, 5), device.boot)

    # -- what happens ---------------------------------------------------------------------------------------------

    def _trouble(self, lasts_s: float) -> None:
        """Draw what people do and what fails, each at its time."""
        doings = (
            *((self._redeem,) * 6),
            *((self._hand_out,) * 4),
            *((self._edit,) * 4),
            *((self._publish_somewhere,) * 2),
            *((self._enter,) * 2),
            self._leave,
            *((self._erase,) * 2),
            self._wake,
            self._restore,
            self._revoke,
        )
        for _ in range(self.chance.randint(5, 60)):
            self.after(self.chance.uniform(0, lasts_s), self.chance.choice(doings))
        faults = (self._weather, self._weather, self._part, self._kill, self._restart, self._disk, self._clock)
        for _ in range(self.chance.randint(2, 18)):
            self.after(self.chance.uniform(0, lasts_s), self.chance.choice(faults))
        self.after(10.0, self._tick)

    def _tick(self) -> None:
        self.network.tick()
        for process in self.processes:
            # Each process looks for what nobody told it: a lost notification costs two seconds.
            if process.is_up:
                for name, feed in self.data.feeds.items():
                    self.network.push(club.a_nudge(name, feed.seq), process)
        self.after(10.0, self._tick)

    def _committed(self, feed: str, seq: int) -> None:
        """A row was committed; every process hears of it, soon or never."""
        self.note("row", feed, seq)
        for process in self.processes:
            if process.is_up and self.chance.random() >= self.network.weather.nudge_lost:
                self.after(self.chance.uniform(0, 0.1), partial(self.network.push, club.a_nudge(feed, seq), process))

    def _published(self, place: str, revision: int) -> None:
        for process in self.processes:
            if process.is_up and self.chance.random() >= self.network.weather.nudge_lost:
                self.network.push(club.a_display(place, revision), process)

    def _redeem(self) -> None:
        kiosks = [device for device in self.devices if device.kind == "kiosk"]
        device, member = self.chance.choice(kiosks), self.chance.choice(MEMBERS)
        for _ in range(self.chance.choice((1, 1, 1, 3))):
            self._commands += 1
            command = Redeem(
                command_id=f"command-{self._commands:05d}",
                session_id=f"session-{member}",
                reward="car-wash",
                quantity=self.chance.randint(1, 2),
                unit_points=club.PRICE,
                grant="grant-00001",
            )
            self.note("submit", device.name, command.command_id)
            device.submit(command, member)

    def _hand_out(self) -> None:
        kiosks = [device for device in self.devices if device.kind == "kiosk"]
        # Rather where somebody is offline: elsewhere it is refused.
        device = self.chance.choice([one for one in kiosks if one.name in self.network.parted] or kiosks)
        for _ in range(self.chance.choice((1, 1, 2))):
            self._commands += 1
            device.hand_out(f"command-{self._commands:05d}", self.chance.choice(MEMBERS))

    def new_id(self) -> str:
        """Ids that come again with the seed."""
        self._commands += 1
        return f"id-{self._commands:09d}"

    def _leave(self) -> None:
        self.chance.choice(self.devices).leave()

    def _edit(self) -> None:
        if self.chance.random() < 0.5:
            slug = self.chance.choice(("wash", "oil", "tea"))
            self.data.change(club.GLOBAL, "reward", slug, makers.a_reward(slug, points=self.chance.randint(1, 999)))
        else:
            self.data.member_changed(self.chance.choice(MEMBERS))

    def _erase(self) -> None:
        self.data.erase(self.chance.choice(MEMBERS))

    def _publish_somewhere(self) -> None:
        displays = [device for device in self.devices if device.kind == "lounge"]
        if displays:
            device = self.chance.choice(displays)
            shown = self._publish(device)
            # Who sees a mistake on the glass corrects it at once, mostly a word: the next is here as soon as the one before.
            for _ in range(self.chance.choice((0, 1, 2, 4))):
                self.after(self.chance.uniform(0.02, 2), partial(self._correct, device, shown[:-1] or shown))

    def _publish(self, device: SimDevice) -> list[bytes]:
        """Publish with pictures as they are drawn; these."""
        drawn = {f"picture {self.chance.randrange(6)}".encode() * 40 for _ in range(self.chance.randint(0, 4))}
        self._correct(device, contents := sorted(drawn))
        return contents

    def _correct(self, device: SimDevice, contents: list[bytes]) -> None:
        place = self.data.devices[device.identity.device_id].place
        self.note("publish", place)
        self.data.publish(place, contents)

    def _enter(self) -> None:
        """Staff enter the codes of all screens that show one."""
        for known in self.data.devices.values():
            if not known.enrolled:
                known.enrolled, known.revoked = True, False

    def _wake(self) -> None:
        device = self.chance.choice(self.devices)
        if device.is_on:
            device.take_in(self.chance.choice((steps.Woken(), steps.PictureChanged(), steps.WipeAsked())))

    def _restore(self) -> None:
        if self.chance.random() < 0.4:
            self.note("restore")
            self.data.restore(self.chance)
            for stream in list(self.network.streams):
                self.network.close(stream)

    def _revoke(self) -> None:
        known = self.data.devices[self.chance.choice(self.devices).identity.device_id]
        if known.enrolled:
            self.note("revoke", known.place)
            known.revoked = True

    # -- what fails -----------------------------------------------------------------------------------------------

    def _weather(self) -> None:
        self.network.weather = network.fouler(self.chance)
        self.note("weather", self.network.weather.latency_s)

    def _part(self) -> None:
        """Some devices' cables are out for a while."""
        names = {device.name for device in self.devices if self.chance.random() < 0.6}
        self.note("part", *sorted(names))
        self.network.parted |= names
        self.after(self.chance.uniform(1, 90), lambda: self.network.parted.difference_update(names))

    def _kill(self) -> None:
        device = self.chance.choice(self.devices)
        if self.chance.random() < 0.5:
            device.kill()
            return
        # Or at one of its next writes, torn anywhere; and something is written.
        device.plug.cuts = self.chance.uniform(0.1, 0.6)
        for doing in (self._edit, self._edit, self._redeem, self._publish_somewhere):
            self.after(self.chance.uniform(0, 10), doing)
        if self.chance.random() < 0.2:
            device.plug.lies = True
            self.liars.add(device.name)
            device.doubtful |= device.promised.keys() - self.data.answers.keys()
            self.note("lying disk", device.name)
        self.after(self.chance.uniform(5, 40), lambda: self._mend(device))

    def _mend(self, device: SimDevice) -> None:
        device.plug.cuts = 0.0
        if device.plug.lies:
            device.doubtful |= device.promised.keys()
            device.plug.lies = False

    def _restart(self) -> None:
        """An API process dies and comes back; whoever hung on it may not be told."""
        process, told = self.chance.choice(self.processes), self.chance.random() < 0.7
        process.is_up = False
        self.note("process down")
        for stream in [one for one in self.network.streams if one.process is process]:
            if told:
                self.network.close(stream)
            else:
                stream.deaf = True

        def up() -> None:
            process.is_up = True

        self.after(self.chance.uniform(0.5, 40), up)

    def _disk(self) -> None:
        device = self.chance.choice(self.devices)
        if self.chance.random() < 0.5:
            device.slow_disk_s = self.chance.uniform(0, 5)
            self.after(self.chance.uniform(5, 60), lambda: setattr(device, "slow_disk_s", 0.0))
            return
        self.note("disk full", device.name)
        device.plug.is_full = True
        if self.chance.random() < 0.4:
            device.kill()  # and has to start on it
        self.after(self.chance.uniform(5, 60), lambda: setattr(device.plug, "is_full", False))

    def _clock(self) -> None:
        """Somebody sets a machine's clock; hours or years."""
        device = self.chance.choice(self.devices)
        device.machine_off += timedelta(seconds=self.chance.choice((-1, 1)) * 10 ** self.chance.uniform(1, 8.3))

    def _calm(self) -> None:
        """From here on nothing fails any more."""
        self.note("calming down")
        self.network.weather = FAIR
        self.network.parted.clear()
        self._enter()
        for known in self.data.devices.values():
            known.revoked = False
        for process in self.processes:
            process.is_up = True
        for device in self.devices:
            self._mend(device)
            device.plug.is_full, device.slow_disk_s = False, 0.0
            device.leave()

    def _looks_calm(self) -> bool:
        if self._number % 50:
            return False
        try:
            self.oracles.all_is_well()
        except Broken:
            return False
        return True

    def network_lost(self, device: SimDevice) -> None:
        """A device is gone: the servers' ends of its streams stay open until they notice."""
        for stream in [one for one in self.network.streams if one.device is device]:
            self.network.close(stream, told=False)

    # -- what devices tell ----------------------------------------------------------------------------------------

    def stepped(self, device: SimDevice, event: steps.Input) -> None:
        self.note(device.name, type(event).__name__)
        self.oracles.clock_goes_forward(device)
        if isinstance(event, steps.Applied):
            self.oracles.mirror_is_a_moment_of_the_club(device)

    def check_mirror(self, device: SimDevice) -> None:
        self.oracles.mirror_is_a_moment_of_the_club(device)

    def told(self, device: SimDevice, event: events.SyncEvent) -> None:
        match event:
            case events.ManifestReady():
                self.note("shows", device.name, event.revision)
                self.oracles.manifest_is_whole(device, event)
            case events.CommandSettled() | events.CommandRefused():
                self.note(type(event).__name__, device.name, event.command_id)
                self.oracles.end_is_told(device, event)
            case _:
                self.note(type(event).__name__, device.name)

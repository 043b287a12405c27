"""What must hold in the simulated club, whatever its seed: checked at each step, and once more when all has calmed down."""

import hashlib
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from club.sync import events
from club.sync.offline_desk import Handed
from club.sync.server_time import SLOWED
from club.wire import codec
from club.wire.offline import read_qr
from tests.faults.world.club import FLOOR, QUOTA

if TYPE_CHECKING:
    from tests.faults.world.device import SimDevice
    from tests.faults.world.world import World


class Broken(AssertionError):
    """Something that must hold does not."""


class Oracles:
    """Watches a world."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._handed: defaultdict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
        self.settled: dict[tuple[str, str], Counter[str]] = {}  # by device and command: how its end was told

    # -- at each step ---------------------------------------------------------------------------------------------

    def mirror_is_a_moment_of_the_club(self, device: "SimDevice") -> None:
        """The mirror holds, for each feed, exactly what the club held at the place it says it stands at; and only what it may."""
        mirror, data = device.doing.mirror, self._world.data
        epoch, places = mirror.epoch(), mirror.places()
        found: dict[str, dict[tuple[str, str], bytes]] = {name: {} for name in places}
        for feed, kind, entity_id, payload in mirror.rows():
            if kind == "member" and device.kind != "kiosk":
                raise Broken(f"{device.name}: a display holds a member")
            found.setdefault(feed, {})[kind, entity_id] = payload
        if not epoch and not places:
            return
        for feed, held in found.items():
            state = data.states(epoch, feed).get(places.get(feed, -1))
            expected = (
                None
                if state is None
                else {key: one for key, one in state.items() if key[0] != "member" or device.kind == "kiosk"}
            )
            if held != expected:
                raise Broken(f"{device.name}: the mirror is not what feed {feed} was at {epoch}/{places.get(feed)}")

    def manifest_is_whole(self, device: "SimDevice", event: events.ManifestReady) -> None:
        """What a display is told to show is a manifest the club published, with every medium of it, right to the byte."""
        published = [body for body, _ in self._world.data.manifests.get(event.manifest.display, [])]
        if codec.encode(event.manifest) not in published:
            raise Broken(f"{device.name}: shows a manifest that was never published")
        for picture in event.manifest.media:
            path = device.doing.media.path(picture.sha256)
            if path is None or hashlib.sha256(path.read_bytes()).hexdigest() != picture.sha256:
                raise Broken(f"{device.name}: shows revision {event.revision} without all its media")

    def end_is_told(self, device: "SimDevice", event: events.CommandSettled | events.CommandRefused) -> None:
        """What a member is told is what the club did."""
        wanted = "settled" if isinstance(event, events.CommandSettled) else "refused"
        carried_out = {command for _, _, command in self._world.data.redemptions}
        if (event.command_id in carried_out) != (wanted == "settled"):
            raise Broken(f"{device.name}: told {wanted} of {event.command_id}, and the club did otherwise")
        told = self.settled.setdefault((device.name, event.command_id), Counter())
        told[f"{wanted} {device.boots}"] += 1
        if max(told.values()) > 1:
            raise Broken(f"{device.name}: the end of {event.command_id} was told twice")

    def limits_hold(self, device: "SimDevice", outage: str, member: str, handed: Handed) -> None:
        """In one outage no card spends more than the floor limit, and no device hands out more than its quota (A14)."""
        lied = device.name in self._world.liars  # its disk forgot what it had handed out
        spent = self._handed[device.name, outage, member]
        spent[handed.voucher.code] = handed.voucher.points
        pieces = sum(
            len(codes) for (name, when, _), codes in self._handed.items() if (name, when) == (device.name, outage)
        )
        if not lied and (sum(spent.values()) > FLOOR or pieces > QUOTA):
            raise Broken(f"{device.name}: handed out {pieces} pieces, {sum(spent.values())} points to {member}")
        keys = {device.identity.device_id: device.identity.public_key}
        if read_qr(handed.qr, keys) != handed.voucher:
            raise Broken(f"{device.name}: a voucher's QR does not prove it")

    def clock_goes_forward(self, device: "SimDevice") -> None:
        """A clock that is trusted never goes back while somebody stands there, and never by a little."""
        now, seen = device.clock.now(), device.seen_at
        if seen is not None and now < seen and (device.doing.attended or seen - now < SLOWED):
            raise Broken(f"{device.name}: its clock went back from {seen} to {now}")
        device.seen_at = None if device.client.time.doubtful else now

    # -- when all has calmed down ---------------------------------------------------------------------------------

    def all_is_well(self) -> None:
        """No redemption is lost or done twice, every outbox is empty, every cache is the club's, nothing waits for ever."""
        for device in self._world.devices:
            self._is_at_rest(device)
        self._books_are_right()
        self._order_was_kept()

    def _is_at_rest(self, device: "SimDevice") -> None:
        if not device.is_on:
            raise Broken(f"{device.name}: not on after the calm")
        data, state, name = self._world.data, device.state, device.name
        facts = {
            "enrolled": state.enrolled,
            "online": state.online is True,
            "stream open": state.stream == "open",
            "outbox empty": not device.doing.outbox.pending() and not state.commands,
            "epoch": device.doing.mirror.epoch() == str(data.epoch),
            "places": device.doing.mirror.places() == {feed: one.seq for feed, one in data.feeds.items()},
            "nothing to do": not state.todo,
            "heartbeats go": "heartbeat" not in state.rest,
            "clock": abs((device.client.time.now() - data.now()).total_seconds()) < 5,
        }
        kept = data.manifests.get(data.devices[device.identity.device_id].place)
        if device.kind == "lounge" and kept:
            facts["revision"] = state.revision == len(kept)
        wrong = [fact for fact, holds in facts.items() if not holds]
        if wrong:
            raise Broken(f"{name}: not at rest after the calm: {', '.join(wrong)}; {state}")
        self.mirror_is_a_moment_of_the_club(device)

    def _books_are_right(self) -> None:
        data = self._world.data
        done = Counter(command for _, _, command in data.redemptions)
        twice = [command for command, times in done.items() if times > 1]
        if twice:
            raise Broken(f"carried out twice: {twice}")
        for device in self._world.devices:
            for command in device.promised:
                if command not in data.answers and command not in device.doubtful:
                    raise Broken(f"{device.name}: {command} was promised and never reached the club")
        for member, points in data.points.items():
            if points + data.spent.get(member, 0) != self._world.given[member]:
                raise Broken(f"{member}: points were made or lost")

    def _order_was_kept(self) -> None:
        """Commands of one member on one device are carried out in the order in which they were confirmed."""
        came: dict[tuple[str, str], list[str]] = {}
        for device_id, member, command in self._world.data.finals:
            came.setdefault((device_id, member), []).append(command)
        for key, commands in came.items():
            if commands != sorted(commands):
                raise Broken(f"{key}: carried out as {commands}")

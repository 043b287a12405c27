"""The network of the simulated club: it drops, delays, repeats, reorders, lies and is cut, as its seed draws it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from club.sync import errors, sse, steps
from club.sync.stream import translated
from club.sync.transport import Reply
from tests.faults.world import club
from tests.faults.world.club import ApiProcess, Served
from tests.faults.world.disk import PowerCut

if TYPE_CHECKING:
    from tests.faults.world.device import SimDevice
    from tests.faults.world.world import World

CONNECT_S, READ_S, SILENCE_S, BEAT_S, POLL_S = 3.0, 10.0, 37.0, 15.0, 2.0


@dataclass(frozen=True)
class Weather:
    """How likely each fault is at each request; `latency_s` is the longest way there and back of an undisturbed one."""

    lost_before: float = 0.0
    lost_after: float = 0.0
    late: float = 0.0
    twice: float = 0.0
    confused: float = 0.0
    latency_s: float = 0.2
    stream_dies: float = 0.0
    half_open: float = 0.0
    nudge_lost: float = 0.0


FAIR = Weather()
FOUL = Weather(0.1, 0.1, 0.08, 0.08, 0.06, 4.0, 0.15, 0.1, 0.3)


class Transport:
    """In the place of `club.sync.transport.Transport` in a device's client."""

    def __init__(self, network: "Network", device: "SimDevice") -> None:
        self._network, self._device = network, device
        self.took_s = 0.0  # by the calls since it was last set to 0

    def send(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes,
        timeouts: Any,
        *,
        repeat: bool = True,
    ) -> Reply:
        answer, took_s = self._network.request(self._device, method, target, headers, body)
        self.took_s += took_s
        if answer is None:
            raise errors.ServerUnreachable("no answer in this weather")
        return Reply(answer.status, {"Content-Type": answer.kind, **answer.headers}, answer.body)

    def open(self, target: str, headers: Mapping[str, str], timeouts: Any) -> "OpenReply":
        content, took_s = self._network.download(self._device, target)
        self.took_s += took_s
        if content is None:
            raise errors.ServerUnreachable("no answer in this weather")
        start = int(headers["Range"].removeprefix("bytes=").removesuffix("-")) if "Range" in headers else 0
        cut = self._network.cut(len(content) - start)
        return OpenReply(206 if start else 200, content[start:], cut)


class OpenReply:
    """A download; `cut`: after how many bytes the connection breaks, None: it does not."""

    def __init__(self, status: int, content: bytes, cut: int | None) -> None:
        self.status = status
        self.headers = {"Content-Type": "image/webp"}
        self._content, self._cut = content, cut

    def pieces(self, size: int | None = None) -> Iterator[bytes]:
        if self._cut is None:
            yield self._content
            return
        yield self._content[: self._cut]
        raise errors.ServerUnreachable("the download broke")

    def close(self) -> None:
        pass


@dataclass
class Stream:
    """An open event stream of a device to a process; `deaf`: what is sent into it arrives nowhere, and nobody is told."""

    device: "SimDevice"
    process: ApiProcess
    boot: int
    deaf: bool = False
    is_open: bool = True
    heard_at: float = 0.0
    heard_any: bool = False
    free_at: float = 0.0  # when the last piece arrives: a connection keeps its order

    def __post_init__(self) -> None:
        self.parser = sse.Parser()


class Network:
    """Every way between devices and processes."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._chance = world.chance
        self.weather = FAIR
        self.parted: set[str] = set()  # devices whose cable is out
        self.streams: list[Stream] = []

    # -- requests -------------------------------------------------------------------------------------------------

    def request(
        self, device: "SimDevice", method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[Served | None, float]:
        """The answer (None: none comes) and after how many seconds the device has it, or gives up."""
        process = self._process()
        if device.name in self.parted:
            return None, self._chance.uniform(0.01, CONNECT_S)
        if process is None:
            return None, 0.01
        weather, draw = self.weather, self._chance.random()
        took_s = self._chance.uniform(0.002, weather.latency_s)
        if (draw := draw - weather.lost_before) < 0:
            return None, READ_S
        if (draw := draw - weather.confused) < 0:
            return Served(200, b"<html>guest network: log in</html>", "text/html"), took_s
        if (draw := draw - weather.late) < 0:
            # It arrives when the device has long given up, and perhaps asked again.
            self._deliver_later(process, method, target, headers, body)
            return None, READ_S
        answer = process.serve(method, target, headers, body)
        self._world.note("served", device.name, method, target.partition("?")[0], answer.status)
        if (draw := draw - weather.lost_after) < 0:
            return None, READ_S
        if draw - weather.twice < 0:
            self._deliver_later(process, method, target, headers, body)
        return answer, took_s

    def download(self, device: "SimDevice", target: str) -> tuple[bytes | None, float]:
        content = self._world.data.media.get(target.rpartition("/")[2])
        lost = device.name in self.parted or self._process() is None
        if lost or content is None or self._chance.random() < self.weather.lost_before:
            return None, CONNECT_S
        return content, self._chance.uniform(0.01, 10 * self.weather.latency_s)

    def cut(self, size: int) -> int | None:
        """After how many bytes a download of that size breaks; None: it does not."""
        if size and self._chance.random() < self.weather.lost_after * 3:
            return self._chance.randrange(size)
        return None

    def _deliver_later(
        self, process: ApiProcess, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> None:
        def deliver() -> None:
            if process.is_up:
                process.serve(method, target, headers, body)

        self._world.after(self._chance.uniform(0.5, 90.0), deliver)

    def _process(self) -> ApiProcess | None:
        up = [process for process in self._world.processes if process.is_up]
        return self._chance.choice(up) if up else None

    # -- streams --------------------------------------------------------------------------------------------------

    def open_stream(self, device: "SimDevice") -> None:
        process = self._process()
        took_s = self._chance.uniform(0.002, self.weather.latency_s)
        refused = self._refused(device)
        if device.name in self.parted or process is None or self._chance.random() < self.weather.lost_before:
            device.later(CONNECT_S, steps.StreamClosed(steps.Fault.UNREACHABLE))
            return
        if refused is not None:
            device.later(took_s, steps.StreamClosed(refused))
            return
        stream = Stream(device, process, device.boots, heard_at=self._world.now, free_at=self._world.now)
        stream.deaf = self._chance.random() < self.weather.half_open / 4
        self.streams.append(stream)
        self._send(stream, process.hello())
        self._beat(stream)
        self._watch(stream)

    def _refused(self, device: "SimDevice") -> steps.Fault | None:
        known = self._world.data.devices.get(device.identity.device_id)
        if known is None or not known.enrolled:
            return steps.Fault.UNKNOWN
        return steps.Fault.REVOKED if known.revoked else None

    def push(self, piece: bytes, process: ApiProcess, device_id: str = "") -> None:
        """A process says something to its open streams, or to the one of a device."""
        for stream in list(self.streams):
            if stream.process is process and device_id in ("", stream.device.identity.device_id):
                self._send(stream, piece)

    def close(self, stream: Stream, *, told: bool = True) -> None:
        """It ends; `told`: the device hears of it at once."""
        if not stream.is_open:
            return
        stream.is_open = False
        self.streams.remove(stream)
        if told:
            self._ended(stream)

    def tick(self) -> None:
        """Streams die of the weather, or go deaf."""
        for stream in list(self.streams):
            draw = self._chance.random()
            if draw < self.weather.stream_dies:
                self.close(stream)
            elif draw < self.weather.stream_dies + self.weather.half_open:
                stream.deaf = True

    def _send(self, stream: Stream, piece: bytes) -> None:
        if not stream.is_open or stream.deaf or stream.device.name in self.parted:
            return
        stream.free_at = max(stream.free_at, self._world.now + self._chance.uniform(0.001, self.weather.latency_s))
        self._world.after(stream.free_at - self._world.now, lambda: self._arrive(stream, piece))

    def _arrive(self, stream: Stream, piece: bytes) -> None:
        device = stream.device
        if not stream.is_open or stream.boot != device.boots or not device.is_on:
            return
        stream.heard_at = self._world.now
        middle = self._chance.randrange(len(piece))
        for part in (piece[:middle], piece[middle:]):
            for event in stream.parser.feed(part):
                try:
                    told = translated(event, device.client.time)
                except PowerCut:  # while the clock's correction was written down
                    device.cut_off()
                    return
                if told is not None:
                    stream.heard_any = True
                    device.take_in(told)

    def _beat(self, stream: Stream) -> None:
        if stream.is_open and stream.process.is_up:
            self._send(stream, club.HEARTBEAT)
            self._world.after(BEAT_S, lambda: self._beat(stream))

    def _watch(self, stream: Stream) -> None:
        """The device's own patience with a silent stream."""
        if not stream.is_open or stream.boot != stream.device.boots:
            self.close(stream, told=False)
            return
        silent_s = self._world.now - stream.heard_at
        if silent_s >= SILENCE_S:
            self.close(stream)
        else:
            self._world.after(SILENCE_S - silent_s + 0.001, lambda: self._watch(stream))

    def _ended(self, stream: Stream) -> None:
        if stream.boot == stream.device.boots and stream.device.is_on:
            stream.device.take_in(
                steps.StreamClosed(steps.Fault.ENDED if stream.heard_any else steps.Fault.UNREACHABLE)
            )


def fouler(chance: Any) -> Weather:
    """Some weather between fair and foul."""
    share = chance.random()
    return replace(
        FAIR,
        **{
            name: getattr(FAIR, name) + share * chance.random() * (getattr(FOUL, name) - getattr(FAIR, name)) * 1.5
            for name in FAIR.__dataclass_fields__
        },
    )

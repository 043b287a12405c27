"""A device's whole sync against a club in the same process, without threads: it does what is due when it is told to."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from club.model.clock import HandClock
from club.sync import engine, errors, events, steps
from club.sync.client import ApiClient
from club.sync.doing import Doing
from club.sync.offline_desk import OfflineDesk
from club.sync.store import DeviceStore
from club.sync.transport import Reply
from tests.support.central import Club, Device, new_id


@dataclass
class Cable:
    """The way to the club; `cut`: nothing goes through. In the place of `club.sync.transport.Transport`."""

    device: Device
    cut: bool = False
    sent: list[Mapping[str, str]] = field(default_factory=list)  # the headers of what went through

    def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, timeouts: Any, *, repeat: bool = True
    ) -> Reply:
        if self.cut:
            raise errors.ServerUnreachable("the cable is out")
        self.sent.append(dict(headers))
        answer: httpx.Response = self.device.http.request(method, target, content=body, headers=dict(headers))
        return Reply(answer.status_code, {"Content-Type": answer.headers.get("content-type", "")}, answer.content)

    def open(self, target: str, headers: Mapping[str, str], timeouts: Any) -> Any:
        raise errors.ServerUnreachable("a quiet device keeps no stream open")


@dataclass
class QuietDevice:
    """An enrolled kiosk of a club, with its store in `folder`."""

    club: Club
    folder: Path
    place: str = "kiosk-1"
    told: list[events.SyncEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.device = self.club.device(self.place)
        self.clock: HandClock = self.club.clock
        self.cable = Cable(self.device)
        self._inputs: deque[steps.Input] = deque()
        self.boot()

    def boot(self) -> None:
        """Start, or start again on what the disk holds."""
        self.store = DeviceStore(self.folder / "device.db")
        self.client = ApiClient("http://club.test", self.device.identity, self.clock, by_token=True)
        self.client._made = self.cable  # type: ignore[assignment]
        self.doing = Doing(
            self.store, self.client, self.clock, kind="kiosk", media_dir=self.folder / "media", version="0.1.0"
        )
        self.offline = OfflineDesk(self.store, self.doing, self.client, self._inputs.append, new_id=new_id)
        self._timers: dict[str, float] = {}
        self._inputs.clear()
        self.state, _ = self.doing.restored()
        if not self.state.enrolled:
            self.doing.mirror.keep_enrolled(self.client.myself())
            self.state, _ = self.doing.restored()
        self._inputs.append(steps.Started())

    def rest(self) -> None:
        """Do all that can be done at this instant."""
        while self._inputs:
            self.state, effects = engine.step(self.state, self._inputs.popleft())
            for effect in effects:
                self._do(effect)

    def pass_by(self, seconds: float) -> None:
        """Let time pass, and do what becomes due in it."""
        end = self.clock.monotonic() + seconds
        self.rest()
        while self._timers and min(self._timers.values()) <= end:
            name = min(self._timers, key=self._timers.__getitem__)
            self.clock.forward(max(0.0, self._timers.pop(name) - self.clock.monotonic()))
            self._inputs.append(steps.TimedOut(name))
            self.rest()
        self.clock.forward(max(0.0, end - self.clock.monotonic()))

    def answer(self, order_id: str, *, done: bool, picture: bytes = b"") -> None:
        """What its program says became of an order."""
        if picture:
            self.doing.shots.keep(order_id, picture)
        self._inputs.append(steps.OrderDone(order_id, "done" if done else "refused"))

    def on_disk(self) -> bytes:
        """Every byte of its store."""
        return b"".join(path.read_bytes() for path in sorted(self.folder.glob("device.db*")))

    def close(self) -> None:
        self.store.close()

    def _do(self, effect: steps.Effect) -> None:
        match effect:
            case steps.StartTimer(name, _, high):
                self._timers[name] = self.clock.monotonic() + high
            case steps.OpenStream():
                pass  # as if it were open, and nothing were said
            case steps.TellOffline():
                self.offline.lost_contact()
            case steps.Tell(event):
                if isinstance(event, events.Online | events.CommandSettled | events.CommandRefused):
                    self.offline.in_contact()
                self.told.append(event)
            case steps.Fetch():
                raise AssertionError("a kiosk has no media")
            case _:
                self._inputs.append(self.doing.work(effect))

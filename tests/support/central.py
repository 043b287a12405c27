"""A whole central API for tests: the demo club in a database of its own, devices that sign, cards that speak SUN."""

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
from litestar.testing import TestClient
from msgspec.structs import replace

from central_api import app
from central_api.cards import keys as card_keys
from central_api.context import Context
from central_api.demo_data import loader
from central_api.demo_data.files import DemoFolder
from central_api.devices import service as devices
from club import resources
from club.model.clock import HandClock
from club.settings import CentralSettings, load
from club.sync.identity import Identity
from club.wire import codec, problems
from club.wire.cards import CardSession, Evidence, Grant, OpenCardSession, StepUp
from club.wire.devices import Enrol
from club.wire.rewards import Redeem, Redeemed, step_up_digest
from nfc.protocol import sun

DRAWN = datetime(2026, 5, 16, 6, 32, tzinfo=UTC)  # 14:32 in Shanghai
WANG, WANG_UID = "m0001", "04BF3929190E8A"
T = TypeVar("T")

URL_TEMPLATE = "https://card.example.invalid/t?e={picc}&c={mac}"


def settings_for(folder: Path, url: str = "") -> CentralSettings:
    """Settings of a service that keeps everything in one folder."""
    return load(
        None,
        CentralSettings,
        [
            f"database.url={url or 'sqlite:///' + str(folder / 'club.db')}",
            f"keys.file={folder / 'keys.toml'}",
            f"media.dir={folder / 'media'}",
        ],
    )


@dataclass
class DemoClub:
    """The demo club loaded once; tests work on copies. `pins` by card name, `staff` as in sign-in.json."""

    folder: Path
    pins: dict[str, str]
    staff: list[dict[str, str]]


def load_demo_club(folder: Path, url: str = "", at: datetime = DRAWN) -> DemoClub:
    """Load the demo club as of an instant."""
    context = app.open_context(settings_for(folder, url), HandClock(at))
    try:
        loader.load(context, DemoFolder(resources.demo_dir()), folder / "out")
    finally:
        context.passwords.close()
        context.db.close()
    made = json.loads((folder / "out" / "sign-in.json").read_text(encoding="utf-8"))
    return DemoClub(folder, made["members"], made["staff"])


def copy_files(demo: DemoClub, folder: Path) -> None:
    """Give a test its own database and keys; pictures are never changed, so they are shared by links."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("club.db", "keys.toml"):
        if (demo.folder / name).exists():
            shutil.copy2(demo.folder / name, folder / name)
    shutil.copytree(demo.folder / "media", folder / "media", copy_function=os.link, dirs_exist_ok=True)


@dataclass
class Card:
    """A genuine NTAG 424 of the club; each tap moves its counter."""

    uid: str
    meta_key: bytes
    file_key: bytes
    counter: int = 0

    def tap(self) -> Evidence:
        """The evidence of the next tap."""
        self.counter += 1
        return self.evidence(self.counter)

    def evidence(self, counter: int) -> Evidence:
        """The evidence of one counter value."""
        picc = sun.PiccData(bytes.fromhex(self.uid), counter)
        url = sun.build(URL_TEMPLATE, self.meta_key, self.file_key, picc, b"\x01\x02\x03\x04\x05")
        return Evidence(uid=self.uid, family="ntag424", sun_url=url)


@dataclass
class Device:
    """An enrolled device: signs what it sends, as the real one does."""

    http: TestClient[Any]
    identity: Identity
    clock: HandClock

    def send(
        self, method: str, target: str, body: bytes = b"", *, key: str = "", at: datetime | None = None
    ) -> httpx.Response:
        """One signed request."""
        headers = self.identity.sign(method=method, target=target, body=body, at=at or self.clock.now(), key=key)
        if body:
            headers["Content-Type"] = "application/json"
        return self.http.request(method, target, content=body, headers=headers)

    def get(self, target: str) -> httpx.Response:
        """A signed read."""
        return self.send("GET", target)

    def post(self, target: str, value: object, *, key: str = "") -> httpx.Response:
        """A signed post of a wire value."""
        return self.send("POST", target, codec.encode(value), key=key)

    def open(self, evidence: Evidence, session_id: str | None = None) -> httpx.Response:
        """Open a card session."""
        wish = OpenCardSession(session_id=session_id or new_id(), evidence=evidence, tapped_at=self.clock.now())
        return self.post("/v1/card-sessions", wish)

    def session(self, card: Card) -> CardSession:
        """Open a card session that must succeed."""
        return read(self.open(card.tap()), CardSession)

    def step_up(self, command: Redeem, pin: str) -> httpx.Response:
        """Ask for the grant of a command."""
        ask = StepUp(
            command_id=command.command_id, session_id=command.session_id, body_sha256=step_up_digest(command), pin=pin
        )
        return self.post("/v1/step-ups", ask)

    def redeem(self, command: Redeem) -> httpx.Response:
        """Send a redemption."""
        return self.post("/v1/redemptions", command, key=command.command_id)


@dataclass
class Club:
    """One running service with the demo club in it."""

    context: Context
    http: TestClient[Any]
    clock: HandClock
    demo: DemoClub
    _kiosks: int = field(default=0)

    def device(self, place: str = "kiosk-1") -> Device:
        """Enrol a new device at a place."""
        digits = f"{secrets.randbelow(10**6):06d}"
        with self.context.db.write() as tx:
            devices.make_code(
                tx,
                self.context.keyring,
                place=place,
                now=self.clock.now(),
                minutes=10,
                digits=digits,
                code_id=new_id(),
            )
        found = self.new_device()
        answer = self.enrol(found, digits, "kiosk" if place.startswith("kiosk") else "lounge")
        assert answer.status_code == 200, answer.text
        return found

    def new_device(self) -> Device:
        """A device nobody knows yet."""
        self._kiosks += 1
        path = self.context.settings.keys.file.parent / f"device-{self._kiosks}.json"
        return Device(self.http, Identity.load_or_create(path), self.clock)

    def enrol(self, device: Device, digits: str, kind: str = "kiosk") -> httpx.Response:
        """Send a device's enrolment."""
        identity = device.identity
        wish = Enrol(
            code=digits,
            device_id=identity.device_id,
            kind=kind,  # type: ignore[arg-type]
            public_key=identity.public_key,
            version="0.1.0",
        )
        return device.post("/v1/devices/enrol", wish)

    def card(self, uid: str = WANG_UID) -> Card:
        """The genuine card of a UID."""
        return Card(uid, self.context.keyring.meta_key, card_keys.file_key(self.context.keyring, uid))

    def granted(self, device: Device, command: Redeem, pin: str | None = None) -> Redeem:
        """The command with its grant."""
        answer = device.step_up(command, pin or self.demo.pins[WANG])
        assert answer.status_code == 200, answer.text
        return replace(command, grant=read(answer, Grant).grant)

    def redeemed(self, device: Device, command: Redeem) -> Redeemed:
        """Step up and redeem; it must succeed."""
        return read(device.redeem(self.granted(device, command)), Redeemed)


@contextmanager
def running(context: Context, clock: HandClock, demo: DemoClub) -> Iterator[Club]:
    """The service answering in this process, closed at the end."""
    try:
        with TestClient(app.create_app(context.settings, context=context)) as http:
            yield Club(context, http, clock, demo)
    finally:
        context.passwords.close()
        context.db.close()


def a_redeem(
    session: CardSession, reward: str = "basic-service-voucher", unit: int = 1200, quantity: int = 1
) -> Redeem:
    """A redemption with a new id."""
    return Redeem(
        command_id=new_id(), session_id=session.session_id, reward=reward, quantity=quantity, unit_points=unit
    )


def read(answer: httpx.Response, kind: type[T]) -> T:
    """The wire value of an answer that must be a success."""
    assert answer.status_code == 200, answer.text
    return codec.decode(answer.content, kind)


def code_of(answer: httpx.Response) -> str:
    """The code of an answer that must be a problem."""
    assert answer.headers["content-type"] == problems.MEDIA_TYPE, answer.text
    found = codec.decode(answer.content, problems.Problem)
    assert found.status == answer.status_code
    return found.code


def facts_of(answer: httpx.Response) -> dict[str, int | str]:
    """The facts of a problem."""
    return codec.decode(answer.content, problems.Problem).facts


def new_id() -> str:
    """An id as devices make them."""
    return secrets.token_hex(12)

"""A device's sync with the real central API in its own process: enrolment to voucher, and an outage between (A12, K14, L4, X1)."""

import queue
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import pytest

from central_api import app
from central_api.devices import enrolled, pairing
from central_api.devices import service as devices
from club.model.clock import HandClock, PinnedClock
from club.sync import events
from club.sync.client import ApiClient
from club.sync.identity import Identity
from club.sync.store import DeviceStore
from club.sync.worker import SyncWorker
from club.wire.cards import OpenCardSession, StepUp
from club.wire.devices import DeviceKind
from club.wire.rewards import Redeem, Redeemed, step_up_digest
from tests.support import central
from tests.support.served import served

PINNED = f"clock.pinned={central.DRAWN.isoformat()}"
E = TypeVar("E")


@dataclass
class Device:
    """A device as its program holds it."""

    folder: Path
    address: str
    kind: DeviceKind
    told: "queue.SimpleQueue[events.SyncEvent]" = field(default_factory=queue.SimpleQueue)

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        clock = PinnedClock(central.DRAWN)
        self.store = DeviceStore(self.folder / "device.db")
        self.client = ApiClient(self.address, Identity.load_or_create(self.folder / "identity.json"), clock)
        self.worker = SyncWorker(
            self.store, self.client, clock, self.told.put, kind=self.kind, media_dir=self.folder / "media"
        )

    def until(self, kind: type[E], where: Callable[[E], bool] = lambda _: True) -> E:
        """The next event of that kind; others are passed over."""
        while True:
            event = self.told.get(timeout=60)
            if isinstance(event, kind) and where(event):
                return event

    def close(self) -> None:
        self.worker.close()
        self.store.close()


@dataclass(frozen=True)
class House:
    """The demo club's files, codes for a kiosk and a display, and Mr Wang's card."""

    folder: Path
    demo: central.DemoClub
    codes: dict[str, str]
    card: central.Card


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> central.DemoClub:
    """The demo club, loaded once; not to be changed."""
    return central.load_demo_club(tmp_path_factory.mktemp("demo-club"))


@pytest.fixture
def house(tmp_path: Path, demo: central.DemoClub) -> House:
    folder = tmp_path / "central"
    central.copy_files(demo, folder)
    clock = HandClock(central.DRAWN)
    codes = {place: f"{secrets.randbelow(10**6):06d}" for place in ("kiosk-1", "tv-1")}
    with central.running(app.open_context(central.settings_for(folder), clock), clock, demo) as club:
        with club.context.db.write() as tx:
            for place, digits in codes.items():
                devices.make_code(
                    tx,
                    club.context.keyring,
                    place=place,
                    now=central.DRAWN,
                    minutes=10,
                    digits=digits,
                    code_id=central.new_id(),
                )
        return House(folder, demo, codes, club.card())


def _granted(kiosk: Device, house: House) -> Redeem:
    opened = OpenCardSession(session_id=central.new_id(), evidence=house.card.tap(), tapped_at=central.DRAWN)
    session = kiosk.client.open_card_session(opened)
    assert session.assurance == "cryptogram"
    bare = central.a_redeem(session, reward="detail-wash", unit=600)
    step = StepUp(
        command_id=bare.command_id,
        session_id=session.session_id,
        body_sha256=step_up_digest(bare),
        pin=house.demo.pins[central.WANG],
    )
    grant = kiosk.client.step_up(step).grant
    return Redeem(**{name: getattr(bare, name) for name in bare.__struct_fields__} | {"grant": grant})


def test_from_enrolment_to_a_voucher_and_through_an_outage(tmp_path: Path, house: House) -> None:
    with served(house.folder, PINNED) as service:
        kiosk = Device(tmp_path / "kiosk", service.url, "kiosk")
        try:
            kiosk.worker.start()
            kiosk.until(events.NeedsEnrolment)
            kiosk.worker.enrol(house.codes["kiosk-1"])
            assert kiosk.until(events.DeviceEnrolled).enrolled.place == "kiosk-1"
            kiosk.until(events.MirrorChanged)
            mirror = kiosk.worker.mirror
            card_hash = mirror.card_hash(central.WANG_UID)
            assert card_hash is not None
            known = mirror.member(card_hash)
            assert known is not None
            assert (known.surname.zh, known.points) == ("王", 6280)

            command = _granted(kiosk, house)
            kiosk.worker.submit(command, member_id=central.WANG)
            settled = kiosk.until(events.CommandSettled)
            assert isinstance(settled.answer, Redeemed)
            assert (settled.answer.points_taken, settled.answer.points) == (600, 5680)
            kiosk.worker.acknowledge(command.command_id)
            code = settled.answer.vouchers[0].code.encode()
            assert all(code not in path.read_bytes() for path in kiosk.folder.glob("device.db*"))
            # The push brings the new balance into the mirror, for a tap without a network.
            kiosk.until(events.MirrorChanged, lambda _: _points(kiosk, card_hash) == 5680)

            second = _granted(kiosk, house)
            service.process.kill()
            kiosk.until(events.Offline)
            kiosk.worker.submit(second, member_id=central.WANG)
            assert kiosk.worker.outbox.held(central.WANG) == 600

            port = urlsplit(service.url).port
            with served(house.folder, PINNED, f"http.port={port}"):
                again = kiosk.until(events.CommandSettled)
                assert isinstance(again.answer, Redeemed)
                assert (again.command_id, again.answer.points) == (second.command_id, 5080)
                assert kiosk.worker.outbox.held(central.WANG) == 0
                kiosk.until(events.MirrorChanged, lambda _: _points(kiosk, card_hash) == 5080)
        finally:
            kiosk.close()


def test_a_display_gets_its_boards_whole_and_plays_on_without_the_server(tmp_path: Path, house: House) -> None:
    with served(house.folder, PINNED) as service:
        display = Device(tmp_path / "lounge", service.url, "lounge")
        try:
            display.worker.start()
            display.worker.enrol(house.codes["tv-1"])
            ready = display.until(events.ManifestReady)
            assert ready.manifest.display == "tv-1"
            assert ready.manifest.boards
            assert display.worker.media.missing(ready.manifest.media) == ()
        finally:
            display.close()
    offline = Device(tmp_path / "lounge", service.url, "lounge")
    try:
        offline.worker.start()
        assert offline.until(events.ManifestReady) == ready
        assert offline.until(events.Offline).since == central.DRAWN
    finally:
        offline.close()


def _points(kiosk: Device, card_hash: str) -> int:
    member = kiosk.worker.mirror.member(card_hash)
    return member.points if member else 0


def test_a_display_is_added_by_the_code_on_its_screen(tmp_path: Path, house: House) -> None:
    with served(house.folder, PINNED) as service:
        display = Device(tmp_path / "tv", service.url, "lounge")
        try:
            display.worker.start()
            display.until(events.NeedsEnrolment)
            code = display.until(events.PairingCode).code
            clock = HandClock(central.DRAWN)
            with (
                central.running(app.open_context(central.settings_for(house.folder), clock), clock, house.demo) as club,
                club.context.db.write() as tx,
            ):
                entered = pairing.enter(
                    tx, code, "tv-2", staff="1001", stores=("east",), code_id=central.new_id(), now=central.DRAWN
                )
            assert isinstance(entered, enrolled.Device)
            assert display.until(events.DeviceEnrolled).enrolled.place == "tv-2"
            assert display.until(events.ManifestReady).manifest.display == "tv-2"
        finally:
            display.close()

"""The worker with real threads, a real store and a real server: what programs see of it."""

import logging
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import time, timedelta
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest

from club.model import errors
from club.model.clock import PinnedClock
from club.sync import events, steps
from club.sync.client import ApiClient
from club.sync.errors import ServerUnreachable
from club.sync.store import DeviceStore
from club.sync.window import DownloadWindow
from club.sync.worker import SyncWorker
from club.wire import codec, signing
from club.wire.devices import CommandAnswered, DeviceKind, KeyChanged, NewKey, OnGlass
from tests.club.sync import makers
from tests.club.sync.small_club import FEED, SmallClub, a_club
from tests.club.sync.small_server import Answer, Asked, a_problem, a_value
from tests.support.wait import until

E = TypeVar("E")
PATIENCE_S = 15.0
REDEEM = "POST /v1/redemptions"
HASH = "ab" * 32


@dataclass
class Device:
    """A device's sync as its program holds it; what it was told is taken in order."""

    folder: Path
    address: str
    kind: DeviceKind = "lounge"
    window: DownloadWindow | None = None
    told: "queue.SimpleQueue[events.SyncEvent]" = field(default_factory=queue.SimpleQueue)

    def __post_init__(self) -> None:
        self.store = DeviceStore(self.folder / "device.db")
        self.client = ApiClient(self.address, makers.an_identity(self.folder), makers.a_clock())
        self.worker = SyncWorker(
            self.store,
            self.client,
            PinnedClock(makers.NOW),  # the drawn day, with real seconds between
            self.told.put,
            kind=self.kind,
            media_dir=self.folder / "media",
            version="0.1.0",
            window=self.window,
            between=_soon,
        )

    def until(self, kind: type[E], where: Callable[[E], bool] = lambda _: True) -> E:
        """The next event of that kind; others are passed over."""
        while True:
            event = self.told.get(timeout=PATIENCE_S)
            if isinstance(event, kind) and where(event):
                return event

    def enrolled(self) -> "Device":
        self.worker.mirror.keep_enrolled(makers.an_enrolled())
        return self

    def on_disk(self) -> bytes:
        return b"".join(path.read_bytes() for path in sorted(self.folder.glob("device.db*")))

    def close(self) -> None:
        self.worker.close()
        self.store.close()


def _soon(low: float, high: float) -> float:
    """Retries come at once, periodic work never."""
    return 3600.0 if low >= 30 else min(high, 0.01)


@pytest.fixture
def club() -> Iterator[SmallClub]:
    with a_club() as made:
        yield made


@pytest.fixture
def device(club: SmallClub, tmp_path: Path) -> Iterator[Device]:
    made = Device(tmp_path, club.server.address)
    yield made
    made.close()


def _wait(condition: Callable[[], bool]) -> None:
    """Wait for what another thread will do, in small steps, up to a limit."""
    pulse = threading.Event()
    for _ in range(1500):
        if condition():
            return
        pulse.wait(0.01)
    raise AssertionError("expected it to happen within 15 s")


def test_enrolment_then_mirror_boards_and_stream(club: SmallClub, device: Device) -> None:
    club.known = False
    club.change_reward("wash", 500)
    manifest = club.publish(1, b"picture one")
    device.worker.start()
    device.until(events.NeedsEnrolment)
    device.worker.enrol("000000")
    assert device.until(events.EnrolRefused).error.code == "enrol_code_wrong"
    device.worker.enrol("123456")
    assert device.until(events.DeviceEnrolled).enrolled == makers.an_enrolled()
    device.until(events.MirrorChanged)
    assert [one.slug for one in device.worker.mirror.rewards()] == ["wash"]
    assert device.until(events.ManifestReady).manifest == manifest
    path = device.worker.media.path(manifest.media[0].sha256)
    assert path is not None
    assert path.read_bytes() == b"picture one"
    _wait(lambda: len(club.streams) == 1)
    club.change_reward("wash", 450)
    device.until(events.MirrorChanged, lambda _: device.worker.mirror.rewards()[0].points == 450)
    club.publish(2, b"picture one", b"picture two")
    assert device.until(events.ManifestReady).revision == 2
    assert device.worker.last_contact == makers.NOW


def test_a_code_that_came_after_too_many_guesses_gives_way_to_the_code_on_the_screen(
    club: SmallClub, device: Device
) -> None:
    club.known, club.guessed_at = False, True
    device.worker.enrol("123456")
    device.worker.start()
    told: list[object] = []

    def to_the_screen(event: object) -> bool:
        told.append(event)
        return isinstance(event, events.PairingCode)

    assert device.until(object, to_the_screen)
    [refused] = [event.error for event in told if isinstance(event, events.EnrolRefused)]
    assert (type(refused), refused.facts) == (errors.TooManyGuesses, {"seconds": 600})
    assert not any(isinstance(event, events.Offline) for event in told)


def test_a_submitted_command_is_sent_at_once_and_its_answer_told_kept_and_forgotten(
    club: SmallClub, device: Device
) -> None:
    device.enrolled().worker.start()
    device.until(events.Online)
    command = makers.a_redeem("command-0001")
    device.worker.submit(command, member_id="member-0001")
    assert device.until(events.CommandSettled).answer == makers.a_redeemed("command-0001")
    assert device.worker.outbox.answer("command-0001") == makers.a_redeemed("command-0001")
    assert b"7K2M9Q4T63" in device.on_disk()
    device.worker.acknowledge("command-0001")
    assert b"7K2M9Q4T63" not in device.on_disk()
    assert club.carried_out == {"command-0001": 1}


def test_a_refusal_is_told_and_frees_the_hold(club: SmallClub, device: Device) -> None:
    club.refuses["command-0001"] = errors.NotEnoughPoints(balance=300, price=500)
    device.enrolled().worker.start()
    device.worker.submit(makers.a_redeem("command-0001"), member_id="member-0001")
    refused = device.until(events.CommandRefused)
    assert isinstance(refused.error, errors.NotEnoughPoints)
    assert device.worker.outbox.held("member-0001") == 0


def test_a_lost_answer_is_asked_for_again_with_the_same_bytes(club: SmallClub, device: Device) -> None:
    device.enrolled().worker.start()
    device.until(events.Online)
    club.lose_answers.add("command-0001")
    device.worker.submit(makers.a_redeem("command-0001"), member_id="member-0001")
    device.until(events.Offline)
    assert device.worker.outbox.held("member-0001") == 500
    club.down = False
    device.until(events.CommandSettled)
    sent = [one for one in club.server.asked if one.target == "/v1/redemptions"]
    assert len(sent) >= 2
    assert all(one == sent[0] for one in sent)
    assert club.carried_out == {"command-0001": 1}


def test_a_command_signed_by_a_wrong_clock_is_signed_anew_and_nothing_else_of_it_changes(
    club: SmallClub, device: Device
) -> None:
    carry_out = club.server.routes[REDEEM]

    def only_later(asked: Asked) -> Answer:
        if asked.headers[signing.SIGNED_AT_HEADER].startswith("2026-05-16T06:32"):
            return a_problem(errors.ClockSkew(now=(makers.NOW + timedelta(hours=3)).isoformat(), seconds=10800), 401)
        return carry_out(asked)

    club.server.routes[REDEEM] = only_later
    device.enrolled().worker.start()
    device.worker.submit(makers.a_redeem("command-0001"))
    device.until(events.CommandSettled)
    first, second = (one for one in club.server.asked if one.target == "/v1/redemptions")
    assert first.body == second.body
    assert first.headers[signing.KEY_HEADER] == second.headers[signing.KEY_HEADER]
    assert second.headers[signing.SIGNED_AT_HEADER].startswith("2026-05-16T09:32")
    assert club.carried_out == {"command-0001": 1}


@pytest.mark.parametrize(
    "fault", [errors.Unavailable(), errors.SignatureWrong(), errors.NotAllowed()], ids=lambda one: one.code
)
def test_what_may_pass_is_tried_again_and_never_told_to_the_member_as_a_no(
    club: SmallClub, device: Device, fault: errors.ClubError
) -> None:
    club.refuses["command-0001"] = fault
    device.enrolled().worker.start()
    device.worker.submit(makers.a_redeem("command-0001"), member_id="member-0001")
    _wait(lambda: club.server.count(REDEEM) >= 3)
    assert device.worker.outbox.held("member-0001") == 500
    del club.refuses["command-0001"]
    while not isinstance(told := device.told.get(timeout=PATIENCE_S), events.CommandSettled):
        assert not isinstance(told, events.CommandRefused)


def test_a_device_the_server_forgot_keeps_its_promise_until_it_is_enrolled_again(
    club: SmallClub, device: Device
) -> None:
    device.enrolled().worker.start()
    device.until(events.Online)
    club.known = False
    device.worker.submit(makers.a_redeem("command-0001"))
    device.until(events.NeedsEnrolment)
    assert len(device.worker.outbox.pending()) == 1
    device.worker.enrol("123456")
    assert device.until(events.CommandSettled).command_id == "command-0001"


def test_the_program_hears_offline_with_the_last_contact_and_online_again(club: SmallClub, device: Device) -> None:
    device.enrolled().worker.start()
    device.until(events.Online)
    _wait(lambda: len(club.streams) == 1)
    club.go_down()
    assert device.until(events.Offline).since == makers.NOW
    club.down = False
    device.until(events.Online)
    _wait(lambda: len(club.streams) == 1)


def test_a_call_of_the_kiosks_own_tells_too(club: SmallClub, device: Device) -> None:
    device.enrolled().worker.start()
    device.until(events.Online)
    _wait(lambda: len(club.streams) == 1)
    club.down = True
    with pytest.raises(ServerUnreachable):
        device.client.myself()
    device.until(events.Offline)


def test_it_boots_offline_from_disk_with_boards_and_mirror(club: SmallClub, tmp_path: Path) -> None:
    club.change_reward("wash", 500)
    club.publish(1, b"picture one")
    first = Device(tmp_path, club.server.address).enrolled()
    first.worker.start()
    ready = first.until(events.ManifestReady)
    _wait(lambda: bool(first.worker.mirror.rewards()))
    first.close()
    club.down = True

    second = Device(tmp_path, club.server.address)
    second.worker.start()
    try:
        assert second.until(events.ManifestReady) == ready
        assert second.worker.last_contact == makers.NOW
        second.until(events.Offline)
        assert [one.slug for one in second.worker.mirror.rewards()] == ["wash"]
    finally:
        second.close()


def test_a_store_of_an_earlier_version_drops_the_members_a_display_is_no_longer_told_of(
    club: SmallClub, tmp_path: Path
) -> None:
    club.change_reward("wash", 500)
    first = Device(tmp_path, club.server.address).enrolled()
    member = makers.a_change(FEED, club.seq, "member", HASH, makers.a_member(HASH, surname="欧阳"))
    first.worker.mirror.apply([member], epoch="e1", places={FEED: club.seq}, at=makers.NOW)
    first.store.note("shape", "2")  # as the version left it that still told displays of members
    first.close()

    second = Device(tmp_path, club.server.address)
    second.worker.start()
    try:
        second.until(events.MirrorChanged)
        assert second.worker.mirror.member(HASH) is None
        assert [one.slug for one in second.worker.mirror.rewards()] == ["wash"]
    finally:
        second.close()
    assert "欧阳".encode() not in second.on_disk()


def test_a_manifest_whose_media_were_lost_gives_way_to_the_one_before_and_is_repaired(
    club: SmallClub, tmp_path: Path
) -> None:
    club.publish(1, b"picture one")
    first = Device(tmp_path, club.server.address).enrolled()
    first.worker.start()
    first.until(events.ManifestReady)
    _wait(lambda: len(club.streams) == 1)
    newest = club.publish(2, b"picture two")
    first.until(events.ManifestReady)
    first.close()
    lost = first.worker.media.path(newest.media[0].sha256)
    assert lost is not None
    lost.unlink()

    second = Device(tmp_path, club.server.address)
    second.worker.start()
    try:
        assert second.until(events.ManifestReady).revision == 1
        assert second.until(events.ManifestReady).revision == 2
        assert second.worker.media.path(newest.media[0].sha256) is not None
    finally:
        second.close()


def test_unsettled_commands_go_on_after_a_restart_and_old_answers_are_gone(club: SmallClub, tmp_path: Path) -> None:
    first = Device(tmp_path, club.server.address).enrolled()
    first.worker.start()
    first.worker.submit(makers.a_redeem("command-0001"))
    first.until(events.CommandSettled)
    club.down = True
    first.worker.submit(makers.a_redeem("command-0002"))
    first.close()  # nobody acknowledged the first

    club.down = False
    second = Device(tmp_path, club.server.address)
    second.worker.start()
    try:
        assert second.until(events.CommandSettled).command_id == "command-0002"
        assert club.carried_out == {"command-0001": 1, "command-0002": 1}
        assert second.worker.outbox.pending() == ()
        assert b"7K2M9Q4T63" not in second.on_disk()  # no member stands there for either answer
    finally:
        second.close()


def test_when_the_member_has_gone_no_answer_is_kept_k13(club: SmallClub, device: Device) -> None:
    device.enrolled().worker.start()
    device.until(events.Online)
    device.worker.submit(makers.a_redeem("command-0001"))
    device.until(events.CommandSettled)
    club.down = True
    device.worker.submit(makers.a_redeem("command-0002"))
    device.until(events.Offline)
    device.worker.end_session()
    assert b"7K2M9Q4T63" not in device.on_disk()
    club.down = False
    device.until(events.CommandSettled)
    assert device.worker.outbox.answer("command-0002") is None
    assert b"7K2M9Q4T63" not in device.on_disk()
    assert b"command-0002" not in device.on_disk()


def test_a_new_picture_on_the_glass_is_reported_at_once(club: SmallClub, device: Device) -> None:
    device.enrolled().worker.start()
    device.until(events.Online)
    device.worker.report(OnGlass(what="welcome v3", since=makers.NOW, frames=12), reader="ready")
    _wait(lambda: any(b"welcome v3" in one.body for one in club.server.asked))
    beat = next(one for one in club.server.asked if b"welcome v3" in one.body)
    assert b'"reader":"ready"' in beat.body
    before = club.server.count("POST /v1/heartbeats")
    device.worker.report(OnGlass(what="welcome v3", since=makers.NOW, frames=900))
    device.worker.submit(makers.a_redeem("command-0001"))
    device.until(events.CommandSettled)
    assert club.server.count("POST /v1/heartbeats") == before  # the same picture waits for its turn


def test_closing_is_prompt_although_the_stream_is_open(club: SmallClub, tmp_path: Path) -> None:
    device = Device(tmp_path, club.server.address).enrolled()
    device.worker.start()
    _wait(lambda: len(club.streams) == 1)
    device.close()
    # Whatever the machine's pace: a thread that did not end by itself is given up after a while, and still there.
    assert not any(thread.name.startswith("sync-") for thread in threading.enumerate())


def test_a_program_that_fails_on_an_event_does_not_stop_the_sync(
    club: SmallClub, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    device = Device(tmp_path, club.server.address).enrolled()
    settled = threading.Event()
    name = "王先生"

    def post(event: events.SyncEvent) -> None:
        if isinstance(event, events.CommandSettled):
            settled.set()
        raise KeyError(name)

    device.worker._post = post
    with caplog.at_level(logging.DEBUG):
        device.worker.start()
        device.worker.submit(makers.a_redeem("command-0001"))
        try:
            assert settled.wait(PATIENCE_S)
        finally:
            device.close()
    assert "unforeseen KeyError" in caplog.text
    assert name not in caplog.text


def test_how_an_order_ended_is_what_the_club_says_of_it(club: SmallClub, device: Device) -> None:
    route = "POST /v1/devices/self/commands/order-0001/answer"
    club.server.routes[route] = lambda _: a_value(CommandAnswered(state="expired"))
    answered = device.enrolled().worker._doing.work(steps.Call("order-answer", "order-0001", "done:"))
    assert answered == steps.OrderAnswered("order-0001", "expired")


@pytest.fixture
def played(club: SmallClub, tmp_path: Path) -> events.ManifestReady:
    """What the device has on its disk to play, after a first run."""
    club.publish(1, b"picture one")
    first = Device(tmp_path, club.server.address).enrolled()
    first.worker.start()
    ready = first.until(events.ManifestReady)
    first.close()
    return ready


def test_a_disk_that_takes_nothing_at_boot_keeps_no_board_off_the_glass_and_no_sync_from_going_on(
    club: SmallClub, device: Device, played: events.ManifestReady
) -> None:
    device.store._writer.conn.execute("PRAGMA query_only = ON")
    device.worker.start()
    assert device.until(events.ManifestReady) == played
    device.store._writer.conn.execute("PRAGMA query_only = OFF")
    club.change_reward("wash", 500)
    device.until(events.MirrorChanged, lambda _: bool(device.worker.mirror.rewards()))


def test_a_store_that_cannot_be_read_at_boot_is_read_again_and_the_boards_are_played_meanwhile(
    club: SmallClub, device: Device, played: events.ManifestReady, caplog: pytest.LogCaptureFixture
) -> None:
    command = makers.a_redeem("command-0001")
    device.worker.submit(command)

    def made(at: str) -> None:
        with device.store.transaction() as db:
            db.execute("UPDATE command SET made_at = ?", (at,))

    made("the day before")
    device.worker.start()
    assert device.until(events.ManifestReady) == played
    _wait(lambda: caplog.text.count("unforeseen ValueError") >= 2)
    assert device.told.empty(), "told once, however often it is read again"
    made(makers.NOW.isoformat())
    assert device.until(events.CommandSettled).command_id == command.command_id


def test_what_the_club_said_of_the_device_is_asked_for_again_when_it_cannot_be_read(
    club: SmallClub, device: Device
) -> None:
    club.entered = True  # as the central API says of a device whose key it knows
    device.store.note("enrolled", "{")
    device.worker.start()
    assert device.until(events.DeviceEnrolled).enrolled == makers.an_enrolled()
    assert device.worker.mirror.enrolled() == makers.an_enrolled()


@pytest.mark.parametrize("zone", ["Mars/Olympus", None], ids=["unknown", "unreadable"])
def test_a_window_that_cannot_be_told_is_open_and_stops_no_sync(
    club: SmallClub, tmp_path: Path, zone: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    device = Device(tmp_path, club.server.address, window=DownloadWindow(time(1), time(2))).enrolled()
    enrolled = makers.an_enrolled()
    try:
        if zone:
            store = msgspec.structs.replace(enrolled.store, time_zone=zone)
            device.worker.mirror.keep_enrolled(msgspec.structs.replace(enrolled, store=store))
        else:
            with device.store.transaction() as db:
                db.execute("INSERT INTO entity VALUES (?, ?, ?, ?)", ("store", enrolled.store.slug, FEED, b"{"))
        device.worker.start()
        device.until(events.Online)
        assert "asking for the download window: unforeseen" in caplog.text
        timer = device.worker._timers["window"] - device.worker._clock.monotonic()
        assert 0 < timer <= 60
    finally:
        device.close()


def test_a_key_that_is_due_is_renewed_between_two_pieces_of_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("club.sync.worker.SOON_S", 0.05)
    identity = makers.an_identity(tmp_path)
    identity.note_since(makers.NOW - timedelta(days=400))
    asked = threading.Event()
    known: list[str] = []

    def register(request: Asked) -> Answer:
        wish = codec.decode(request.body, NewKey)
        known.append(wish.public_key)
        asked.set()
        return a_value(KeyChanged(public_key=wish.public_key, other_until=None))

    with a_club() as club:
        club.server.routes["POST /v1/devices/self/keys"] = register
        device = Device(tmp_path, club.server.address, kind="kiosk").enrolled()
        device.client.time.learn(makers.NOW)
        device.worker.start()
        try:
            assert asked.wait(60)
            until(
                lambda: not device.client.identity.has_former and device.client.identity.public_key == known[-1],
                "the key to be renewed",
                within_s=60,
            )
        finally:
            device.close()
    found = makers.an_identity(tmp_path)
    assert (found.public_key, found.has_next, len(known)) == (known[0], False, 1)

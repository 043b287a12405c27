import shutil
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import Raw

from club.model import errors
from club.model.clock import HandClock, SystemClock
from club.sync import events as sync
from club.sync.mirror import Mirror
from club.sync.store import DeviceStore
from club.wire import codec
from club.wire.changes import SnapshotRow
from club.wire.devices import Enrolled
from club.wire.rewards import Redeem
from kiosk_app.flow import events as ev
from kiosk_app.flow import state as st
from kiosk_app.work import catalogue, sounds
from kiosk_app.work.sync_events import flow_events
from kiosk_app.work.tap_times import TapTimes
from kiosk_app.work.ticker import Ticker
from tests.support import kiosk_values as make


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    """A mirror as a sync leaves it."""
    store = DeviceStore(tmp_path / "store.db")
    mirror = Mirror(store)
    mirror.keep_enrolled(
        Enrolled(
            device_id="dev-00000001",
            kind="kiosk",
            place="kiosk-1",
            store=make.a_store(),
            card_key="A" * 43,
            now=make.DRAWN,
        )
    )
    entities: list[tuple[str, str, object]] = [("programme", "club", make.a_programme())]
    entities += [("reward", reward.slug, reward) for reward in make.the_rewards()]
    entities += [("reward_category", category.slug, category) for category in make.the_categories()]
    entities += [("activity", activity.slug, activity) for activity in make.the_activities()]
    rows = [
        SnapshotRow(feed="global", entity=kind, entity_id=name, payload=Raw(codec.encode(value)))
        for kind, name, value in entities
    ]
    mirror.replace(rows, epoch="e1", places={"global": 1}, at=make.DRAWN)
    yield mirror
    store.close()


def test_the_catalogue_is_what_was_mirrored(mirror: Mirror) -> None:
    read = catalogue.read(mirror)
    assert read.programme == make.a_programme()
    assert read.store == make.a_store()
    assert [reward.slug for reward in read.rewards][:3] == ["basic-service-voucher", "detail-wash", "fuel-card-100"]
    assert read.categories == make.the_categories()
    assert read.activities == make.the_activities()
    assert read.as_of == make.DRAWN
    later = make.DRAWN + timedelta(minutes=5)
    assert catalogue.read(mirror, later).as_of == later


def test_the_syncs_events_become_the_kiosks(mirror: Mirror) -> None:
    command = Redeem(
        command_id="command-0001", session_id=make.SESSION, reward="detail-wash", quantity=1, unit_points=600
    )
    answer = make.a_redeemed(command)
    error = errors.OutOfStock()

    def told(event: sync.SyncEvent) -> list[ev.Event]:
        return flow_events(event, mirror, lambda: make.DRAWN)

    fresh = ev.CatalogueChanged(catalogue.read(mirror))
    assert told(sync.Online()) == [ev.WentOnline()]
    assert told(sync.Offline(make.DRAWN)) == [fresh, ev.WentOffline()]
    assert told(sync.MirrorChanged(frozenset({"reward", "member"}))) == [fresh]
    assert told(sync.MirrorChanged(frozenset({"member"}))) == []
    assert told(sync.CommandSettled("command-0001", answer)) == [ev.CommandSettled(answer)]
    assert told(sync.CommandRefused("command-0001", error)) == [ev.CommandRefused("command-0001", error)]
    assert told(sync.NeedsEnrolment(revoked=True)) == [ev.EnrolmentChanged(enrolled=False)]
    assert told(sync.EnrolRefused(errors.EnrolCodeWrong())) == [ev.EnrolmentChanged(enrolled=False)]
    pairing = st.Pairing("7K2M9Q", make.DRAWN)
    assert told(sync.PairingCode("7K2M9Q", make.DRAWN)) == [ev.PairingCodeCame(pairing)]
    enrolled = mirror.enrolled()
    assert enrolled is not None
    assert told(sync.DeviceEnrolled(enrolled)) == [fresh, ev.EnrolmentChanged(enrolled=True)]


def test_a_taps_figures() -> None:
    clock = HandClock(make.DRAWN)
    times = TapTimes(clock.monotonic)
    clock.forward(10)
    times.tapped(make.SESSION, 0.05)
    times.server_asked(make.SESSION)
    clock.forward(0.001)
    times.mirror_answered(make.SESSION)
    times.frame("reading", 1.0, clock.monotonic(), 5.0)
    times.frame("home", 0.4, clock.monotonic(), 5.0)
    clock.forward(0.009)
    times.frame("home", 0.5, clock.monotonic(), 6.0)
    assert times.figures() == []
    clock.forward(0.01)
    times.server_answered(make.SESSION)
    times.frame("home", 1.0, clock.monotonic(), 7.0)
    assert [{name: round(value, 3) for name, value in tap.items()} for tap in times.figures()] == [
        {
            "event_at_s": 10.0,
            "event_to_name_ms": 10.0,
            "read_card_ms": 50.0,
            "server_ms": 20.0,
            "frame_ms": 6.0,
            "mirror_ms": 1.0,
        }
    ]


def test_seconds_tick_until_closed() -> None:
    twice, ticks = threading.Event(), list[int]()

    def tick() -> None:
        ticks.append(1)
        if len(ticks) == 2:
            twice.set()

    ticker = Ticker(tick, SystemClock(), every_s=0.01)
    ticker.start()
    assert twice.wait(5)
    ticker.close()
    ticker.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "ticker"]


def test_a_cue_is_played_by_the_machines_own_command(tmp_path: Path) -> None:
    done = threading.Event()

    def find(name: str) -> Path:
        return tmp_path / f"{name}.wav"

    player = sounds.CommandPlayer(["touch"], find)
    player.play("success")
    deadline = threading.Timer(5, done.set)
    deadline.start()
    while not (tmp_path / "success.wav").exists() and not done.is_set():
        done.wait(0.01)
    deadline.cancel()
    assert (tmp_path / "success.wav").exists()


@pytest.mark.parametrize(("enabled", "volume"), [(False, 0.8), (True, 0.0)])
def test_a_silent_kiosk_plays_nothing(enabled: bool, volume: float) -> None:
    assert isinstance(sounds.find_player(Path, enabled=enabled, volume=volume), sounds.Silence)


def test_without_a_sound_command_the_kiosk_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert isinstance(sounds.find_player(Path, enabled=True, volume=0.5), sounds.Silence)

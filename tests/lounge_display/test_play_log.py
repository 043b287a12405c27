"""Proof of play in the device's own store (L6)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from club.sync.store import DeviceStore
from club.wire.devices import OnGlass
from lounge_display.health import Health
from lounge_display.play_log import Play, PlayLog
from tests.support.lounge_manifests import NOON


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DeviceStore]:
    made = DeviceStore(tmp_path / "store.db")
    yield made
    made.close()


def a_play(board: str = "b-1", *, at: timedelta = timedelta(0), seconds: float = 18.0) -> Play:
    return Play(board, 1, "default", NOON + at, seconds, 18.0)


def test_plays_are_there_after_a_restart(tmp_path: Path) -> None:
    for number in range(2):
        store = DeviceStore(tmp_path / "store.db")
        PlayLog(store).add(a_play(at=timedelta(seconds=number)))
        store.close()
    store = DeviceStore(tmp_path / "store.db")
    assert [play.shown_at for play in PlayLog(store).last()] == [NOON + timedelta(seconds=1), NOON]
    store.close()


def test_totals_are_seconds_on_the_glass(store: DeviceStore) -> None:
    log = PlayLog(store)
    for board, seconds in (("b-1", 18.0), ("b-2", 14.0), ("b-1", 3.5)):
        log.add(a_play(board, seconds=seconds))
    assert log.totals() == {"b-1": 21.5, "b-2": 14.0}


def test_old_plays_are_dropped(store: DeviceStore) -> None:
    log = PlayLog(store, keep_days=60)
    log.add(a_play("b-old"))
    log.add(a_play("b-new", at=timedelta(days=61)))
    assert list(log.totals()) == ["b-new"]


def test_health_reports_each_change_and_then_rising_frames() -> None:
    told: list[OnGlass] = []
    now, frames = [0.0], [0]
    health = Health(told.append, lambda: frames[0], lambda: now[0], every_s=10)
    health.beat()
    assert told == []
    health.shown("b-1@1", NOON)
    for second in range(1, 22):
        now[0], frames[0] = float(second), second * 20
        health.beat()
    assert [(one.what, one.frames) for one in told] == [("b-1@1", 0), ("b-1@1", 200), ("b-1@1", 400)]

"""The server's time on a device: corrected gently, kept over restarts, and doubted when the machine has lost its own (L5)."""

from datetime import UTC, datetime, timedelta

import pytest

from club.model.clock import PinnedClock
from club.sync.server_time import ServerTime
from club.sync.steady_clock import SteadyClock
from tests.club.sync import makers

START = datetime(2026, 5, 16, 6, 32, tzinfo=UTC)


class Device:
    """A machine, its clock, and the note that outlives a restart."""

    def __init__(self, wall: datetime = START) -> None:
        self.wall = wall
        self.seconds = 0.0
        self.note: str | None = None
        self.at_rest = True
        self.boot()

    def boot(self, wall: datetime | None = None) -> None:
        self.wall = wall or self.wall
        base, began = self.wall, self.seconds
        self.clock = SteadyClock(lambda: base + timedelta(seconds=self.seconds - began), lambda: self.seconds)
        self.time = ServerTime(self.clock)
        self.time.remember(self.note, self._keep, lambda: self.at_rest)

    def _keep(self, note: str) -> None:
        self.note = note

    def is_doubtful(self) -> bool:
        return self.time.doubtful

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds
        self.wall += timedelta(seconds=seconds)


def test_a_first_start_is_doubtful_until_the_server_is_heard_and_then_right_at_once() -> None:
    device = Device(START - timedelta(days=3000))
    assert device.is_doubtful()
    device.time.learn(START)
    assert not device.is_doubtful()
    assert device.clock.now() == START


def test_the_correction_outlives_a_restart() -> None:
    device = Device()
    device.time.learn(START + timedelta(hours=5))
    device.pass_by(3600)
    device.boot()
    assert not device.time.doubtful
    assert device.clock.now() == START + timedelta(hours=6)


@pytest.mark.parametrize("lost", [timedelta(hours=1, seconds=5), timedelta(days=20000)])
def test_a_machine_that_lost_its_time_goes_on_from_the_last_contact_and_is_doubtful(lost: timedelta) -> None:
    device = Device()
    device.time.learn(START + timedelta(hours=5))
    device.boot(START - lost)
    assert device.time.doubtful
    assert device.clock.now() == START + timedelta(hours=5)
    device.time.learn(START + timedelta(hours=7))
    assert (device.time.doubtful, device.clock.now()) == (False, START + timedelta(hours=7))


def test_a_machine_that_is_years_ahead_of_its_last_contact_is_doubtful() -> None:
    device = Device()
    device.time.learn(START + timedelta(minutes=1))
    device.boot(START + timedelta(days=3650))
    assert device.time.doubtful
    device.time.learn(START + timedelta(days=2))
    assert (device.time.doubtful, device.clock.now()) == (False, START + timedelta(days=2))


def test_a_note_that_cannot_be_read_leaves_the_clock_doubtful() -> None:
    device = Device()
    device.note = "{"
    device.boot()
    assert device.time.doubtful


def test_a_small_lead_is_taken_back_without_going_backwards() -> None:
    device = Device()
    device.time.learn(START)
    device.time.learn(START - timedelta(minutes=5))
    assert device.time.now() == START - timedelta(minutes=5)
    seen = [device.clock.now()]
    for _ in range(70):
        device.pass_by(10)
        seen.append(device.clock.now())
    assert seen == sorted(seen)
    assert seen[-1] == START + timedelta(seconds=700) - timedelta(minutes=5)


def test_a_large_lead_is_stepped_back_only_when_told_twice_and_nobody_stands_there() -> None:
    device = Device()
    device.time.learn(START)
    hours = timedelta(hours=3)
    device.time.learn(START - hours)
    device.pass_by(10)
    device.time.learn(START + timedelta(seconds=10) - hours)
    assert device.clock.now() == START + timedelta(seconds=10)
    device.pass_by(20)
    device.at_rest = False
    device.time.learn(START + timedelta(seconds=30) - hours)
    assert device.clock.now() == START + timedelta(seconds=30)
    assert device.time.now() == START + timedelta(seconds=30) - hours  # what is signed is right all the while
    device.at_rest = True
    device.time.learn(START + timedelta(seconds=30) - hours)
    assert device.clock.now() == START + timedelta(seconds=30) - hours


def test_a_single_wrong_answer_moves_nothing_back() -> None:
    device = Device()
    device.time.learn(START)
    device.time.learn(START - timedelta(days=9))
    device.pass_by(30)
    device.time.learn(START + timedelta(seconds=30))
    device.pass_by(30)
    device.time.learn(START + timedelta(seconds=60) - timedelta(days=9))
    assert device.clock.now() == START + timedelta(seconds=60)


def test_what_the_way_there_and_back_explains_changes_nothing() -> None:
    device = Device()
    device.time.learn(START)
    device.time.learn(START + timedelta(seconds=7), round_trip_s=6.0)
    assert device.clock.now() == START


def test_a_pinned_clock_is_corrected_for_signatures_only() -> None:
    clock = PinnedClock(makers.NOW)
    time = ServerTime(clock)
    time.learn(makers.NOW + timedelta(hours=1))
    assert (time.doubtful, clock.now(), time.now()) == (False, makers.NOW, makers.NOW + timedelta(hours=1))

"""A device's clock goes on evenly and never backwards by itself (L5)."""

from datetime import UTC, datetime, timedelta

from club.model.clock import PinnedClock, SystemClock, clock_for
from club.sync.steady_clock import SteadyClock, device_clock

DRAWN = "2026-05-16T14:32:00+08:00"


class Machine:
    """A machine whose clock and whose seconds are set by hand."""

    def __init__(self) -> None:
        self.wall = datetime.fromisoformat(DRAWN).astimezone(UTC)
        self.seconds = 0.0

    def steady(self) -> SteadyClock:
        return SteadyClock(lambda: self.wall, lambda: self.seconds)


def test_a_steady_clock_goes_on_evenly_whatever_the_machines_does_l5() -> None:
    machine = Machine()
    clock = machine.steady()
    before = clock.now()
    machine.seconds, machine.wall = 60.0, machine.wall - timedelta(days=4000)
    assert clock.now() - before == timedelta(minutes=1)
    assert clock.against_machine() == timedelta(days=4000, minutes=1)
    assert clock.monotonic() == 60.0


def test_a_lead_is_taken_back_by_running_slowly_and_never_backwards() -> None:
    machine = Machine()
    clock = machine.steady()
    start = clock.now()
    clock.slow(timedelta(seconds=30))
    seen = []
    for machine.seconds in range(0, 101, 5):
        seen.append(clock.now() - start)
    assert seen == sorted(seen)
    assert seen[4] == timedelta(seconds=10)
    assert seen[-1] == timedelta(seconds=70)  # a hundred seconds less the lead


def test_a_second_correction_settles_what_was_left_of_the_first() -> None:
    machine = Machine()
    clock = machine.steady()
    start = clock.now()
    clock.slow(timedelta(seconds=30))
    machine.seconds = 20.0
    assert clock.now() - start == timedelta(seconds=10)
    clock.slow(timedelta(seconds=4))
    machine.seconds = 120.0
    assert clock.now() - start == timedelta(seconds=10 + 100 - 4)
    clock.step(timedelta(hours=-1))
    assert clock.now() - start == timedelta(seconds=106) - timedelta(hours=1)


def test_a_device_goes_by_a_steady_clock_unless_it_is_pinned() -> None:
    assert isinstance(device_clock(""), SteadyClock)
    assert isinstance(device_clock(DRAWN), PinnedClock)
    assert isinstance(clock_for(""), SystemClock)

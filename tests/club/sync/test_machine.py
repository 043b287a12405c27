"""What a heartbeat says of the machine: measured, or left out (C9)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from club.model.clock import PinnedClock
from club.sync.machine import health
from club.sync.steady_clock import SteadyClock
from tests.club.sync import makers


def _machine(folder: Path, memory: str, *temperatures: str) -> tuple[Path, Path]:
    proc, sys = folder / "proc", folder / "sys"
    proc.mkdir()
    (proc / "meminfo").write_text(memory)
    for number, told in enumerate(temperatures):
        zone = sys / "class" / "thermal" / f"thermal_zone{number}"
        zone.mkdir(parents=True)
        (zone / "temp").write_text(told)
    return proc, sys


def test_it_says_disk_memory_temperature_and_how_wrong_the_machines_clock_is(tmp_path: Path) -> None:
    proc, sys = _machine(tmp_path, "MemTotal: 4000000 kB\nMemAvailable:  2048000 kB\n", "41200\n", "55800\n")
    clock = SteadyClock(lambda: datetime(2026, 5, 16, tzinfo=UTC), lambda: 0.0)
    clock.step(timedelta(seconds=90))
    found = health(tmp_path, clock, proc=proc, sys=sys)
    assert (found.memory_free_mib, found.temperature_c, found.clock_offset_ms) == (2000, 55, 90_000)
    assert found.disk_free_mib is not None
    assert 0 < found.disk_free_mib <= 1_000_000


@pytest.mark.parametrize("memory", ["", "MemAvailable:\n", "MemAvailable: much kB\n"])
def test_what_cannot_be_measured_is_left_out(tmp_path: Path, memory: str) -> None:
    proc, sys = _machine(tmp_path, memory, "hot\n", "999999999\n")
    found = health(tmp_path / "nowhere", PinnedClock(makers.NOW), proc=proc, sys=sys)
    told = (found.disk_free_mib, found.memory_free_mib, found.temperature_c, found.clock_offset_ms)
    assert told == (None, None, None, None)

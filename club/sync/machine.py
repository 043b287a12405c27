"""How the machine under the device is, for the heartbeat: what it can measure, and nothing where it cannot (C9)."""

import shutil
from pathlib import Path

from club.model.clock import Clock
from club.sync.steady_clock import SteadyClock
from club.wire.devices import Health

_MOST = 1_000_000  # what the wire takes of a count
_PROC, _SYS = Path("/proc"), Path("/sys")


def health(folder: Path, clock: Clock, *, proc: Path = _PROC, sys: Path = _SYS) -> Health:
    """Free disk and memory, the processor's temperature, and how far the server is ahead of the machine's clock.

    Args:
        folder: on the disk that the device writes to.
        clock: the program's.
        proc: where Linux tells of memory.
        sys: where it tells of temperatures.
    """
    ahead = round(clock.against_machine().total_seconds() * 1000) if isinstance(clock, SteadyClock) else None
    return Health(
        disk_free_mib=_disk(folder),
        memory_free_mib=_memory(proc),
        temperature_c=_temperature(sys),
        clock_offset_ms=ahead,
    )


def _disk(folder: Path) -> int | None:
    try:
        return min(_MOST, shutil.disk_usage(folder).free >> 20)
    except OSError:
        return None


def _memory(proc: Path) -> int | None:
    try:
        lines = (proc / "meminfo").read_text(encoding="ascii").splitlines()
        kib = next(line.split()[1] for line in lines if line.startswith("MemAvailable:"))
        return min(_MOST, int(kib) >> 10)
    except (OSError, ValueError, StopIteration, IndexError):
        return None


def _temperature(sys: Path) -> int | None:
    """The hottest zone; boards name them differently."""
    found = []
    for zone in sorted(sys.glob("class/thermal/thermal_zone*/temp")):
        try:
            found.append(int(zone.read_text(encoding="ascii")) // 1000)
        except (OSError, ValueError):
            continue
    return max((one for one in found if -100 <= one <= 300), default=None)

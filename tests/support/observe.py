"""Watches programs from outside: their processes in /proc, their pixels on a virtual screen; asks nothing of them."""

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Look:
    """A part of the glass at one instant: BGRX, 4 bytes a pixel, on the monotonic clock."""

    at: float
    pixels: bytes


class Watcher:
    """Keeps every change of a part of the glass with its instant, on a thread of its own; inside a ``with`` block.

    Args:
        peek: gives the pixels now.
        every_s: how often.
    """

    def __init__(self, peek: Callable[[], bytes], every_s: float = 0.002) -> None:
        self._peek, self._every_s = peek, every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch the glass")
        self.looks: list[Look] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        last = b""
        while not self._stop.wait(self._every_s):
            pixels = self._peek()
            if pixels != last:
                self.looks.append(Look(time.monotonic(), pixels))
                last = pixels


def family(pid: int) -> set[int]:
    """A process and all that came of it and still live."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
        except OSError:
            continue  # it ended while we looked
        parents.setdefault(parent, []).append(int(stat.parent.name))
    found, waiting = set[int](), [pid]
    while waiting:
        one = waiting.pop()
        found.add(one)
        waiting += parents.get(one, [])
    return found


def memory_mb(pid: int) -> float:
    """Proportional memory (PSS) of a process and its family, MiB: shared pages count once."""
    total = 0
    for one in family(pid):
        try:
            rollup = Path(f"/proc/{one}/smaps_rollup").read_text(encoding="ascii")
        except OSError:
            continue
        total += next((int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")), 0)
    return total / 1024


def cpu_s(pid: int) -> float:
    """Processor time that a process and its family have used, seconds, by each one's own clock.

    The counters of /proc are sampled once a tick: what wakes for a millisecond a second, as a window at rest does, they see too often or not
    at all. The clock of another process is clock_getcpuclockid(3), whose number the kernel makes of the process id.
    """
    total = 0.0
    for one in family(pid):
        with contextlib.suppress(OSError):  # it ended while we looked
            total += time.clock_gettime((~one << 3) | 2)
    return total


def cpu_percent(pid: int, seconds: float) -> float:
    """What a process and its family use of one core over a while, percent."""
    began, before = time.monotonic(), cpu_s(pid)
    threading.Event().wait(seconds)
    return (cpu_s(pid) - before) / (time.monotonic() - began) * 100

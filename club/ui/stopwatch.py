"""Knows what kept the UI thread: every call and every phase of a frame (drawing aside) that took longer than a threshold."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

NOTICED_MS = 1.0
"""What took less is not kept."""

_KEPT = 2000


class Slow(NamedTuple):
    """A stretch of the UI thread: `kind` "call" (one named piece of work) or "frame" (all that one frame called in a phase).

    `ms` is what the clock on the wall says, `cpu_ms` what the thread itself worked: on a busy machine only the second is its own doing.
    """

    kind: str
    what: str
    ms: float
    cpu_ms: float


_found: deque[Slow] = deque(maxlen=_KEPT)
_inside = False


@contextmanager
def measure(what: str, kind: str = "call") -> Iterator[None]:
    """Time a piece of work of the UI thread; of pieces within each other only the outermost counts."""
    global _inside  # noqa: PLW0603 -- there is one UI thread
    if _inside and kind == "call":
        yield
        return
    outer, _inside = _inside, _inside or kind == "call"
    wall, cpu = time.perf_counter(), time.thread_time()
    try:
        yield
    finally:
        _inside = outer
        ms, cpu_ms = (time.perf_counter() - wall) * 1000, (time.thread_time() - cpu) * 1000
        if ms >= NOTICED_MS:
            _found.append(Slow(kind, what, ms, cpu_ms))


def slow(over_ms: float = 4.0) -> tuple[Slow, ...]:
    """Return what took the thread's own work longer than ``over_ms``, oldest first."""
    return tuple(each for each in _found if each.cpu_ms > over_ms)


def forget() -> None:
    """Begin anew."""
    _found.clear()


def watch_frames() -> Callable[[], None]:
    """Time the phases of every frame from now on: "callbacks", "touches", "layout". Call the answer to end it."""
    from kivy.base import EventLoop
    from kivy.clock import Clock

    watched = (
        (Clock, "post_idle", "callbacks"),
        (EventLoop, "dispatch_input", "touches"),
        (Clock, "tick_draw", "layout"),
    )
    for owner, name, what in watched:
        setattr(owner, name, _timed(getattr(owner, name), what))

    def end() -> None:
        for owner, name, _ in watched:
            vars(owner).pop(name, None)

    return end


def _timed(work: Callable[..., Any], what: str) -> Callable[..., Any]:
    def timed(*args: Any) -> Any:
        with measure(what, "frame"):
            return work(*args)

    return timed

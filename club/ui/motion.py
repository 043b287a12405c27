"""Movement of values over time: numbers that roll, bars that grow; at once where movement is unwanted."""

import time
from collections.abc import Callable
from typing import Any

from kivy.clock import Clock

from club.resources import theme as tokens

_FPS = 30
_reduced = False


def set_reduced(reduced: bool) -> None:
    """Say whether only short cross-fades are wanted (setting ``ui.reduced_motion``)."""
    global _reduced  # noqa: PLW0603 -- one window, one person before it
    _reduced = reduced


def reduced() -> bool:
    """Whether only short cross-fades are wanted."""
    return _reduced


def crossfade_s() -> float:
    """How long a change of screens takes."""
    motion = tokens.theme().motion
    return (motion.fast_ms if _reduced else motion.base_ms) / 1000


class Glide:
    """Leads a value from where it is to a target in the theme's slow time (400 ms), easing out; `step` gets it on its way."""

    def __init__(self, step: Callable[[float], None]) -> None:
        self._step = step
        self._event: Any = None
        self._start = self._target = 0.0
        self._began = 0.0

    @property
    def moving(self) -> bool:
        """Whether it is on its way."""
        return self._event is not None

    def to(self, start: float, target: float) -> None:
        """Go from ``start`` to ``target``."""
        self.stop()
        if _reduced or start == target:
            self._step(target)
            return
        self._start, self._target, self._began = start, target, time.monotonic()
        self._event = Clock.schedule_interval(self._on, 1 / _FPS)
        self._step(start)

    def stop(self) -> None:
        """Stay where it is."""
        if self._event is not None:
            self._event.cancel()
            self._event = None

    def _on(self, _elapsed: float) -> None:
        share = min(1.0, (time.monotonic() - self._began) * 1000 / tokens.theme().motion.slow_ms)
        eased = 1 - (1 - share) ** 3
        if share >= 1.0:
            self.stop()
        self._step(self._start + (self._target - self._start) * eased)

"""Takes the window's keys: a scanner's codes whole, and what a person types key by key (N8). Nothing of either is written out."""

import time
from collections.abc import Callable
from typing import Any

from kivy.clock import Clock
from kivy.core.window import Window

from nfc.wedge import Found, Habits, Scan, Wedge

_ENDS = {13: "\n", 271: "\n", 9: "\t"}  # Enter, the pad's Enter, Tab
_PAD = {256 + digit: str(digit) for digit in range(10)}
_SHIFTED = dict(zip("`1234567890-=[]\\;',./", '~!@#$%^&*()_+{}|:"<>?', strict=True))
"""What scanners type with Shift: they come set up as American keyboards."""
GAP_S = 0.1
"""Two keys of one code are at most this far apart where this looks at them: a frame that is drawn meanwhile holds the second one up."""
ERASE = "\b"
_ERASES = {8, 127}
_PIN_DIGITS = 6


class Keys:
    """Sorts the window's keys into scans and typing.

    Args:
        scanned: gets each code.
        typed: gets what a person typed, one key after the other: digits, `ERASE`, a line feed for Enter; other keys are dropped.
        habits: of the scanner.
        now: seconds that only rise.
    """

    def __init__(
        self,
        scanned: Callable[[str], None],
        typed: Callable[[str], None],
        habits: Habits | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._scanned, self._typed, self._now = scanned, typed, now
        self._wedge = Wedge(habits or Habits(gap_s=GAP_S))
        self._rest = Clock.create_trigger(self._quiet, self._wedge.habits.gap_s * 1.5)
        Window.bind(on_key_down=self._down)

    def close(self) -> None:
        """Take no more keys; what was not told is forgotten."""
        Window.unbind(on_key_down=self._down)
        self._rest.cancel()

    def _down(self, _window: Any, key: int, _scancode: int, text: str | None, modifiers: Any) -> bool:
        """A key; none goes on to anything else, so that no key leads out of the kiosk (K16)."""
        if key in _ERASES:
            self._tell(self._wedge.quiet(float("inf")))
            self._typed(ERASE)
            return True
        told = _ENDS.get(key) or _PAD.get(key) or _printed(text, "shift" in modifiers)
        if told:
            self._tell(self._wedge.key(told, self._now()))
            self._rest()
        return True

    def _quiet(self, _elapsed: float) -> None:
        self._tell(self._wedge.quiet(self._now()))
        if self._wedge.waiting:
            self._rest()

    def _tell(self, found: list[Found]) -> None:
        for one in found:
            if isinstance(one, Scan) and not _is_typed(one.text):
                self._scanned(one.text)
                continue
            for key in one.text + ("\n" if isinstance(one, Scan) else ""):
                if key in "0123456789\n":
                    self._typed(key)


def _is_typed(code: str) -> bool:
    """Whether it is a PIN that somebody typed quickly, and Enter."""
    return code.isdecimal() and len(code) <= _PIN_DIGITS


def _printed(text: str | None, shift: bool) -> str:
    """What a key types."""
    if not text or len(text) != 1 or not text.isascii() or not text.isprintable():
        return ""
    if not shift:
        return text
    return _SHIFTED.get(text, text.upper())

"""A finger on the glass: presses a point of an X screen through XTest, as a touch panel's driver would."""

import os
import shutil
import subprocess
from collections.abc import Mapping

from PIL import Image

from demo.glass import Sighting
from demo.screens import Glass


class NoFinger(RuntimeError):
    """A press could not be made; the message says why."""


class Finger:
    """Presses points of one window's glass. Points are px of the design; the window may be smaller.

    Args:
        glass: where the window is.
        design: its size in the pictures.
    """

    def __init__(self, glass: Glass, design: tuple[int, int]) -> None:
        if shutil.which("xdotool") is None:
            raise NoFinger("expected the program xdotool; it is not installed. Run ./dev set-up")
        self._glass = glass
        self._scale = glass.place.width / design[0]

    def press(self, x: float, y: float) -> None:
        """Press and let go at a point of the design.

        Raises:
            NoFinger: the X screen did not take it.
        """
        left = self._glass.place.left + round(x * self._scale)
        top = self._glass.place.top + round(y * self._scale)
        self._xdotool(
            self._glass.env, "mousemove", str(left), str(top), "mousedown", "1", "sleep", "0.06", "mouseup", "1"
        )

    def scan(self, code: str) -> None:
        """Type a code as a scanner does: quickly, and Enter behind it.

        Raises:
            NoFinger: the X screen did not take it.
        """
        self._xdotool(self._glass.env, "type", "--delay", "2", code)
        self._xdotool(self._glass.env, "key", "Return")

    def press_on(self, seen: Sighting) -> None:
        """Press the middle of a text that was seen."""
        self.press((seen.x + seen.width / 2) / self._scale, (seen.y + seen.height / 2) / self._scale)

    def look(self) -> Image.Image:
        """What is on the glass."""
        return self._glass.look()

    @property
    def scale(self) -> float:
        """Px of the glass per px of the design."""
        return self._scale

    @staticmethod
    def _xdotool(env: Mapping[str, str], *arguments: str) -> None:
        done = subprocess.run(
            ["xdotool", *arguments], env={**os.environ, **env}, capture_output=True, text=True, timeout=20, check=False
        )
        if done.returncode:
            raise NoFinger(f"expected xdotool {' '.join(arguments)} to work; it said {done.stderr.strip()!r}")

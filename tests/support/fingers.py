"""Fingers on a virtual screen, quick and patient: one XTest client that stays, instead of a process for each touch."""

import os
import subprocess
from collections.abc import Mapping
from types import TracebackType
from typing import Self

_END_S = 5.0


class Fingers:
    """Presses points of an X screen; returns at once, the screen's own queue keeps the order.

    Args:
        env: with the DISPLAY of the screen.
    """

    def __init__(self, env: Mapping[str, str]) -> None:
        # Without a buffer in between: a touch written is a touch made.
        self._xdotool = subprocess.Popen(
            ["xdotool", "-"], stdin=subprocess.PIPE, env={**os.environ, **env}, bufsize=0, start_new_session=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def tap(self, x: float, y: float) -> None:
        """Press and let go at a point, px of the screen."""
        self._say(f"mousemove {round(x)} {round(y)} mousedown 1 mouseup 1")

    def down(self, x: float, y: float) -> None:
        """Put a finger on a point."""
        self._say(f"mousemove {round(x)} {round(y)} mousedown 1")

    def move(self, x: float, y: float) -> None:
        """Move the finger to a point."""
        self._say(f"mousemove {round(x)} {round(y)}")

    def up(self) -> None:
        """Take the finger off."""
        self._say("mouseup 1")

    def scan(self, code: str) -> None:
        """Type a code as a scanner does: quickly, and Enter behind it. Letters, digits and what addresses are made of."""
        self._say(f"type --delay 2 {code}")
        self._say("key Return")

    def key(self, name: str) -> None:
        """Press a key of the keyboard, such as `7`, `KP_7`, `BackSpace`."""
        self._say(f"key {name}")

    def close(self) -> None:
        """End it; before its screen ends. Twice is harmless."""
        if self._xdotool.stdin is not None and not self._xdotool.stdin.closed:
            self._xdotool.stdin.close()
        try:
            self._xdotool.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._xdotool.kill()
            self._xdotool.wait()

    def _say(self, line: str) -> None:
        if self._xdotool.stdin is None:
            raise TypeError("expected xdotool to read its standard input; it was started without one")
        self._xdotool.stdin.write(line.encode() + b"\n")

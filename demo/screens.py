"""Where the windows open: the screen at hand, or a virtual one each where there is none."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from PIL import Image

from demo.xscreen import XScreen, grab_display

KIOSK = (1080, 1920)
LOUNGE = (1920, 1080)
_ANSWER_S = 10.0


class ScreenMissing(RuntimeError):
    """There is no screen at hand; the message says how that was found."""


@dataclass(frozen=True, slots=True)
class Place:
    """A window's place: its size and position in px of its screen."""

    width: int
    height: int
    left: int
    top: int

    def settings(self, design: tuple[int, int]) -> list[str]:
        """The `[window]` settings that open a window of that design here."""
        return [
            f"window.width={design[0]}",
            f"window.height={design[1]}",
            f"window.scale={self.width / design[0]:.4f}",
            "window.fullscreen=false",
            f"window.left={self.left}",
            f"window.top={self.top}",
        ]


class Glass(Protocol):
    """One window's glass: its environment, its place, a look at it."""

    place: Place

    @property
    def env(self) -> Mapping[str, str]:
        """What a program needs to open its window here."""
        ...

    def look(self) -> Image.Image:
        """The pixels of that window's place now."""
        ...

    def close(self) -> None:
        """Give the screen back."""
        ...


class VirtualGlass:
    """A virtual screen exactly as large as its one window."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.place = Place(*size, 0, 0)
        self._screen = XScreen(*size)

    @property
    def env(self) -> Mapping[str, str]:
        """The virtual screen's display."""
        return self._screen.env

    def look(self) -> Image.Image:
        """The whole virtual screen."""
        return self._screen.grab()

    def peek(self, box: tuple[int, int, int, int]) -> bytes:
        """The raw pixels of a part of it, fast enough to watch a fade (see `XScreen.peek`)."""
        return self._screen.peek(box)

    def close(self) -> None:
        """Stop the virtual screen."""
        self._screen.close()


class SharedGlass:
    """A part of the screen at hand."""

    def __init__(self, display: str, place: Place) -> None:
        self.place, self._display = place, display

    @property
    def env(self) -> Mapping[str, str]:
        """The screen at hand."""
        return {"DISPLAY": self._display}

    def look(self) -> Image.Image:
        """This window's part of the screen."""
        left, top = self.place.left, self.place.top
        return grab_display(self._display).crop((left, top, left + self.place.width, top + self.place.height))

    def close(self) -> None:
        """Nothing: the screen is the user's."""


def open_glass(*, virtual: bool) -> tuple[Glass, Glass, str]:
    """The kiosk's and the lounge display's glass, and why no screen was found (empty: one was, or none was looked for).

    Args:
        virtual: use virtual screens even where a real one is at hand (the script does, so that it sees the same pixels everywhere).
    """
    if virtual:
        return VirtualGlass(KIOSK), VirtualGlass(LOUNGE), ""
    display = os.environ.get("DISPLAY", "")
    try:
        kiosk, lounge = side_by_side(*screen_size(display))
    except ScreenMissing as missing:
        return VirtualGlass(KIOSK), VirtualGlass(LOUNGE), str(missing)
    return SharedGlass(display, kiosk), SharedGlass(display, lounge), ""


def screen_size(display: str) -> tuple[int, int]:
    """Width and height in px of an X display.

    Raises:
        ScreenMissing: there is none, or it cannot be asked.
    """
    if not display:
        raise ScreenMissing("DISPLAY is not set")
    if shutil.which("xdpyinfo") is None:
        raise ScreenMissing("xdpyinfo of Debian's x11-utils is missing")
    command = ["xdpyinfo", "-display", display]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, timeout=_ANSWER_S, check=False)
    except subprocess.TimeoutExpired:
        raise ScreenMissing(f"{display} does not answer") from None
    if asked.returncode:
        raise ScreenMissing(f"{display} does not answer")
    found = re.search(r"dimensions:\s+(\d+)x(\d+) pixels", asked.stdout)
    if found is None:
        raise ScreenMissing(f"{display} does not say how large it is")
    return int(found[1]), int(found[2])


def side_by_side(width: int, height: int) -> tuple[Place, Place]:
    """Kiosk left and lounge right, as large as they fit beside each other with room for a task bar; both keep their shape."""
    tall = int(height * 0.9)
    kiosk_width = min(tall * KIOSK[0] // KIOSK[1], width * 36 // 100)
    kiosk_height = kiosk_width * KIOSK[1] // KIOSK[0]
    lounge_width = width - kiosk_width - 24
    lounge_height = lounge_width * LOUNGE[1] // LOUNGE[0]
    if lounge_height > tall:
        lounge_height, lounge_width = tall, tall * LOUNGE[0] // LOUNGE[1]
    return Place(kiosk_width, kiosk_height, 0, 0), Place(lounge_width, lounge_height, kiosk_width + 24, 0)

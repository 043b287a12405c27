"""One real TV: the lounge display as a process of its own on a virtual screen, whose pixels are read from outside."""

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from PIL import Image

from club.resources import files
from club.ui.control import ask
from demo import glass
from demo.processes import Program
from demo.screens import LOUNGE, VirtualGlass
from tests.bench.glass.chain import EDITED
from tests.support import wait

LOOK_EVERY_S = 0.002
"""How often the pixels are read; the longest pause between two looks is a figure of its own."""
_TITLE_SIZE = 124
_TITLES = (0, 560, 1300, 972)  # where the title stands, px of the design (lounge-11)
_BAND = 8
_PLAIN = (1300, 215, 1400, 250)  # a part of the picture that neither words nor their shade cover
_COLOUR_APART = 24
_READY_WITHIN_S = 120.0


class Eye:
    """Looks at a part of the glass, and knows the longest time it looked away."""

    def __init__(self, look: Callable[[], bytes]) -> None:
        self._look, self._last = look, 0.0
        self.longest_gap_s = 0.0

    def __call__(self) -> bytes:
        """The pixels now."""
        pixels, now = self._look(), time.monotonic()
        if self._last:
            self.longest_gap_s = max(self.longest_gap_s, now - self._last)
        self._last = now
        return pixels


class Tv:
    """The display's process and its glass; a context manager.

    Args:
        url: of the central API.
        folder: of its own.
        code: lets it in.
    """

    def __init__(self, url: str, folder: Path, code: str) -> None:
        self._closing = ExitStack()
        self._control = folder / "lounge.sock"
        folder.mkdir(mode=0o700)
        self._glass = VirtualGlass(LOUNGE)
        self._closing.callback(self._glass.close)
        settings = [
            f"server.url={url}",
            f"device.data_dir={folder / 'data'}",
            f"control.socket={self._control}",
            *self._glass.place.settings(LOUNGE),
            "sound.enabled=false",
        ]
        command = [sys.executable, "-m", "lounge_display", "--config", str(files.config_dir() / "lounge.toml")]
        command += [part for one in settings for part in ("--set", one)]
        env = dict(self._glass.env)
        self._program = Program("lounge", [*command, "--enrol", code], env=env, log=folder / "lounge.log")
        self._closing.callback(self._program.stop)

    def __enter__(self) -> Self:
        try:
            self._program.start()
            self._program.wait_for("lounge ready")
        except BaseException:
            self._closing.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    def state(self) -> dict[str, Any]:
        """What it says of itself; asked only while nothing is measured."""
        return ask(self._control, {"do": "state"})

    def until_shown(self, version: int, *, within_s: float = _READY_WITHIN_S) -> None:
        """Wait until the edited board rests on the glass in a version.

        Raises:
            AssertionError: it did not come in time.
        """
        what = f"{EDITED}@{version}"

        def there() -> bool:
            state = self.state()
            return bool(state["screen"] == what and state["settled"])

        wait.until(there, f"{what} on the glass", within_s=within_s)

    def eye(self, title: str) -> Eye:
        """What looks at a band through the signs of the title that is shown.

        Raises:
            RuntimeError: no such title is to be seen.
        """
        found = self._find(title)
        if found is None:
            raise RuntimeError(f"expected the title {title} on the glass, found none")
        left, middle = _TITLES[0] + found.x, _TITLES[1] + found.y + found.height // 2
        box = (left, middle - _BAND // 2, left + found.width, middle + _BAND // 2)
        return Eye(lambda: self._glass.peek(box))

    def shows(self, title: str, colour: tuple[int, int, int] | None) -> bool:
        """Whether a title is to be read on the glass, and a photograph of a colour (RGB; None: whichever) is seen behind it."""
        if self._find(title) is None:
            return False
        if colour is None:
            return True
        seen = np.asarray(self._glass.look().crop(_PLAIN), np.float32).reshape(-1, 3).mean(axis=0)
        return bool(np.abs(seen - np.array(colour, np.float32)).max() < _COLOUR_APART)

    def _find(self, title: str) -> glass.Sighting | None:
        picture: Image.Image = self._glass.look().crop(_TITLES)
        return glass.find_text(picture, title, role="serif-bold", size=_TITLE_SIZE)

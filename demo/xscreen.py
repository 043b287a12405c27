"""A virtual X screen of its own: start it, look at what is on its glass, stop it."""

import os
import select
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import IO, Self

from PIL import Image

_START_S = 20.0
_STOP_S = 5.0
_XWD_HEADER = struct.Struct(">25I")
_XWD_COLOUR_BYTES = 12
_XWD_VERSION = 7


class NoScreen(RuntimeError):
    """A virtual screen could not be started or looked at; the message says why and what to do."""


class XScreen:
    """Xvfb on a display number that was free, drawing into a file that :meth:`grab` reads.

    Args:
        width: in px.
        height: in px.

    Raises:
        NoScreen: when Xvfb is not installed, dies, or is not ready in time.
    """

    def __init__(self, width: int, height: int) -> None:
        self.size = (width, height)
        self._folder = Path(tempfile.mkdtemp(prefix="xscreen-"))
        try:
            self._log: IO[bytes] = (self._folder / "log").open("w+b")
            self._process, self.display = self._start()
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def env(self) -> Mapping[str, str]:
        """What a program needs in its environment, over the present one, to open its windows here."""
        return MappingProxyType({"DISPLAY": self.display, "WAYLAND_DISPLAY": "", "SDL_VIDEODRIVER": "x11"})

    @property
    def pid(self) -> int:
        """The process id of the X server."""
        return self._process.pid

    def grab(self) -> Image.Image:
        """Return what is on the glass now (RGB, the size of the screen).

        Raises:
            NoScreen: when the X server is gone.
        """
        if self._process.poll() is not None:
            raise NoScreen(f"expected the X server of display {self.display} to run; it ended: {self._said()}")
        return read_xwd((self._folder / "Xvfb_screen0").read_bytes())

    def peek(self, box: tuple[int, int, int, int]) -> bytes:
        """The raw pixels (BGRX, 4 bytes each) of a part of the glass: left, top, right, bottom; well under a millisecond.

        Raises:
            NoScreen: when the X server keeps its screen in a form other than 32 bits a pixel.
        """
        left, top, right, bottom = box
        with (self._folder / "Xvfb_screen0").open("rb") as screen:
            header = _XWD_HEADER.unpack(screen.read(_XWD_HEADER.size))
            if header[1] != _XWD_VERSION or header[11] != 32:
                raise NoScreen(
                    f"expected an X window dump, version 7 with 32 bits a pixel; found {header[1]}, {header[11]}"
                )
            line, start = header[12], header[0] + header[19] * _XWD_COLOUR_BYTES
            screen.seek(start + top * line)
            rows = screen.read((bottom - top) * line)
        return b"".join(rows[row * line + left * 4 : row * line + right * 4] for row in range(bottom - top))

    def close(self) -> None:
        """Stop the X server and remove its files; windows still open there lose their display. Twice is harmless."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self) -> tuple[subprocess.Popen[bytes], str]:
        width, height = self.size
        reading, writing = os.pipe()
        command = [
            "Xvfb",
            *("-displayfd", str(writing)),
            *("-screen", "0", f"{width}x{height}x24"),
            *("-fbdir", str(self._folder)),
            *("-nolisten", "tcp"),
            "-noreset",
        ]
        try:
            process = subprocess.Popen(
                command,
                pass_fds=(writing,),
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                start_new_session=True,  # Ctrl-C in the terminal stops the windows first, then their screen
            )
        except FileNotFoundError:
            os.close(reading)
            self._log.close()
            raise NoScreen("expected the program Xvfb; it is not installed. Run ./dev set-up") from None
        finally:
            os.close(writing)
        try:
            number = self._read_line(reading)
        finally:
            os.close(reading)
        if not number:
            process.kill()
            process.wait()
            said = self._said()
            self._log.close()
            raise NoScreen(f"expected Xvfb to name its display within {_START_S:.0f} s; it did not: {said}")
        return process, f":{number}"

    @staticmethod
    def _read_line(descriptor: int) -> str:
        """Read up to a newline; an empty answer means the other side ended or the time ran out."""
        deadline = time.monotonic() + _START_S
        line = b""
        while not line.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                return ""
            part = os.read(descriptor, 64)
            if not part:
                return ""
            line += part
        return line.decode("ascii").strip()

    def _said(self) -> str:
        if self._log.closed:
            return "it was closed"
        self._log.seek(0)
        return self._log.read()[-500:].decode("utf-8", "replace").strip() or "it said nothing"


def grab_display(display: str) -> Image.Image:
    """Return what is on the glass of any X display, real or virtual, through ImageMagick (RGB).

    Raises:
        NoScreen: when the display does not answer or ImageMagick is absent.
    """
    with tempfile.TemporaryDirectory(prefix="xscreen-") as folder:
        shot = Path(folder) / "shot.png"
        command = ["import", "-silent", "-window", "root", str(shot)]
        environment = {**os.environ, "DISPLAY": display}
        try:
            subprocess.run(command, env=environment, check=True, capture_output=True, timeout=_START_S)
        except FileNotFoundError:
            raise NoScreen(
                "expected the program import of ImageMagick; it is not installed. Run ./dev set-up"
            ) from None
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as failure:
            said = (failure.stderr or b"").decode("utf-8", "replace").strip()
            raise NoScreen(f"expected a picture of the X display {display}; found {said or failure}") from failure
        with Image.open(shot) as picture:
            return picture.convert("RGB")


def read_xwd(data: bytes) -> Image.Image:
    """Read an X window dump of 32 bits a pixel, the form Xvfb keeps its screen in (XWDFile.h, version 7).

    Raises:
        NoScreen: when the data are something else.
    """
    if len(data) < _XWD_HEADER.size:
        raise NoScreen(f"expected an X window dump; found {len(data)} bytes")
    header = _XWD_HEADER.unpack_from(data)
    header_size, version, width, height = header[0], header[1], header[4], header[5]
    byte_order, bits_per_pixel, bytes_per_line, colours = header[7], header[11], header[12], header[19]
    if version != _XWD_VERSION or bits_per_pixel != 32:
        raise NoScreen(f"expected an X window dump, version 7 with 32 bits a pixel; found {version}, {bits_per_pixel}")
    start = header_size + colours * _XWD_COLOUR_BYTES
    pixels = data[start : start + bytes_per_line * height]
    order = "XRGB" if byte_order else "BGRX"
    return Image.frombytes("RGB", (width, height), pixels, "raw", order, bytes_per_line)

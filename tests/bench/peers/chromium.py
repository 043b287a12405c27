"""Serves a peer page with the product's own pictures and fonts, and shows it in Debian's Chromium as a kiosk would."""

import http.server
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from club import resources
from club.resources import files
from demo.browser import CHROMIUM

_HERE = Path(__file__).parent
_STOP_S = 5.0
_FONTS: Mapping[str, resources.FontRole] = {"sans": "sans", "sans-bold": "sans-bold", "serif-bold": "serif-bold"}
# What a careful installer of a kiosk sets. No GPU: its software raster is the cheapest way there is without one.
_ARGUMENTS = (
    "--kiosk",
    "--no-sandbox",  # the bench may run as root in a container
    "--disable-gpu",
    "--no-first-run",
    "--no-default-browser-check",
    "--noerrdialogs",
    "--disable-infobars",
    "--disable-session-crashed-bubble",
    "--disable-features=Translate",
    "--lang=zh-CN",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--password-store=basic",
    "--window-position=0,0",
)


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Pages from here, pictures and fonts from where the product has them."""

    def translate_path(self, path: str) -> str:
        """The file of an address; one that is not ours leads nowhere."""
        clean = path.partition("?")[0].lstrip("/")
        folder, _, rest = clean.partition("/")
        if ".." in clean:
            return str(_HERE / "nothing")
        if folder == "art":
            return str(files.assets_dir() / "art" / rest)
        if folder == "fonts" and (role := _FONTS.get(rest)) is not None:
            return str(resources.font(role))
        return str(_HERE / clean)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the bench's own lines are what is read."""


@contextmanager
def served() -> Iterator[str]:
    """Serve the peers' pages; gives the address."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, name="peer pages")
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def profile() -> Iterator[Path]:
    """A folder for Chromium's profile, kept over several starts: only the first one makes it."""
    folder = Path(tempfile.mkdtemp(prefix="peer-profile-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Chromium:
    """Chromium on one page, as long as the ``with`` block.

    Args:
        url: of the page.
        profile: its folder.
        env: with the DISPLAY.
        size: of the screen, px.
    """

    def __init__(self, url: str, profile: Path, env: Mapping[str, str], size: tuple[int, int]) -> None:
        self._command = [
            CHROMIUM,
            *_ARGUMENTS,
            f"--user-data-dir={profile}",
            f"--window-size={size[0]},{size[1]}",
            url,
        ]
        self._env = env
        self.pid = 0

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command,
            env={**os.environ, **self._env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.pid = self._process.pid
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_S)
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)  # what it left in its group
        self._process.wait()

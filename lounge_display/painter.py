"""Draws pictures off the UI thread, newest wish first, and keeps the last few for when their turn comes."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from lounge_display.present import Picture

_log = logging.getLogger(__name__)

Draw = Callable[[Picture], Image.Image]
_KEPT = 2
"""What is on the glass and what comes next; 7.5 MB each."""


@dataclass(frozen=True, slots=True)
class Painted:
    """A wanted picture is ready; `took_ms` is 0 when it had been painted beforehand."""

    picture: Picture
    image: Image.Image
    took_ms: float


@dataclass(frozen=True, slots=True)
class NotPainted:
    """A wanted picture could not be drawn; what is on the glass stays (L5)."""

    picture: Picture


class Painter:
    """One thread that draws.

    Args:
        draw: makes the image of a picture; takes its time.
        post: hands `Painted` and `NotPainted` to the UI thread.
        monotonic: seconds, to tell how long drawing took.
    """

    def __init__(
        self, draw: Draw, post: Callable[[Painted | NotPainted], None], monotonic: Callable[[], float]
    ) -> None:
        self._draw, self._post, self._monotonic = draw, post, monotonic
        self._wake = threading.Condition()
        self._wanted: Picture | None = None
        self._beforehand: Picture | None = None
        self._kept: list[tuple[Picture, Image.Image]] = []
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="painter", daemon=True)
        self._thread.start()

    def want(self, picture: Picture) -> None:
        """Paint this now; an earlier wish that has not been begun is dropped."""
        with self._wake:
            self._wanted = picture
            self._wake.notify()

    def prepare(self, picture: Picture) -> None:
        """Paint this when nothing is wanted, and keep it."""
        with self._wake:
            self._beforehand = picture
            self._wake.notify()

    def forget(self) -> None:
        """Drop what is kept: pictures on disk have changed."""
        with self._wake:
            self._kept.clear()

    def close(self) -> None:
        """End the thread."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join(timeout=5)

    def _work(self) -> None:
        while True:
            with self._wake:
                while not self._closed and self._wanted is None and self._beforehand is None:
                    self._wake.wait()
                if self._closed:
                    return
                wanted, self._wanted = self._wanted, None
                picture = wanted
                if picture is None:
                    picture, self._beforehand = self._beforehand, None
                kept = next((image for known, image in self._kept if known == picture), None)
            if picture is not None:
                self._paint(picture, kept, posted=wanted is not None)

    def _paint(self, picture: Picture, kept: Image.Image | None, *, posted: bool) -> None:
        started = self._monotonic()
        try:
            image = kept if kept is not None else self._draw(picture)
        except Exception:  # noqa: BLE001 -- whatever a picture does, the glass keeps what it shows
            _log.exception("the picture of %s could not be drawn", picture.what)
            if posted:
                self._post(NotPainted(picture))
            return
        with self._wake:
            self._kept = [(picture, image), *(entry for entry in self._kept if entry[0] != picture)][:_KEPT]
        if posted:
            took = 0.0 if kept is not None else (self._monotonic() - started) * 1000
            self._post(Painted(picture, image, took))

"""Does on a screen what staff order from afar (C9): says which one it is, gives a picture of itself, goes dark and lights up.

What is answered is what happened: `done` is said when the frame is on the glass, or the picture is there. On the UI thread.
"""

import logging
from collections.abc import Callable
from io import BytesIO
from typing import Protocol

from PIL import Image

_log = logging.getLogger(__name__)

IDENTIFY_S = 12.0
SHOT_WAIT_S = 90.0
"""How long a picture waits for the glass to be free of a member; the order itself lives ten minutes."""
LARGEST_SHOT = 1024 * 1024
"""Bytes the service takes."""
_LONGEST_SIDE = 1920
_QUALITIES = (82, 65, 45)

Seen = Callable[[], None]


class Glass(Protocol):
    """The window."""

    def cover(self, image: Image.Image | None, seen: Seen) -> None:
        """Lay a picture, or black, over everything; `seen` once it is on the glass."""
        ...

    def uncover(self, seen: Seen) -> None:
        """Show what is below again."""
        ...

    def look(self) -> Image.Image:
        """What is on the glass."""
        ...


class Answer(Protocol):
    """Says what became of an order (`SyncWorker.answer_order`); from any thread."""

    def __call__(self, order_id: str, *, done: bool, detail: str = "", picture: bytes = b"") -> None:
        """`detail`: why not."""
        ...


class Remote:
    """Carries orders out.

    Args:
        glass: the window.
        answer: takes what became of each.
        draw_name: the picture that says which device this is; None: it does not know yet.
        later: calls something on the UI thread after so many seconds.
        aside: has something done on another thread.
        monotonic: seconds.
        is_free: whether nobody stands there.
        is_clean: whether besides nothing of anybody is on the glass, nor fading from it.
        darkened: told when the screen goes dark by order, and when it is lit again.
    """

    def __init__(  # noqa: PLR0913 -- each is one thing of the program's, given by name
        self,
        glass: Glass,
        answer: Answer,
        *,
        draw_name: Callable[[], Image.Image | None],
        later: Callable[[Seen, float], object],
        aside: Callable[[Seen], object],
        monotonic: Callable[[], float],
        is_free: Callable[[], bool] = lambda: True,
        is_clean: Callable[[], bool] = lambda: True,
        darkened: Callable[[bool], None] = lambda _dark: None,
    ) -> None:
        self._glass, self._answer, self._draw_name = glass, answer, draw_name
        self._later, self._aside, self._monotonic = later, aside, monotonic
        self._is_free, self._is_clean, self._darkened = is_free, is_clean, darkened
        self.is_dark = False
        self._naming = 0  # which showing of the name is on the glass; 0: none
        self._namings = 0
        self._shots: dict[str, float] = {}  # orders that wait for a free glass, and until when

    @property
    def is_covering(self) -> bool:
        """Whether something lies over what the program shows."""
        return self.is_dark or self._naming != 0

    def ordered(self, order_id: str, kind: str) -> None:
        """Begin with an order; its answer follows."""
        match kind:
            case "identify":
                self._identify(order_id)
            case "screenshot":
                self._shots[order_id] = self._monotonic() + SHOT_WAIT_S
                self.look_again()
            case "screen-off":
                self._off(order_id)
            case "screen-on":
                self._on(order_id)
            case _:
                self._answer(order_id, done=False, detail="unknown")

    def look_again(self) -> None:
        """The program shows something else, or a second has passed: pictures that waited may be taken now."""
        for order_id, until in list(self._shots.items()):
            if self._is_free() and self._is_clean():
                del self._shots[order_id]
                self._shoot(order_id)
            elif self._monotonic() >= until:
                del self._shots[order_id]
                self._answer(order_id, done=False, detail="somebody-there")

    def wake(self) -> None:
        """Somebody is there, or there is something they must see: whatever covers the glass goes."""
        if self.is_covering:
            self._naming = 0
            self._light(lambda: None)

    # -- inside ---------------------------------------------------------------------------------------------------

    def _identify(self, order_id: str) -> None:
        if not self._is_free():
            self._answer(order_id, done=False, detail="somebody-there")
            return
        picture = self._draw_name()
        if picture is None:
            self._answer(order_id, done=False, detail="no-place")
            return
        self._namings += 1
        self._naming = naming = self._namings
        self._glass.cover(picture, lambda: self._covered(order_id, still=self._naming == naming))
        self._later(lambda: self._named(naming), IDENTIFY_S)

    def _named(self, naming: int) -> None:
        if self._naming != naming:
            return
        self._naming = 0
        if self.is_dark:
            self._glass.cover(None, lambda: None)
        else:
            self._glass.uncover(lambda: None)

    def _off(self, order_id: str) -> None:
        if not self._is_free():
            self._answer(order_id, done=False, detail="somebody-there")
            return
        self._naming = 0
        if not self.is_dark:
            self.is_dark = True
            self._darkened(True)
        self._glass.cover(None, lambda: self._covered(order_id, still=self.is_dark))

    def _covered(self, order_id: str, *, still: bool) -> None:
        """The frame is out; unless somebody came before it was."""
        self._answer(order_id, done=still, detail="" if still else "somebody-there")

    def _on(self, order_id: str) -> None:
        self._naming = 0
        self._light(lambda: self._answer(order_id, done=True))

    def _light(self, seen: Seen) -> None:
        if self.is_dark:
            self.is_dark = False
            self._darkened(False)
        self._glass.uncover(seen)

    def _shoot(self, order_id: str) -> None:
        try:
            picture = self._glass.look()
        except Exception:  # noqa: BLE001 -- whatever the driver says, the screen goes on
            _log.exception("no picture of the screen")
            self._answer(order_id, done=False, detail="no-picture")
            return
        self._aside(lambda: self._develop(order_id, picture))

    def _develop(self, order_id: str, picture: Image.Image) -> None:
        data = encoded(picture)
        self._answer(order_id, done=bool(data), detail="" if data else "no-picture", picture=data)


def encoded(picture: Image.Image, largest: int = LARGEST_SHOT) -> bytes:
    """A picture of a screen as JPEG of at most `largest` bytes, smaller and coarser until it fits; empty when it never does."""
    picture = picture.convert("RGB")
    side = _LONGEST_SIDE
    while side >= 120:
        small = picture.copy()
        small.thumbnail((side, side))
        for quality in _QUALITIES:
            written = BytesIO()
            small.save(written, "JPEG", quality=quality)
            if written.tell() <= largest:
                return written.getvalue()
        side //= 2
    return b""

"""The bar at the foot: its plate, the ticker moving through its place, the clock."""

from collections.abc import Callable
from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, Rectangle
from kivy.graphics.texture import Texture
from kivy.uix.widget import Widget
from PIL import Image

from club.ui.damage import Area

_WIDEST = 8192
"""Widest texture every driver takes; a longer ticker is cut into parts that follow each other."""


class Bar(Widget):
    """Shows pictures that `club.render.footer` drew; only the ticker moves.

    Args:
        clock_box: left, bottom, width, height of the clock in px.
        px_per_s: the ticker's speed on this screen.
        monotonic: seconds.
        changed: told of the area that changed, before its frame.
        steps_per_s: how often the ticker moves.
    """

    def __init__(
        self,
        size: tuple[int, int],
        clock_box: Area,
        px_per_s: float,
        monotonic: Callable[[], float],
        changed: Callable[[Area], None],
        *,
        steps_per_s: int = 20,
        **kwargs: Any,
    ) -> None:
        super().__init__(size_hint=(None, None), size=size, **kwargs)
        self._clock_box, self._speed = clock_box, px_per_s
        self._monotonic, self._changed, self._step_s = monotonic, changed, 1 / steps_per_s
        self._parts: list[Texture] = []
        self._wide, self._area = 0, (0, 0, 0, 0)
        self._started, self._offset = 0.0, 0
        self._moving: Any = None
        self._moves = self._resting = False
        with self.canvas:
            Color(1, 1, 1, 1)
            self._plate = Rectangle(size=size)
            self._ticker = Rectangle(size=(0, 0))
            self._second = Rectangle(size=(0, 0))
            self._clock = Rectangle(pos=clock_box[:2], size=(0, 0))
        for rectangle in (self._plate, self._ticker, self._second, self._clock):
            _hang(rectangle, _texture(Image.new("RGB", (4, 4))))

    @property
    def offset(self) -> int:
        """How far the ticker has moved, px."""
        return self._offset

    def show(self, plate: Image.Image, area: tuple[int, int], strip: Image.Image, *, moves: bool) -> None:
        """Set the plate, and the ticker from its beginning; a strip that does not move stands at the left of `area` (left, right)."""
        _hang(self._plate, _texture(plate))
        if self._moving is not None:
            self._moving.cancel()
            self._moving = None
        self._area = (area[0], 0, area[1] - area[0], strip.height)
        self._wide = strip.width
        self._parts = [
            _texture(strip.crop((left, 0, min(left + _WIDEST, strip.width), strip.height)))
            for left in range(0, strip.width, _WIDEST)
        ]
        self._offset = 0
        self._lay()
        self._moves = moves
        if moves and not self._resting:
            self._started = self._monotonic()
            self._moving = Clock.schedule_interval(self._move, self._step_s)
        self._changed((0, 0, int(self.width), int(self.height)))

    def show_clock(self, image: Image.Image | None) -> None:
        """Set the clock's picture; None leaves its place to the ticker."""
        self._clock.size = (0, 0) if image is None else self._clock_box[2:]
        if image is not None:
            _hang(self._clock, _texture(image))
        self._changed(self._clock_box)

    def rest(self, resting: bool) -> None:
        """Have the ticker stand still, or go on where it stood."""
        self._resting = resting
        if resting and self._moving is not None:
            self._moving.cancel()
            self._moving = None
        elif not resting and self._moves and self._moving is None:
            self._started = self._monotonic() - self._offset / self._speed
            self._moving = Clock.schedule_interval(self._move, self._step_s)

    def _move(self, _elapsed: float) -> None:
        offset = int((self._monotonic() - self._started) * self._speed) % self._wide
        if offset != self._offset:
            self._offset = offset
            self._lay()
            self._changed(self._area)

    def _lay(self) -> None:
        """Cut what is seen out of the strip: at most two pieces, where one part ends and the next (or the first) begins."""
        left, bottom, width, height = self._area
        at, x = self._offset, left
        room = min(width, self._wide) if self._moving is None and self._offset == 0 and self._wide <= width else width
        for rectangle in (self._ticker, self._second):
            if room <= 0 or not self._parts:
                rectangle.size = (0, 0)
                continue
            number = at // _WIDEST
            part = self._parts[number]
            inside = at - number * _WIDEST
            piece = min(room, part.width - inside)
            _hang(rectangle, part.get_region(inside, 0, piece, part.height))
            rectangle.pos, rectangle.size = (x, bottom), (piece, height)
            x, room, at = x + piece, room - piece, (at + piece) % self._wide


def _hang(rectangle: Rectangle, texture: Any) -> None:
    """Show a texture whose first row is the image's upper one, so upside down for OpenGL."""
    u, v = texture.uvpos
    wide, high = texture.uvsize
    rectangle.texture = texture
    rectangle.tex_coords = (u, v + high, u + wide, v + high, u + wide, v, u, v)


def _texture(image: Image.Image) -> Texture:
    texture = Texture.create(size=image.size, colorfmt="rgb", bufferfmt="ubyte")
    texture.min_filter = texture.mag_filter = "nearest"
    texture.blit_buffer(image.tobytes(), colorfmt="rgb", bufferfmt="ubyte")
    return texture

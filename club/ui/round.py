"""Round things: the countdown ring, the turning ring, and QR codes (which are square, but drawn the same way)."""

import math
from functools import cache
from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, Mesh, Rectangle
from kivy.graphics.texture import Texture
from kivy.metrics import dp
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from PIL import Image, ImageDraw

from club.ui import pictures, place, theme

_STEPS = 32
_TURN_S, _TURNS_FPS = 1.1, 20
_QUIET_ZONE = 2
_FINE, _MARGIN = 4, 4
_REACH = 1.02
"""Slices reach a little beyond the ring, so that its outer edge is not cut to corners: 32 of them need 1.005."""


_HALVES = {
    "": (0.0, 0.0, 1.0, 1.0),
    "bottom": (0.0, 0.0, 1.0, 0.5),
    "top": (0.0, 0.5, 1.0, 0.5),
    "left": (0.0, 0.0, 0.5, 1.0),
    "right": (0.5, 0.0, 0.5, 1.0),
}
"""Which part of the circle: left, bottom, width and height as shares of it."""


class Ring(place.Placed):
    """A ring `thickness` px wide of which `share` (0 to 1) is lit, clockwise from the top; `turning` it goes round by itself."""

    share = NumericProperty(0)
    thickness = NumericProperty(6)
    role = StringProperty("jade")
    track = StringProperty("surface_2")
    turning = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        self._draw = Clock.create_trigger(self._redraw, -1)
        self._angle = 0.0
        self._turn: Any = None
        super().__init__(**kwargs)
        for name in ("pos", "size", "share", "thickness", "role", "track"):
            self.fbind(name, self._draw)
        self.bind(turning=self._start_or_stop, shown=self._start_or_stop)
        self._start_or_stop()
        self._draw()

    def _start_or_stop(self, *_: object) -> None:
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
        if self.turning and self.shown:
            self._turn = Clock.schedule_interval(self._step, 1 / _TURNS_FPS)
        else:
            self._angle = 0.0

    def _step(self, elapsed: float) -> None:
        self._angle = (self._angle + 360 * elapsed / _TURN_S) % 360
        self._draw()

    def _redraw(self, *_: object) -> None:
        self.changed()
        self.canvas.clear()
        side = int(min(self.size))
        if side < 2:
            return
        texture = _ring_texture(side, max(1, round(dp(self.thickness))))
        share = min(1.0, max(0.0, self.share))
        with self.canvas:
            if share < 1.0:
                Color(*theme.rgba(self.track))
                self._arc(texture, side / 2, share, 1.0)
            if share > 0.0:
                Color(*theme.rgba(self.role))
                self._arc(texture, side / 2, 0.0, share)

    def _arc(self, texture: Texture, radius: float, start: float, end: float) -> None:
        """Draw a slice of the ring's picture."""
        steps = max(2, math.ceil(_STEPS * (end - start)))
        vertices: list[float] = [self.center_x, self.center_y, 0.5, 0.5]
        for index in range(steps + 1):
            angle = math.radians(self._angle + 360 * (start + (end - start) * index / steps))
            x, y = math.sin(angle) * _REACH, math.cos(angle) * _REACH
            across = radius / texture.width
            vertices += (self.center_x + x * radius, self.center_y + y * radius, 0.5 + x * across, 0.5 + y * across)
        Mesh(vertices=vertices, indices=list(range(steps + 2)), mode="triangle_fan", texture=texture)


@cache
def _ring_texture(side: int, thickness: int) -> Texture:
    """Return a white ring with soft edges, ``side`` px across with a clear margin; there are only a handful of sizes."""
    start, end = _MARGIN * _FINE, (_MARGIN + side) * _FINE - 1
    side += 2 * _MARGIN
    large = Image.new("L", (side * _FINE, side * _FINE), 0)
    pen = ImageDraw.Draw(large)
    pen.ellipse((start, start, end, end), fill=255)
    inner = thickness * _FINE
    pen.ellipse((start + inner, start + inner, end - inner, end - inner), fill=0)
    alpha = large.resize((side, side), Image.Resampling.LANCZOS)
    white = Image.new("L", (side, side), 255)
    pixels = Image.merge("RGBA", (white, white, white, alpha)).tobytes()
    texture = Texture.create(size=(side, side), colorfmt="rgba")
    texture.blit_buffer(pixels, colorfmt="rgba", bufferfmt="ubyte")
    return texture


class Disc(place.Placed):
    """A filled circle, or the `half` of one that is "top", "bottom", "left" or "right"."""

    role = StringProperty("ink")
    half = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.canvas:
            self._color = Color(*theme.rgba(self.role))
            self._circle = Rectangle()
        self.bind(pos=self._follow, size=self._follow, role=self._recolour, half=self._cut)
        self._cut()

    def _cut(self, *_: object) -> None:
        circle = pictures.art_texture("ui/rounded/circle-256")
        width, height = circle.size
        x, y, wide, high = _HALVES[self.half]
        self.changed()
        self._circle.texture = circle.get_region(x * width, y * height, wide * width, high * height)

    def _recolour(self, *_: object) -> None:
        self.changed()
        self._color.rgba = theme.rgba(self.role)

    def _follow(self, *_: object) -> None:
        self._circle.pos, self._circle.size = self.pos, self.size


class Pill(place.Placed):
    """A bar with round ends; `share` (0 to 1) of its width is drawn, never narrower than round."""

    role = StringProperty("jade")
    rgba = ObjectProperty(None, allownone=True)
    share = NumericProperty(1)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        circle = pictures.art_texture("ui/rounded/circle-256")
        half = circle.width / 2
        with self.canvas:
            self._color = Color(*self._rgba())
            self._left = Rectangle(texture=circle.get_region(0, 0, half, circle.height))
            self._middle = Rectangle()
            self._right = Rectangle(texture=circle.get_region(half, 0, half, circle.height))
        self.bind(pos=self._follow, size=self._follow, share=self._follow, role=self._recolour, rgba=self._recolour)

    def _rgba(self) -> theme.Rgba:
        return self.rgba or theme.rgba(self.role)

    def _recolour(self, *_: object) -> None:
        self.changed()
        self._color.rgba = self._rgba()

    def _follow(self, *_: object) -> None:
        self.changed()
        height = self.height
        end = height / 2
        width = max(height, round(self.width * min(1.0, self.share))) if self.share > 0 else 0
        end = min(end, width / 2)
        self._left.pos, self._left.size = self.pos, (end, height)
        self._middle.pos, self._middle.size = (self.x + end, self.y), (max(0, width - 2 * end), height)
        self._right.pos, self._right.size = (self.x + width - end, self.y), (end, height)


class QrCode(place.Placed):
    """A QR code (error correction M), ink on white, each module the same whole number of window px.

    Two modules of quiet zone are its own; lay it on white with two more around it (ISO/IEC 18004 asks for four).
    """

    content = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        self._draw = Clock.create_trigger(self._redraw, -1)
        self._texture: Texture | None = None
        super().__init__(**kwargs)
        self.bind(content=self._make, pos=self._draw, size=self._draw)
        self._make()

    def _make(self, *_: object) -> None:
        """Which modules are dark takes several ms to find out: off the UI thread."""
        self._texture = None
        self._draw()
        content = self.content
        if not content:
            return

        def then(pixels: tuple[int, bytes]) -> None:
            if self.content == content:
                self._texture = _modules_texture(*pixels)
                self._draw()

        pictures.pool().work(lambda: qr_pixels(content), then)

    def _redraw(self, *_: object) -> None:
        self.changed()
        self.canvas.clear()
        if self._texture is None or self.width < 2:
            return
        modules = self._texture.width
        side = max(1, int(min(self.size) // modules)) * modules
        with self.canvas:
            Color(1, 1, 1, 1)
            Rectangle(
                texture=self._texture,
                pos=(round(self.center_x - side / 2), round(self.center_y - side / 2)),
                size=(side, side),
            )


def qr_pixels(content: str) -> tuple[int, bytes]:
    """The code's modules on a side, its quiet zone with them, and their RGB bytes, a pixel each, rows from the bottom."""
    import segno  # 0.8 MB that most visits never need; a worker draws codes, so nobody waits for it

    rows = [bytes(row) for row in segno.make(content, error="m", micro=False).matrix_iter(border=_QUIET_ZONE)]
    return len(rows), b"".join(b"\x13\x20\x1c" if dark else b"\xff\xff\xff" for row in reversed(rows) for dark in row)


def _modules_texture(modules: int, pixels: bytes) -> Texture:
    texture = Texture.create(size=(modules, modules), colorfmt="rgb")
    texture.mag_filter = texture.min_filter = "nearest"
    texture.blit_buffer(pixels, colorfmt="rgb", bufferfmt="ubyte")
    return texture

"""A sheet to draw a board on, in the design's own pixels: text, panels, pictures, scrims; scaled for 4K as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image, ImageChops
from PIL.ImageFont import FreeTypeFont

from club.render import fonts, pictures, typeset
from club.resources.files import FontRole
from club.resources.theme import Colour

Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in design px, y down."""

    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.w

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.h

    def inset(self, x: float, y: float | None = None) -> "Box":
        """The same box with `x` px less on the left and right and `y` (or `x`) px less above and below."""
        y = x if y is None else y
        return Box(self.x + x, self.y + y, self.w - 2 * x, self.h - 2 * y)

    def holds(self, other: "Box", slack: float = 1.0) -> bool:
        """Whether `other` lies inside, within `slack` px."""
        return (
            other.x >= self.x - slack
            and other.y >= self.y - slack
            and other.right <= self.right + slack
            and other.bottom <= self.bottom + slack
        )


@dataclass(frozen=True, slots=True)
class Type:
    """How a text is set: role, size in design px, colour, line distance as a factor, letter spacing as a part of the size."""

    role: FontRole
    size: int
    colour: Colour
    line_height: float = 1.4
    spacing: float = 0.0


@dataclass(frozen=True, slots=True)
class Placed:
    """A text that was drawn: where its ink is, where it had to stay, and its colour; what tests measure."""

    text: str
    ink: Box
    room: Box | None
    colour: Colour


class Canvas:
    """An RGB picture and the means to draw on it. All measures are px of the design at `reference` px wide."""

    def __init__(self, size: tuple[int, int], ground: Colour, *, reference: tuple[int, int] = (1920, 972)) -> None:
        self.image = Image.new("RGB", size, ground.rgba8[:3])
        self.scale = min(size[0] / reference[0], size[1] / reference[1])
        self.offset = (size[0] - reference[0] * self.scale) / 2, (size[1] - reference[1] * self.scale) / 2
        self.box = Box(0, 0, reference[0], reference[1])
        self.placed: list[Placed] = []

    # ---------------------------------------------------------------- shapes

    def panel(
        self, box: Box, radius: float, fill: Colour | None, *, line: Colour | None = None, width: float = 0
    ) -> None:
        """A rounded panel; `line` is drawn inside its edge, `width` px."""
        x, y, w, h = self._pixels(box)
        mask = pictures.rounded(w, h, self._length(radius))
        if line is None:
            if fill is not None:
                self._paint(fill, (x, y), mask)
            return
        edge = self._length(width)
        inner = Image.new("L", (w, h), 0)
        inner.paste(pictures.rounded(w - 2 * edge, h - 2 * edge, max(0, self._length(radius) - edge)), (edge, edge))
        if fill is not None:
            self._paint(fill, (x, y), mask)
        self._paint(line, (x, y), ImageChops.subtract(mask, inner))

    def wash(self, box: Box, colour: Colour, stops: tuple[tuple[float, float], ...], *, across: bool = False) -> None:
        """A scrim: `colour` at the opacities of `stops` (place 0-1, opacity 0-1), downwards, or to the right when `across`."""
        x, y, w, h = self._pixels(box)
        self._paint(colour, (x, y), pictures.ramp(w, h, stops, across=across))

    def footing(self, box: Box, radius: float, colour: Colour) -> None:
        """The lowest strip of a rounded panel, `radius` px high, so that a scrim over a rounded picture ends round."""
        x, y, w, h = self._pixels(box)
        mask = pictures.rounded(w, 2 * h, self._length(radius)).crop((0, h, w, 2 * h))
        self._paint(colour, (x, y), mask)

    def slope(self, box: Box, radius: float, angle: int, colours: Sequence[Colour], stops: Sequence[float]) -> None:
        """A rounded panel with a gradient; `angle` as in CSS."""
        x, y, w, h = self._pixels(box)
        drawn = pictures.slope(w, h, angle, tuple(colour.rgba8[:3] for colour in colours), tuple(stops))
        self.image.paste(drawn, (x, y), pictures.rounded(w, h, self._length(radius)))

    def contour(self, box: Box, radius: float, colour: Colour, opacity: float) -> None:
        """A member card's contour lines over a panel."""
        x, y, w, h = self._pixels(box)
        lines = pictures.contour(w, h).point([round(level * opacity) for level in range(256)])
        self._paint(colour, (x, y), ImageChops.multiply(lines, pictures.rounded(w, h, self._length(radius))))

    # ---------------------------------------------------------------- pictures

    def picture(self, path: Path | None, box: Box, radius: float = 0, *, opacity: float = 1.0) -> bool:
        """Fill `box` with a picture. False when there is none or it cannot be read; nothing is drawn then."""
        x, y, w, h = self._pixels(box)
        ready = pictures.cover(path, w, h) if path is not None else None
        if ready is None:
            return False
        if radius <= 0 and opacity >= 1:
            self.image.paste(ready, (x, y))
            return True
        mask = pictures.rounded(w, h, self._length(radius))
        self.image.paste(ready, (x, y), mask if opacity >= 1 else mask.point([round(i * opacity) for i in range(256)]))
        return True

    def object(self, path: Path | None, box: Box) -> bool:
        """Lay a picture whole and centred into `box`, its transparency kept. False when there is none."""
        x, y, w, h = self._pixels(box)
        ready = pictures.contain(path, w, h) if path is not None else None
        if ready is None:
            return False
        self.image.paste(ready, (x + (w - ready.width) // 2, y + (h - ready.height) // 2), ready)
        return True

    def icon(self, name: str, x: float, y: float, size: float, colour: Colour) -> None:
        """An icon with its upper left corner at `x`, `y`."""
        px, py, w, _ = self._pixels(Box(x, y, size, size))
        self._paint(colour, (px, py), pictures.icon(name, w))

    def mark(self, x: float, y: float, size: float, colour: Colour) -> None:
        """The club's mark."""
        px, py, w, _ = self._pixels(Box(x, y, size, size))
        self._paint(colour, (px, py), pictures.mark(w))

    def qr_size(self, data: str, least: float) -> float:
        """The side of a code's white card in design px: at least `least`, its modules whole pixels."""
        return pictures.qr_size(data, self._length(least)) / self.scale

    def qr(self, data: str, box: Box, radius: float, dark: Colour) -> None:
        """A QR code on its white card; `box` includes the quiet zone."""
        x, y, w, h = self._pixels(box)
        code = pictures.qr(data, min(w, h), dark.rgba8[:3])
        self.image.paste(code, (x, y), pictures.rounded(code.width, code.height, self._length(radius)))

    # ---------------------------------------------------------------- text

    def width(self, text: str, style: Type) -> float:
        """Width of one line of `text` in design px."""
        size = self._size(style.size)
        return fonts.width(style.role, text, size, style.spacing * size) / self.scale

    def fit(
        self,
        text: str,
        style: Type,
        width: float,
        *,
        lines: int = 1,
        height: float | None = None,
        smallest: int = 36,
        wrap_first: bool = False,
        balanced: bool = False,
    ) -> "Paragraph":
        """The paragraph that sets `text` in `width` px: shrunk in steps, then in more lines, never cut (see `typeset.Room`)."""
        room = typeset.Room(width, lines, min(smallest, style.size), height, style.line_height, wrap_first, balanced)
        found = typeset.fit(text, room, lambda line, size: self.width(line, _sized(style, size)), style.size)
        return Paragraph(found.lines, _sized(style, found.size))

    def paragraph(
        self, paragraph: "Paragraph", x: float, y: float, *, align: Align = "left", room: Box | None = None
    ) -> Box:
        """Draw lines from `y` downwards; `x` is the left edge, the middle or the right edge. Returns the box they take."""
        style = paragraph.style
        distance = style.size * style.line_height
        widths = [
            self.line(text, style, x, y + i * distance, align=align, room=room).w
            for i, text in enumerate(paragraph.lines)
        ]
        wide = max(widths, default=0.0)
        left = {"left": x, "center": x - wide / 2, "right": x - wide}[align]
        return Box(left, y, wide, paragraph.height)

    def line(
        self, text: str, style: Type, x: float, y: float, *, align: Align = "left", room: Box | None = None
    ) -> Box:
        """Draw one line whose line box begins at `y`, as a browser would place it. Returns that line box."""
        wide = self.width(text, style)
        left = {"left": x, "center": x - wide / 2, "right": x - wide}[align]
        high = style.size * style.line_height
        baseline = y + (high - (fonts.ASCENT + fonts.DESCENT) * style.size) / 2 + fonts.ASCENT * style.size
        self.at_baseline(text, style, left, baseline, room=room)
        return Box(left, y, wide, high)

    def row(
        self, runs: Sequence[tuple[str, Type]], x: float, y: float, *, gap: float = 0, room: Box | None = None
    ) -> float:
        """Draw texts of unlike styles on one baseline, `gap` px apart; the line box is the tallest one's. Returns the right edge."""
        tallest = max((style for _, style in runs), key=lambda style: style.size * style.line_height)
        high = tallest.size * tallest.line_height
        baseline = y + (high - (fonts.ASCENT + fonts.DESCENT) * tallest.size) / 2 + fonts.ASCENT * tallest.size
        for text, style in runs:
            self.at_baseline(text, style, x, baseline, room=room)
            x += self.width(text, style) + gap
        return x - gap

    def at_baseline(self, text: str, style: Type, x: float, baseline: float, *, room: Box | None = None) -> None:
        """Draw one line with its baseline at `baseline`; everything else ends here."""
        if not text:
            return
        size = self._size(style.size)
        face = fonts.face(style.role, size)
        left, ground = self.offset[0] + x * self.scale, self.offset[1] + baseline * self.scale
        spacing = style.spacing * size
        if spacing:
            at = 0.0
            for letter in text:
                self._letters(letter, face, style.colour, round(left + at), round(ground))
                at += face.getlength(letter) + spacing
        else:
            self._letters(text, face, style.colour, round(left), round(ground))
        ink = face.getbbox(text, anchor="ls")
        to_design = 1 / self.scale
        box = Box(
            x + ink[0] * to_design,
            baseline + ink[1] * to_design,
            (ink[2] - ink[0] + spacing * (len(text) - 1)) * to_design,
            (ink[3] - ink[1]) * to_design,
        )
        self.placed.append(Placed(text, box, room, style.colour))

    def _letters(self, text: str, face: FreeTypeFont, colour: Colour, x: int, y: int) -> None:
        left, top, right, bottom = (round(edge) for edge in face.getbbox(text, anchor="ls"))
        if right <= left or bottom <= top:
            return
        mask, start = face.getmask2(text, mode="L", anchor="ls")
        drawn = Image.frombytes("L", mask.size, bytes(mask))
        self._paint(colour, (x + start[0], y + start[1]), drawn)

    # ---------------------------------------------------------------- pixels

    def _paint(self, colour: Colour, at: tuple[int, int], mask: Image.Image) -> None:
        if colour.alpha < 255:
            mask = mask.point([level * colour.alpha // 255 for level in range(256)])
        self.image.paste(colour.rgba8[:3], (at[0], at[1], at[0] + mask.width, at[1] + mask.height), mask)

    def _pixels(self, box: Box) -> tuple[int, int, int, int]:
        left, top = round(self.offset[0] + box.x * self.scale), round(self.offset[1] + box.y * self.scale)
        right, bottom = round(self.offset[0] + box.right * self.scale), round(self.offset[1] + box.bottom * self.scale)
        return left, top, max(1, right - left), max(1, bottom - top)

    def _length(self, design: float) -> int:
        return round(design * self.scale)

    def _size(self, design: int) -> int:
        return max(1, round(design * self.scale))


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines ready to be drawn, and their style."""

    lines: tuple[str, ...]
    style: Type

    @property
    def height(self) -> float:
        """What the lines take, in design px."""
        return len(self.lines) * self.style.size * self.style.line_height


def _sized(style: Type, size: int) -> Type:
    return Type(style.role, size, style.colour, style.line_height, style.spacing)

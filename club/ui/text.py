"""Draws text as the drawings have it: CSS line boxes, letter spacing, bold parts, and always inside its box."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from kivy.clock import Clock
from kivy.graphics import Color, Rectangle
from kivy.metrics import dp
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty

from club.ui import breaking, damage, glyphs, place, theme

_SHRINK = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
"""Sizes a text may take of its own: few and fixed, since every font size opens the font anew and is kept."""

_SMALLEST = 22
_ASCENT, _BOX = 0.436, 1.448
"""Of Noto's CJK faces, in em: baseline below the middle of the line, and height of the line."""

_BOLD = re.compile(r"(</?b>)")
_OPENING, _CLOSING = "（「『【《“‘", "）」』】》”’，。、"
_SEAM = re.compile(
    f"(?<=[{_CLOSING}])(?=[{_CLOSING}{_OPENING}])|(?<=[{_OPENING}])(?=[{_OPENING}])|(?<=[A-Za-z]’)(?=[A-Za-z ,.;:?!)])"
)
"""Between two full-width marks half an em is too much (CLREQ 3.1.6): the second moves up to the first. The same after an apostrophe
in Latin text, for which the Chinese faces have a full-width glyph only."""

_APOSTROPHE_EM = 0.72
"""How much of the full-width apostrophe is blank."""


def lines_of(text: str, px: float, width: float, *, bold: bool) -> int:
    """Return how many lines a text takes in a box ``width`` reference px wide, at ``px``."""
    if not text:
        return 0
    face = glyphs.Face(theme.SANS, bold, max(1, round(dp(px))))
    return len(breaking.break_lines(text, dp(width), lambda part: _run_px(face, part)))


_DRAW_S = 0.0025
"""How long texts may keep the UI thread in one frame; the rest of a new screen's texts come in the frames after, while it still fades in."""

_waiting: dict["Text", None] = {}


def forget() -> None:
    """Drop every drawn text, so that nothing a member read stays in memory.

    What still waits is drawn first: a widget that was thrown away meanwhile would fill the caches again afterwards.
    """
    while _waiting:
        one, _ = _waiting.popitem()
        one.draw_now()
    glyphs.forget()


def is_waiting() -> bool:
    """Whether texts are still to be drawn."""
    return bool(_waiting)


class _Spent:
    """How long texts have kept the UI thread in this frame, s."""

    frame, seconds = -1, 0.0


def _draw_waiting(_elapsed: float) -> None:
    """Draw what waits, those first that must be there in a screen's first frame."""
    if _Spent.frame != Clock.frames:
        _Spent.frame, _Spent.seconds = Clock.frames, 0.0
    began = time.thread_time()
    for one in sorted(_waiting, key=lambda text: not text.prompt):
        if not one.prompt and _Spent.seconds + time.thread_time() - began > _DRAW_S:
            Clock.schedule_once(lambda _: _draw_soon(), 0)
            break
        del _waiting[one]
        one.draw_now()
    _Spent.seconds += time.thread_time() - began


_draw_soon = Clock.create_trigger(_draw_waiting, -1)


class Run(NamedTuple):
    """A part of a line in one weight."""

    text: str
    bold: bool


class _Ink(NamedTuple):
    """What was drawn in one piece, and where in its text's box."""

    rectangle: Rectangle
    left: float
    bottom: float


class _Part(NamedTuple):
    """What is drawn in one piece, and how many em it moves towards the piece before."""

    text: str
    closer: float


def _parts(line: str, *, spaced: bool) -> list[_Part]:
    pieces = [piece for piece in _SEAM.split(line) if piece]
    closer = [0.0, *(_APOSTROPHE_EM if before[-1] == "’" else 0.5 for before in pieces[:-1])]
    if spaced:
        return [
            _Part(letter, closer[i] if not j else 0.0)
            for i, piece in enumerate(pieces)
            for j, letter in enumerate(piece)
        ]
    return [_Part(piece, closer[index]) for index, piece in enumerate(pieces)]


def _run_px(face: glyphs.Face, what: str, spacing: float = 0.0) -> float:
    parts = _parts(what, spaced=bool(spacing))
    return sum(glyphs.width_of(face, part.text) + (spacing - part.closer) * face.size for part in parts)


class Text(place.Placed):
    """A text in a box.

    `px` is the size in reference px, `face` "sans", "bold" or "serif", `leading` the height of a line (CSS ``line-height``),
    `lines` how many it may take, `spacing` the letter spacing in em, `rich` whether ``<b>`` marks bold parts, `role` its colour.
    Too long for its box, it takes more lines where it may, then shrinks, and at last ends in an ellipsis. It is drawn before the next
    frame or soon after, as far as there is time; a `prompt` one before the next in any case.
    """

    text = StringProperty("")
    px = NumericProperty(30)
    face = StringProperty("sans")
    role = StringProperty("ink")
    rgba = ObjectProperty(None, allownone=True)
    leading = NumericProperty(1.45)
    lines = NumericProperty(1)
    spacing = NumericProperty(0)
    rich = BooleanProperty(False)
    halign = StringProperty("left")
    valign = StringProperty("middle")
    elastic = BooleanProperty(False)
    prompt = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        self._color: Color | None = None
        self._overflows = False
        self._drawn_px = 0.0
        self._ink: list[_Ink] = []
        self._inked: tuple[float, float, float, float, float] | None = None
        super().__init__(**kwargs)
        with self.canvas:
            self._color = Color(*self._rgba())
        for name in ("text", "px", "face", "spacing", "rich", "leading"):
            self.fbind(name, self._measure)
        for name in ("size", "text", "px", "face", "leading", "lines", "spacing", "rich", "halign", "valign"):
            self.fbind(name, self._draw)
        self.fbind("pos", self._shift)
        self.fbind("role", self._recolour)
        self.fbind("rgba", self._recolour)
        self._measure()
        self._draw()

    @property
    def overflows(self) -> bool:
        """Whether even the smallest size did not show the whole text (it ends in an ellipsis)."""
        return self._overflows

    @property
    def drawn_px(self) -> float:
        """The size it was drawn at last, in px of the drawing."""
        return self._drawn_px

    def warm(self) -> None:
        """Open the font at the size this text takes, which costs more than drawing a whole screen."""
        for bold in {False, self.rich}:
            glyphs.warm(self._face(1.0, bold))

    def _rgba(self) -> theme.Rgba:
        return self.rgba or theme.rgba(self.role)

    def reach(self) -> float:
        """Letters may be taller than the box their line has."""
        return float(dp(self.px)) * 0.5

    def extent(self) -> tuple[float, float, float, float] | None:
        """Return where it draws: around its box, or around where its letters are until it is drawn anew."""
        box = super().extent()
        if box is None or self._inked is None:
            return box
        x, y, width, height, reach = self._inked
        left, bottom, right, top = box
        return min(left, x - reach), min(bottom, y - reach), max(right, x + width + reach), max(top, y + height + reach)

    def changed(self, *_: object) -> None:
        """Say so for where its letters are, too: until it is drawn anew they may lie outside the box it has by now."""
        super().changed()
        if self._inked is not None:
            damage.part(*self._inked)

    def _shift(self, *_: object) -> None:
        """Go with the box at once: what only moves need not be drawn anew, and must not lag behind what lies around it."""
        if self._inked is None:
            return
        x, y = self.pos
        for one in self._ink:
            one.rectangle.pos = round(x + one.left), round(y + one.bottom)
        self._inked = (x, y, *self._inked[2:])
        damage.part(*self._inked)

    def _recolour(self, *_: object) -> None:
        self.changed()
        if self._color is not None:
            self._color.rgba = self._rgba()

    def _face(self, share: float, bold: bool) -> glyphs.Face:
        size = self.px if share == 1.0 else max(_SMALLEST, round(self.px * share))
        family = theme.SERIF if self.face == "serif" else theme.SANS
        return glyphs.Face(family, bold or self.face != "sans", max(1, round(dp(size))))

    def _measure(self, *_: object) -> None:
        """Say what the text would take on one line at full size."""
        if not self.text:
            self.natural_width = 0.001
        else:
            self.natural_width = self._line_width(self.text, 1.0) / dp(1)
        self.natural_height = self.px * self.leading
        self.baseline = self.px * _ASCENT

    def _line_width(self, text: str, share: float) -> float:
        whole: float = sum(self._run_width(run, share) for run in self._runs(text))
        return whole

    def _run_width(self, run: Run, share: float) -> float:
        face = self._face(share, run.bold)
        return _run_px(face, run.text, self.spacing)

    def _runs(self, text: str) -> Iterator[Run]:
        if not self.rich:
            yield Run(text, bold=False)
            return
        bold = False
        for part in _BOLD.split(text):
            if part in {"<b>", "</b>"}:
                bold = part == "<b>"
            elif part:
                yield Run(part, bold)

    def _draw(self, *_: object) -> None:
        if not self.text and self._color is not None:
            self._waiting_no_more()  # nothing is left of what it said, at once
        else:
            _waiting[self] = None
            _draw_soon()

    def _waiting_no_more(self) -> None:
        _waiting.pop(self, None)
        self.draw_now()

    def draw_now(self) -> None:
        """Draw it as it is to be in the next frame."""
        self.changed()
        self._overflows = False
        self.canvas.clear()
        self.canvas.add(self._color)
        self._ink.clear()
        self._inked = None
        if not self.text or self.width < 1:
            return
        lines, share = self._fit()
        self._drawn_px = self._face(share, bold=False).size / dp(1)
        height = dp(self.px * share * self.leading)
        whole = height * len(lines)
        self._inked = (*self.pos, *self.size, self.reach())
        top = {"top": self.height, "middle": (self.height + whole) / 2, "bottom": whole}[self.valign]
        for index, line in enumerate(lines):
            self._draw_line(line, share, top - height * (index + 0.5))

    def _draw_line(self, line: list[Run], share: float, middle: float) -> None:
        """Draw one line whose middle is that high in the box."""
        width = sum(self._run_width(run, share) for run in line)
        if self.spacing:
            width -= self.spacing * self._face(share, bold=False).size
        x = {"left": 0.0, "center": (self.width - width) / 2, "right": self.width - width}[self.halign]
        for run in line:
            face = self._face(share, run.bold)
            for part in _parts(run.text, spaced=bool(self.spacing)):
                x -= part.closer * face.size
                if part.text.strip():
                    texture = glyphs.texture_of(face, part.text)
                    left, bottom = x, middle - texture.height / 2
                    pos = round(self.x + left), round(self.y + bottom)
                    rectangle = Rectangle(texture=texture, pos=pos, size=texture.size)
                    self.canvas.add(rectangle)
                    self._ink.append(_Ink(rectangle, left, bottom))
                x += glyphs.width_of(face, part.text) + self.spacing * face.size

    def _fit(self) -> tuple[list[list[Run]], float]:
        """Choose the largest size at which the text fits its box, and break it into lines for it."""
        lines: list[list[Run]] = []
        share = 1.0
        for share in _SHRINK:
            size = self.px * share
            if size < _SMALLEST and share != 1.0:
                break
            lines = self._break(share)
            may = max(1, min(int(self.lines), int((self.height / dp(1) + 2) // (size * min(self.leading, 1.3)))))
            if len(lines) <= may and all(self._width(line, share) <= self.width + dp(1) for line in lines):
                return lines, share
        share = next(step for step in reversed(_SHRINK) if self.px * step >= _SMALLEST or step == 1.0)
        self._overflows = True
        may = max(1, min(int(self.lines), int((self.height / dp(1) + 2) // (self.px * share * min(self.leading, 1.3)))))
        lines = self._break(share)
        lines, rest = lines[:may], lines[may:]
        if rest or self._width(lines[-1], share) > self.width:
            lines[-1] = self._shorten(lines[-1], share)
        return lines, share

    def _width(self, line: list[Run], share: float) -> float:
        whole: float = sum(self._run_width(run, share) for run in line)
        trailing: float = self.spacing * self._face(share, bold=False).size
        return whole - trailing

    def _break(self, share: float) -> list[list[Run]]:
        """Break at the box's width, keeping bold parts bold."""
        plain = "".join(run.text for run in self._runs(self.text))
        measure: Callable[[str], float] = lambda part: self._run_width(Run(part, bold=False), share)  # noqa: E731
        if self.lines <= 1 and "\n" not in plain:
            return [list(self._runs(self.text))]
        bolds = [run.bold for run in self._runs(self.text) for _ in run.text]
        lines: list[list[Run]] = []
        start = 0
        for line in breaking.balanced(plain, self.width, measure):
            start = plain.index(line, start) if line else start
            runs: list[Run] = []
            for offset, character in enumerate(line):
                bold = bolds[start + offset]
                if runs and runs[-1].bold == bold:
                    runs[-1] = Run(runs[-1].text + character, bold)
                else:
                    runs.append(Run(character, bold))
            lines.append(runs)
            start += len(line)
        return lines

    def _shorten(self, line: list[Run], share: float) -> list[Run]:
        runs = list(line)
        while runs:
            last = runs[-1]
            short = Run(last.text[:-1].rstrip(), last.bold)
            runs[-1:] = [short] if short.text else []
            if self._width([*runs, Run("…", last.bold)], share) <= self.width:
                return [*runs, Run("…", last.bold)]
        return [Run("…", bold=False)]

"""The widgets of large text, one per kind of block: each lays itself out for its width and says how high it is."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from club.ui import place, round, surface, text, touch  # noqa: A004
from kiosk_app.flow.actions import Action
from kiosk_app.ui.large import blocks
from kiosk_app.ui.large.look import LINE_PX, Look

WIDTH = 968
GAP = 28
TITLE, BODY, BUTTON, VALUE, VALUE_2, SMALL = 80, 48, 60, 150, 92, 44
"""Font sizes in px of the drawing (kiosk-20, tokens ``kiosk.type_large``)."""

_TITLE_LEAD, _LEAD = 1.2, 1.35
_PAD = 36
_PICTURE = (176, 132)
_FEW = 4
_FACE_BOLD = "bold"


class Part(place.Plane):
    """Draws its `block` in the colours of its `look`."""

    block_class: ClassVar[type[Any]]
    fill: Callable[[Any], float]
    """Places what a block holds and returns the height it takes; each part has its own."""

    def __init__(self, look: Look, **kwargs: Any) -> None:
        self.look = look
        self._block: Any = None
        super().__init__(**kwargs)

    @property
    def block(self) -> Any:
        """What is drawn."""
        return self._block

    def draw(self, block: Any) -> None:
        """Draw a block, unless it is the one that is drawn."""
        if block == self._block:
            return
        self._block = block
        self.clear_widgets()
        self.natural_height = self.fill(block)
        self._lay_out()

    def words(
        self,
        what: str,
        rect: tuple[float, float, float],
        px: float,
        *,
        bold: bool = False,
        role: str = "",
        align: str = "left",
    ) -> float:
        """Place a text at left, top, width in as many lines as it needs; return the height."""
        return put_words(self, what, rect, px, bold=bold, role=role or self.look.text, align=align)


def put_words(
    into: place.Plane,
    what: str,
    rect: tuple[float, float, float],
    px: float,
    *,
    bold: bool,
    role: str,
    align: str = "left",
) -> float:
    """Place a text at left, top, width in as many lines as it needs; return the height."""
    if not what:
        return 0.0
    left, top, width = rect
    lead = _TITLE_LEAD if px > BUTTON else _LEAD
    lines = max(1, text.lines_of(what, px, width, bold=bold))
    height = lines * px * lead
    into.add_widget(
        text.Text(
            text=what,
            px=px,
            face=_FACE_BOLD if bold else "sans",
            role=role,
            leading=lead,
            lines=lines,
            halign=align,
            rect=(left, top, width, height),
        )
    )
    return height


class Key(touch.TapPanel):
    """A framed button: icon and words in its middle, or beside each other from the left (`tile`)."""

    def __init__(
        self,
        look: Look,
        push: blocks.Push,
        rect: place.Rect,
        *,
        px: float = BUTTON,
        tile: bool = False,
        pad: float = _PAD,
    ) -> None:
        on = push.primary and push.enabled
        role = look.on_accent if on else look.text if push.enabled else look.dead
        fill = look.accent if on else look.panel
        if push.inverse:
            role, fill = look.exit_text, look.exit_fill
        super().__init__(
            rect=rect,
            action=push.action,
            arg=push.arg,
            enabled=push.enabled,
            careful=push.careful,
            radius=32,
            line="" if on or push.inverse else look.border if push.enabled else look.dead,
            line_width=LINE_PX,
            fill_up=fill,
            fill_pressed=fill if on or push.inverse else look.pressed,
            press_scale=0.96,
        )
        _, _, width, height = rect
        icon_px = 104 if tile else 64
        gap = 28 if tile else 20
        room = width - 2 * pad - (icon_px + gap if push.icon else 0)
        if tile:
            room = min(room, max(216.0, _widest_word(push.text, px)))
        lines = max(1, min(2, text.lines_of(push.text, px, room, bold=True)))
        single = min(room, line_px(push.text, px)) if lines == 1 else room
        left = float(pad)
        if not tile:
            left = (width - single - (icon_px + gap if push.icon and push.text else icon_px if push.icon else 0)) / 2
        if push.icon:
            self.add_widget(
                surface.Icon(
                    icon=push.icon, px=icon_px, role=role, rect=(left, (height - icon_px) / 2, icon_px, icon_px)
                )
            )
            left += icon_px + gap
        self._word: text.Text | None = None
        if push.text:
            tall = lines * px * 1.15
            self._word = text.Text(
                text=push.text,
                px=px,
                face=_FACE_BOLD,
                role=role,
                leading=1.15,
                lines=lines,
                halign="left" if tile or lines == 1 else "center",
                rect=(left, (height - tall) / 2, single + 2, tall),
            )
            self.add_widget(self._word)

    def say(self, what: str) -> None:
        """Change the words for others of the same length."""
        if self._word is not None and self._word.text != what:
            self._word.text = what


def line_px(what: str, px: float) -> float:
    """Return the width of a bold line in px of the drawing."""
    return float(text.Text(text=what, px=px, face=_FACE_BOLD).natural_width)


def _widest_word(what: str, px: float) -> float:
    return max((line_px(word, px) for word in what.split() if word.isascii()), default=0.0)


class TitlePart(Part):
    """A title."""

    block_class = blocks.Title

    def fill(self, block: blocks.Title) -> float:
        """Place the title."""
        return self.words(block.text, (0, 0, WIDTH), TITLE, bold=True)


class WordsPart(Part):
    """A paragraph."""

    block_class = blocks.Words

    def fill(self, block: blocks.Words) -> float:
        """Place the paragraph."""
        role = self.look.accent_text if block.accent else self.look.text
        return self.words(block.text, (0, 0, WIDTH), BODY, bold=block.strong, role=role)


class NumberPart(Part):
    """A very large number."""

    block_class = blocks.Number

    def fill(self, block: blocks.Number) -> float:
        """Place the number."""
        return self.words(block.text, (0, 0, WIDTH), VALUE, bold=True, role=self.look.accent_text)


class FiguresPart(Part):
    """Both tracks of points in a frame."""

    block_class = blocks.Figures

    def fill(self, block: blocks.Figures) -> float:
        """Place the spendable points at the left, the other track at the right."""
        frame = _frame(self.look)
        left, right = 44.0, 520.0
        half = WIDTH - right - 44
        top = 30 + put_words(frame, block.label, (left, 30, right - left - 20), 52, bold=True, role=self.look.text)
        frame.add_widget(
            text.Text(
                text=block.value,
                px=VALUE,
                face=_FACE_BOLD,
                role=self.look.accent_text,
                leading=1.05,
                rect=(left, top, right - left - 20, VALUE * 1.05),
            )
        )
        top += VALUE * 1.05 + 8
        beside = 36 + put_words(
            frame, block.second_label, (right, 36, half), BODY, bold=True, role=self.look.text, align="right"
        )
        frame.add_widget(
            text.Text(
                text=block.second_value,
                px=VALUE_2,
                face=_FACE_BOLD,
                role=self.look.text,
                leading=1.2,
                halign="right",
                rect=(right, beside, half, VALUE_2 * 1.2),
            )
        )
        beside += VALUE_2 * 1.2
        beside += put_words(
            frame, block.second_note, (right, beside, half), SMALL, bold=False, role=self.look.text, align="right"
        )
        top = max(top, beside)
        top += put_words(frame, block.note, (left, top, WIDTH - 88), 46, bold=False, role=self.look.text)
        height = top + 36
        frame.rect = (0, 0, WIDTH, height)
        self.add_widget(frame)
        return height


class TilesPart(Part):
    """Ways on, two in a row."""

    block_class = blocks.Tiles

    def fill(self, block: blocks.Tiles) -> float:
        """Place the tiles."""
        wide, high = (WIDTH - GAP) / 2, 236 if len(block.pushes) > _FEW else 320
        for index, push in enumerate(block.pushes):
            row, column = divmod(index, 2)
            rect = (column * (wide + GAP), row * (high + GAP), wide, high)
            self.add_widget(Key(self.look, push, rect, tile=True))
        rows = -(-len(block.pushes) // 2)
        return float(rows * high + max(0, rows - 1) * GAP)


class PushPart(Part):
    """A button as wide as the column."""

    block_class = blocks.Push

    def fill(self, block: blocks.Push) -> float:
        """Place the button."""
        self.add_widget(Key(self.look, block, (0, 0, WIDTH, 160)))
        return 160.0


class ChoicesPart(Part):
    """Choices in as many rows as they need; the chosen one stands out."""

    block_class = blocks.Choices

    def fill(self, block: blocks.Choices) -> float:
        """Place the choices."""
        high, gap = 136, 20
        left = top = 0.0
        for chip in block.chips:
            wide = min(float(WIDTH), max(150.0, line_px(chip.text, BODY) + 80))
            if left and left + wide > WIDTH:
                left, top = 0.0, top + high + gap
            push = blocks.Push(chip.text, chip.action, chip.arg, "", chip.on)
            self.add_widget(Key(self.look, push, (left, top, wide, high), px=BODY))
            left += wide + gap
        return top + high if block.chips else 0.0


class CardPart(Part):
    """A framed thing with an icon, a title, lines, a figure and maybe a button."""

    block_class = blocks.Card

    def fill(self, block: blocks.Card) -> float:
        """Place what the card holds."""
        frame = _frame(self.look, block.action, block.arg)
        beside = _PICTURE[0] if block.picture else 64 if block.icon else 0
        left = float(_PAD + (beside + 24 if beside else 0))
        figure_px = 68 if block.figure else 0
        figure_wide = min(WIDTH * 0.45, line_px(block.figure, figure_px)) if block.figure else 0.0
        room = WIDTH - left - _PAD - (figure_wide + 24 if block.figure else 0)
        top = 30.0
        top += put_words(frame, block.title, (left, top, room), 52, bold=True, role=self.look.text)
        for line in block.lines:
            top += put_words(frame, line, (left, top, room), SMALL, bold=False, role=self.look.text)
        height = max(top + 30, 136.0)
        if block.picture:
            height = max(height, _PICTURE[1] + 60.0)
            rect = (_PAD, 30, *_PICTURE)
            frame.add_widget(surface.Picture(source=block.picture, dim=block.dim, cover=True, radius=24, rect=rect))
        elif block.icon:
            frame.add_widget(surface.Icon(icon=block.icon, px=64, role=self.look.accent_text, rect=(_PAD, 34, 64, 64)))
        if block.figure:
            frame.add_widget(
                text.Text(
                    text=block.figure,
                    px=figure_px,
                    face=_FACE_BOLD,
                    role=self.look.accent_text,
                    leading=1.2,
                    halign="right",
                    rect=(WIDTH - _PAD - figure_wide - 2, (height - 82) / 2, figure_wide + 2, 82),
                )
            )
        if block.push is not None:
            frame.add_widget(Key(self.look, block.push, (_PAD, height - 6, WIDTH - 2 * _PAD, 136), px=52))
            height += 136 + _PAD - 6
        frame.rect = (0, 0, WIDTH, height)
        self.add_widget(frame)
        return height


class CodePart(Part):
    """A code in black on white, with its letters below."""

    block_class = blocks.Code

    def fill(self, block: blocks.Code) -> float:
        """Place the code."""
        side = 520
        frame = surface.Panel(fill="white", radius=32, rect=((WIDTH - side - 80) / 2, 0, side + 80, side + 80))
        frame.add_widget(round.QrCode(content=block.qr, rect=(40, 40, side, side)))
        self.add_widget(frame)
        below = self.words(block.code, (0, side + 100, WIDTH), TITLE, bold=True, align="center")
        return side + 100 + below


class PadPart(Part):
    """The marks of the PIN and its twelve keys."""

    block_class = blocks.Pad

    def fill(self, block: blocks.Pad) -> float:
        """Place marks and keys."""
        for index, dot in enumerate(block.dots):
            full = dot == "full"
            mark = surface.Panel(
                fill=self.look.accent if full else self.look.panel,
                line="" if full else self.look.accent if dot == "next" else self.look.border,
                line_width=LINE_PX,
                radius=24,
                rect=(124 + index * 122, 0, 100, 100),
            )
            if full:
                mark.add_widget(round.Disc(role=self.look.on_accent, rect=(36, 36, 28, 28)))
            self.add_widget(mark)
        wide, high, gap = (WIDTH - 2 * 24) / 3, 168, 24
        for index, key in enumerate(block.keys):
            row, column = divmod(index, 3)
            push = blocks.Push(key.text, key.action, key.arg, key.icon)
            rect = (column * (wide + gap), 128 + row * (high + gap), wide, high)
            self.add_widget(Key(self.look, push, rect, px=BODY if key.quiet else 92))
        return 128.0 + 4 * high + 3 * gap

    def draw(self, block: blocks.Pad) -> None:
        """Change only the marks where the keys are the same: a key under a finger stays."""
        old = self._block
        if old is None or old.keys != block.keys or len(old.dots) != len(block.dots):
            super().draw(block)
            return
        if old == block:
            return
        self._block = block
        marks = [child for child in reversed(self.children) if not isinstance(child, Key)]
        for dot, mark in zip(block.dots, marks, strict=True):
            full = dot == "full"
            mark.fill = self.look.accent if full else self.look.panel
            mark.line = "" if full else self.look.accent if dot == "next" else self.look.border
            mark.clear_widgets()
            if full:
                mark.add_widget(round.Disc(role=self.look.on_accent, rect=(36, 36, 28, 28)))


class StepperPart(Part):
    """One less, how many, one more."""

    block_class = blocks.Stepper

    def fill(self, block: blocks.Stepper) -> float:
        """Place the buttons beside the number."""
        top = self.words(block.label, (0, 0, WIDTH), BODY, bold=True) + 8
        less = blocks.Push("", Action.FEWER, "", "minus", enabled=block.can_less)
        more = blocks.Push("", Action.MORE, "", "plus", enabled=block.can_more)
        self.add_widget(Key(self.look, less, (0, top, 280, 152)))
        self.add_widget(Key(self.look, more, (WIDTH - 280, top, 280, 152)))
        self.words(block.value, (300, top + 20, WIDTH - 600), 92, bold=True, align="center")
        return top + 152


class WaitingPart(Part):
    """A ring that turns."""

    block_class = blocks.Waiting

    def fill(self, _block: blocks.Waiting) -> float:
        """Place the ring."""
        self.add_widget(
            round.Ring(
                share=0.3,
                thickness=16,
                turning=True,
                role=self.look.accent,
                track=f"{self.look.border}@0.3",
                rect=((WIDTH - 180) / 2, 20, 180, 180),
            )
        )
        return 220.0


def _frame(look: Look, action: str = "", arg: str = "") -> touch.TapPanel:
    return touch.TapPanel(
        action=str(action),
        arg=arg,
        radius=32,
        line=look.border,
        line_width=LINE_PX,
        fill_up=look.panel,
        fill_pressed=look.pressed,
    )


PARTS: Mapping[type[Any], type[Part]] = MappingProxyType(
    {
        part.block_class: part
        for part in (
            TitlePart,
            WordsPart,
            NumberPart,
            FiguresPart,
            TilesPart,
            PushPart,
            ChoicesPart,
            CardPart,
            CodePart,
            PadPart,
            StepperPart,
            WaitingPart,
        )
    }
)
"""Which widget draws which block."""

"""What several templates share: the label pill, the offline mark, a code with its words, a title that may take two lines."""

from collections.abc import Callable
from datetime import datetime, timedelta

from club.render.canvas import Box, Canvas, Paragraph, Type
from club.render.context import RenderContext
from club.resources.theme import Colour
from club.words import numbers

MARK_HEIGHT = 84


def pill(canvas: Canvas, ctx: RenderContext, text: str, x: float, y: float, *, widest: float = 1080) -> float:
    """A label on jade, 72 px high and at most `widest` px wide; returns its right edge."""
    night = ctx.theme.color.night
    label = canvas.fit(text, Type("sans-bold", 40, night.on_jade, 1.4), widest - 60, height=60)
    wide = max(canvas.width(line, label.style) for line in label.lines)
    box = Box(x, y, wide + 60, 72)
    canvas.panel(box, 20, night.jade)
    canvas.paragraph(label, x + 30, y + 36 - label.height / 2, room=box)
    return box.right


def stale_words(ctx: RenderContext, since: datetime) -> str:
    """离线，13:58 的数据; with the day instead of the time when that was a day ago or more."""
    if ctx.now - since >= timedelta(hours=24):
        return ctx.words("lounge.stale.since-day", day=numbers.day(ctx.words, numbers.local_day(since, ctx.time_zone)))
    return ctx.words("lounge.stale.since", time=numbers.clock(since, ctx.time_zone))


def stale_width(canvas: Canvas, ctx: RenderContext) -> float:
    """How wide the offline mark is; 0 while the data are fresh."""
    if ctx.stale_since is None:
        return 0
    return canvas.width(stale_words(ctx, ctx.stale_since), _stale_type(ctx)) + 32 + 56 + 18 + 32


def stale_mark(canvas: Canvas, ctx: RenderContext, right: float, y: float) -> None:
    """The amber mark of old data (L5), its right edge at `right`; nothing while the data are fresh."""
    if ctx.stale_since is None:
        return
    night = ctx.theme.color.night
    wide = stale_width(canvas, ctx)
    box = Box(right - wide, y, wide, MARK_HEIGHT)
    canvas.panel(box, 20, night.warn)
    canvas.icon("wifi-off", box.x + 32, y + 14, 56, night.on_warn)
    canvas.line(stale_words(ctx, ctx.stale_since), _stale_type(ctx), box.x + 32 + 56 + 18, y + 12.6, room=box)


def title(
    canvas: Canvas, text: str, width: float, *, size: int, colour: Colour, lines: int = 2, height: float | None = None
) -> Paragraph:
    """A headline in the display face: shrinks to 76 %, then takes a second line."""
    return canvas.fit(text, Type("serif-bold", size, colour, 1.18), width, lines=lines, smallest=48, height=height)


class Stack:
    """Blocks one under another whose lower edge is fixed: the first may grow upwards, into the picture behind."""

    def __init__(self) -> None:
        self._blocks: list[tuple[float, float, Callable[[float], object]]] = []

    def add(self, height: float, draw: Callable[[float], object], *, gap: float = 0) -> None:
        """Put a block below the last one, `gap` px apart; `draw` gets its upper edge."""
        self._blocks.append((gap if self._blocks else 0, height, draw))

    def draw(self, canvas: Canvas, ctx: RenderContext, bottom: float, width: float) -> None:
        """Darken what lies behind, as far up as the blocks reach, then draw them all."""
        top = bottom - sum(gap + height for gap, height, _ in self._blocks)
        shade(canvas, ctx, top, width)
        for gap, height, draw in self._blocks:
            draw(top + gap)
            top += gap + height


def shade(canvas: Canvas, ctx: RenderContext, top: float, width: float) -> None:
    """Darken the picture from above `top` down, over the left `width` px, so that white text is read on any picture (4.5:1)."""
    above = 150.0
    start = max(0.0, top - above)
    box = Box(0, start, width, canvas.box.h - start)
    reach = (top - start) / box.h
    canvas.wash(box, ctx.theme.color.night.ground, ((0.0, 0.0), (reach, 0.62), (1.0, 0.7)))


def split_clause(text: str) -> tuple[str, str]:
    """A sentence at its first comma: what is before, and the rest from the comma on (余 6 车 | ，每车 600 积分)."""
    for mark in ("，", ", "):
        if mark in text:
            at = text.index(mark)
            return text[:at], text[at:]
    return text, ""


def without_comma(rest: str) -> str:
    """The second part of `split_clause` as a sentence of its own."""
    return rest.lstrip("，, ")


def kind_and_title(kind: str, title: str) -> tuple[str, str]:
    """A title such as 爱车讲堂：雨季行车与轮胎 names its kind itself; then that is the kind, and the rest the title."""
    for mark in ("：", ": "):
        before, found, after = title.partition(mark)
        if found and after and len(before) <= 24:
            return before, after[0].upper() + after[1:]
    return kind, title


def _stale_type(ctx: RenderContext) -> Type:
    return Type("sans-bold", 42, ctx.theme.color.night.on_warn, 1.4)

"""Draws the store's promises of service, each with its number (lounge-12)."""

import re

from club.model.board import Board, PromiseLine
from club.render import parts
from club.render.canvas import Box, Canvas, Paragraph, Type
from club.render.context import RenderContext

_LEFT, _WIDE = 72, 1776
_GAP = 30
_FOOT_TOP, _FOOT = 786, 146
_NUMBER = re.compile(r"(\d[\d,–\-]*)\s*(分钟内|分钟|小时内|小时|天内|天|次|%|minutes?|hours?|days?)")
_ICONS = {
    "greet": "user",
    "drink": "cup",
    "refill": "repeat",
    "clear": "leaf",
    "answer": "chat",
    "basic-service-time": "wrench",
}


def draw(canvas: Canvas, board: Board, ctx: RenderContext) -> None:
    """The board on `canvas`: two to four promises in a row."""
    night = ctx.theme.color.night
    taken = parts.stale_width(canvas, ctx)
    heading = parts.title(
        canvas, ctx.field(board, "title"), _WIDE - (taken + 40 if taken else 0), size=104, colour=night.snow, lines=1
    )
    canvas.paragraph(heading, _LEFT, 56, room=Box(_LEFT, 40, _WIDE, 150))
    parts.stale_mark(canvas, ctx, 1848, 72)
    side, top = ctx.field(board, "side"), 236.0
    if side:
        canvas.paragraph(canvas.fit(side, Type("sans", 46, night.snow_2, 1.4), _WIDE), _LEFT, 188)
        top = 284.0
    foot = ctx.field(board, "line", "foot")
    bottom = _FOOT_TOP - 32 if foot else 932
    promises = board.promises[:4]
    wide = (_WIDE - _GAP * (len(promises) - 1)) / max(1, len(promises))
    for place, promise in enumerate(promises):
        _card(canvas, promise, ctx, Box(_LEFT + place * (wide + _GAP), top, wide, bottom - top))
    if foot:
        _foot(canvas, foot, ctx)


def _card(canvas: Canvas, promise: PromiseLine, ctx: RenderContext, box: Box) -> None:
    night = ctx.theme.color.night
    canvas.panel(box, 36, night.surface_2)
    title, line = ctx.pick(promise.title), ctx.pick(promise.line)
    found = _NUMBER.search(title) or _NUMBER.search(line)
    inside = box.inset(44, 42)
    canvas.icon(_ICONS.get(promise.slug, "check"), inside.x, inside.y, 72, night.jade)
    words = canvas.fit(
        title, Type("sans-bold", 46, night.snow, 1.3), inside.w, lines=3, height=190, wrap_first=True, balanced=True
    )
    more: Paragraph | None = None
    if line and not _NUMBER.search(line):  # a line that is only the number is drawn large, or stands in the title
        more = canvas.fit(line, Type("sans", 40, night.snow_2, 1.35), inside.w, lines=2, height=110)
    y = inside.bottom - words.height - (more.height if more else 0)
    canvas.paragraph(words, inside.x, y, room=box)
    if more:
        canvas.paragraph(more, inside.x, y + words.height, room=box)
    if found:
        number, unit = found.groups()
        size = 150
        while (
            canvas.width(number, Type("sans-bold", size, night.snow)) + 14 + canvas.width(unit, _unit(ctx)) > inside.w
            and size > 80
        ):
            size -= 10
        at = inside.y + 96 + (y - inside.y - 96 - size) / 2
        canvas.row(
            [(number, Type("sans-bold", size, night.snow, 1.0)), (unit, _unit(ctx))], inside.x, at, gap=14, room=box
        )


def _unit(ctx: RenderContext) -> Type:
    return Type("sans-bold", 52, ctx.theme.color.night.snow, 1.0)


def _foot(canvas: Canvas, text: str, ctx: RenderContext) -> None:
    night = ctx.theme.color.night
    box = Box(_LEFT, _FOOT_TOP, _WIDE, _FOOT)
    canvas.panel(box, 32, None, line=night.line, width=3)
    canvas.icon("chat", box.x + 44, box.y + 37, 72, night.jade)
    first, rest = parts.split_clause(text)
    bold, plain = Type("sans-bold", 44, night.snow, 1.35), Type("sans", 44, night.snow_2, 1.35)
    left, room = box.x + 150, box.w - 194
    rest = parts.without_comma(rest)
    if canvas.width(first, bold) + 36 + canvas.width(rest, plain) <= room:
        canvas.row([(first, bold), (rest, plain)] if rest else [(first, bold)], left, box.y + 43, gap=36, room=box)
        return
    words = canvas.fit(text, bold, room, lines=2, height=_FOOT - 16)
    canvas.paragraph(words, left, box.y + (_FOOT - words.height) / 2, room=box)

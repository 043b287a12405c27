"""Draws members' own pictures from an outing, with their consent, and how to add one's own (lounge-02)."""

from club.model.board import Board
from club.render import parts
from club.render.canvas import Box, Canvas, Type
from club.render.context import RenderContext

_LEFT, _WIDE = 72, 1776
_TOP, _HIGH = 168, 764
_SMALL = Box(1518, 564, 330, 368)


def draw(canvas: Canvas, board: Board, ctx: RenderContext) -> None:
    """The board on `canvas`; with fewer than three pictures the first takes their room."""
    night = ctx.theme.color.night
    label = ctx.field(board, "label")
    x = parts.pill(canvas, ctx, label, _LEFT, 60) + 36 if label else _LEFT
    taken = parts.stale_width(canvas, ctx)
    room = Box(x, 40, 1848 - x - (taken + 30 if taken else 0), 120)
    heading = canvas.fit(
        ctx.field(board, "title"), Type("serif-bold", 64, night.snow, 1.15), room.w, lines=2, smallest=40, height=118
    )
    canvas.paragraph(heading, x, 96 - heading.height / 2, room=room)
    parts.stale_mark(canvas, ctx, 1848, 54)
    shown = [sha256 for sha256 in board.pictures[:3] if ctx.picture(sha256) is not None]
    code = bool(board.url)
    main = Box(_LEFT, _TOP, 1060, _HIGH) if len(shown) >= 2 or code else Box(_LEFT, _TOP, _WIDE, _HIGH)
    _picture(canvas, shown[0] if shown else "", ctx, main)
    _caption(canvas, board, ctx, main)
    upper = Box(1160, 168, 688, 368) if len(shown) >= 3 or code else Box(1160, 168, 688, _HIGH)
    if len(shown) >= 2:
        _picture(canvas, shown[1], ctx, upper)
    if len(shown) >= 3:
        _picture(canvas, shown[2], ctx, Box(1160, 564, 330 if code else 688, 368))
    if code:
        _code(
            canvas,
            board,
            ctx,
            _SMALL
            if len(shown) >= 3
            else Box(1160, 168 if len(shown) < 2 else 564, 688, 764 if len(shown) < 2 else 368),
        )


def _picture(canvas: Canvas, sha256: str, ctx: RenderContext, box: Box) -> None:
    night = ctx.theme.color.night
    if not canvas.picture(ctx.picture(sha256), box, 32):
        canvas.panel(box, 32, night.surface_2)
        canvas.icon("camera", box.x + box.w / 2 - 72, box.y + box.h / 2 - 72, 144, night.jade)


def _caption(canvas: Canvas, board: Board, ctx: RenderContext, box: Box) -> None:
    night = ctx.theme.color.night
    line, foot = ctx.field(board, "line"), ctx.field(board, "foot")
    if not line and not foot:
        return
    bold = canvas.fit(line, Type("sans-bold", 56, night.snow, 1.25), box.w - 88, lines=2)
    small = canvas.fit(foot, Type("sans", 38, night.snow, 1.4), box.w - 88, lines=2)
    high = 34 + (bold.height if line else 0) + (small.height if foot else 0)
    canvas.wash(
        Box(box.x, box.bottom - high - 170, box.w, high + 138), night.ground, ((0.0, 0.0), (0.45, 0.7), (1.0, 0.88))
    )
    canvas.footing(Box(box.x, box.bottom - 32, box.w, 32), 32, night.ground.faded(0.88))
    y = box.bottom - high
    if line:
        canvas.paragraph(bold, box.x + 44, y, room=box)
        y += bold.height
    if foot:
        canvas.paragraph(small, box.x + 44, y, room=box)


def _code(canvas: Canvas, board: Board, ctx: RenderContext, box: Box) -> None:
    night = ctx.theme.color.night
    canvas.panel(box, 28, night.surface_2)
    first, rest = parts.split_clause(ctx.field(board, "action"))
    words = [canvas.fit(first, Type("sans-bold", 36, night.snow, 1.35), box.w - 40, lines=2, smallest=28)]
    if rest:
        words.append(
            canvas.fit(parts.without_comma(rest), Type("sans-bold", 36, night.jade, 1.35), box.w - 40, smallest=28)
        )
    high = sum(paragraph.height for paragraph in words)
    size = min(404.0, max(176.0, box.h - high - 74), box.w - 60)
    y = box.y + (box.h - size - 18 - high) / 2
    canvas.qr(board.url, Box(box.x + (box.w - size) / 2, y, size, size), 12, night.ground)
    y += size + 18
    for paragraph in words:
        canvas.paragraph(paragraph, box.x + box.w / 2, y, align="center", room=box)
        y += paragraph.height

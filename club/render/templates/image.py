"""Draws a picture with a headline: edge to edge, or as an object on jade when the picture has no ground of its own (lounge-11)."""

from club.model.board import Board
from club.render import parts, pictures
from club.render.canvas import Box, Canvas, Type
from club.render.context import RenderContext
from club.resources import files
from club.resources.theme import Colour

_LEFT, _BOTTOM = 72, 900
_LEAST_CODE = 200


def draw(canvas: Canvas, board: Board, ctx: RenderContext) -> None:
    """The board on `canvas`; without a picture the built-in welcome stands behind the words."""
    path = ctx.picture(board.pictures[0] if board.pictures else (board.activity.picture if board.activity else ""))
    if path is not None and pictures.is_cut_out(path):
        _object(canvas, board, ctx)
        return
    draw_ground(canvas, board, ctx)
    label = ctx.field(board, "label")
    if label:
        parts.pill(canvas, ctx, label, _LEFT, 56)
    parts.stale_mark(canvas, ctx, 1848, 52)
    words_and_code(canvas, board, ctx, ctx.field(board, "title"), ctx.field(board, "line"))


def words_and_code(canvas: Canvas, board: Board, ctx: RenderContext, heading: str, line: str) -> None:
    """Headline and line at the lower left, the code at the lower right; set from the bottom up."""
    night = ctx.theme.color.night
    url = board.url or (board.activity.url if board.activity else "")
    code = canvas.qr_size(url, _LEAST_CODE) if url else 0.0
    wide = 1848 - _LEFT - (code + 60 if url else 0)
    room = Box(_LEFT, 150, wide, _BOTTOM - 150)
    stack = parts.Stack()
    large = parts.title(canvas, heading, min(wide, 1500), size=124, colour=night.snow)
    stack.add(large.height, lambda y: canvas.paragraph(large, _LEFT, y, room=room))
    if line:
        below = canvas.fit(line, Type("sans", 50, night.snow, 1.4), min(wide, 1400), lines=2)
        stack.add(below.height, lambda y: canvas.paragraph(below, _LEFT, y, room=room), gap=12)
    stack.draw(canvas, ctx, _BOTTOM, 1920)
    if url:
        canvas.qr(url, Box(1848 - code, _BOTTOM - code, code, code), 16, night.ground)


def draw_ground(canvas: Canvas, board: Board, ctx: RenderContext) -> None:
    """The board's picture edge to edge, dark where words will stand; the built-in one when there is none."""
    night = ctx.theme.color.night
    shown = ctx.picture(board.pictures[0] if board.pictures else (board.activity.picture if board.activity else ""))
    if canvas.picture(shown, canvas.box):
        canvas.wash(canvas.box, night.ground, ((0.0, 0.2), (0.24, 0.0), (0.5, 0.1), (0.78, 0.5), (1.0, 0.85)))
        canvas.wash(Box(0, 0, 1100, 972), night.ground, ((0.0, 0.45), (1.0, 0.0)), across=True)
        return
    draw_welcome_ground(canvas, ctx)


def draw_welcome_ground(canvas: Canvas, ctx: RenderContext) -> None:
    """The car in the dark showroom, which needs no content from anywhere."""
    night = ctx.theme.color.night
    canvas.object(files.art("ui/hero/lounge-welcome"), Box(560, 40, 1400, 700))
    canvas.wash(Box(0, 420, 1920, 552), night.ground, ((0.0, 0.0), (0.55, 0.8), (1.0, 1.0)))


def _object(canvas: Canvas, board: Board, ctx: RenderContext) -> None:
    snow = ctx.theme.color.night.snow
    white = Colour(255, 255, 255)
    soft = ctx.theme.color.light.jade_soft
    jade = ctx.theme.color.light.jade
    canvas.slope(canvas.box, 0, 115, (Colour.parse("#0E3B31"), jade, Colour.parse("#1A7560")), (0.0, 0.62, 1.0))
    canvas.panel(Box(1100, 106, 760, 760), 380, white.faded(0.08))
    canvas.panel(Box(1200, 206, 560, 560), 280, white.faded(0.07))
    canvas.object(ctx.picture(board.pictures[0]), Box(1120, 136, 720, 700))
    label = ctx.field(board, "label")
    if label:
        parts.pill(canvas, ctx, label, 88, 76)
    parts.stale_mark(canvas, ctx, 1848, 52)
    room = Box(88, 170, 980, 760)
    heading = parts.title(canvas, ctx.field(board, "title"), 980, size=124, colour=snow)
    line = canvas.fit(ctx.field(board, "line"), Type("sans", 48, soft, 1.4), 980, lines=2)
    action = ctx.field(board, "action", "foot")
    high = heading.height + 24 + line.height
    y = 190.0 if action else (972 - high) / 2
    canvas.paragraph(heading, 88, y, room=room)
    canvas.paragraph(line, 88, y + heading.height + 24, room=room)
    if action:
        canvas.icon("contactless", 88, 800, 72, snow)
        canvas.paragraph(
            canvas.fit(action, Type("sans", 44, snow, 1.4), 860, lines=2), 188, 805, room=Box(188, 780, 880, 150)
        )

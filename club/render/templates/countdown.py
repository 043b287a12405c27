"""Draws how many days are left until something, large over its picture."""

from club.model.board import Board
from club.model.scene import days_left
from club.render import parts
from club.render.canvas import Box, Canvas, Type
from club.render.context import RenderContext
from club.render.templates import image

_LEFT, _BOTTOM = 72, 900


def draw(canvas: Canvas, board: Board, ctx: RenderContext) -> None:
    """The board on `canvas`; a title that does not count is drawn as a headline."""
    raw = ctx.pick(board.text("title"))
    if "{days}" not in raw or board.until is None:
        image.draw(canvas, board, ctx)
        return
    night = ctx.theme.color.night
    image.draw_ground(canvas, board, ctx)
    label = ctx.field(board, "label")
    if label:
        parts.pill(canvas, ctx, label, _LEFT, 56)
    parts.stale_mark(canvas, ctx, 1848, 52)
    room = Box(_LEFT, 140, 1776, _BOTTOM - 140)
    before, _, after = raw.partition("{days}")
    days = str(days_left(board.until, ctx.now, ctx.time_zone))
    number, words = Type("sans-bold", 260, night.jade, 1.0), Type("serif-bold", 104, night.snow, 1.2)
    while canvas.width(days, number) + 24 + canvas.width(after.strip(), words) > room.w and words.size > 60:
        words = Type("serif-bold", words.size - 8, night.snow, 1.2)
    stack = parts.Stack()
    if before.strip():
        heading = parts.title(canvas, before.strip().rstrip("，,"), 1500, size=84, colour=night.snow)
        stack.add(heading.height + 4, lambda y: canvas.paragraph(heading, _LEFT, y, room=room))
    runs = [(days, number), (after.strip(), words)]
    stack.add(number.size, lambda y: canvas.row(runs, _LEFT, y, gap=24, room=room))
    line = canvas.fit(ctx.field(board, "line"), Type("sans", 50, night.snow, 1.4), 1500, lines=2)
    stack.add(line.height, lambda y: canvas.paragraph(line, _LEFT, y, room=room), gap=20)
    stack.draw(canvas, ctx, _BOTTOM, 1920)

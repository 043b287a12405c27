"""Draws the built-in welcome, for a display that has nothing else to show (L5)."""

from club.render import parts
from club.render.canvas import Box, Canvas, Type
from club.render.context import RenderContext
from club.render.templates import image


def draw(canvas: Canvas, ctx: RenderContext) -> None:
    """The showroom, the greeting, and what a card is for; needs no content from anywhere."""
    night = ctx.theme.color.night
    image.draw_welcome_ground(canvas, ctx)
    parts.stale_mark(canvas, ctx, 1848, 52)
    room = Box(72, 150, 1776, 790)
    line = canvas.fit(ctx.words("lounge.welcome.line"), Type("sans", 50, night.snow_2, 1.4), 1500, lines=2)
    title = parts.title(canvas, ctx.words("lounge.welcome.title"), 1500, size=124, colour=night.snow)
    top = 900 - line.height
    canvas.paragraph(line, 72, top, room=room)
    canvas.paragraph(title, 72, top - 12 - title.height, room=room)

"""Draws the screen of a display that belongs to nobody yet: how to add it, and who it is (lounge-17, C9)."""

from dataclasses import dataclass

from club.render import parts
from club.render.canvas import Box, Canvas, Type
from club.render.context import RenderContext
from club.resources.theme import Colour


@dataclass(frozen=True, slots=True)
class EnrolView:
    """Finished words: a headline and its line, the state of things (may be empty), three steps, the device's own line."""

    title: str
    line: str
    state: str
    heading: str
    steps: tuple[str, ...]
    device: str
    offline: str = ""


def draw(canvas: Canvas, view: EnrolView, ctx: RenderContext) -> None:
    """The screen on `canvas`."""
    night, jade = ctx.theme.color.night, ctx.theme.color.light.jade
    dark, mid = Colour.parse("#0A1210"), Colour.parse("#12201B")
    canvas.slope(canvas.box, 0, 180, (dark, mid, dark), (0.0, 0.55, 1.0))
    canvas.mark(88, 72, 76, night.jade)
    canvas.line(ctx.pick(ctx.club), Type("sans-bold", 48, night.snow, 1.4, 0.06), 188, 76)
    if view.offline:
        style = Type("sans-bold", 40, night.warn, 1.4)
        canvas.line(view.offline, style, 1832, 82, align="right")
        canvas.icon("wifi-off", 1832 - canvas.width(view.offline, style) - 70, 84, 52, night.warn)
    left = Box(88, 226, 960, 640)
    title = parts.title(canvas, view.title, left.w, size=96, colour=night.snow)
    canvas.paragraph(title, left.x, left.y, room=left)
    y = left.y + title.height + 16
    line = canvas.fit(view.line, Type("sans", 44, night.snow_2, 1.4), left.w, lines=3, wrap_first=True)
    canvas.paragraph(line, left.x, y, room=left)
    y += line.height + 48
    if view.state:
        canvas.icon("refresh", left.x, y + 4, 52, night.jade)
        state = canvas.fit(view.state, Type("sans-bold", 44, night.snow, 1.4), left.w - 76, lines=2)
        canvas.paragraph(state, left.x + 76, y, room=left)
    panel = Box(1112, 226, 720, 600)
    canvas.panel(panel, 40, night.surface_2)
    canvas.line(view.heading, Type("sans-bold", 48, night.snow, 1.4), panel.x + 50, panel.y + 48, room=panel)
    y = panel.y + 48 + 67 + 36
    for number, step in enumerate(view.steps, 1):
        ring = Box(panel.x + 50, y, 64, 64)
        canvas.panel(ring, 32, jade)
        canvas.line(
            str(number), Type("sans-bold", 36, night.snow, 1.4), ring.x + 32, ring.y + 7, align="center", room=ring
        )
        words = canvas.fit(step, Type("sans", 40, night.snow, 1.35), panel.w - 192, lines=3, wrap_first=True)
        canvas.paragraph(words, panel.x + 142, y + 4, room=panel)
        y += max(64, words.height) + 36
    canvas.line(view.device, Type("sans", 38, night.snow_2, 1.4), 88, 886, room=canvas.box)

"""Draws the screen of a display that belongs to nobody yet: the code that adds it, and how (lounge-17, C9)."""

from dataclasses import dataclass

from club.render import parts
from club.render.canvas import Box, Canvas, Type
from club.render.context import RenderContext
from club.render.templates import welcome
from club.resources.theme import Colour

_TILE = Box(0, 0, 132, 188)
_GAP = 26
_DASH = 44
_LEFT, _RIGHT = 88, 1832
_BASE = 886


@dataclass(frozen=True, slots=True)
class EnrolView:
    """Finished words.

    Args:
        title, line: the headline, and where the code is to be entered.
        code: its groups; empty while there is none.
        entered: the code was accepted: it turns green.
        state: how long the code is good, or what is going on.
        progress: how much of the content is here, 0-1; None when not known.
        heading, steps: the panel at the right.
        device, network: the two lines at the foot.
        offline: the mark at the upper right, empty while the server answers.
        foot: what the bar says.
        is_quiet: nobody came: the built-in picture, with the code in a corner.
    """

    title: str
    line: str
    state: str
    heading: str
    steps: tuple[str, ...]
    device: str
    code: tuple[str, ...] = ()
    entered: bool = False
    progress: float | None = None
    network: str = ""
    offline: str = ""
    foot: str = ""
    is_quiet: bool = False


def draw(canvas: Canvas, view: EnrolView, ctx: RenderContext) -> None:
    """The screen on `canvas`."""
    if view.is_quiet:
        _draw_quiet(canvas, view, ctx)
        return
    night = ctx.theme.color.night
    top, middle, bottom = Colour.parse("#0A1210"), Colour.parse("#12201B"), Colour.parse("#0A1110")
    canvas.slope(canvas.box, 0, 180, (top, middle, bottom), (0.0, 0.55, 1.0))
    canvas.mark(_LEFT, 72, 76, night.jade)
    canvas.line(ctx.pick(ctx.club), Type("sans-bold", 48, night.snow, 1.4, 0.06), _LEFT + 100, 76)
    if view.offline:
        style = Type("sans-bold", 40, night.warn, 1.4)
        canvas.line(view.offline, style, _RIGHT, 82, align="right")
        canvas.icon("wifi-off", _RIGHT - canvas.width(view.offline, style) - 70, 84, 52, night.warn)
    _how_to(canvas, view, ctx)
    _steps(canvas, view, ctx)
    room = Box(_LEFT, _BASE, _RIGHT - _LEFT, 54)
    small = Type("sans", 38, night.snow_2, 1.4)
    network = canvas.line(view.network, small, _RIGHT, _BASE, align="right", room=room)
    device = canvas.fit(view.device, small, room.w - network.w - 60, smallest=28)
    canvas.paragraph(device, _LEFT, _BASE, room=room)


def _how_to(canvas: Canvas, view: EnrolView, ctx: RenderContext) -> None:
    night = ctx.theme.color.night
    room = Box(_LEFT, 226, 1040, 640)
    title = parts.title(canvas, view.title, room.w, size=96, colour=night.snow, lines=1)
    canvas.paragraph(title, room.x, room.y, room=room)
    y = room.y + title.height + 16
    line = canvas.fit(view.line, Type("sans", 44, night.snow_2, 1.4), room.w, lines=2)
    canvas.paragraph(line, room.x, y, room=room)
    y += line.height + 52
    if view.code:
        _code(canvas, view, ctx, y)
        y += _TILE.h + 44
    colour = night.jade if view.entered else night.snow
    canvas.icon("download" if view.entered else "refresh", room.x, y + 3, 52, night.jade)
    state = canvas.fit(view.state, Type("sans", 42, colour, 1.4), room.w - 76, lines=2)
    canvas.paragraph(state, room.x + 76, y, room=room)
    if view.progress is not None:
        track = Box(room.x, y + state.height + 20, 992, 12)
        canvas.panel(track, 6, night.surface_2)
        canvas.panel(Box(track.x, track.y, max(12.0, track.w * view.progress), track.h), 6, night.jade)


def _code(canvas: Canvas, view: EnrolView, ctx: RenderContext, y: float) -> None:
    """A tile for each symbol, a dash between the groups."""
    night = ctx.theme.color.night
    style = Type("sans-bold", 112, night.jade if view.entered else night.snow, 1.4)
    x: float = _LEFT
    for number, group in enumerate(view.code):
        if number:
            canvas.line("-", style, x + _DASH / 2, y + (_TILE.h - 112 * 1.4) / 2, align="center")
            x += _DASH + _GAP
        for symbol in group:
            tile = Box(x, y, _TILE.w, _TILE.h)
            canvas.panel(tile, 28, night.surface_2, line=night.line, width=3)
            canvas.line(symbol, style, tile.x + tile.w / 2, y + (_TILE.h - 112 * 1.4) / 2, align="center", room=tile)
            x += _TILE.w + _GAP


def _steps(canvas: Canvas, view: EnrolView, ctx: RenderContext) -> None:
    night, jade = ctx.theme.color.night, ctx.theme.color.light.jade
    panel = Box(_RIGHT - 640, 226, 640, 630)
    canvas.panel(panel, 40, night.surface_2)
    heading = canvas.fit(view.heading, Type("sans-bold", 48, night.snow, 1.4), panel.w - 100)
    canvas.paragraph(heading, panel.x + 50, panel.y + 48, room=panel)
    y = panel.y + 48 + heading.height + 36
    for number, step in enumerate(view.steps, 1):
        ring = Box(panel.x + 50, y, 64, 64)
        canvas.panel(ring, 32, jade)
        figure = Type("sans-bold", 36, night.snow, 1.4)
        canvas.line(str(number), figure, ring.x + 32, ring.y + 7, align="center", room=ring)
        room = (panel.bottom - 40 - y) / (len(view.steps) - number + 1)
        words = canvas.fit(
            step, Type("sans", 40, night.snow, 1.35), panel.w - 192, lines=3, wrap_first=True, height=room - 8
        )
        canvas.paragraph(words, panel.x + 142, y + 4, room=panel)
        y += max(64, words.height) + 36


def _draw_quiet(canvas: Canvas, view: EnrolView, ctx: RenderContext) -> None:
    """The built-in picture; the code in the lower right corner, for when somebody comes after all."""
    night = ctx.theme.color.night
    welcome.draw(canvas, ctx)
    if not view.code:
        return
    style = Type("sans-bold", 56, night.snow, 1.4, 0.04)
    text = "-".join(view.code)
    wide = canvas.width(text, style)
    box = Box(1864 - wide - 80, 858, wide + 80, 100)
    canvas.panel(box, 24, night.surface_2, line=night.line, width=3)
    canvas.line(text, style, box.x + 40, box.y + 11, room=box)

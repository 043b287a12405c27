"""Draws what the bar offers: six refreshments with a line each, those sold out said so; a code to order where there is one."""

from club.model.board import Board, MenuLine
from club.render import parts
from club.render.canvas import Box, Canvas, Type
from club.render.context import RenderContext

_LEFT, _WIDE = 72, 1776
_TOP, _BOTTOM = 316, 932
_GAP = 28
_CODE = 404


def draw(canvas: Canvas, board: Board, ctx: RenderContext) -> None:
    """The board on `canvas`."""
    night = ctx.theme.color.night
    wide = 1240 if board.url else _WIDE
    taken = parts.stale_width(canvas, ctx)
    heading = parts.title(
        canvas,
        ctx.field(board, "title"),
        min(wide, _WIDE - (taken + 40 if taken else 0)),
        size=116,
        colour=night.snow,
        lines=1,
    )
    canvas.paragraph(heading, _LEFT, 60, room=Box(_LEFT, 40, _WIDE, 175))
    line = canvas.fit(ctx.field(board, "line"), Type("sans", 46, night.snow_2, 1.4), wide, lines=1)
    canvas.paragraph(line, _LEFT, 212, room=Box(_LEFT, 205, wide, 80))
    foot = ctx.field(board, "foot")
    bottom = _BOTTOM
    if foot:
        style = Type("sans", 38, night.snow_2, 1.4)
        beside = wide - canvas.width(ctx.field(board, "line"), Type("sans", 46, night.snow_2)) - 60
        if canvas.width(foot, style) + 64 <= beside:
            canvas.icon("info", _LEFT + wide - canvas.width(foot, style) - 62, 224, 44, night.jade)
            canvas.line(foot, style, _LEFT + wide, 219, align="right", room=Box(_LEFT, 205, wide, 80))
        else:
            bottom = _BOTTOM - 66
            canvas.paragraph(canvas.fit(foot, style, wide), _LEFT, bottom + 14, room=Box(_LEFT, bottom, wide, 80))
    parts.stale_mark(canvas, ctx, 1848, 52)
    _grid(canvas, board.menu[:6], ctx, Box(_LEFT, _TOP, wide, bottom - _TOP), columns=2 if board.url else 3)
    if board.url:
        _code(canvas, board, ctx)


def _grid(canvas: Canvas, items: tuple[MenuLine, ...], ctx: RenderContext, area: Box, columns: int) -> None:
    if not items:
        return
    columns = min(columns, len(items))
    rows = -(-len(items) // columns)
    wide = (area.w - _GAP * (columns - 1)) / columns
    high = min(320.0, (area.h - _GAP * (rows - 1)) / rows)
    for place, item in enumerate(items):
        row, column = divmod(place, columns)
        _card(canvas, item, ctx, Box(area.x + column * (wide + _GAP), area.y + row * (high + _GAP), wide, high))


def _card(canvas: Canvas, item: MenuLine, ctx: RenderContext, box: Box) -> None:
    night = ctx.theme.color.night
    canvas.panel(box, 32, night.surface_2)
    picture = min(236.0, box.h - 24)
    place = Box(box.x + 16, box.y + (box.h - picture) / 2, picture, picture)
    if not canvas.object(ctx.picture(item.picture), place):
        canvas.icon("cup", place.x + picture / 2 - 56, place.y + picture / 2 - 56, 112, night.jade)
    if item.sold_out:
        canvas.panel(box, 32, night.surface_2.faded(0.55))
    x = box.x + picture + 28
    room = box.right - 24 - x
    text = night.snow_2 if item.sold_out else night.snow
    name = canvas.fit(ctx.pick(item.name), Type("sans-bold", 50, text, 1.25), room, lines=2, height=box.h - 76)
    if item.sold_out:
        line = canvas.fit(ctx.words("lounge.menu.sold-out"), Type("sans-bold", 38, night.warn, 1.4), room)
    else:
        left = box.h - 20 - name.height
        line = canvas.fit(ctx.pick(item.line), Type("sans", 38, night.snow_2, 1.35), room, lines=2, height=left)
    y = box.y + (box.h - name.height - line.height) / 2
    canvas.paragraph(name, x, y, room=box)
    canvas.paragraph(line, x, y + name.height, room=box)


def _code(canvas: Canvas, board: Board, ctx: RenderContext) -> None:
    light = ctx.theme.color.light
    panel = Box(1360, _TOP, 488, _BOTTOM - _TOP)
    canvas.panel(panel, 44, light.ground)
    words = canvas.fit(ctx.words("lounge.refill.scan"), Type("sans-bold", 50, light.ink, 1.25), panel.w - 60)
    canvas.paragraph(words, panel.x + panel.w / 2, panel.y + 50, align="center", room=panel)
    canvas.qr(
        board.url, Box(panel.x + (panel.w - _CODE) / 2, panel.y + 146, _CODE, _CODE), 20, ctx.theme.color.night.ground
    )

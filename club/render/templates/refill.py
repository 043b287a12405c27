"""Draws the refill prompt: what there is, how to order, and that the bell on the table is enough (lounge-03, S3)."""

from club.model.board import Board, MenuLine
from club.render import parts
from club.render.canvas import Box, Canvas, Type
from club.render.context import RenderContext

_LEFT, _WIDE = 72, 1130
_GRID_TOP, _CARD, _GAP = 336, 292, 26
_PANEL = Box(1258, 64, 590, 882)
_CODE = 404


def draw(canvas: Canvas, board: Board, ctx: RenderContext) -> None:
    """The board on `canvas`; what is sold out gives its place to the next (as drawn)."""
    night = ctx.theme.color.night
    taken = parts.stale_width(canvas, ctx)
    wide = _WIDE - (taken + 30 if taken else 0)
    heading = canvas.fit(
        ctx.field(board, "title"), Type("serif-bold", 120, night.snow, 1.15), wide, lines=1, smallest=60
    )
    canvas.paragraph(heading, _LEFT, 64 + (138 - heading.style.size * 1.15) / 2, room=Box(_LEFT, 50, _WIDE, 165))
    line = canvas.fit(ctx.field(board, "line"), Type("sans", 46, night.snow_2, 1.4), _WIDE, lines=2, height=112)
    canvas.paragraph(line, _LEFT, 216, room=Box(_LEFT, 210, _WIDE, 120))
    parts.stale_mark(canvas, ctx, _LEFT + _WIDE, 84)
    items = [item for item in board.menu if not item.sold_out][:6]
    card = (_WIDE - 2 * _GAP) / 3
    for place, item in enumerate(items):
        row, column = divmod(place, 3)
        _item(canvas, item, ctx, Box(_LEFT + column * (card + _GAP), _GRID_TOP + row * (_CARD + _GAP), card, _CARD))
    _panel(canvas, board, ctx)


def _item(canvas: Canvas, item: MenuLine, ctx: RenderContext, box: Box) -> None:
    night = ctx.theme.color.night
    canvas.panel(box, 32, night.surface_2)
    name = canvas.fit(ctx.pick(item.name), Type("sans-bold", 44, night.snow, 1.4), box.w - 32, lines=2, height=96)
    picture = box.h - name.height - 48
    place = Box(box.x + 20, box.y + 24, box.w - 40, picture)
    if not canvas.object(ctx.picture(item.picture), place):
        canvas.icon("cup", place.x + place.w / 2 - 56, place.y + place.h / 2 - 56, 112, night.jade)
    canvas.paragraph(name, box.x + box.w / 2, box.bottom - name.height - 16, align="center", room=box)


def _panel(canvas: Canvas, board: Board, ctx: RenderContext) -> None:
    light, night = ctx.theme.color.light, ctx.theme.color.night
    canvas.panel(_PANEL, 44, light.ground)
    middle, wide = _PANEL.x + _PANEL.w / 2, _PANEL.w - 100
    y = _PANEL.y + 52
    if board.url:
        words = canvas.fit(ctx.words("lounge.refill.scan"), Type("sans-bold", 50, light.ink, 1.25), wide)
        canvas.paragraph(words, middle, y, align="center", room=_PANEL)
        y += 62.5 + 20
        code = Box(middle - _CODE / 2, y, _CODE, _CODE)
        canvas.panel(Box(code.x - 3, code.y - 3, _CODE + 6, _CODE + 6), 22, light.line)
        canvas.qr(board.url, code, 20, night.ground)
        y += _CODE + 28
    else:
        canvas.icon("service-bell", middle - 110, y + 90, 220, light.jade)
        y += 420
    y = _seat(canvas, ctx.field(board, "seat", "side") or ctx.words("lounge.refill.seat"), ctx, y) + 34
    _bell(canvas, ctx.field(board, "bell", "foot") or ctx.words("lounge.refill.bell"), ctx, min(y, _PANEL.bottom - 186))


def _seat(canvas: Canvas, text: str, ctx: RenderContext, y: float) -> float:
    """A seat number at the end of the sentence stands on a plate like the one on the table. Returns the row's lower edge."""
    light = ctx.theme.color.light
    before, _, seat = text.rpartition(" ")
    wide = _PANEL.w - 80
    if not before or not seat.isascii() or len(seat) > 4:
        words = canvas.fit(text, Type("sans", 40, light.ink, 1.4), wide, lines=2)
        canvas.paragraph(words, _PANEL.x + _PANEL.w / 2, y, align="center", room=_PANEL)
        return y + words.height
    plate = Type("sans-bold", 48, light.on_jade, 1.4)
    plate_wide = canvas.width(seat, plate) + 48
    words = canvas.fit(before, Type("sans", 40, light.ink, 1.4), wide - plate_wide - 22, smallest=28)
    total = max(canvas.width(line, words.style) for line in words.lines) + 22 + plate_wide
    x = _PANEL.x + (_PANEL.w - total) / 2
    box = Box(x + total - plate_wide, y, plate_wide, 72)
    canvas.paragraph(words, x, y + (72 - words.height) / 2, room=_PANEL)
    canvas.panel(box, 16, light.ink)
    canvas.line(seat, plate, box.x + 24, y + 2, room=box)
    return box.bottom


def _bell(canvas: Canvas, text: str, ctx: RenderContext, y: float) -> None:
    light = ctx.theme.color.light
    box = Box(_PANEL.x + 50, y, _PANEL.w - 100, 136)
    canvas.panel(box, 26, light.jade)
    first, rest = parts.split_clause(text)
    room = box.w - 72 - 24 - 60
    bold = canvas.fit(first, Type("sans-bold", 44, light.on_jade, 1.25), room, smallest=34)
    small = canvas.fit(parts.without_comma(rest), Type("sans", 36, light.on_jade, 1.25), room, smallest=30)
    high = bold.height + (small.height if rest else 0)
    words = max(canvas.width(line, part.style) for part in (bold, small) for line in part.lines)
    x = box.x + (box.w - (72 + 24 + words)) / 2
    canvas.icon("bell", x, box.y + 32, 72, light.on_jade)
    canvas.paragraph(bold, x + 96, box.y + (136 - high) / 2, room=box)
    if rest:
        canvas.paragraph(small, x + 96, box.y + (136 - high) / 2 + bold.height, room=box)

"""Draws a screen of two zones: the board large, beside it the time, what comes next and what the bar serves (lounge-09)."""

from club.model.board import ActivityLine, Board, MenuLine
from club.model.scene import Side
from club.render import parts
from club.render.canvas import Box, Canvas, Type
from club.render.context import BOARD_SIZE, RenderContext
from club.render.templates import poster, welcome
from club.words import numbers

MAIN = Box(56, 48, 1268, 892)
COLUMN = Box(1356, 48, 508, 892)
_CLOCK = 220
_GAP = 24
_RADIUS = 36
_PAD = 40
_HEAD = 96
_ACTIVITY = 132
_ITEM = 66


def draw(canvas: Canvas, board: Board | None, side: Side, ctx: RenderContext) -> None:
    """Both zones on `canvas`; a block that has nothing to say leaves its place to its neighbours."""
    if board is None:
        whole = Canvas(_pixels(canvas, MAIN), ctx.theme.color.night.ground, reference=BOARD_SIZE)
        welcome.draw(whole, ctx)
        canvas.image.paste(whole.image, _corner(canvas, MAIN))
        canvas.placed.extend(whole.placed)
    else:
        poster.draw(canvas, board, ctx, MAIN)
    _clock(canvas, ctx, Box(COLUMN.x, COLUMN.y, COLUMN.w, _CLOCK))
    area = Box(COLUMN.x, COLUMN.y + _CLOCK + _GAP, COLUMN.w, COLUMN.h - _CLOCK - _GAP)
    # What the main zone tells of is not what comes besides.
    told = board.activity.slug if board is not None and board.activity is not None else ""
    activities = tuple(activity for activity in side.activities if activity.slug != told)
    menu = side.menu[: 2 if activities else 8]
    below = _HEAD + len(menu) * _ITEM + 24 if menu else 0
    above = area.h - (below + _GAP if below else 0)
    if activities:
        _activities(canvas, activities, ctx, Box(area.x, area.y, area.w, above))
    if menu:
        high = below if activities else area.h
        _menu(canvas, menu, ctx, Box(area.x, area.bottom - high, area.w, high))


def _clock(canvas: Canvas, ctx: RenderContext, box: Box) -> None:
    night = ctx.theme.color.night
    canvas.panel(box, _RADIUS, night.surface_2)
    time = numbers.clock(ctx.now, ctx.time_zone)
    canvas.line(time, Type("sans-bold", 112, night.snow, 1.1), box.x + _PAD, box.y + 18, room=box)
    day = numbers.day_with_weekday(ctx.words, numbers.local_day(ctx.now, ctx.time_zone))
    date = canvas.fit(day, Type("sans", 40, night.snow_2, 1.4), box.w - 2 * _PAD)
    canvas.paragraph(date, box.x + _PAD, box.y + 18 + 123, room=box)


def _heading(canvas: Canvas, text: str, ctx: RenderContext, box: Box) -> None:
    canvas.panel(box, _RADIUS, ctx.theme.color.night.surface_2)
    heading = canvas.fit(text, Type("sans-bold", 40, ctx.theme.color.night.snow, 1.4), box.w - 2 * _PAD)
    canvas.paragraph(heading, box.x + _PAD, box.y + 26, room=box)


def _activities(canvas: Canvas, activities: tuple[ActivityLine, ...], ctx: RenderContext, box: Box) -> None:
    """As many as have room: what, and when with the places left."""
    night = ctx.theme.color.night
    _heading(canvas, ctx.words("lounge.activity.side"), ctx, box)
    room = Box(box.x + _PAD, box.y + _HEAD + 6, box.w - 2 * _PAD, box.h - _HEAD - 30)
    shown = activities[: max(1, int(room.h // _ACTIVITY))]
    high = min(room.h / len(shown), 1.3 * _ACTIVITY)
    for number, activity in enumerate(shown):
        y = room.y + number * high
        when = canvas.fit(ctx.days_of(activity), Type("sans", 36, night.snow_2, 1.35), room.w, smallest=28)
        _, name = parts.kind_and_title("", ctx.pick(activity.title))
        bold = Type("sans-bold", 42, night.snow, 1.25)
        title = canvas.fit(name, bold, room.w, lines=2, height=high - when.height - 8)
        canvas.paragraph(title, room.x, y, room=box)
        canvas.paragraph(when, room.x, y + title.height, room=box)


def _menu(canvas: Canvas, items: tuple[MenuLine, ...], ctx: RenderContext, box: Box) -> None:
    night = ctx.theme.color.night
    _heading(canvas, ctx.words("lounge.menu.side"), ctx, box)
    high = min((box.h - _HEAD - 24) / len(items), 1.3 * _ITEM)
    for number, item in enumerate(items):
        y = box.y + _HEAD + 6 + number * high
        canvas.icon("cup", box.x + _PAD, y + 4, 44, night.jade)
        name = canvas.fit(
            ctx.pick(item.name),
            Type("sans", 38, night.snow, 1.35),
            box.w - 2 * _PAD - 62,
            smallest=28,
            height=_ITEM - 6,
        )
        canvas.paragraph(name, box.x + _PAD + 62, y, room=box)


def _pixels(canvas: Canvas, box: Box) -> tuple[int, int]:
    return round(box.w * canvas.scale), round(box.h * canvas.scale)


def _corner(canvas: Canvas, box: Box) -> tuple[int, int]:
    return round(canvas.offset[0] + box.x * canvas.scale), round(canvas.offset[1] + box.y * canvas.scale)

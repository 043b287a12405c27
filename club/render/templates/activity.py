"""Draws the members' activity board: one activity large with its sign-up code, the next three beside it (lounge-01)."""

from club.model.board import ActivityLine, Board
from club.render import parts
from club.render.canvas import Box, Canvas, Type
from club.render.context import RenderContext

_LEFT, _BOTTOM = 72, 924
_WIDE = 1020
_LEAST_CODE = 176
_COLUMN_X, _COLUMN_RIGHT = 1216, 1872
_ITEM, _ITEM_GAP = 250, 28


def draw(canvas: Canvas, board: Board, ctx: RenderContext) -> None:
    """The board on `canvas`; without further activities the main picture takes the whole width."""
    night = ctx.theme.color.night
    upcoming = board.upcoming[:3]
    _ground(canvas, board, ctx, full=len(upcoming) < 3)
    parts.pill(canvas, ctx, ctx.field(board, "label") or ctx.words("lounge.activity.label"), _LEFT, 56)
    parts.stale_mark(canvas, ctx, 1156 if upcoming else 1848, 52)
    _main(canvas, board, ctx)
    if not upcoming:
        return
    top = 56.0
    side = ctx.field(board, "side") or ctx.words("lounge.activity.side")
    column = Box(_COLUMN_X, 48, _COLUMN_RIGHT - _COLUMN_X, 876)
    heading = canvas.fit(side, Type("sans-bold", 44, night.snow), column.w, height=44 * 1.4, smallest=28)
    canvas.paragraph(heading, _COLUMN_X, top, room=column)
    top += 44 * 1.4 + 26
    for activity in upcoming:
        _item(canvas, activity, ctx, top)
        top += _ITEM + _ITEM_GAP


def _ground(canvas: Canvas, board: Board, ctx: RenderContext, *, full: bool) -> None:
    night = ctx.theme.color.night
    box = Box(0, 0, 1920 if full else 1180, 972)
    shown = board.pictures[0] if board.pictures else (board.activity.picture if board.activity else "")
    if not canvas.picture(ctx.picture(shown), box):
        canvas.slope(box, 0, 150, (ctx.theme.color.light.jade_press, night.surface_2, night.ground), (0.0, 0.6, 1.0))
        canvas.contour(Box(box.x, 0, box.w, 620), 0, night.jade, 0.25)
    canvas.wash(box, night.ground, ((0.0, 0.15), (0.26, 0.0), (0.58, 0.3), (1.0, 0.92)))
    if full and board.upcoming:
        canvas.wash(Box(920, 0, 1000, 972), night.ground, ((0.0, 0.0), (0.28, 0.92), (1.0, 0.96)), across=True)
    elif not full:
        canvas.wash(Box(1000, 0, 180, 972), night.ground, ((0.0, 0.0), (1.0, 1.0)), across=True)


def _main(canvas: Canvas, board: Board, ctx: RenderContext) -> None:
    """Title, date and place, then the code with its words; a second line of the title grows into the picture."""
    room = Box(_LEFT, 150, _WIDE + 36, _BOTTOM - 150)
    stack = parts.Stack()
    heading = parts.title(canvas, ctx.field(board, "title"), _WIDE, size=116, colour=ctx.theme.color.night.snow)
    stack.add(heading.height, lambda y: canvas.paragraph(heading, _LEFT, y, room=room))
    if board.activity is not None:
        _when_and_where(canvas, board.activity, ctx, stack, room)
    _code_and_words(canvas, board, ctx, stack, room)
    stack.draw(canvas, ctx, _BOTTOM, 1180)


def _when_and_where(canvas: Canvas, activity: ActivityLine, ctx: RenderContext, stack: parts.Stack, room: Box) -> None:
    """On one line, a little smaller if need be; else the place under the date."""
    snow = ctx.theme.color.night.snow
    runs: list[tuple[str, Type]] = []
    for size in (50, 44, 40):
        runs = [
            (ctx.days_of(activity), Type("sans-bold", size, snow, 1.4)),
            (ctx.pick(activity.place), Type("sans", size, snow, 1.4)),
        ]
        if sum(canvas.width(text, style) for text, style in runs) + 36 <= room.w:
            break
    else:
        _where_below(canvas, activity, ctx, stack, room)
        return
    stack.add(runs[0][1].size * 1.4, lambda y: canvas.row(runs, _LEFT, y, gap=36, room=room), gap=14)


def _where_below(canvas: Canvas, activity: ActivityLine, ctx: RenderContext, stack: parts.Stack, room: Box) -> None:
    snow = ctx.theme.color.night.snow
    when = canvas.fit(ctx.days_of(activity), Type("sans-bold", 44, snow, 1.4), room.w)
    where = canvas.fit(ctx.pick(activity.place), Type("sans", 40, snow, 1.4), room.w, lines=2)
    stack.add(when.height, lambda y: canvas.paragraph(when, _LEFT, y, room=room), gap=14)
    stack.add(where.height, lambda y: canvas.paragraph(where, _LEFT, y, room=room))


def _code_and_words(canvas: Canvas, board: Board, ctx: RenderContext, stack: parts.Stack, room: Box) -> None:
    night = ctx.theme.color.night
    url = board.url or (board.activity.url if board.activity else "")
    code = canvas.qr_size(url, _LEAST_CODE) if url else 0.0
    x = _LEFT + (code + 32 if url else 0)
    body = Type("sans", 40, night.snow, 1.4)
    places = ctx.places(board.activity) if board.activity else ""
    line = canvas.fit(ctx.field(board, "line") or places, body, room.right - x, lines=2)
    default = ctx.words("lounge.activity.action" if url else "lounge.activity.action-no-code")
    action = canvas.fit(ctx.field(board, "action") or default, body, room.right - x, lines=2)
    high = max(code, line.height + action.height)

    def draw(top: float) -> None:
        if url:
            canvas.qr(url, Box(_LEFT, top + high - code, code, code), 14, night.ground)
        y = top + (high - line.height - action.height) / 2
        first, rest = parts.split_clause(line.lines[0])
        lead = Type("sans-bold", line.style.size, night.jade, 1.4) if board.activity else line.style
        canvas.row([(first, lead), (rest, line.style)], x, y, room=room)
        for place, more in enumerate(line.lines[1:], 1):
            canvas.line(more, line.style, x, y + place * line.style.size * 1.4, room=room)
        canvas.paragraph(action, x, y + line.height, room=room)

    stack.add(high, draw, gap=30)


def _item(canvas: Canvas, activity: ActivityLine, ctx: RenderContext, top: float) -> None:
    night = ctx.theme.color.night
    picture = Box(_COLUMN_X, top, 228, _ITEM)
    if not canvas.picture(ctx.picture(activity.picture), picture, 26):
        canvas.panel(picture, 26, night.surface_2)
        canvas.icon("calendar", _COLUMN_X + 66, top + 77, 96, night.jade)
    room = Box(_COLUMN_X + 258, top, _COLUMN_RIGHT - _COLUMN_X - 258, _ITEM)
    kind, name = parts.kind_and_title(ctx.pick(activity.kind), ctx.pick(activity.title))
    tag = canvas.fit(kind, Type("sans", 36, night.snow_2, 1.4), room.w)
    when = canvas.fit(ctx.days_of(activity), Type("sans", 40, night.snow, 1.4), room.w)
    left = canvas.fit(ctx.places(activity), Type("sans-bold", 38, night.jade, 1.4), room.w)
    rest = _ITEM - tag.height - when.height - left.height
    bold = canvas.fit(name, Type("sans-bold", 48, night.snow, 1.25), room.w, lines=2, height=rest)
    y = top + (_ITEM - tag.height - bold.height - when.height - left.height) / 2
    for paragraph in (tag, bold, when, left):
        canvas.paragraph(paragraph, room.x, y, room=room)
        y += paragraph.height

"""Draws the members' activity board: one activity large with its sign-up code, the next three beside it (lounge-01)."""

from club.model.board import ActivityLine, Board
from club.render import parts
from club.render.canvas import Box, Canvas, Type
from club.render.context import RenderContext

_LEFT, _BOTTOM = 72, 924
_WIDE = 1020
_QR = 188
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
    canvas.line(side, Type("sans-bold", 44, night.snow), _COLUMN_X, top, room=column)
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
    canvas.wash(box, night.ground, ((0.0, 0.15), (0.26, 0.0), (0.58, 0.66), (1.0, 0.98)))
    if full and board.upcoming:
        canvas.wash(Box(920, 0, 1000, 972), night.ground, ((0.0, 0.0), (0.28, 0.92), (1.0, 0.96)), across=True)
    elif not full:
        canvas.wash(Box(1000, 0, 180, 972), night.ground, ((0.0, 0.0), (1.0, 1.0)), across=True)


def _main(canvas: Canvas, board: Board, ctx: RenderContext) -> None:
    """Set from the bottom up, so that a second line of the title grows into the picture."""
    night = ctx.theme.color.night
    room = Box(_LEFT, 150, _WIDE + 36, _BOTTOM - 150)
    url = board.url or (board.activity.url if board.activity else "")
    body = Type("sans", 40, night.snow, 1.4)
    words_x = _LEFT + (_QR + 32 if url else 0)
    line = canvas.fit(
        ctx.field(board, "line") or (ctx.places(board.activity) if board.activity else ""),
        body,
        room.right - words_x,
        lines=2,
    )
    default_action = "lounge.activity.action" if url else "lounge.activity.action-no-code"
    action = canvas.fit(ctx.field(board, "action") or ctx.words(default_action), body, room.right - words_x, lines=2)
    high = line.height + action.height
    block = max(_QR if url else 0, high)
    top = _BOTTOM - block
    if url:
        canvas.qr(url, Box(_LEFT, _BOTTOM - _QR, _QR, _QR), 14, night.ground)
    y = top + (block - high) / 2
    first, rest = parts.split_clause(line.lines[0])
    if board.activity is not None:
        lead = Type("sans-bold", line.style.size, night.jade, 1.4)
        canvas.row([(first, lead), (rest, line.style)], words_x, y, room=room)
        for i, more in enumerate(line.lines[1:], 1):
            canvas.line(more, line.style, words_x, y + i * line.style.size * 1.4, room=room)
    else:
        canvas.paragraph(line, words_x, y, room=room)
    canvas.paragraph(action, words_x, y + line.height, room=room)
    if board.activity is not None:
        when = Type("sans-bold", 50, night.snow, 1.4)
        where = Type("sans", 50, night.snow, 1.4)
        runs = [(ctx.days_of(board.activity), when), (ctx.pick(board.activity.place), where)]
        if sum(canvas.width(text, style) for text, style in runs) + 36 > room.w:
            where = Type("sans", 40, night.snow, 1.4)
            runs = [(runs[0][0], Type("sans-bold", 44, night.snow, 1.4)), (runs[1][0], where)]
        if sum(canvas.width(text, style) for text, style in runs) + 36 > room.w:
            top -= 30 + 56
            canvas.paragraph(canvas.fit(runs[1][0], where, room.w), _LEFT, top, room=room)
            runs, top = runs[:1], top + 20
        top -= 30 + runs[0][1].size * 1.4
        canvas.row(runs, _LEFT, top, gap=36, room=room)
        top -= 14
    else:
        top -= 30
    heading = parts.title(canvas, ctx.field(board, "title"), _WIDE, size=116, colour=night.snow)
    canvas.paragraph(heading, _LEFT, top - heading.height, room=room)


def _item(canvas: Canvas, activity: ActivityLine, ctx: RenderContext, top: float) -> None:
    night = ctx.theme.color.night
    picture = Box(_COLUMN_X, top, 228, _ITEM)
    if not canvas.picture(ctx.picture(activity.picture), picture, 26):
        canvas.panel(picture, 26, night.surface_2)
        canvas.icon("calendar", _COLUMN_X + 66, top + 77, 96, night.jade)
    room = Box(_COLUMN_X + 258, top, _COLUMN_RIGHT - _COLUMN_X - 258, _ITEM)
    kind, name = _kind_and_title(ctx.pick(activity.kind), ctx.pick(activity.title))
    tag = canvas.fit(kind, Type("sans", 36, night.snow_2, 1.4), room.w)
    when = canvas.fit(ctx.days_of(activity), Type("sans", 40, night.snow, 1.4), room.w)
    left = canvas.fit(ctx.places(activity), Type("sans-bold", 38, night.jade, 1.4), room.w)
    rest = _ITEM - tag.height - when.height - left.height
    bold = canvas.fit(name, Type("sans-bold", 48, night.snow, 1.25), room.w, lines=2, height=rest)
    y = top + (_ITEM - tag.height - bold.height - when.height - left.height) / 2
    for paragraph in (tag, bold, when, left):
        canvas.paragraph(paragraph, room.x, y, room=room)
        y += paragraph.height


def _kind_and_title(kind: str, title: str) -> tuple[str, str]:
    """A title such as 爱车讲堂：雨季行车与轮胎 names its kind itself; then that is the kind, and the rest the title."""
    for mark in ("：", ": "):
        before, found, after = title.partition(mark)
        if found and after and len(before) <= 24:
            return before, after[0].upper() + after[1:]
    return kind, title

"""Draws any board into the main zone of a screen with two: its picture large, its words over it (lounge-09)."""

from club.model.board import Board
from club.render import parts
from club.render.canvas import Box, Canvas, Paragraph, Type
from club.render.context import RenderContext

_RADIUS = 36
_PAD = 56
_BETWEEN = 40


def draw(canvas: Canvas, board: Board, ctx: RenderContext, zone: Box) -> None:
    """The board inside `zone`: label and title above, what to know below; a board without a picture lists its lines between."""
    night = ctx.theme.color.night
    room = Box(zone.x + _PAD, zone.y + 48, zone.w - 2 * _PAD, zone.h - 48 - 40)
    heading = parts.title(canvas, ctx.field(board, "title"), room.w, size=92, colour=night.snow, lines=3)
    label = ctx.field(board, "label") or _kind(board, ctx)
    top = room.y + (92 if label or ctx.stale_since is not None else 0)
    foot = _foot(canvas, board, ctx, room.w)
    foot_top = room.bottom - sum(high for high, _ in foot)
    _ground(canvas, board, ctx, zone, top + heading.height, foot_top)
    if label:
        parts.pill(canvas, ctx, label, room.x, room.y)
    parts.stale_mark(canvas, ctx, room.right + 24, room.y - 6)
    canvas.paragraph(heading, room.x, top, room=zone)
    below = top + heading.height + 36
    _rows(canvas, board, ctx, Box(room.x, below, room.w, foot_top - 24 - below))
    y = foot_top
    for high, runs in foot:
        for paragraph, at in runs:
            x = room.right if at is None else room.x + at
            canvas.paragraph(paragraph, x, y, align="right" if at is None else "left", room=zone)
        y += high


def _kind(board: Board, ctx: RenderContext) -> str:
    return ctx.pick(board.activity.kind) if board.activity is not None else ""


def _ground(canvas: Canvas, board: Board, ctx: RenderContext, zone: Box, words_end: float, foot_top: float) -> None:
    """The picture, dark enough under the words that white is read on any of them (4.5:1)."""
    night = ctx.theme.color.night
    shown = board.pictures[0] if board.pictures else (board.activity.picture if board.activity else "")
    if not canvas.picture(ctx.picture(shown), zone, _RADIUS):
        canvas.panel(zone, _RADIUS, night.surface)
        return
    upper, lower = (words_end - zone.y) / zone.h, (foot_top - zone.y) / zone.h
    clear = min(1.0, upper + 0.16)
    stops = [(0.0, 0.84), (upper, 0.68), (clear, 0.0)]
    if lower - 0.14 > clear:
        stops.append((lower - 0.14, 0.0))
    canvas.wash(zone, night.ground, (*stops, (max(lower, clear), 0.68), (1.0, 0.86)))


def _foot(
    canvas: Canvas, board: Board, ctx: RenderContext, width: float
) -> list[tuple[float, list[tuple[Paragraph, float | None]]]]:
    """Rows from above: their height, and their texts with how far from the left they stand (None: at the right)."""
    night = ctx.theme.color.night
    strong, plain = Type("sans-bold", 48, night.snow, 1.4), Type("sans", 44, night.snow, 1.4)
    line, action = ctx.field(board, "line"), ctx.field(board, "action", "foot")
    if board.activity is None or board.activity.ends <= ctx.now:
        texts = [text for text in (line, action) if text]
        lines = [canvas.fit(text, plain, width, lines=2) for text in texts]
        return [(paragraph.height, [(paragraph, 0)]) for paragraph in lines]
    when = canvas.fit(ctx.days_of(board.activity), strong, width)
    left = canvas.fit(ctx.places(board.activity), Type("sans-bold", 48, night.jade, 1.4), width)
    beside = width - canvas.width(left.lines[0], left.style) - _BETWEEN
    where = ctx.pick(board.activity.place)
    after = canvas.width(when.lines[0], when.style) + _BETWEEN
    alike = Type("sans", 48, night.snow, 1.4)
    if len(when.lines) == len(left.lines) == 1:
        if after + canvas.width(where, alike) <= beside:
            return [(when.height, [(when, 0), (canvas.fit(where, alike, beside - after), after), (left, None)])]
        if after - _BETWEEN <= beside:
            above = canvas.fit(where, plain, width)
            return [(above.height, [(above, 0)]), (when.height, [(when, 0), (left, None)])]
    return [(one.height, [(one, 0)]) for one in (canvas.fit(where, plain, width), when, left)]


def _rows(canvas: Canvas, board: Board, ctx: RenderContext, area: Box) -> None:
    """Tiers, promises or refreshments, one under another; as many as have room."""
    night = ctx.theme.color.night
    texts = (
        [(ctx.pick(tier.name), ctx.pick(tier.summary)) for tier in board.tiers]
        or [(ctx.pick(promise.title), ctx.pick(promise.line)) for promise in board.promises]
        or [(ctx.pick(item.name), ctx.pick(item.line)) for item in board.menu if not item.sold_out]
    )
    if not texts or board.pictures:
        return
    high = min(120.0, area.h / len(texts))
    if high < 60:
        texts = texts[: max(1, int(area.h // 60))]
        high = area.h / len(texts)
    name_wide = min(area.w * 0.42, max(canvas.width(name, Type("sans-bold", 44, night.snow)) for name, _ in texts) + 36)
    for number, (name, line) in enumerate(texts):
        y = area.y + number * high
        alone = not line
        bold = canvas.fit(
            name, Type("sans-bold", 44, night.snow, 1.3), area.w if alone else name_wide - 36, lines=2, height=high
        )
        canvas.paragraph(bold, area.x, y + (high - bold.height) / 2, room=area)
        if line:
            said = canvas.fit(
                line, Type("sans", 38, night.snow_2, 1.3), area.w - name_wide, lines=2, smallest=30, height=high
            )
            canvas.paragraph(said, area.x + name_wide, y + (high - said.height) / 2, room=area)

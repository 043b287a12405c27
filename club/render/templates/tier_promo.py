"""Draws the ladder of tiers, two to six of them, and which points expire next; nobody's own figures (lounge-06)."""

import re

from club.model.board import Board, TierLine
from club.render import parts
from club.render.canvas import Box, Canvas, Type
from club.render.context import RenderContext
from club.words import numbers

_LEFT, _WIDE = 72, 1776
_CARD_TOP, _CARD = 270, 226
_BAR_TOP, _BAR = 824, 124
_CLAUSE = re.compile(r"，|, ")


def draw(canvas: Canvas, board: Board, ctx: RenderContext) -> None:
    """The board on `canvas`."""
    night = ctx.theme.color.night
    taken = parts.stale_width(canvas, ctx)
    heading = parts.title(
        canvas, ctx.field(board, "title"), _WIDE - (taken + 40 if taken else 0), size=96, colour=night.snow, lines=1
    )
    canvas.paragraph(heading, _LEFT, 52, room=Box(_LEFT, 40, _WIDE, 140))
    line = canvas.fit(ctx.field(board, "line"), Type("sans", 46, night.snow_2, 1.4), _WIDE, lines=2, height=110)
    canvas.paragraph(line, _LEFT, 175, room=Box(_LEFT, 170, _WIDE, 124))
    parts.stale_mark(canvas, ctx, 1848, 52)
    bar = _bar_words(board, ctx)
    _ladder(canvas, board.tiers[:6], ctx, (_BAR_TOP if any(bar) else 940) - 28)
    if any(bar):
        _bar(canvas, *bar, ctx)


def _ladder(canvas: Canvas, tiers: tuple[TierLine, ...], ctx: RenderContext, bottom: float) -> None:
    if not tiers:
        return
    night = ctx.theme.color.night
    gap = 32 if len(tiers) < 5 else 24
    wide = min(572.0, (_WIDE - gap * (len(tiers) - 1)) / len(tiers))
    highest = max(tier.rank for tier in tiers)
    top = _CARD_TOP + _CARD + 18
    room_for_perks = bottom - (top + 77 + 4)
    perks = [
        canvas.fit(
            "\n".join(part[:1].upper() + part[1:] for part in _CLAUSE.split(ctx.pick(tier.summary)) if part),
            Type("sans", 44, night.snow, 1.3),
            wide,
            lines=3,
            height=room_for_perks,
            smallest=36,
        )
        for tier in tiers
    ]
    size = min(paragraph.style.size for paragraph in perks)
    number_size = 64 if len(tiers) < 5 else 52
    for place, tier in enumerate(tiers):
        x = _LEFT + place * (wide + gap)
        room = Box(x, _CARD_TOP, wide, bottom - _CARD_TOP)
        _card(canvas, tier, ctx, Box(x, _CARD_TOP, wide, _CARD), highest)
        canvas.row(
            [
                (numbers.points(tier.tier_points), Type("sans-bold", number_size, night.snow, 1.2)),
                (ctx.words("lounge.tier.from"), Type("sans", 38, night.snow_2, 1.2)),
            ],
            x,
            top,
            gap=10,
            room=room,
        )
        lines = canvas.fit(
            "\n".join(perks[place].lines), Type("sans", size, night.snow, 1.3), wide, lines=6, smallest=size
        )
        canvas.paragraph(lines, x, top + 77 + 4, room=room)


def _card(canvas: Canvas, tier: TierLine, ctx: RenderContext, box: Box, highest: int) -> None:
    look = ctx.theme.tier_look(tier.slug)
    canvas.slope(box, 30, look.gradient_angle_deg, look.gradient, look.gradient_stops)
    canvas.contour(box, 30, look.contour_line, look.contour_opacity_max)
    inside = box.inset(34, 28)
    name = canvas.fit(ctx.pick(tier.name), Type("serif-bold", 64, look.text, 1.1), inside.w, smallest=40)
    canvas.paragraph(name, inside.x, box.y + 28, room=box)
    for pip in range(min(highest, 6)):
        mark = Box(inside.x + pip * 54, box.bottom - 46, 44, 12)
        canvas.panel(mark, 6, look.text if pip < tier.rank else look.text.faded(0.28))


def _bar_words(board: Board, ctx: RenderContext) -> tuple[str, str]:
    """What expires, from the board's date; and what staff want said about it."""
    expiry = ctx.field(board, "side")
    if not expiry and board.on is not None:
        expiry = ctx.words("lounge.tier.expiry", date=numbers.day(ctx.words, board.on))
    return expiry, ctx.field(board, "foot")


def _bar(canvas: Canvas, expiry: str, foot: str, ctx: RenderContext) -> None:
    light = ctx.theme.color.light
    box = Box(_LEFT, _BAR_TOP, _WIDE, _BAR)
    canvas.panel(box, 36, light.jade)
    canvas.icon("clock" if expiry else "contactless", box.x + 48, box.y + 22, 80, light.on_jade)
    runs = [
        (text, style)
        for text, style in (
            (expiry, Type("sans-bold", 50, light.on_jade, 1.4)),
            (foot, Type("sans", 44, light.jade_soft, 1.4)),
        )
        if text
    ]
    left, room = box.x + 160, box.w - 160 - 40
    if sum(canvas.width(text, style) for text, style in runs) + 32 <= room:
        canvas.row(runs, left, box.y + (_BAR - runs[0][1].size * 1.4) / 2, gap=32, room=box)
        return
    small = [(text, Type(style.role, 40, style.colour, 1.3)) for text, style in runs]
    y = box.y + (_BAR - 52 * len(small)) / 2
    for text, style in small:
        canvas.paragraph(canvas.fit(text, style, room, smallest=28), left, y, room=box)
        y += 52

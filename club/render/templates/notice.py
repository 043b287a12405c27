"""Draws the urgent notice that covers everything: what, when, what to do, whom to ask (lounge-08)."""

import re

from club.model.board import Board
from club.render.canvas import Box, Canvas, Type
from club.render.context import RenderContext
from club.resources.theme import Colour
from club.words import numbers

_SHEET = Box(120, 96, 1680, 790)
_PAPER = Colour.parse("#FFF7E8")
_HEAD = 150
_PHONE = re.compile(r"\d{3,}")


def draw(canvas: Canvas, board: Board, ctx: RenderContext) -> None:
    """The board on `canvas`; the time in its head is when the notice began."""
    light, night = ctx.theme.color.light, ctx.theme.color.night
    outer = Box(_SHEET.x - 10, _SHEET.y - 10, _SHEET.w + 20, _SHEET.h + 20)
    canvas.panel(outer, 58, night.warn)
    canvas.panel(_SHEET, 48, _PAPER)
    canvas.panel(Box(_SHEET.x, _SHEET.y, _SHEET.w, _HEAD), 48, night.warn)
    canvas.panel(Box(_SHEET.x, _SHEET.y + 60, _SHEET.w, _HEAD - 60), 0, night.warn)
    canvas.icon("alert", _SHEET.x + 64, _SHEET.y + 27, 96, light.ink)
    head = Box(_SHEET.x, _SHEET.y, _SHEET.w, _HEAD)
    heading = Type("sans-bold", 68, light.ink, 1.4, 0.08)
    canvas.line(
        ctx.field(board, "label") or ctx.words("lounge.notice.heading"),
        heading,
        _SHEET.x + 192,
        _SHEET.y + 27,
        room=head,
    )
    if ctx.shown_since is not None:
        begun = numbers.clock(ctx.shown_since, ctx.time_zone)
        canvas.line(
            begun, Type("sans-bold", 52, light.ink, 1.4), _SHEET.right - 64, _SHEET.y + 38, align="right", room=head
        )
    _body(canvas, board, ctx)


def _body(canvas: Canvas, board: Board, ctx: RenderContext) -> None:
    light = ctx.theme.color.light
    room = Box(_SHEET.x + 72, _SHEET.y + _HEAD + 54, _SHEET.w - 144, _SHEET.h - _HEAD - 54 - 24)
    contact = ctx.field(board, "contact", "foot")
    below = 44 + 64 if contact else 0
    when = ctx.field(board, "when")
    words = "\n".join(part for part in (ctx.field(board, "title"), when) if part)
    large = canvas.fit(
        words,
        Type("sans-bold", 104, light.ink, 1.25),
        room.w,
        lines=2,
        smallest=64,
        height=room.h - below - 28 - 54 * 1.5,
    )
    text = canvas.fit(
        ctx.field(board, "text", "line"),
        Type("sans", 54, light.ink_2, 1.5),
        room.w,
        lines=2,
        smallest=40,
        wrap_first=True,
        height=room.h - large.height - below - 28,
    )
    canvas.paragraph(large, room.x, room.y, room=room)
    canvas.paragraph(text, room.x, room.y + large.height + 28, room=room)
    if contact:
        _contact(canvas, contact, ctx, Box(room.x, room.y + large.height + 28 + text.height + 44, room.w, 64))


def _places_and_numbers(contact: str) -> list[str]:
    """A clause for each icon: words that follow one another name one place (Front desk, ground floor)."""
    clauses: list[str] = []
    for part in re.split(r"(?<=，)|(?<=, )", contact):
        if clauses and not _PHONE.search(part) and not _PHONE.search(clauses[-1]):
            clauses[-1] += part
        elif part:
            clauses.append(part)
    return [clause.strip("，, ") for clause in clauses]


def _contact(canvas: Canvas, contact: str, ctx: RenderContext, row: Box) -> None:
    """Each clause with its icon: a place, or a number to call."""
    light = ctx.theme.color.light
    style = Type("sans-bold", 46, light.ink, 1.4)
    clauses = _places_and_numbers(contact)
    if sum(canvas.width(part, style) + 88 for part in clauses) + 36 * (len(clauses) - 1) > row.w:
        style = Type("sans-bold", 40, light.ink, 1.4)
    x = row.x
    for clause in clauses:
        canvas.icon("phone" if _PHONE.search(clause) else "location", x, row.y + 2, 60, light.warn)
        x += 88
        canvas.line(clause, style, x, row.y + 32 - style.size * 0.7, room=row)
        x += canvas.width(clause, style) + 36

"""Draws boards and whole scenes: the one renderer of the lounge, the kiosk's attract loop and the console's preview."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from PIL import Image

from club.model.board import Board, Manifest
from club.model.scene import Scene, Side
from club.render import footer, zones
from club.render.canvas import Canvas
from club.render.context import BOARD_SIZE, SCREEN_SIZE, RenderContext, split_screen
from club.render.templates import (
    activity,
    countdown,
    enrol,
    image,
    menu,
    notice,
    promise,
    refill,
    share,
    tier_promo,
    welcome,
)

Draw = Callable[[Canvas, Board, RenderContext], None]

TEMPLATES: Mapping[str, Draw] = {
    "activity": activity.draw,
    "share": share.draw,
    "tier-promo": tier_promo.draw,
    "menu": menu.draw,
    "promise": promise.draw,
    "image": image.draw,
    "countdown": countdown.draw,
    "refill": refill.draw,
    "notice": notice.draw,
}


def render_board(board: Board, ctx: RenderContext) -> Image.Image:
    """The picture of a board, RGB, of `ctx.size` px. The same board and context give the same pixels.

    A template this version does not know is drawn as a picture with its headline: a newer server's board still says something.
    """
    return draw_board(board, ctx).image


def draw_board(board: Board, ctx: RenderContext) -> Canvas:
    """As `render_board`, with the record of what text went where."""
    canvas = Canvas(ctx.size, ctx.theme.color.night.ground, reference=BOARD_SIZE)
    TEMPLATES.get(board.template, image.draw)(canvas, board, ctx)
    return canvas


def render_welcome(ctx: RenderContext) -> Image.Image:
    """The built-in picture for when nothing is scheduled or nothing has arrived yet (L5)."""
    canvas = Canvas(ctx.size, ctx.theme.color.night.ground, reference=BOARD_SIZE)
    welcome.draw(canvas, ctx)
    return canvas.image


def render_zones(board: Board | None, side: Side, ctx: RenderContext) -> Image.Image:
    """The picture of a display of two zones, RGB, of `ctx.size` px; `ctx.now` is the time its clock shows."""
    return draw_zones(board, side, ctx).image


def draw_zones(board: Board | None, side: Side, ctx: RenderContext) -> Canvas:
    """As `render_zones`, with the record of what text went where."""
    canvas = Canvas(ctx.size, ctx.theme.color.night.ground, reference=BOARD_SIZE)
    zones.draw(canvas, board, side, ctx)
    return canvas


def render_enrol(view: enrol.EnrolView, ctx: RenderContext) -> Image.Image:
    """The picture of a display that is not enrolled (C9)."""
    canvas = Canvas(ctx.size, ctx.theme.color.night.ground, reference=BOARD_SIZE)
    enrol.draw(canvas, view, ctx)
    return canvas.image


def render_scene(scene: Scene, manifest: Manifest, ctx: RenderContext) -> Image.Image:
    """The whole screen as the TV shows it: board, footer with ticker and clock (C2).

    `ctx.size` is the screen's, 1920x1080 unless set otherwise; `ctx.stale_since` and `ctx.shown_since` are taken from the scene.
    """
    size = SCREEN_SIZE if ctx.size == BOARD_SIZE else ctx.size
    board_size, bar_size = split_screen(*size)
    of_board = replace(ctx, size=board_size, stale_since=scene.stale_since, shown_since=scene.since)
    screen = Image.new("RGB", size)
    if scene.side is not None:
        screen.paste(render_zones(scene.board, scene.side, of_board), (0, 0))
    else:
        screen.paste(render_welcome(of_board) if scene.board is None else render_board(scene.board, of_board), (0, 0))
    texts = footer.ticker_texts(scene, manifest, ctx)
    bar = footer.render_footer(replace(ctx, size=bar_size), texts, clock=scene.side is None)
    screen.paste(bar, (0, board_size[1]))
    return screen

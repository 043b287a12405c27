"""Draws the bar at the foot of every lounge screen in parts that the stage can move: plate, ticker strip, clock."""

from collections.abc import Sequence

from PIL import Image

from club.model.board import Manifest, TickerItem
from club.model.scene import Scene
from club.render.canvas import Box, Canvas, Type
from club.render.context import FOOTER_SIZE, RenderContext
from club.words import numbers
from club.words.fill import fill

SEPARATOR = "\u3000\u3000|\u3000\u3000"
_PAD = 56
_MARK_RIGHT = _PAD + 56 + 20
_BESIDE_TICKER = 56
_CLOCK_WIDTH = 140


def ticker_texts(scene: Scene, manifest: Manifest, ctx: RenderContext) -> tuple[str, ...]:
    """What runs through the ticker: during an urgent notice only until when it is shown, else the manifest's own items."""
    if scene.layer == "notice":
        return (ctx.words("lounge.notice.ticker", until=numbers.clock(scene.until, ctx.time_zone)),)
    return tuple(text for text in (_text(item, ctx) for item in scene.ticker) if text)


def ticker_area(ctx: RenderContext, *, clock: bool = True) -> Box:
    """Where the ticker runs, in design px of the 1920x108 bar: from the club's name to the clock, or to the edge without one."""
    left = (
        _MARK_RIGHT
        + Canvas(ctx.size, ctx.theme.color.night.surface, reference=FOOTER_SIZE).width(ctx.pick(ctx.club), _name(ctx))
        + _BESIDE_TICKER
    )
    right = clock_area().x - _BESIDE_TICKER if clock else FOOTER_SIZE[0] - _PAD
    return Box(left, 2, right - left, 106)


def clock_area() -> Box:
    """Where the clock stands, in design px of the bar."""
    return Box(FOOTER_SIZE[0] - _PAD - _CLOCK_WIDTH, 2, _CLOCK_WIDTH, 106)


def render_plate(ctx: RenderContext) -> Image.Image:
    """The bar with the club's mark and name, RGB, `ctx.size` px."""
    night = ctx.theme.color.night
    canvas = Canvas(ctx.size, night.surface, reference=FOOTER_SIZE)
    canvas.panel(Box(0, 0, FOOTER_SIZE[0], 2), 0, night.line)
    canvas.mark(_PAD, 27, 56, night.jade)
    canvas.line(ctx.pick(ctx.club), _name(ctx), _MARK_RIGHT, 27)
    return canvas.image


def render_strip(texts: Sequence[str], ctx: RenderContext, *, endless: bool = False) -> Image.Image:
    """The ticker's texts in one row, RGB, as wide as they are and as high as the bar below its line.

    Args:
        texts: what to say, already filled.
        ctx: `size` is that of the whole bar.
        endless: ends with a separator, so that the strip may follow itself.
    """
    scale = ctx.size[1] / FOOTER_SIZE[1]
    night = ctx.theme.color.night
    style = Type("sans", 38, night.snow_2, 1.4)
    line = SEPARATOR.join(texts) + (SEPARATOR if endless and texts else "")
    wide = Canvas(ctx.size, night.surface, reference=FOOTER_SIZE).width(line, style)
    area = clock_area()
    size = (max(1, round(wide * scale)), round(area.h * scale))
    canvas = Canvas(size, night.surface, reference=(max(1, round(wide)), round(area.h)))
    canvas.scale = scale
    canvas.offset = (0, 0)
    canvas.line(line, style, 0, (area.h - 2 - 38 * 1.4) / 2)
    return canvas.image


def render_clock(text: str, ctx: RenderContext) -> Image.Image:
    """The clock, RGB, as large as `clock_area`."""
    scale = ctx.size[1] / FOOTER_SIZE[1]
    night = ctx.theme.color.night
    area = clock_area()
    canvas = Canvas(
        (round(area.w * scale), round(area.h * scale)), night.surface, reference=(round(area.w), round(area.h))
    )
    canvas.line(text, Type("sans-bold", 52, night.snow, 1.4), area.w, (area.h - 2 - 52 * 1.4) / 2, align="right")
    return canvas.image


def render_footer(ctx: RenderContext, texts: Sequence[str], *, clock: bool = True) -> Image.Image:
    """The whole bar with the ticker at its beginning, RGB, `ctx.size` px; without a clock where a zone has one."""
    scale = ctx.size[1] / FOOTER_SIZE[1]
    bar = render_plate(ctx)
    area, place = ticker_area(ctx, clock=clock), clock_area()
    strip = render_strip(texts, ctx)
    bar.paste(
        strip.crop((0, 0, min(strip.width, round(area.w * scale)), strip.height)),
        (round(area.x * scale), round(area.y * scale)),
    )
    if clock:
        now = render_clock(numbers.clock(ctx.now, ctx.time_zone), ctx)
        bar.paste(now, (round(place.x * scale), round(place.y * scale)))
    return bar


def _text(item: TickerItem, ctx: RenderContext) -> str:
    filled = fill(item.text, ctx.language, now=ctx.now, time_zone=ctx.time_zone, activity=item.activity)
    return ctx.set(filled.strip())


def _name(ctx: RenderContext) -> Type:
    return Type("sans-bold", 40, ctx.theme.color.night.snow, 1.4, 0.06)

"""Draws which device this is, to be read from across a room (C9)."""

from PIL import Image

from club.render.canvas import Box, Canvas, Type
from club.resources.theme import theme

_WIDE = 1000
_MARGIN = 60


def render_identify(size: tuple[int, int], *, name: str, number: str, store: str, line: str) -> Image.Image:
    """The picture, RGB.

    Args:
        size: of the screen in px, lying or standing.
        name: of the device's place, such as `一号屏`; where there is none, the number takes its room.
        number: of the place as the console has it, such as `tv-1`.
        store: the store's name.
        line: a sentence that says what this is.
    """
    night = theme().color.night
    high = _WIDE * size[1] / size[0]
    canvas = Canvas(size, night.ground, reference=(_WIDE, round(high)))
    middle, room = _WIDE / 2, Box(_MARGIN, _MARGIN, _WIDE - 2 * _MARGIN, high - 2 * _MARGIN)
    texts = (
        (store, Type("sans", 40, night.snow_2, 1.5), 24),
        (name or number, Type("serif-bold", 150, night.snow, 1.25), 60),
        (number if name else "", Type("sans-bold", 64, night.jade, 1.6), 32),
        (line, Type("sans", 32, night.snow_2, 1.8), 20),
    )
    drawn = [canvas.fit(text, style, room.w, smallest=least) for text, style, least in texts if text]
    y = (high - sum(one.height for one in drawn)) / 2
    for one in drawn:
        canvas.paragraph(one, middle, y, align="center", room=room)
        y += one.height
    return canvas.image

"""Seeing as a person does: find words and QR codes in a picture of a screen.

Words are looked for in the same font's own rendering, first as a whole, then glyph by glyph, so that 6,288 is not taken
for 6,280. Nothing of the program under view is asked: only its pixels count.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from club import resources

Role = Literal["sans", "sans-bold", "serif-bold"]
Grey = NDArray[np.uint8]

_WHOLE = 0.55  # the whole text may be a little wider or narrower than ours; its glyphs then decide
_GLYPH = 0.82
_SLACK = 5  # px a glyph may stand beside the place that our own setting gives it
_MARGIN = 3
_THIN = "，。、：；！？·“”‘’,.:;!?-–— "  # too small to be judged one by one


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where a text was seen (px of the picture), at which font size, and how surely (0 to 1, the worst glyph)."""

    text: str
    x: int
    y: int
    width: int
    height: int
    size: int
    certainty: float


def find_text(picture: Image.Image, text: str, *, role: Role, size: int, tolerance: int = 2) -> Sighting | None:
    """Where `text` stands in `picture`, set in the font of that role at about `size` px; None when it is not there.

    Args:
        picture: RGB.
        text: one line.
        role: which of the product's fonts.
        size: px on this glass.
        tolerance: font sizes tried around it, px.
    """
    grey = np.asarray(picture.convert("L"), np.uint8)
    best: Sighting | None = None
    for tried in sorted(range(max(8, size - tolerance), size + tolerance + 1), key=lambda one: abs(one - size)):
        found = _find_at(grey, text, role, tried)
        if found is not None and (best is None or found.certainty > best.certainty):
            best = found
        if best is not None and best.certainty > 0.9:
            break
    return best


def read_qr(picture: Image.Image) -> list[str]:
    """What the QR codes in the picture say, read by an independent library."""
    return [
        code.text
        for code in zxingcpp.read_barcodes(
            picture.convert("RGB"), formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
        )
    ]


def differs(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures of the same size, 0 (equal) to 255."""
    first, second = np.asarray(one.convert("RGB"), np.int16), np.asarray(other.convert("RGB"), np.int16)
    return float(np.abs(first - second).mean())


def _find_at(grey: Grey, text: str, role: Role, size: int) -> Sighting | None:
    whole = _setting(text, role, size)
    if whole.shape[0] > grey.shape[0] or whole.shape[1] > grey.shape[1]:
        return None
    # Light on dark and dark on light are the same word: the sign of the correlation does not matter.
    field = np.abs(cv2.matchTemplate(grey, whole, cv2.TM_CCOEFF_NORMED))
    best: Sighting | None = None
    for _ in range(4):  # the best few places: a wrong text of the same shape may beat the right one by a hair
        _, top, _, (x, y) = cv2.minMaxLoc(field)
        if top < _WHOLE:
            break
        worst = min((_glyph_score(grey, glyph, x, y) for glyph in _glyphs(text, role, size)), default=0.0)
        if worst >= _GLYPH and (best is None or worst > best.certainty):
            best = Sighting(text, x, y, whole.shape[1], whole.shape[0], size, worst)
        field[max(0, y - 4) : y + 5, max(0, x - 4) : x + 5] = 0.0
    return best


def _glyph_score(grey: Grey, glyph: tuple[int, Grey], x: int, y: int) -> float:
    offset, shape = glyph
    left, top = x + offset - _SLACK, y - _SLACK
    window = grey[max(0, top) : top + shape.shape[0] + 2 * _SLACK, max(0, left) : left + shape.shape[1] + 2 * _SLACK]
    if window.shape[0] < shape.shape[0] or window.shape[1] < shape.shape[1]:
        return 0.0
    return float(np.abs(cv2.matchTemplate(window, shape, cv2.TM_CCOEFF_NORMED)).max())


@cache
def _font(role: Role, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(resources.font(role)), size)


def _setting(text: str, role: Role, size: int) -> Grey:
    font = _font(role, size)
    left, top, right, bottom = font.getbbox(text)
    canvas = Image.new("L", (round(right - left) + 2 * _MARGIN, round(bottom - top) + 2 * _MARGIN))
    ImageDraw.Draw(canvas).text((_MARGIN - left, _MARGIN - top), text, 255, font=font)
    return np.asarray(canvas)


def _glyphs(text: str, role: Role, size: int) -> Iterator[tuple[int, Grey]]:
    """Each glyph that can be judged by itself: its x in the whole setting, and its picture over the line's full height."""
    font = _font(role, size)
    whole = _setting(text, role, size)
    left = font.getbbox(text)[0]
    for index, symbol in enumerate(text):
        if symbol in _THIN:
            continue
        start = round(font.getlength(text[:index]) - left) + _MARGIN
        end = round(font.getlength(text[: index + 1]) - left) + _MARGIN
        start, end = max(0, start - 1), min(whole.shape[1], end + 1)
        if end - start > 2:
            yield start, whole[:, start:end]

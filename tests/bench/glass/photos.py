"""Photographs of 2 MB, each another: grain on a colour, so that the console's own copy keeps its size and the glass shows which it is."""

import colorsys
import io
import random
from dataclasses import dataclass

import numpy as np
from PIL import Image

SIZE = (1920, 1080)
_GRAIN = 15
_QUALITY = 95
_HUES = 7


@dataclass(frozen=True, slots=True)
class Photo:
    """A JPEG and the colour that it has on the whole (RGB, 0 to 255)."""

    data: bytes
    colour: tuple[int, int, int]


def photo(number: int) -> Photo:
    """The photograph of an edit; neighbours differ much in their colour.

    Args:
        number: which; the same number gives the same bytes.
    """
    red, green, blue = (round(255 * part) for part in colorsys.hsv_to_rgb(number * 3 % _HUES / _HUES, 0.55, 0.55))
    grain = np.frombuffer(random.Random(number).randbytes(SIZE[0] * SIZE[1] * 3), np.uint8).astype(np.float32)
    spread = (grain / 255 - 0.5) * _GRAIN * 12**0.5
    pixels = np.array((red, green, blue), np.float32) + spread.reshape(SIZE[1], SIZE[0], 3)
    out = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=_QUALITY, subsampling=0)
    return Photo(out.getvalue(), (red, green, blue))

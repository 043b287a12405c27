"""Opens the faces once per role and size, and measures with them."""

from functools import lru_cache

from PIL import ImageFont

from club.resources import files

ASCENT, DESCENT = 1.16, 0.288
"""Of Noto Sans and Serif CJK, as parts of the font size: what a browser puts between the lines it stacks."""


@lru_cache(maxsize=96)
def face(role: files.FontRole, size: int) -> ImageFont.FreeTypeFont:
    """The face of a role at a size in px. Basic layout: the same pixels with and without libraqm."""
    return ImageFont.truetype(str(files.font(role)), size, layout_engine=ImageFont.Layout.BASIC)


def width(role: files.FontRole, text: str, size: int, spacing: float = 0.0) -> float:
    """Width of `text` in px, with `spacing` px added after each character."""
    return face(role, size).getlength(text) + spacing * len(text)

"""Pictures and widths of single lines of text, kept for the next time the same words are drawn."""

from collections import OrderedDict
from typing import NamedTuple

from kivy.core.text import Label as CoreLabel
from kivy.core.text._text_sdl2 import _SurfaceContainer
from kivy.graphics.texture import Texture

_CACHE_MAX = 300
_PROBE = "门"


class Face(NamedTuple):
    """A family and weight at a size in window px."""

    family: str
    bold: bool
    size: int


class _Line(CoreLabel):
    """One line, measured with the hinting it is drawn with.

    Kivy tells a font its hinting when it draws with it, not when it measures. What is measured before that has its advances rounded and
    what is measured later has not, letter by letter: "+820+820" at 16 px is 72 px wide or 75.
    """

    def get_extents(self, text: str) -> tuple[int, int]:
        """Return width and height of a line in window px."""
        _SurfaceContainer(1, 1).render(self, " ", 0, 0)
        width, height = super().get_extents(text)
        return width, height


_textures: OrderedDict[tuple[Face, str], Texture] = OrderedDict()
_widths: dict[tuple[Face, str], float] = {}
_fonts: dict[Face, _Line] = {}


def forget() -> None:
    """Drop every picture and width of a text, so that nothing a member read stays in memory."""
    _textures.clear()
    _widths.clear()


def drawn_texts() -> tuple[str, ...]:
    """Return the texts whose pictures are kept (for the check that a session leaves nothing)."""
    return tuple(text for _, text in _textures if text != _PROBE)


def measured_texts() -> tuple[str, ...]:
    """Return the texts whose widths are kept."""
    return tuple(text for _, text in _widths if text != _PROBE)


def texture_of(face: Face, text: str) -> Texture:
    """Return the picture of one line in white, from the cache where it is there."""
    key = (face, text)
    found = _textures.get(key)
    if found is None:
        label = _label(face, text)
        label.refresh()
        found = _textures[key] = label.texture
        if len(_textures) > _CACHE_MAX:
            _textures.popitem(last=False)
    else:
        _textures.move_to_end(key)
    return found


def width_of(face: Face, text: str) -> float:
    """Return the width of one line in window px."""
    key = (face, text)
    found = _widths.get(key)
    if found is None:
        measuring = _fonts.get(face)
        if measuring is None:
            measuring = _fonts[face] = _label(face, "")
        if len(_widths) > 4 * _CACHE_MAX:
            _widths.clear()
        found = _widths[key] = measuring.get_extents(text)[0] if text else 0.0
    return found


def _label(face: Face, text: str) -> _Line:
    return _Line(
        text=text, font_name=face.family, bold=face.bold, font_size=face.size, font_hinting="light", color=(1, 1, 1, 1)
    )


def warm(face: Face) -> None:
    """Open the font at a size, which costs more than drawing a whole screen's texts in it."""
    texture_of(face, _PROBE)
    width_of(face, _PROBE)

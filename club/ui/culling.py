"""Leaves out what a clipped frame would not show: a second that passes in the dock needs no look at a page of 200 widgets.

The clipping keeps the pixels, but OpenGL is still told everything: half of what such a frame costs. A canvas's list of
children is exchanged for a shorter one while the frame is drawn, which (unlike taking out and adding) marks nothing as changed.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from kivy.uix.widget import Widget

from club.ui import place
from club.ui.damage import Area

_GRID = 64
"""Areas are widened to multiples of this many px: digits of other widths are then the same area."""


Shortened: TypeAlias = tuple[Any, list[Any], list[Any]]
"""A canvas, its children as they are, and those to draw."""


def widened(area: Area) -> Area:
    """Return the area out to the grid."""
    left, bottom = area[0] // _GRID * _GRID, area[1] // _GRID * _GRID
    right, top = -(-(area[0] + area[2]) // _GRID) * _GRID, -(-(area[1] + area[3]) // _GRID) * _GRID
    return left, bottom, right - left, top - bottom


class Culling:
    """Draws parts of a tree of widgets without what lies elsewhere, from the second frame of the same area on.

    Finding out costs as much as it saves, so an area that comes once is drawn with everything.

    Args:
        root: the widget whose tree it is; a `place.Placed` may be left out, another widget and what it holds never is.
        after: how many frames of one area come before it is worth it.
    """

    def __init__(self, root: Widget, after: int = 1) -> None:
        self._root, self._after = root, after
        self._area: Area | None = None
        self._seen = 0
        self._shorter: list[Shortened] | None = None
        self.frames = 0

    def forget(self) -> None:
        """Anything may lie anywhere now: called with every frame that is drawn whole, and when something comes from nowhere."""
        self._area = None

    def draw(self, area: Area, draw: Callable[[], None]) -> None:
        """Call `draw` with a tree that shows all there is in `area`, and give the tree back as it was.

        As long as the same area comes, all that changed lies in it, before and after: what was left out is still elsewhere, unless
        it was outside the glass before, which `forget` is for.
        """
        if area != self._area:
            self._area, self._seen, self._shorter = area, 0, None
        self._seen += 1
        if self._seen <= self._after:
            draw()
            return
        if self._shorter is None or any(canvas.children != whole for canvas, whole, _ in self._shorter):
            self._shorter = []
            _look(self._root, area, self._shorter)
        self.frames += 1
        kept = [(canvas, canvas.children) for canvas, _, _ in self._shorter]
        try:
            for canvas, _, short in self._shorter:
                canvas.children = short
            draw()
        finally:
            for canvas, whole in kept:
                canvas.children = whole


def _look(widget: Widget, area: Area, found: list[Shortened]) -> bool:
    """Whether a widget or anything in it draws in the area; gathers canvases of which children can be left out."""
    extent = widget.extent() if isinstance(widget, place.Placed) else None
    if extent is None:
        return True
    left, bottom, right, top = extent
    inside = left < area[0] + area[2] and right > area[0] and bottom < area[1] + area[3] and top > area[1]
    elsewhere = set()
    mine: list[Shortened] = []
    for child in widget.children:
        if _look(child, area, mine):
            inside = True
        else:
            elsewhere.add(id(child.canvas))
    if inside:
        found += mine
        if elsewhere:
            whole = list(widget.canvas.children)
            found.append((widget.canvas, whole, [each for each in whole if id(each) not in elsewhere]))
    return inside

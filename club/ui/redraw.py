"""Redraws only what changed, where the processor draws (no GPU): a moving ticker is 7 % of the screen's pixels.

A software renderer keeps the last frame's pixels in its buffer, so clipping the next frame to the changed area leaves the rest
as it was. Real GPUs flip between buffers that hold older frames: there, every frame is drawn whole.
"""

from collections.abc import Sequence
from typing import Any

from kivy.graphics import ScissorPop, ScissorPush
from kivy.graphics.opengl import (
    GL_COLOR_BUFFER_BIT,
    GL_SCISSOR_TEST,
    glClear,
    glClearColor,
    glDisable,
    glEnable,
    glScissor,
)

from club.ui.culling import Culling, widened
from club.ui.damage import Area

_SOFTWARE = ("llvmpipe", "softpipe", "swrast")
_ALL = 16_384
"""Wider and higher than any window."""


def is_software(renderer: str) -> bool:
    """Whether the processor draws, by the name OpenGL gives its renderer."""
    return any(name in renderer.lower() for name in _SOFTWARE)


class Redraw:
    """Clips the window's frames to the marked areas; a full frame follows every `whole_every` clipped ones, as a safety net.

    Args:
        window: Kivy's window.
        renderer: the name OpenGL gives.
        whole_every: 0 never clips.
        covered: every marked area is drawn over whole, with nothing seen through it: it need not be cleared first.
        culling: leaves out of clipped frames what lies elsewhere; None: everything is drawn.
    """

    def __init__(
        self,
        window: Any,
        renderer: str,
        *,
        whole_every: int = 200,
        covered: bool = False,
        culling: Culling | None = None,
    ) -> None:
        self.clips = whole_every > 0 and is_software(renderer)
        self.frames = self.clipped = 0
        self._window, self._whole_every, self._covered, self._culling = window, whole_every, covered, culling
        self._marked: Area | None = None
        self._whole = True
        self._since_whole = 0
        # Lists clip too, and what ends their clipping ends any: only Kivy's own scissors stand within each other.
        self._scissors = ScissorPush(x=0, y=0, width=_ALL, height=_ALL)
        self._scissors_end = ScissorPop()
        window.canvas.before.insert(0, self._scissors)
        window.canvas.after.add(self._scissors_end)
        self._usual = window.on_draw
        window.on_draw = self._on_draw
        window.bind(
            on_resize=lambda *_: self.whole(), on_show=lambda *_: self.whole(), on_restore=lambda *_: self.whole()
        )

    def whole(self) -> None:
        """The next frame is drawn whole."""
        self._whole = True

    def arrived(self) -> None:
        """Something may lie where nothing of it lay in the frames before, without that place having been marked."""
        if self._culling is not None:
            self._culling.forget()

    def close(self) -> None:
        """Let the window draw as it would by itself."""
        self._window.on_draw = self._usual
        self._window.canvas.before.remove(self._scissors)
        self._window.canvas.after.remove(self._scissors_end)

    def mark(self, area: Area) -> None:
        """This area changed; the next frame draws at least it. What lies outside the window does not count."""
        if self._whole:
            return
        width, height = self._window.system_size
        left, bottom = max(0, area[0]), max(0, area[1])
        right, top = min(int(width), area[0] + area[2]), min(int(height), area[1] + area[3])
        if right <= left or top <= bottom:
            self.arrived()  # it may come into the window from there without another mark of where it was
            return
        area = (left, bottom, right - left, top - bottom)
        self._marked = area if self._marked is None else _around((self._marked, area))

    def _on_draw(self) -> None:
        self.frames += 1
        area, self._marked = self._marked, None
        # An unmarked frame is somebody else's change: drawn whole.
        if not self.clips or self._whole or area is None or self._since_whole >= self._whole_every:
            self._whole, self._since_whole = False, 0
            self._clip((0, 0, _ALL, _ALL))
            self._clear()
            self.arrived()
            self._window.render_context.draw()
            return
        self._since_whole += 1
        self.clipped += 1
        if self._culling is not None:
            area = widened(area)
        self._clip(area)
        if not self._covered:
            glEnable(GL_SCISSOR_TEST)
            glScissor(*area)
            self._clear()
            glDisable(GL_SCISSOR_TEST)
        if self._culling is None:
            self._window.render_context.draw()
        else:
            self._culling.draw(area, self._window.render_context.draw)

    def _clear(self) -> None:
        """The colours alone: nothing here has depth, and what cuts by stencil clears it itself; they would cost 8 MB and their time."""
        glClearColor(*self._window.clearcolor)
        glClear(GL_COLOR_BUFFER_BIT)

    def _clip(self, area: Area) -> None:
        scissors = self._scissors
        if (scissors.x, scissors.y, scissors.width, scissors.height) != area:
            scissors.x, scissors.y, scissors.width, scissors.height = area


def _around(areas: Sequence[Area]) -> Area:
    left, bottom = min(area[0] for area in areas), min(area[1] for area in areas)
    right, top = max(area[0] + area[2] for area in areas), max(area[1] + area[3] for area in areas)
    return left, bottom, right - left, top - bottom

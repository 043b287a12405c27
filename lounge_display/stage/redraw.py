"""Redraws only what changed, where the processor draws (no GPU): a moving ticker is 7 % of the screen's pixels.

A software renderer keeps the last frame's pixels in its buffer, so clipping the next frame to the changed area leaves the rest
as it was. Real GPUs flip between buffers that hold older frames: there, every frame is drawn whole.
"""

from collections.abc import Sequence
from typing import Any

from kivy.graphics.opengl import GL_SCISSOR_TEST, glDisable, glEnable, glScissor

_SOFTWARE = ("llvmpipe", "softpipe", "swrast")
Area = tuple[int, int, int, int]
"""Left, bottom, width, height in px of the window, y up."""


class Redraw:
    """Clips the window's frames to the marked areas; a full frame follows every `whole_every` clipped ones, as a safety net.

    Args:
        window: Kivy's window.
        renderer: the name OpenGL gives.
        whole_every: 0 never clips.
    """

    def __init__(self, window: Any, renderer: str, *, whole_every: int = 200) -> None:
        self.clips = whole_every > 0 and any(name in renderer.lower() for name in _SOFTWARE)
        self.frames = 0
        self._window, self._whole_every = window, whole_every
        self._marked: Area | None = None
        self._whole = True
        self._since_whole = 0
        window.on_draw = self._on_draw
        window.bind(
            on_resize=lambda *_: self.whole(), on_show=lambda *_: self.whole(), on_restore=lambda *_: self.whole()
        )

    def whole(self) -> None:
        """The next frame is drawn whole."""
        self._whole = True

    def mark(self, area: Area) -> None:
        """This area changed; the next frame draws at least it."""
        self._marked = area if self._marked is None else _around((self._marked, area))

    def _on_draw(self) -> None:
        self.frames += 1
        area, self._marked = self._marked, None
        # An unmarked frame is somebody else's change: drawn whole.
        if not self.clips or self._whole or area is None or self._since_whole >= self._whole_every:
            self._whole, self._since_whole = False, 0
            self._draw()
            return
        self._since_whole += 1
        glEnable(GL_SCISSOR_TEST)
        glScissor(*area)
        try:
            self._draw()
        finally:
            glDisable(GL_SCISSOR_TEST)

    def _draw(self) -> None:
        self._window.clear()
        self._window.render_context.draw()


def _around(areas: Sequence[Area]) -> Area:
    left, bottom = min(area[0] for area in areas), min(area[1] for area in areas)
    right, top = max(area[0] + area[2] for area in areas), max(area[1] + area[3] for area in areas)
    return left, bottom, right - left, top - bottom

"""Lays one picture, or black, over everything a window shows, and says when it is really on the glass."""

from collections.abc import Callable
from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, InstructionGroup, Rectangle
from kivy.graphics.texture import Texture
from PIL import Image


class Cover:
    """Make it after the window's `Redraw`, for what is drawn last lies in front, and after whoever else watches the window.

    Args:
        window: Kivy's window.
        whole: has the next frame drawn whole.
        touched: called for a finger that comes down while something is covered; it reaches nothing below.
    """

    def __init__(self, window: Any, whole: Callable[[], None], touched: Callable[[], None] = lambda: None) -> None:
        self._window, self._whole, self._touched = window, whole, touched
        self._group = InstructionGroup()
        self._waiting: list[Callable[[], None]] = []
        self._down: set[int] = set()
        self.is_up = False
        window.canvas.after.add(self._group)
        window.bind(on_touch_down=self._on_touch_down, on_touch_up=self._on_touch_up, on_flip=self._on_flip)

    def show(self, image: Image.Image | None, seen: Callable[[], None] = lambda: None) -> None:
        """Cover everything with a picture, stretched to the window, or with black; `seen` is called once it is on the glass."""
        self._group.clear()
        if image is None:
            self._group.add(Color(0, 0, 0, 1))
            self._group.add(Rectangle(size=self._window.size))
        else:
            self._group.add(Color(1, 1, 1, 1))
            self._group.add(Rectangle(texture=_texture(image), size=self._window.size))
        self.is_up = True
        self._change(seen)

    def lift(self, seen: Callable[[], None] = lambda: None) -> None:
        """Show what is below again; `seen` is called once it is on the glass."""
        self._group.clear()
        self.is_up = False
        self._change(seen)

    def close(self) -> None:
        """Leave the window as it was."""
        self._window.unbind(on_touch_down=self._on_touch_down, on_touch_up=self._on_touch_up, on_flip=self._on_flip)
        self._window.canvas.after.remove(self._group)

    def _change(self, seen: Callable[[], None]) -> None:
        self._waiting.append(seen)
        self._whole()
        self._window.canvas.ask_update()

    def _on_flip(self, *_: object) -> None:
        if self._waiting:
            told, self._waiting = self._waiting, []
            # Who flips the window may do so after this: by the next frame's time the picture is out.
            Clock.schedule_once(lambda _elapsed: [tell() for tell in told], 0)

    def _on_touch_down(self, _window: object, touch: Any) -> bool:
        if not self.is_up:
            return False
        self._down.add(touch.uid)
        self._touched()
        return True

    def _on_touch_up(self, _window: object, touch: Any) -> bool:
        """The finger that lifted the cover is not let go on what lay below."""
        if touch.uid not in self._down:
            return False
        self._down.discard(touch.uid)
        return True


def _texture(image: Image.Image) -> Texture:
    texture = Texture.create(size=image.size, colorfmt="rgb", bufferfmt="ubyte", mipmap=False)
    texture.flip_vertical()
    texture.blit_buffer(image.tobytes(), colorfmt="rgb", bufferfmt="ubyte")
    return texture

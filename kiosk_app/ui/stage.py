"""The whole glass: what is on it, and which finger counts."""

from collections.abc import Callable, Iterator
from typing import Any

from kivy.clock import Clock
from kivy.input.motionevent import MotionEvent
from kivy.uix.widget import Widget

from club.ui import place, scroll, stopwatch
from kiosk_app.flow.actions import Action

_LOST_FINGER_S = 5.0
_WHEEL_PX = 120


class Stage(place.Plane):
    """The whole glass: screens, header and dock, sheets; only the first finger counts, unless the screen is for typing."""

    def __init__(self, told: Callable[[str, str], None], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._told = told
        self._fingers: dict[int, float] = {}
        self.many_fingers = False

    def on_touch_down(self, touch: Any) -> bool:
        """Restart the idle clock, then offer the first finger to what is in front."""
        if "button" in touch.profile and touch.button != "left":
            return self._wheel(touch)
        now = Clock.get_time()
        # A panel may lose a finger's end; that must not keep the next member out.
        self._fingers = {uid: at for uid, at in self._fingers.items() if now - at < _LOST_FINGER_S}
        if self._fingers and not self.many_fingers:
            return True
        self._fingers[touch.uid] = now
        with stopwatch.measure("touch"):
            self._told(Action.TOUCHED, "")
            super().on_touch_down(touch)
        return True

    def on_touch_up(self, touch: Any) -> bool:
        """The finger is gone."""
        self._fingers.pop(touch.uid, None)
        with stopwatch.measure("touch"):
            return bool(super().on_touch_up(touch))

    def _wheel(self, touch: Any) -> bool:
        """Scroll the list under a mouse's wheel, at a desk; other buttons do nothing."""
        step = {"scrolldown": -_WHEEL_PX, "scrollup": _WHEEL_PX}.get(touch.button, 0)
        for widget in tree(self):
            if step and isinstance(widget, scroll.Shelf) and widget.collide_point(*touch.pos):
                self._told(Action.TOUCHED, "")
                widget.scroll_by(step)
        return True


class ScriptedTouch(MotionEvent):
    """A finger moved by the program itself, for tests and demonstrations."""

    def __init__(self, uid: int, x: float, y: float) -> None:
        super().__init__("scripted", uid, {"x": x, "y": y}, is_touch=True, type_id="touch")
        self.profile = ["pos"]

    def depack(self, args: Any) -> None:
        """Take the place, as shares of the window."""
        self.sx, self.sy = args["x"], args["y"]
        super().depack(args)


def tree(root: Widget) -> Iterator[Any]:
    """Every widget below and with ``root``."""
    yield root
    for child in root.children:
        yield from tree(child)


def seen(root: Widget) -> Iterator[Any]:
    """Every widget below and with ``root`` that is not put away."""
    if getattr(root, "shown", True):
        yield root
        for child in root.children:
            yield from seen(child)

"""What can be pressed: one finger, an answer in the same frame, no second press within the time a hand trembles."""

from collections.abc import Callable
from typing import Any

from kivy.clock import Clock
from kivy.graphics import PopMatrix, PushMatrix, Scale
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.widget import Widget

from club.resources import theme as tokens
from club.ui import damage, place, surface

DEBOUNCE_S = 0.4
"""A button that moves points takes no second press within this time."""

_PRESSED_REACH = 100
"""What a pressed thing and its shadow take around its box, in px of the window."""

CANCELLED = "club-scrolled"
"""Key in ``touch.ud``: the finger turned out to scroll; what it pressed lets go."""


class Tap(Widget):
    """Mix in to be pressable: calls `tell(action, arg)` when a finger goes down and up on it.

    `careful` buttons (those that spend) are debounced. A disabled one, or one without an action, takes no touch.
    """

    action = StringProperty("")
    arg = StringProperty("")
    enabled = BooleanProperty(True)
    careful = BooleanProperty(False)
    pressed = BooleanProperty(False)
    press_scale = NumericProperty(0)

    def __init__(self, **kwargs: Any) -> None:
        self._told_at = float("-inf")
        super().__init__(**kwargs)
        self._scale = Scale(1, 1, 1)
        self.canvas.before.insert(0, PushMatrix())
        self.canvas.before.insert(1, self._scale)
        self.canvas.after.add(PopMatrix())
        self.bind(pressed=self._look_pressed)

    def on_touch_down(self, touch: Any) -> bool:
        """Take the finger, and look pressed."""
        if not self.enabled or not self.action or not self.collide_point(*touch.pos):
            return False
        touch.grab(self)
        self.pressed = True
        return True

    def on_touch_move(self, touch: Any) -> bool:
        """Look pressed only while the finger is here."""
        if touch.grab_current is not self:
            return False
        self.pressed = CANCELLED not in touch.ud and self.collide_point(*touch.pos)
        return True

    def on_touch_up(self, touch: Any) -> bool:
        """Tell the action if the finger came up here."""
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        meant = self.pressed and CANCELLED not in touch.ud
        self.pressed = False
        if meant and self.enabled and self.action:
            self.press()
        return True

    def press(self) -> None:
        """Tell the action, unless this is a careful button pressed twice."""
        now = Clock.get_time()
        if self.careful and now - self._told_at < DEBOUNCE_S:
            return
        self._told_at = now
        tell = teller(self)
        if tell is not None:
            tell(self.action, self.arg)

    def _look_pressed(self, *_: object) -> None:
        share = (self.press_scale or tokens.theme().motion.press_scale) if self.pressed else 1.0
        self._scale.origin = self.center
        damage.part(self.x, self.y, self.width, self.height, _PRESSED_REACH)
        self._scale.xyz = (share, share, 1)


def middles(root: Widget, action: str = "", arg: str | None = None) -> list[tuple[float, float]]:
    """Return the middles, in px of the window, of what below ``root`` can be pressed now; something else may lie over it.

    With an action, and an argument, only of what tells these.
    """
    found = []
    for widget in root.walk():
        if not isinstance(widget, Tap) or (action and widget.action != action) or arg not in (None, widget.arg):
            continue
        if widget.enabled and widget.action and widget.width > 0 and widget.height > 0:
            x, y = widget.center
            if 0 <= x < root.width and 0 <= y < root.height:
                found.append((x, y))
    return found


def teller(widget: Widget) -> Callable[[str, str], None] | None:
    """Return the `tell` of the closest screen or sheet above a widget."""
    above = widget.parent
    while above is not None and above is not above.parent:
        tell: Callable[[str, str], None] | None = getattr(above, "tell", None)
        if tell is not None:
            return tell
        above = above.parent
    return None


class TapArea(Tap, place.Placed):
    """A part of the screen that can be pressed and looks the same meanwhile."""

    def _look_pressed(self, *_: object) -> None:
        """Show nothing."""


class TapPanel(Tap, surface.Panel):
    """A panel that can be pressed; `fill_pressed` is its colour meanwhile."""

    fill_up = StringProperty("surface")
    fill_pressed = StringProperty("surface_2")

    def __init__(self, **kwargs: Any) -> None:
        self._fill_role: Any = None
        super().__init__(**kwargs)
        self.bind(pressed=self._colour, fill_up=self._colour, fill_pressed=self._colour)
        self._colour()

    def _dress_now(self, *args: object) -> None:
        super()._dress_now(*args)
        scale = getattr(self, "_scale", None)
        if scale is not None:  # the panel cleared what was drawn before: the scale comes first again
            self.canvas.before.insert(0, PushMatrix())
            self.canvas.before.insert(1, scale)

    def _colour(self, *_: object) -> None:
        self.fill = self.fill_pressed if self.pressed else self.fill_up


class Blocker(place.Plane):
    """A plane that lets no touch through to what is under it."""

    tell = ObjectProperty(None, allownone=True)

    def on_touch_down(self, touch: Any) -> bool:
        """Offer the touch to the children, then keep it."""
        if not self.shown:
            return False
        super().on_touch_down(touch)
        return True

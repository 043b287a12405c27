"""What stays while screens change: the header above and the dock below."""

from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from msgspec.structs import replace

from club.ui import place, touch
from kiosk_app.present import views
from kiosk_app.ui.screen import Tell, load_kv


class HeaderBar(place.Plane):
    """Club, store and time; the mark "offline" where the central API does not answer."""

    header = ObjectProperty(views.Header(), rebind=True)
    night = BooleanProperty(False)


class DockKey(touch.TapPanel):
    """An icon with its word; as `wide` as the word asks, in px of the drawing."""

    wide = NumericProperty(128)

    icon = StringProperty("")
    text = StringProperty("")
    night = BooleanProperty(False)


class ExitKey(touch.TapPanel):
    """Sign out, with the seconds left in a ring that is full by a `share`; as `wide` as its word asks, in px of the drawing."""

    wide = NumericProperty(198)
    text = StringProperty("")
    seconds = StringProperty("")
    share = NumericProperty(0)


class Dock(place.Plane):
    """Back, home and exit: only those that have words."""

    dock = ObjectProperty(views.Dock(), rebind=True)
    seconds = StringProperty("")
    share = NumericProperty(0)
    night = BooleanProperty(False)
    tell = ObjectProperty()

    def __init__(self, tell: Tell, **kwargs: Any) -> None:
        super().__init__(tell=tell, **kwargs)

    def update(self, dock: views.Dock) -> None:
        """Show a dock's values. Each second only the seconds change: the keys' rules are not worked out again for them."""
        self.dock = replace(dock, seconds="", share=0.0, short="")
        self.seconds, self.share = dock.seconds, dock.share

    def on_touch_down(self, touch: Any) -> bool:
        """Offer the touch to the keys; what falls beside them stops here while the dock is shown."""
        if not self.shown:
            return False
        return bool(super().on_touch_down(touch)) or bool(self.collide_point(*touch.pos))


load_kv(__file__)

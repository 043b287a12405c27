"""kiosk-04: the PIN pad."""

from kivy.properties import ObjectProperty, StringProperty

from club.ui import place
from kiosk_app.present import views
from kiosk_app.ui import staff_parts  # noqa: F401 -- the .kv file uses its stripes
from kiosk_app.ui.screen import Item, Screen, load_kv


class PinDot(place.Plane):
    """One digit: "full", "next" or "empty"."""

    item = StringProperty("")


class PinKeyButton(Item):
    """One key."""

    item = ObjectProperty(views.PinKey(), rebind=True)


class PinScreen(Screen):
    """Twelve keys; two thumbs may type."""

    view_class = views.PinView
    many_fingers = True


load_kv(__file__)

"""kiosk-18: the old card and the new one side by side, until a blank card lies there (N6)."""

from kivy.properties import ObjectProperty

from kiosk_app.present import views
from kiosk_app.ui import staff_parts  # noqa: F401 -- the .kv file uses them
from kiosk_app.ui.screen import Row, Screen, load_kv


class SwapCard(Row):
    """A card; one that `goes` is dulled."""

    item = ObjectProperty(views.CardFace(), rebind=True)
    goes = ObjectProperty(False)


class StaffSwapScreen(Screen):
    """Two cards, what to do, what moves."""

    view_class = views.StaffSwapView


load_kv(__file__)

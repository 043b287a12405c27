"""kiosk-34: a blank card becomes a member's, live (N6)."""

from kiosk_app.present import views
from kiosk_app.ui import staff_parts  # noqa: F401 -- the .kv file uses them
from kiosk_app.ui.screen import Screen, load_kv


class StaffWriteScreen(Screen):
    """The card, how far it is, its five phases."""

    view_class = views.StaffWriteView


load_kv(__file__)

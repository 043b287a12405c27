"""Staff mode: what can be done, and whom it is for (K12)."""

from kiosk_app.present import views
from kiosk_app.ui import staff_parts  # noqa: F401 -- the .kv file uses them
from kiosk_app.ui.screen import Screen, load_kv


class StaffListScreen(Screen):
    """Rows with a button each."""

    view_class = views.StaffListView


load_kv(__file__)

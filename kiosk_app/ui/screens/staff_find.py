"""Staff mode, step 1: who the member is (K12)."""

from kiosk_app.present import views
from kiosk_app.ui import staff_parts  # noqa: F401 -- the .kv file uses them
from kiosk_app.ui.screen import Screen, load_kv


class StaffFindScreen(Screen):
    """Choices, a line of digits, and a pad."""

    view_class = views.StaffFindView
    many_fingers = True


load_kv(__file__)

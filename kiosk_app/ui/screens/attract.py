"""kiosk-01: nobody is there; the whole glass wakes the kiosk."""

from kiosk_app.present import views
from kiosk_app.ui.screen import Screen, load_kv


class AttractScreen(Screen):
    """The car, a welcome, and where to tap."""

    view_class = views.AttractView
    night_header = True


load_kv(__file__)

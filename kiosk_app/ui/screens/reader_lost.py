"""kiosk-32: no reader."""

from kiosk_app.present import views
from kiosk_app.ui import parts  # noqa: F401 -- the .kv file uses them
from kiosk_app.ui.screen import Screen, load_kv


class ReaderLostScreen(Screen):
    """What works meanwhile."""

    view_class = views.ReaderLostView


load_kv(__file__)

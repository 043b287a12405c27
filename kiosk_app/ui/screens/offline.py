"""kiosk-16: what works and what does not while the central API does not answer."""

from kiosk_app.present import views
from kiosk_app.ui import parts  # noqa: F401 -- the .kv file uses them
from kiosk_app.ui.screen import Screen, load_kv


class OfflineScreen(Screen):
    """Checks, and a way to try again."""

    view_class = views.OfflineView


load_kv(__file__)

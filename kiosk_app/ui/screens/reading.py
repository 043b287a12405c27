"""kiosk-03: the card is being read."""

from kiosk_app.present import views
from kiosk_app.ui import parts  # noqa: F401 -- the .kv file uses them
from kiosk_app.ui.screen import Screen, load_kv


class ReadingScreen(Screen):
    """The card's face, a turning ring, and what the kiosk shows of a member."""

    view_class = views.ReadingView
    night_header = True


load_kv(__file__)

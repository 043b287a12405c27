"""kiosk-31: a card that is nobody's here."""

from kiosk_app.present import views
from kiosk_app.ui import parts  # noqa: F401 -- the .kv file uses them
from kiosk_app.ui.screen import Screen, load_kv


class UnknownCardScreen(Screen):
    """Ways on, and a note for staff."""

    view_class = views.UnknownCardView


load_kv(__file__)

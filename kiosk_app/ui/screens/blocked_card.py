"""kiosk-33: a card that was reported lost."""

from kiosk_app.present import views
from kiosk_app.ui import parts  # noqa: F401 -- the .kv file uses them
from kiosk_app.ui.screen import Screen, load_kv


class BlockedCardScreen(Screen):
    """Ways on, and nobody's name."""

    view_class = views.BlockedCardView


load_kv(__file__)

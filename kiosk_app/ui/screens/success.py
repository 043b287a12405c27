"""kiosk-10: the voucher."""

from kiosk_app.present import views
from kiosk_app.ui import parts  # noqa: F401 -- the .kv file uses them
from kiosk_app.ui.screen import Screen, load_kv


class SuccessScreen(Screen):
    """The voucher with its code."""

    view_class = views.SuccessView


load_kv(__file__)

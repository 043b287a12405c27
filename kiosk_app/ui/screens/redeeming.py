"""Points are being taken: the shortest screen, and the template of the others."""

from kiosk_app.present import views
from kiosk_app.ui.screen import Screen, load_kv


class RedeemingScreen(Screen):
    """What is redeemed, and that it takes a moment."""

    view_class = views.RedeemingView


load_kv(__file__)

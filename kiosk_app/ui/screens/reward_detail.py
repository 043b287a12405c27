"""kiosk-08: one reward."""

from kivy.properties import ObjectProperty

from kiosk_app.present import views
from kiosk_app.ui.screen import Row, Screen, load_kv


class FactRow(Row):
    """A line of facts."""

    item = ObjectProperty(views.Fact(), rebind=True)


class RewardDetailScreen(Screen):
    """Facts, quantity, and the button to redeem."""

    view_class = views.RewardDetailView


load_kv(__file__)

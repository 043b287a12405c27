"""kiosk-07: the catalogue of rewards."""

from typing import Any

from kivy.properties import ObjectProperty

from club.ui import buttons
from kiosk_app.present import views
from kiosk_app.ui.screen import Item, Screen, load_kv


class ChoiceChip(buttons.Chip):
    """A chip of a row of choices."""

    item = ObjectProperty(views.Chip(), rebind=True)


class RewardTile(Item):
    """One reward."""

    item = ObjectProperty(views.RewardCard(), rebind=True)


class RewardsScreen(Screen):
    """Points to spend, categories, and the rewards in two columns. Another category begins at its top."""

    view_class = views.RewardsView

    def on_view(self, _screen: Any, view: views.RewardsView) -> None:
        """Go to the top when the choice changed."""
        chosen = next((chip.arg for chip in view.chips if chip.on), "")
        if chosen != getattr(self, "_chosen", chosen) and "shelf" in self.ids:
            self.ids.shelf.to_top()
        self._chosen = chosen


load_kv(__file__)

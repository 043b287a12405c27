"""kiosk-12: the members' activities."""

from kivy.properties import ObjectProperty

from kiosk_app.present import views
from kiosk_app.ui import parts  # noqa: F401 -- the .kv file uses them
from kiosk_app.ui.screen import Row, Screen, load_kv
from kiosk_app.ui.screens import rewards  # noqa: F401 -- the chips are the same


class ActivityRow(Row):
    """One activity beside its picture."""

    item = ObjectProperty(views.ActivityCard(), rebind=True)


class ActivitiesScreen(Screen):
    """The one to notice on top, then those of the tab. Another tab begins at its top."""

    view_class = views.ActivitiesView

    def on_view(self, _: object, view: views.ActivitiesView) -> None:
        """Begin at the top when another tab was chosen."""
        chosen = tuple(chip.arg for chip in view.tabs if chip.on)
        if chosen != getattr(self, "_chosen", None):
            self._chosen = chosen
            if self.ids:
                self.ids.shelf.to_top()


load_kv(__file__)

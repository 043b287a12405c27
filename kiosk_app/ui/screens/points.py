"""kiosk-06: the points history."""

from typing import Any

from kivy.properties import NumericProperty, ObjectProperty

from kiosk_app.flow.actions import Action
from kiosk_app.present import views
from kiosk_app.ui import parts  # noqa: F401 -- the .kv file uses them
from kiosk_app.ui.screen import Row, Screen, load_kv
from kiosk_app.ui.screens import rewards  # noqa: F401 -- the chips are the same

BAR_PX = 104
"""Height of the highest bar."""

_LOWEST_PX = 24
_MARGIN, _CHIP_PAD, _BESIDE = 56, 140, 1024


class ExpiryColumn(Row):
    """Points that expire together, as a bar over its month."""

    item = ObjectProperty(views.ExpiryBar(), rebind=True)
    bar_px = NumericProperty(BAR_PX)
    tall = NumericProperty(0)

    def on_item(self, _row: Any, item: views.ExpiryBar) -> None:
        """Give the bar its height: never so small that its round corners have no room."""
        self.tall = max(_LOWEST_PX, round(self.bar_px * item.share))


class MovementRow(Row):
    """A movement, or the head of a month."""

    item = ObjectProperty(views.PointsRow(), rebind=True)

    @staticmethod
    def tone_role(tone: str) -> str:
        """Colour of the figure."""
        return {"jade": "jade", "plain": "ink_3"}.get(tone, "ink")


class PointsScreen(Screen):
    """Balances, what expires when, and every movement of the last twelve months. Another filter begins at its top."""

    view_class = views.PointsView

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._asked_at = 0
        super().__init__(*args, **kwargs)
        self.ids.shelf.bind(near_end=self._older, items=self._older)

    def on_view(self, _: object, view: views.PointsView) -> None:
        """Begin at the top when another filter was chosen."""
        chosen = tuple(chip.arg for chip in view.filters if chip.on)
        if chosen != getattr(self, "_chosen", None):
            self._chosen = chosen
            self._asked_at = 0
            if self.ids:
                self.ids.shelf.to_top()

    def lines(self, view: views.PointsView) -> tuple[views.PointsRow, ...]:
        """The rows, and the line that says that there is more."""
        return (*view.rows, views.PointsRow(sums=view.more)) if view.more else view.rows

    @staticmethod
    def beside(filters: float, period: float) -> bool:
        """Whether the period has room beside the filters; else it stands at the title. Widths in px of the drawing."""
        return filters - _MARGIN + _CHIP_PAD + period <= _BESIDE

    def _older(self, *_: object) -> None:
        rows = len(self.view.rows)
        if self.view.more and rows > self._asked_at and self.ids.shelf.near_end and self.parent is not None:
            self._asked_at = rows
            self.tell(Action.OLDER, "")


load_kv(__file__)

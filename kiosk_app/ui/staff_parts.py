"""Parts of staff mode's screens: the hazard stripes above, the steps of the way, phases and facts (kiosk-18, kiosk-34)."""

from typing import Any

from kivy.graphics import Color, Quad, Rectangle
from kivy.properties import ObjectProperty

from club.ui import place, theme
from kiosk_app.present import views
from kiosk_app.ui.screen import Item, Row, load_kv

_WIDE = 2**0.5 * 28 / 14
"""A stripe's width along the edge in heights of the band: 28 px across, at 45 degrees, on a band of 14."""


class Stripes(place.Placed):
    """Black and amber at the very top: whoever walks by sees that this is not a member's screen."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bind(pos=self._draw, size=self._draw)

    def _draw(self, *_: object) -> None:
        self.canvas.clear()
        step, left, right = self.height * _WIDE, self.x, self.right
        with self.canvas:
            Color(*theme.rgba("night.warn"))
            Rectangle(pos=self.pos, size=self.size)
            Color(*theme.rgba("ink"))
            at = left - step
            while at < right and step > 0:
                low, high = (at, at + step), (at + self.height, at + self.height + step)
                corners = [(low[0], self.y), (low[1], self.y), (high[1], self.top), (high[0], self.top)]
                Quad(points=[part for x, y in corners for part in (min(max(x, left), right), y)])
                at += 2 * step
        self.changed()


class StepDot(Row):
    """One step: done, now, or later."""

    item = ObjectProperty(views.StepMark(), rebind=True)


class PhaseLine(Row):
    """One phase of writing a card."""

    item = ObjectProperty(views.PhaseRow(), rebind=True)


class FactLine(Row):
    """A label, a value, a tag."""

    item = ObjectProperty(views.FactRow(), rebind=True)


class StaffChip(Item):
    """A choice that is as wide as its place."""

    item = ObjectProperty(views.Chip(), rebind=True)


class StaffPadKey(Item):
    """A key of the number pad."""

    item = ObjectProperty(views.PinKey(), rebind=True)


class StaffTop(place.Plane):
    """Stripes, title, who is there, steps; the whole glass, drawn at its top."""

    view = ObjectProperty(views.StaffListView(), rebind=True)
    rect = ObjectProperty((0, 0, 1080, 460))


load_kv(__file__)

"""kiosk-02: how to tap a card."""

from typing import Any

from kivy.graphics import PopMatrix, PushMatrix, Rotate
from kivy.properties import NumericProperty, ObjectProperty

from club.ui import damage, place, theme
from kiosk_app.present import views
from kiosk_app.ui.screen import Screen, load_kv


class Tilt(place.Plane):
    """A plane drawn turned by `angle` degrees, anticlockwise about its middle."""

    angle = NumericProperty(0)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._rotate = Rotate(angle=0, axis=(0, 0, 1))
        self.canvas.before.insert(0, PushMatrix())
        self.canvas.before.insert(1, self._rotate)
        self.canvas.after.add(PopMatrix())
        self.bind(angle=self._turn, pos=self._turn, size=self._turn)

    def _turn(self, *_: object) -> None:
        self._rotate.angle, self._rotate.origin = self.angle, self.center
        damage.everything()


class TapScreen(Screen):
    """The card above the pad, and the words for it."""

    view_class = views.TapView
    night_header = True

    card_ink = ObjectProperty(theme.tier_text("gold"))


load_kv(__file__)

"""kiosk-02: how to tap a card."""

from typing import Any

from kivy.clock import Clock
from kivy.graphics import PopMatrix, PushMatrix, Rotate
from kivy.metrics import dp
from kivy.properties import NumericProperty, ObjectProperty

from club.ui import damage, motion, place, surface, theme
from kiosk_app.present import views
from kiosk_app.ui.screen import Screen, load_kv

_DEPTH, _FALL_S, _ROUND_S, _FPS = 44, 0.9, 2.0, 12


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

    def extent(self) -> None:
        """Not where its box is."""

    def _turn(self, *_: object) -> None:
        self._rotate.angle, self._rotate.origin = self.angle, self.center
        damage.everything()


class Sinking(surface.Art):
    """Art that comes down from `_DEPTH` px above its place, rests there and begins anew; small and slow, so that it costs next to nothing."""

    def __init__(self, **kwargs: Any) -> None:
        self._fall: Any = None
        self._home = self._began = 0.0
        super().__init__(**kwargs)

    def begin(self) -> None:
        """Move, unless movement is unwanted."""
        self.rest()
        if not motion.reduced():
            self._home, self._began = self.y, Clock.get_time()
            self._fall = Clock.schedule_interval(self._on, 1 / _FPS)

    def rest(self) -> None:
        """Stand where it is drawn."""
        if self._fall is not None:
            self._fall.cancel()
            self._fall = None
            self.y = self._home

    def _on(self, _elapsed: float) -> None:
        share = min(1.0, (Clock.get_time() - self._began) % _ROUND_S / _FALL_S)
        place = round(self._home + dp(_DEPTH) * (1 - share) ** 2)
        if place != self.y:
            self.y = place


class TapScreen(Screen):
    """The card above the pad, and the words for it."""

    view_class = views.TapView
    night_header = True

    card_ink = ObjectProperty(theme.tier_text("gold"))

    def entered(self) -> None:
        """Point down, again and again."""
        self.ids.arrow.begin()

    def left(self) -> None:
        """Stop pointing."""
        self.ids.arrow.rest()


load_kv(__file__)

"""kiosk-05: the member's home page."""

from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty

from club.ui import place, round, surface  # noqa: A004
from kiosk_app.present import views
from kiosk_app.ui import parts  # noqa: F401 -- the .kv file uses them
from kiosk_app.ui.screen import Item, Screen, load_kv

_ROOMY_PX = 300


class Pips(place.Plane):
    """Short bars: `full` of `of` are solid, in the colour `rgba`."""

    full = NumericProperty(0)
    of = NumericProperty(4)
    rgba = ObjectProperty((0, 0, 0, 1))

    def __init__(self, **kwargs: Any) -> None:
        self._fill = Clock.create_trigger(self._fill_now, -1)
        super().__init__(**kwargs)
        self.bind(full=self._fill, of=self._fill, rgba=self._fill)
        self._fill()

    def _fill_now(self, *_: object) -> None:
        while len(self.children) < self.of:
            self.add_widget(round.Pill(rect=(42 * len(self.children), 0, 34, 10)))
        red, green, blue, alpha = self.rgba
        for index, pip in enumerate(reversed(self.children)):
            pip.shown = index < self.of
            pip.rgba = (red, green, blue, alpha if index < self.full else alpha * 0.28)


class Bars(place.Plane):
    """Bars side by side, each a share of the height; the first is amber if `soon`."""

    shares = ObjectProperty(())
    soon = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        self._fill = Clock.create_trigger(self._fill_now, -1)
        super().__init__(**kwargs)
        self.bind(shares=self._fill, soon=self._fill, rect=self._fill)

    def _fill_now(self, *_: object) -> None:
        while len(self.children) < len(self.shares):
            self.add_widget(surface.Panel(radius=10))
        wide, high = self.rect[2], self.rect[3]
        step = wide / max(1, len(self.shares))
        for index, bar in enumerate(reversed(self.children)):
            bar.shown = index < len(self.shares)
            tall = max(24.0, high * self.shares[index]) if bar.shown else 0.0
            bar.rect = (index * step, high - tall, step - 10, tall)
            bar.fill = "warn" if self.soon and index == 0 else "jade_mid"


class HomeTile(Item):
    """An entry to a journey; `art` is how many px its picture takes, more where the tile is `roomy`."""

    item = ObjectProperty(views.Tile(), rebind=True)
    roomy = BooleanProperty(False)
    art = NumericProperty(130)

    def on_rect(self, *_: object) -> None:
        """Give the picture what the texts leave."""
        self.roomy = self.rect[3] > _ROOMY_PX
        self.art = 200 if self.roomy else 130


class HomeScreen(Screen):
    """Greeting, card, points, what expires, and the ways on."""

    view_class = views.HomeView

    lit = NumericProperty(1)

    def light(self, share: float) -> None:
        """Change what lies on the bare ground from light to dark letters, and bring the card up from where it was read."""
        self.lit = share


load_kv(__file__)

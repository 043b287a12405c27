"""kiosk-01: nobody is there; the whole glass wakes the kiosk."""

from typing import Any

from kivy.clock import Clock
from kivy.properties import NumericProperty, ObjectProperty

from club.ui import motion, place, round, surface  # noqa: A004
from kiosk_app.present import views
from kiosk_app.ui.screen import Screen, load_kv

_VEIL = (0.55, 0.0)  # each step is a frame; a resting kiosk may take half a per cent of a core (./dev bench footprint)
_VEIL_FPS = 12


class Turns(place.Plane):
    """Small marks, one for each thing that takes its turn; the present one is long."""

    of = NumericProperty(0)
    current = NumericProperty(0)

    def __init__(self, **kwargs: Any) -> None:
        self._fill = Clock.create_trigger(self._fill_now, -1)
        super().__init__(**kwargs)
        self.bind(of=self._fill, current=self._fill)

    def _fill_now(self, *_: object) -> None:
        while len(self.children) < self.of:
            self.add_widget(round.Pill())
        left = 0
        for index, mark in enumerate(reversed(self.children)):
            wide = 34 if index == self.current else 10
            mark.shown = index < self.of
            mark.rect = (left, 0, wide, 10)
            mark.role = "night.jade" if index == self.current else "night.line"
            left += wide + 8


class HighlightPanel(surface.Panel):
    """What the club has to offer: the next one comes up from under a veil that lifts, drawn a few times only and over this panel alone."""

    item = ObjectProperty(None, allownone=True, rebind=True)

    def __init__(self, **kwargs: Any) -> None:
        self._lift: Any = None
        self._steps = iter(_VEIL)
        super().__init__(**kwargs)

    @property
    def moving(self) -> bool:
        """Whether the veil still lifts."""
        return self._lift is not None

    def on_item(self, _panel: Any, item: views.Highlight | None) -> None:
        """Lower the veil over another one, and begin to lift it."""
        self._end()
        if item is None or motion.reduced() or self.get_parent_window() is None:
            return
        self._steps = iter(_VEIL)
        self._lift = Clock.schedule_interval(self._lift_on, 1 / _VEIL_FPS)
        self._lift_on(0.0)

    def _lift_on(self, _elapsed: float) -> None:
        dense = next(self._steps, 0.0)
        if not dense:
            self._end()
            return
        self.ids.veil.fill = f"night.surface_2@{dense}"
        self.ids.veil.shown = True

    def _end(self) -> None:
        if self._lift is not None:
            self._lift.cancel()
            self._lift = None
        if "veil" in self.ids:
            self.ids.veil.shown = False


class AttractScreen(Screen):
    """The car, a welcome, where to tap, and what the club has to offer."""

    view_class = views.AttractView
    night_header = True


load_kv(__file__)

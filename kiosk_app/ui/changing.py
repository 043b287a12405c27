"""One screen gives way to the next: they fade into each other, or the lights go on over a ground that was dark."""

import time
from collections.abc import Callable
from typing import Any

from kivy.clock import Clock
from kivy.core.window import Window

from club.resources import theme as tokens
from club.ui import damage, motion, surface, theme
from kiosk_app.ui import chrome, stage
from kiosk_app.ui.screen import Screen

_HEAD_START_S = 0.07
"""A change begins this far in, so that its first frame already shows more of the new screen than of the old one."""

_DAWN = 0.42
"""From this share of the lights on, dark letters are read better on the ground than light ones."""


class Changing:
    """Which screen is in front, and the one that leaves; for the UI thread.

    Args:
        glass: where the screens are.
        header: its letters are light or dark as the ground under them is.
        over: called when a change is over, with the screen that left (none after the lights went on).
    """

    def __init__(self, glass: stage.Stage, header: chrome.HeaderBar, over: Callable[[Screen | None], None]) -> None:
        self._glass, self._header, self._over = glass, header, over
        self.front: Screen | None = None
        self.leaving: Screen | None = None
        self._event: Any = None
        self._since = 0.0
        self._lasts_s = 0.0
        self._lights_on = False
        self._grounds = (theme.rgba("night.ground"), theme.rgba("night.ground"))
        Window.clearcolor = self._grounds[1]

    @property
    def running(self) -> bool:
        """Whether a change is under way."""
        return self._event is not None

    @property
    def lights_go_on(self) -> bool:
        """Whether one is under way that decides by itself when the header's letters turn dark."""
        return self.running and self._lights_on

    def to(self, screen: Screen, *, lights_on: bool) -> None:
        """Begin to show a screen in place of the one in front; the first one is there at once."""
        self.end()
        lights_on = lights_on and not motion.reduced()
        old, self.front = self.front, screen
        ground = theme.rgba(screen.ground)
        self._grounds = (theme.rgba("night.surface_2") if lights_on else self._grounds[1], ground)
        self._glass.many_fingers = screen.many_fingers
        # New screens come in under the leaving one, both under header, dock and sheets.
        self._glass.add_widget(screen, index=len(self._glass.children))
        surface.appear(stage.tree(screen))
        screen.show()
        if old is None:
            Window.clearcolor = ground
            screen.opacity = 1.0
            damage.everything()
            screen.entered()
            return
        self._lights_on = lights_on
        if lights_on:
            # The screen is there whole from its first frame; only the ground and what lies bare on it change.
            self._take_away(old)
            old.left()
        else:
            self.leaving = old
        self._since = time.monotonic()
        self._lasts_s = tokens.theme().motion.lights_on_ms / 1000 if lights_on else motion.crossfade_s()
        self._event = Clock.schedule_interval(self._go_on, 0)
        self._go_on(0.0)

    def end(self) -> None:
        """Be where the change leads, at once."""
        if self._event is None or self.front is None:
            return
        self._event.cancel()
        leaving, self.leaving, self._event = self.leaving, None, None
        Window.clearcolor = self._grounds[1]
        self.front.opacity = 1.0
        self._header.night = self.front.night_header
        if leaving is None:
            self.front.light(1.0)
        else:
            self._take_away(leaving)
            leaving.opacity = 1.0
            leaving.left()
        self.front.entered()
        damage.everything()
        self._over(leaving)
        Window.canvas.ask_update()

    def close(self) -> None:
        """Leave everything as it is."""
        if self._event is not None:
            self._event.cancel()

    def _go_on(self, _elapsed: float) -> None:
        share = min(1.0, (time.monotonic() - self._since + _HEAD_START_S) / self._lasts_s)
        eased = 1 - (1 - share) ** 3
        if self.front is None:
            return
        if self.leaving is not None:
            self.front.opacity, self.leaving.opacity = eased, 1 - eased
        else:
            self.front.light(eased)
            self._header.night = eased <= _DAWN
        Window.clearcolor = theme.mix(self._grounds[0], self._grounds[1], eased)
        damage.everything()
        if share >= 1.0:
            self.end()

    def _take_away(self, screen: Screen) -> None:
        self._glass.remove_widget(screen)
        surface.vanish(stage.tree(screen))

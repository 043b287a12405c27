"""Parts that several screens are made of: rows of buttons, checks, ways on, coloured strips."""

from typing import Any

from kivy.clock import Clock
from kivy.graphics import PopMatrix, PushMatrix, Translate
from kivy.metrics import dp
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty

from club.ui import buttons, damage, place, surface
from kiosk_app.present import views
from kiosk_app.ui.screen import Row, load_kv

_EMPTY_ART = {"vouchers": "no-vouchers", "activities": "no-events", "points": "no-points", "rewards": "sold-out"}


class Riser(place.Plane):
    """A plane drawn `drop` reference px lower than it is."""

    drop = NumericProperty(0)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._translate = Translate(0, 0, 0)
        self.canvas.before.insert(0, PushMatrix())
        self.canvas.before.insert(1, self._translate)
        self.canvas.after.add(PopMatrix())
        self.bind(drop=self._lower)

    def extent(self) -> None:
        """Not where its box is."""

    def _lower(self, *_: object) -> None:
        self._translate.y = -dp(self.drop)
        damage.everything()


class CardIcon(surface.Icon):
    """An icon on a card's face, in the colour `rgba` of its tier."""

    rgba = ObjectProperty((0, 0, 0, 1))

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bind(rgba=self._recolour)
        self._recolour()

    def _recolour(self, *_: object) -> None:
        self._color.rgba = self.rgba
        self.changed()


class ButtonRow(place.Plane):
    """Up to three buttons side by side, sharing the width; the most important (jade) last and a little wider."""

    buttons = ObjectProperty(())
    careful = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        self._fill = Clock.create_trigger(self._fill_now, -1)
        super().__init__(**kwargs)
        self.bind(buttons=self._fill, rect=self._fill)
        self._fill()

    def _fill_now(self, *_: object) -> None:
        while len(self.children) < len(self.buttons):
            self.add_widget(buttons.PushButton())
        width, height, gap = self.rect[2], self.rect[3], 24
        ordered = sorted(self.buttons, key=lambda button: button.tone == "jade")
        weights = [1.3 if button.tone == "jade" else 1.0 for button in ordered]
        room = width - gap * (len(self.buttons) - 1)
        left = 0.0
        for index, made in enumerate(reversed(self.children)):
            made.shown = index < len(self.buttons)
            shown = ordered[index] if made.shown else views.Button()
            made.text, made.icon, made.tone, made.enabled = shown.text, shown.icon, shown.tone, shown.enabled
            made.action, made.arg = shown.action, shown.arg
            if made.shown:
                wide = room * weights[index] / sum(weights)
                made.rect = (left, 0, wide, height)
                left += wide + gap


class CheckLine(Row):
    """What works or does not."""

    item = ObjectProperty(views.CheckRow(), rebind=True)


class HelpLine(Row):
    """A way on, with its button where there is one."""

    item = ObjectProperty(views.HelpRow(), rebind=True)


class BannerStrip(surface.Panel):
    """A coloured strip; away while there is no banner."""

    banner = ObjectProperty(None, allownone=True, rebind=True)

    @staticmethod
    def soft(tone: str) -> str:
        """Ground of a tone."""
        return {"danger": "danger_soft", "warn": "warn_soft", "jade": "jade_soft"}.get(tone, "surface_2")

    @staticmethod
    def strong(tone: str) -> str:
        """Icon of a tone."""
        return tone if tone in {"danger", "warn", "jade"} else "ink_2"


class EmptyPanel(surface.Panel):
    """kiosk-36: a drawing, a sentence and the next step; away while there is no `note`."""

    note = ObjectProperty(None, allownone=True, rebind=True)

    @staticmethod
    def art(note: views.EmptyNote | None) -> str:
        """The drawing that goes with a note."""
        return f"ui/empty/{_EMPTY_ART.get(note.illustration, 'no-points')}" if note else ""


class StatusLine(place.Flow):
    """A small centred line with a turning-arrows icon."""

    text = StringProperty("")


load_kv(__file__)

"""Buttons, chips and tags: a rounded surface with an icon and a text in the middle of it."""

from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, StringProperty

from club.ui import place, surface, text, touch

_LOOKS: dict[str, tuple[str, str, str, str]] = {
    # tone: fill, fill while pressed, text, line
    "jade": ("jade", "jade_press", "on_jade", ""),
    "ink": ("ink", "ink_2", "white", ""),
    "soft": ("jade_soft", "jade_mid", "jade_press", ""),
    "plain": ("clear", "surface_2", "ink", "ink"),
    "warn": ("warn_soft", "warn_soft", "warn", ""),
    "danger": ("danger", "danger", "white", ""),
    "dead": ("surface_2", "surface_2", "ink_3", ""),
    "night": ("night.surface_2", "night.line", "night.snow", "night.line"),
}
"""Buttons by tone."""

_TAGS = {
    "jade": ("jade_soft", "jade_press"),
    "warn": ("warn_soft", "warn"),
    "danger": ("danger_soft", "danger"),
    "plain": ("surface_2", "ink_2"),
    "ink": ("surface_2", "ink_2"),
    "dark": ("ink", "white"),
    "white": ("white", "jade_press"),
    "lit": ("night.jade", "night.on_jade"),
}
"""Tags by tone: fill, text."""


class PushButton(touch.TapPanel):
    """A button: `tone` its colours, `icon` (may be "") before `text`; `px` of the text."""

    text = StringProperty("")
    icon = StringProperty("")
    tone = StringProperty("jade")
    px = NumericProperty(36)
    icon_px = NumericProperty(44)
    pad = NumericProperty(24)
    busy = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._flow = place.Flow(gap=16, align="center", padding_x=self.pad)
        self._icon = surface.Icon()
        self._text = text.Text(face="bold", elastic=True, lines=1)
        self._flow.add_widget(self._icon)
        self._flow.add_widget(self._text)
        self.add_widget(self._flow)
        for name in ("text", "icon", "tone", "px", "icon_px", "enabled", "rect", "size", "pad"):
            self.fbind(name, self._fill_in)
        self._flow.bind(natural_width=self._grow)
        self._fill_in()

    def _grow(self, *_: object) -> None:
        self.natural_width = self._flow.natural_width

    def _fill_in(self, *_: object) -> None:
        fill, pressed, ink, line = _LOOKS[self.tone if self.enabled else "dead"]
        self.fill_up, self.fill_pressed, self.line = fill, pressed, line
        if fill == "clear":
            self.fill_up = "ground@0"
        self.line_width = 3 if self.tone == "plain" else 2
        self._icon.icon, self._icon.px, self._icon.role = self.icon, self.icon_px, ink
        self._icon.shown = bool(self.icon)
        self._text.text, self._text.px, self._text.role = self.text, self.px, ink
        self._flow.padding_x = self.pad
        width, height = self.rect[2] or self.natural_width, self.rect[3] or self.natural_height
        self._flow.rect = (0, 0, width, height)

    def lay_out(self, *args: object) -> None:
        """Let icon and text have the whole surface."""
        place.move(self._flow, *self.pos, *self.size)


class Chip(touch.TapPanel):
    """A choice in a row; the one that is `on` is ink. As wide as its text."""

    text = StringProperty("")
    icon = StringProperty("")
    on = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("radius", 48)
        super().__init__(**kwargs)
        self.natural_height = 96
        self._flow = place.Flow(gap=12, align="center", padding_x=36)
        self._icon = surface.Icon(px=40)
        self._text = text.Text(face="bold", px=30)
        self._flow.add_widget(self._icon)
        self._flow.add_widget(self._text)
        self.add_widget(self._flow)
        self.bind(text=self._fill_in, icon=self._fill_in, on=self._fill_in)
        self._flow.bind(natural_width=self.setter("natural_width"))
        self._fill_in()

    def _fill_in(self, *_: object) -> None:
        ink = "white" if self.on else "ink"
        self.fill_up, self.fill_pressed = ("ink", "ink_2") if self.on else ("surface", "surface_2")
        self.line = "" if self.on else "line"
        self._icon.icon, self._icon.role, self._icon.shown = self.icon, ink, bool(self.icon)
        self._text.text, self._text.role = self.text, ink

    def lay_out(self, *args: object) -> None:
        """Let icon and text have the whole surface."""
        place.move(self._flow, *self.pos, *self.size)


class Tag(surface.Panel):
    """A small label: `tone` "jade", "warn", "danger", "plain", "dark" or "white". As wide as its text."""

    text = StringProperty("")
    icon = StringProperty("")
    tone = StringProperty("jade")
    px = NumericProperty(24)
    elastic = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("radius", 12)
        super().__init__(**kwargs)
        self.natural_height = 44
        self._flow = place.Flow(gap=8, align="center", padding_x=16)
        self._icon = surface.Icon(px=26)
        self._text = text.Text(face="bold", elastic=True)
        self._flow.add_widget(self._icon)
        self._flow.add_widget(self._text)
        self.add_widget(self._flow)
        self.bind(text=self._fill_in, icon=self._fill_in, tone=self._fill_in, px=self._fill_in)
        self._flow.bind(natural_width=self.setter("natural_width"))
        self._fill_in()

    def _fill_in(self, *_: object) -> None:
        self.fill, ink = _TAGS[self.tone]
        self._icon.icon, self._icon.role, self._icon.shown = self.icon, ink, bool(self.icon)
        self._text.text, self._text.role, self._text.px = self.text, ink, self.px
        self.shown = bool(self.text)

    def lay_out(self, *args: object) -> None:
        """Let icon and text have the whole surface."""
        place.move(self._flow, *self.pos, *self.size)

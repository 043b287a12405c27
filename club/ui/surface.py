"""Panels, icons and pictures: rounded fills, lines and soft shadows out of nine-slices, art in any colour."""

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from kivy.clock import Clock
from kivy.graphics import BorderImage, Color, Rectangle
from kivy.graphics.texture import Texture
from kivy.metrics import dp
from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.widget import Widget

from club.resources import files
from club.ui import pictures, place, theme

_SHADOW_INSET = {1: 28, 2: 56, 3: 100}
_RADII = (10, 12, 14, 20, 24, 28, 32, 36, 44, 48)
_SMALL_ICON, _MIDDLE_ICON = 48, 72


@cache
def _borders() -> dict[str, list[int]]:
    path = files.art("ui/nine-slice.json") if (files.assets_dir() / "art/ui/nine-slice.json").is_file() else None
    listed = json.loads(path.read_text(encoding="utf-8")) if path else {}
    return {name.removesuffix(".png"): entry["border"] for name, entry in listed.items()}


def nine_slice(name: str) -> BorderImage:
    """Return a nine-slice of the product's art, its corners drawn at the scale of the window."""
    border = _borders()[name]
    return BorderImage(
        texture=pictures.art_texture(name),
        border=border,
        display_border=[dp(side) for side in border],
        auto_scale="off",
    )


def nearest_radius(radius: float) -> int:
    """Return the radius out of those that are drawn that is closest."""
    return min(_RADII, key=lambda drawn: abs(drawn - radius))


class Panel(place.Plane):
    """A rounded surface its children are placed on.

    `fill` and `line` are colour roles ("" for none), `line_width` 2, 3 or 6, `radius` in reference px, `shadow` 0 to 3,
    `shadow_role` tints it (cards). `shape` names another nine-slice instead of the rounded one.
    """

    fill = StringProperty("surface")
    line = StringProperty("")
    line_width = NumericProperty(2)
    radius = NumericProperty(32)
    shadow = NumericProperty(0)
    shadow_role = StringProperty("")
    shape = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        self._dress = Clock.create_trigger(self._dress_now, -1)
        self._parts: list[tuple[Any, float]] = []
        self._fill_color: Color | None = None
        super().__init__(**kwargs)
        for name in ("line", "line_width", "radius", "shadow", "shadow_role", "shape"):
            self.fbind(name, self._dress)
        self.fbind("fill", self._refill)
        self.fbind("pos", self._follow)
        self.fbind("size", self._follow)
        self._dress_now()

    def reach(self) -> float:
        """The shadow lies around it."""
        return float(dp(_SHADOW_INSET[int(self.shadow)])) if self.shadow else 0.0

    def _refill(self, *_: object) -> None:
        self.changed()
        if self.fill and self._fill_color is not None:
            self._fill_color.rgba = theme.rgba(self.fill)
        else:
            self._dress()

    def _dress_now(self, *_: object) -> None:
        self.changed()
        before = self.canvas.before
        before.clear()
        self._parts = []
        self._fill_color = None
        radius = nearest_radius(self.radius)
        if self.shadow:
            kind = "tint" if self.shadow_role else "light"
            before.add(Color(*theme.rgba(self.shadow_role or "white")))
            self._add(nine_slice(f"ui/shadow/shadow-{int(self.shadow)}-{kind}"), _SHADOW_INSET[int(self.shadow)])
        if self.fill:
            self._fill_color = Color(*theme.rgba(self.fill))
            before.add(self._fill_color)
            self._add(nine_slice(self.shape or f"ui/rounded/fill-r{radius}"))
        if self.line:
            before.add(Color(*theme.rgba(self.line)))
            self._add(nine_slice(f"ui/rounded/line{int(self.line_width)}-r{radius}"))
        self._follow()

    def _add(self, part: BorderImage, grown: float = 0) -> None:
        """Draw a part that reaches that much beyond the panel on each side."""
        self.canvas.before.add(part)
        self._parts.append((part, dp(grown)))

    def _follow(self, *_: object) -> None:
        for part, grown in self._parts:
            part.pos = (self.x - grown, self.y - grown)
            part.size = (self.width + 2 * grown, self.height + 2 * grown)


class Block(place.Placed):
    """A plain rectangle of one colour: rules, bars, scrims."""

    role = StringProperty("line")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.canvas:
            self._color = Color(*theme.rgba(self.role))
            self._rectangle = Rectangle(pos=self.pos, size=self.size)
        self.bind(pos=self._follow, size=self._follow, role=self._recolour)

    def _recolour(self, *_: object) -> None:
        self._color.rgba = theme.rgba(self.role)
        self.changed()

    def _follow(self, *_: object) -> None:
        self._rectangle.pos, self._rectangle.size = self.pos, self.size


class Art(place.Placed):
    """A piece of the product's art, stretched to its box, in its own colours or tinted by `role`. "" shows nothing.

    A large piece comes from the worker, and is there only while its screen is: see `appear` and `vanish`. Of such a piece `radius`
    (reference px, 0: as it was drawn) rounds the corners, and `faded` takes most of the colour.
    """

    name = StringProperty("")
    role = StringProperty("white")
    radius = NumericProperty(0)
    faded = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        self._ask = Clock.create_trigger(self._ask_now, -1)
        self.is_there = False
        super().__init__(**kwargs)
        with self.canvas:
            self._color = Color(*theme.rgba(self.role))
            self._rectangle = Rectangle(pos=self.pos, size=(0, 0))
        self.bind(pos=self._follow, size=self._follow, role=self._recolour, name=self._load)
        self.bind(radius=self._load, faded=self._load)
        self._load()

    def appear(self) -> None:
        """Its screen comes to the glass."""
        if self._is_large():
            self._ask()

    def vanish(self) -> None:
        """Its screen has left the glass: a large piece may be forgotten."""
        if self._is_large():
            self._put(None)

    def _is_large(self) -> bool:
        return bool(self.name) and pictures.is_large(self.name)

    def _load(self, *_: object) -> None:
        self._put(pictures.art_texture(self.name) if self.name and not self._is_large() else None)
        if self._is_large():
            self._ask()

    def _ask_now(self, *_: object) -> None:
        if not self._is_large() or self.get_parent_window() is None or self.width < 2 or self.height < 2:
            return
        wanted = self._wanted()
        ready = pictures.pool().get(wanted)
        if ready is not None:
            self._put(ready)
            return

        def then(texture: Texture) -> None:
            if self.get_parent_window() is not None and self._wanted() == wanted:
                self._put(texture)

        pictures.pool().ask(wanted, then)

    def _put(self, texture: Texture | None) -> None:
        self.is_there = texture is not None
        self._rectangle.texture = texture
        self._follow()
        self.changed()

    def _wanted(self) -> pictures.Wanted:
        return pictures.Wanted(
            self.name,
            round(self.width),
            round(self.height),
            radius=round(dp(self.radius)),
            stretch=True,
            faded=self.faded,
        )

    def _recolour(self, *_: object) -> None:
        self._color.rgba = theme.rgba(self.role)
        self.changed()

    def _follow(self, *_: object) -> None:
        self._rectangle.pos = self.pos
        self._rectangle.size = self.size if self.is_there else (0, 0)
        if not self.is_there and self._is_large():
            self._ask()


def appear(widgets: Iterable[Widget]) -> None:
    """Fetch the large art and the pictures among these: their screen comes to the glass."""
    for widget in widgets:
        if isinstance(widget, (Art, Picture)):
            widget.appear()


def vanish(widgets: Iterable[Widget]) -> None:
    """Let go of the large art and the pictures among these: their screen has left the glass."""
    for widget in widgets:
        if isinstance(widget, (Art, Picture)):
            widget.vanish()


class Icon(Art):
    """An icon, `px` wide and high in reference px (for a `Flow`), white art tinted by `role`; `rgba` overrides."""

    icon = StringProperty("")
    px = NumericProperty(44)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bind(icon=self._choose, px=self._choose)
        self._choose()

    def _choose(self, *_: object) -> None:
        wanted = dp(self.px)
        folder = "png-48" if wanted <= _SMALL_ICON else "png-72" if wanted <= _MIDDLE_ICON else "png-144"
        self.natural_width = self.px if self.icon else 0.001
        self.natural_height = self.px
        self.name = f"icons/{folder}/{self.icon}" if self.icon else ""


class Picture(place.Placed):
    """A content picture, scaled to its box off the UI thread and shown whole in the middle of it; `dim` fades it.

    With `cover` it fills the box; `radius` rounds its corners ("all" or the "left" ones: `rounded`); `shade` darkens its left side.
    """

    source = StringProperty("")
    dim = BooleanProperty(False)
    cover = BooleanProperty(False)
    radius = NumericProperty(0)
    rounded = StringProperty("all")
    shade = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        self._ask = Clock.create_trigger(self._ask_now, -1)
        super().__init__(**kwargs)
        with self.canvas:
            self._color = Color(1, 1, 1, 1)
            self._rectangle = Rectangle(size=(0, 0))
        self.bind(pos=self._ask, size=self._ask, source=self._ask, dim=self._ask)
        self._ask()

    def appear(self) -> None:
        """Its screen comes to the glass."""
        self._ask()

    def vanish(self) -> None:
        """Its screen has left the glass: the picture may be forgotten."""
        self._put_away()

    def _put_away(self) -> None:
        self._rectangle.texture = None
        self._rectangle.size = (0, 0)

    def _wanted(self) -> pictures.Wanted:
        return pictures.Wanted(
            self.source,
            max(1, int(self.width)),
            max(1, int(self.height)),
            cover=self.cover,
            radius=round(dp(self.radius)),
            rounded=self.rounded,
            shade=self.shade,
        )

    def _ask_now(self, *_: object) -> None:
        self.changed()
        self._color.a = 0.45 if self.dim else 1.0
        if not self.source or self.width < 2 or self.get_parent_window() is None:
            self._put_away()
            return
        wanted = self._wanted()
        ready = pictures.pool().get(wanted)
        if ready is not None:
            self._show(ready)
            return
        self._put_away()

        def then(texture: Texture) -> None:
            if self.get_parent_window() is not None and self._wanted() == wanted:
                self._show(texture)

        pictures.pool().ask(wanted, then)

    def _show(self, texture: Texture) -> None:
        self.changed()
        width, height = texture.size
        self._rectangle.texture = texture
        self._rectangle.size = (width, height)
        self._rectangle.pos = (round(self.center_x - width / 2), round(self.center_y - height / 2))

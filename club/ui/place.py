"""Places widgets where the drawing has them: px at the reference width, from the top left of their parent."""

from typing import Any, TypeAlias

from kivy.clock import Clock
from kivy.factory import Factory
from kivy.metrics import dp
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.widget import Widget

from club.ui import damage

Rect: TypeAlias = tuple[float, float, float, float]

_AWAY = -100_000
"""Where hidden widgets are: no pixel of theirs is drawn, no touch finds them."""


class Placed(Widget):
    """A widget with a place in its parent.

    `rect` is left, top, width, height in reference px. While not `shown` it is nowhere.
    `natural_width` is what a `Flow` gives it (0: the width of `rect`).
    """

    rect = ObjectProperty((0, 0, 0, 0))
    shown = BooleanProperty(True)
    natural_width = NumericProperty(0)
    natural_height = NumericProperty(0)
    baseline = NumericProperty(0)

    def natural(self) -> tuple[float, float]:
        """Return width and height in reference px that a `Flow` reserves."""
        return self.natural_width or self.rect[2], self.natural_height or self.rect[3]

    def __init__(self, **kwargs: Any) -> None:
        self._seen_at: tuple[float, float, float, float] = (_AWAY, _AWAY, 0.0, 0.0)
        super().__init__(**kwargs)
        self.fbind("pos", self.changed)
        self.fbind("size", self.changed)

    def reach(self) -> float:
        """Return how many window px beyond its box it draws."""
        return 0.0

    def extent(self) -> tuple[float, float, float, float] | None:
        """Return left, bottom, right and top in window px beyond which it draws nothing; None: nobody knows, nor of what it holds."""
        reach = self.reach()
        return self.x - reach, self.y - reach, self.right + reach, self.top + reach

    def changed(self, *_: object) -> None:
        """Say that it looks different from the last frame, where it was and where it is."""
        reach = self.reach()
        was_away = self._seen_at[0] <= _AWAY / 2
        if not was_away:
            damage.part(*self._seen_at, reach)
        self._seen_at = (self.x, self.y, self.width, self.height)
        if self.x > _AWAY / 2:
            damage.part(*self._seen_at, reach)
            if was_away:
                damage.arrival()

    def add_widget(self, widget: Widget, *args: Any, **kwargs: Any) -> None:
        """Take a child."""
        super().add_widget(widget, *args, **kwargs)
        if self.get_parent_window() is not None:
            damage.everything()

    def remove_widget(self, widget: Widget, *args: Any, **kwargs: Any) -> None:
        """Let a child go."""
        super().remove_widget(widget, *args, **kwargs)
        if self.get_parent_window() is not None:
            damage.everything()


class Plane(Placed):
    """Lays its children out by their `rect`."""

    def __init__(self, **kwargs: Any) -> None:
        self._lay_out = Clock.create_trigger(self.lay_out, -1)
        super().__init__(**kwargs)
        self.fbind("pos", self._lay_out)
        self.fbind("size", self._lay_out)

    def add_widget(self, widget: Widget, *args: Any, **kwargs: Any) -> None:
        """Take a child, and watch its place."""
        super().add_widget(widget, *args, **kwargs)
        if isinstance(widget, Placed):
            widget.fbind("rect", self._lay_out)
            widget.fbind("shown", self._lay_out)
        self._lay_out()

    def remove_widget(self, widget: Widget, *args: Any, **kwargs: Any) -> None:
        """Let a child go."""
        if isinstance(widget, Placed):
            widget.funbind("rect", self._lay_out)
            widget.funbind("shown", self._lay_out)
        super().remove_widget(widget, *args, **kwargs)

    def lay_out(self, *_: object) -> None:
        """Put every child in its place now, and theirs below them."""
        left, top = self.x, self.top
        for child in self.children:
            if isinstance(child, Placed):
                if child.shown:
                    x, y, width, height = child.rect
                    move(child, left + dp(x), top - dp(y + height), dp(width), dp(height))
                else:
                    move(child, _AWAY, _AWAY, 0, 0)


class Repeat(Plane):
    """One child of `item_class` per item of `items`, `columns` to a row; each child reads its `item`.

    Children are kept and given new items; those left over are hidden and their item is blanked, so nothing of a member stays.
    `cell` is width, height of a child, `step` the distance from one to the next, in reference px.
    """

    items = ObjectProperty(())
    item_class = StringProperty("")
    columns = NumericProperty(1)
    cell = ObjectProperty((0, 0))
    step = ObjectProperty((0, 0))

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name in ("items", "item_class", "columns", "cell", "step"):
            self.fbind(name, self._fill)
        self._fill()

    def _fill(self, *_: object) -> None:
        if not self.item_class:
            return
        living = self.children[::-1]
        for index, item in enumerate(self.items):
            row, column = divmod(index, int(self.columns))
            rect = (column * self.step[0], row * self.step[1], *self.cell)
            if index < len(living):
                child = living[index]
                child.item, child.rect, child.shown = item, rect, True
            else:
                child = Factory.get(self.item_class)(item=item, rect=rect)
                self.add_widget(child)
            if hasattr(child, "first"):
                child.first = index == 0
        for child in living[len(self.items) :]:
            child.shown = False
            child.item = type(child.item)()
        self._lay_out()


class Flow(Placed):
    """Lays its children side by side, each as wide as it needs.

    `gap` between them in reference px; `align` is "left", "center" or "right"; `on_baseline` puts texts of different sizes on one line.
    Where they do not fit, texts marked `elastic` shrink.
    """

    gap = NumericProperty(0)
    align = StringProperty("left")
    on_baseline = BooleanProperty(False)
    padding_x = NumericProperty(0)

    def __init__(self, **kwargs: Any) -> None:
        self._lay_out = Clock.create_trigger(self.lay_out, -1)
        super().__init__(**kwargs)
        for name in ("pos", "size", "gap", "align", "on_baseline", "padding_x"):
            self.fbind(name, self._lay_out)

    def add_widget(self, widget: Widget, *args: Any, **kwargs: Any) -> None:
        """Take a child, and watch how much room it needs."""
        super().add_widget(widget, *args, **kwargs)
        for name in ("natural_width", "natural_height", "shown", "rect"):
            widget.fbind(name, self._lay_out)
        self._lay_out()

    def lay_out(self, *_: object) -> None:
        """Put every child in its place now."""
        scale = dp(1)
        shown = [child for child in reversed(self.children) if child.shown]
        room = self.width / scale - 2 * self.padding_x
        widths = [child.natural()[0] for child in shown]
        gaps = self.gap * max(0, len(shown) - 1)
        wanted = sum(widths) + gaps
        self.natural_width = wanted + 2 * self.padding_x
        if wanted > room > 0:
            elastic = [index for index, child in enumerate(shown) if getattr(child, "elastic", False)]
            soft = sum(widths[index] for index in elastic)
            for index in elastic:
                widths[index] = max(0.0, widths[index] - (wanted - room) * widths[index] / soft)
            wanted = sum(widths) + gaps
        start = {"left": 0.0, "center": (room - wanted) / 2, "right": room - wanted}[self.align]
        x = (
            self.x / scale + self.padding_x + max(0.0, start)
            if self.align != "right"
            else self.x / scale + self.padding_x + start
        )
        lowest = max((child.baseline for child in shown), default=0)
        for child, width in zip(shown, widths, strict=True):
            height = child.natural()[1]
            drop = lowest - child.baseline if self.on_baseline else 0
            bottom = self.center_y / scale - height / 2 - drop
            move(child, x * scale, bottom * scale, width * scale, height * scale)
            x += width + self.gap
        for child in self.children:
            if not child.shown:
                move(child, _AWAY, _AWAY, 0, 0)


def move(widget: Widget, x: float, y: float, width: float, height: float) -> None:
    """Set place and size on whole px of the window, so that edges and letters are crisp."""
    left, bottom = round(x), round(y)
    widget.size = (round(x + width) - left, round(y + height) - bottom)
    widget.pos = (left, bottom)

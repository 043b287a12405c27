"""A list one drags: what is pressed answers at once, a drag lets go of it; only the rows near the window have widgets."""

from collections import deque
from typing import Any

from kivy.clock import Clock
from kivy.factory import Factory
from kivy.graphics import ScissorPop, ScissorPush
from kivy.metrics import dp
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty

from club.ui import place, touch

_SLOP = 14
_FRICTION_PER_S = 4.0
_SLOWEST = 60.0
_FPS = 60


class Shelf(place.Placed):
    """`items` as a grid of `item_class`, `columns` wide, scrolled by a finger.

    `cell` is width, height of a child and `step` the distance to the next, in reference px; `foot` is room under the last row and
    `inset` the room left of and above the first child (shadows fall there).
    Children are reused for the rows in sight, so a long list costs no more than a short one. `near_end` is true while the last row
    is in sight or nearly so.
    """

    items = ObjectProperty(())
    item_class = StringProperty("")
    columns = NumericProperty(1)
    cell = ObjectProperty((0, 0))
    step = ObjectProperty((0, 0))
    foot = NumericProperty(24)
    inset = ObjectProperty((0, 0))
    scrolled = NumericProperty(0)
    near_end = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        self._arrange = Clock.create_trigger(self._arrange_now, -1)
        self._glide: Any = None
        self._speed = 0.0
        self._recent: deque[tuple[float, float]] = deque(maxlen=5)
        super().__init__(**kwargs)
        self._scissor = ScissorPush(x=0, y=0, width=1, height=1)
        self.canvas.before.add(self._scissor)
        self.canvas.after.add(ScissorPop())
        for name in ("pos", "size", "item_class", "columns", "cell", "step", "inset", "scrolled"):
            self.fbind(name, self._arrange)
        self.fbind("items", self._new_items)
        self._arrange()

    def _new_items(self, *_: object) -> None:
        self.scrolled = min(self.scrolled, self._furthest())
        self._arrange()

    def to_top(self) -> None:
        """Show the first row."""
        self._stop()
        self.scrolled = 0

    def scroll_by(self, distance: float) -> None:
        """Move on by that many px of the drawing, as far as there are rows."""
        self._stop()
        self.scrolled = min(self._furthest(), max(0.0, self.scrolled + distance))

    def _furthest(self) -> float:
        rows = -(-len(self.items) // int(self.columns))
        whole: float = self.inset[1] + rows * self.step[1] + self.foot
        seen: float = self.height / dp(1)
        return max(0.0, whole - seen)

    def _arrange_now(self, *_: object) -> None:
        self._scissor.x, self._scissor.y = int(self.x), int(self.y)
        self._scissor.width, self._scissor.height = int(self.width), int(self.height)
        if not self.item_class or self.height < 2 or not self.step[1]:
            return
        self.near_end = bool(self.items) and self.scrolled >= self._furthest() - self.step[1]
        columns = int(self.columns)
        first_row = max(0, int((self.scrolled - self.inset[1]) // self.step[1]))
        last_row = int((self.scrolled - self.inset[1] + self.height / dp(1)) // self.step[1])
        wanted = range(first_row * columns, min(len(self.items), (last_row + 1) * columns))
        # A child keeps its item while that is in sight, so that a finger on it stays on it.
        by_index = {child.index: child for child in self.children if child.index in wanted}
        free = [child for child in self.children if child.index not in wanted]
        for index in wanted:
            child = by_index.get(index)
            if child is None:
                child = free.pop() if free else None
                if child is None:
                    child = Factory.get(self.item_class)()
                    self.add_widget(child)
                child.index = index
            child.item = self.items[index]
            child.shown = True
            row, column = divmod(index, columns)
            left, top = self.inset[0] + column * self.step[0], self.inset[1] + row * self.step[1] - self.scrolled
            place.move(child, self.x + dp(left), self.top - dp(top + self.cell[1]), dp(self.cell[0]), dp(self.cell[1]))
        for child in free:
            child.index, child.shown, child.item = -1, False, type(child.item)()
            place.move(child, -100_000, -100_000, dp(self.cell[0]), dp(self.cell[1]))

    def on_touch_down(self, finger: Any) -> bool:
        """Let what is under the finger answer, and watch whether it drags."""
        if not self.collide_point(*finger.pos):
            return False
        self._stop()
        super().on_touch_down(finger)
        finger.grab(self)
        finger.ud[self] = self.scrolled
        self._recent.clear()
        return True

    def on_touch_move(self, finger: Any) -> bool:
        """Follow a finger that drags."""
        if finger.grab_current is not self:
            return bool(super().on_touch_move(finger)) if self.collide_point(*finger.pos) else False
        moved = (finger.y - finger.oy) / dp(1)
        if touch.CANCELLED not in finger.ud and abs(moved) < _SLOP:
            return True
        finger.ud[touch.CANCELLED] = True
        self._recent.append((Clock.get_time(), finger.y / dp(1)))
        self.scrolled = min(self._furthest(), max(0.0, finger.ud[self] + moved))
        return True

    def on_touch_up(self, finger: Any) -> bool:
        """Let go: glide on if the finger was moving."""
        if finger.grab_current is not self:
            return bool(super().on_touch_up(finger))
        finger.ungrab(self)
        if touch.CANCELLED in finger.ud and len(self._recent) > 1:
            (start, low), (end, high) = self._recent[0], self._recent[-1]
            if Clock.get_time() - end < 0.1 and end > start:
                self._speed = (high - low) / (end - start)
                self._glide = Clock.schedule_interval(self._glide_on, 1 / _FPS)
        return True

    @property
    def moving(self) -> bool:
        """Whether the list still glides."""
        return self._glide is not None

    def _glide_on(self, elapsed: float) -> None:
        wanted = self.scrolled + self._speed * elapsed
        self.scrolled = min(self._furthest(), max(0.0, wanted))
        self._speed *= max(0.0, 1 - _FRICTION_PER_S * elapsed)
        if abs(self._speed) < _SLOWEST or self.scrolled != wanted:
            self._stop()

    def _stop(self) -> None:
        if self._glide is not None:
            self._glide.cancel()
            self._glide = None


class Column(Shelf):
    """Its children one below the other, each as high as it needs, as wide as the column without its `inset`; `gap` between them."""

    gap = NumericProperty(28)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fbind("gap", self._arrange)

    def add_widget(self, widget: Any, *args: Any, **kwargs: Any) -> None:
        """Take a child at the foot of the column, and watch how much room it needs."""
        super().add_widget(widget, *args, **kwargs)
        widget.fbind("natural_height", self._arrange)
        self._arrange()

    def _furthest(self) -> float:
        heights: list[float] = [child.natural_height for child in self.children]
        whole: float = 2 * self.inset[1] + sum(heights) + self.gap * max(0, len(heights) - 1)
        seen: float = self.height / dp(1)
        return max(0.0, whole - seen)

    def _arrange_now(self, *_: object) -> None:
        self._scissor.x, self._scissor.y = int(self.x), int(self.y)
        self._scissor.width, self._scissor.height = int(self.width), int(self.height)
        self.scrolled = min(self.scrolled, self._furthest())
        self.near_end = self.scrolled >= self._furthest()
        top = self.top / dp(1) - self.inset[1] + self.scrolled
        width = self.width / dp(1) - 2 * self.inset[0]
        for child in reversed(self.children):
            top -= child.natural_height
            place.move(child, self.x + dp(self.inset[0]), dp(top), dp(width), dp(child.natural_height))
            top -= self.gap


class Strip(place.Placed):
    """`items` side by side as `item_class`, each as wide as it needs, `gap` apart, dragged sideways where they do not fit.

    `whole` is how many px of the drawing they take with the `inset` at both ends.
    """

    items = ObjectProperty(())
    item_class = StringProperty("")
    gap = NumericProperty(16)
    inset = NumericProperty(0)
    scrolled = NumericProperty(0)
    whole = NumericProperty(0)

    def __init__(self, **kwargs: Any) -> None:
        self._arrange = Clock.create_trigger(self._arrange_now, -1)
        super().__init__(**kwargs)
        for name in ("pos", "size", "gap", "inset", "scrolled"):
            self.fbind(name, self._arrange)
        self.fbind("items", self._fill)
        self.fbind("item_class", self._fill)
        self._fill()

    def _fill(self, *_: object) -> None:
        if not self.item_class:
            return
        living = self.children[::-1]
        for index, item in enumerate(self.items):
            if index < len(living):
                living[index].item, living[index].shown = item, True
            else:
                child = Factory.get(self.item_class)(item=item)
                child.fbind("natural_width", self._arrange)
                self.add_widget(child)
        for child in living[len(self.items) :]:
            child.shown, child.item = False, type(child.item)()
        self._arrange()

    def _arrange_now(self, *_: object) -> None:
        left: float = self.inset
        for child in reversed(self.children):
            if child.shown:
                width, height = child.natural()
                top = self.center_y - dp(height) / 2
                place.move(child, self.x + dp(left - self.scrolled), top, dp(width), dp(height))
                left += width + self.gap
            else:
                place.move(child, -100_000, -100_000, 0, 0)
        self.whole = left - self.gap + self.inset

    def on_touch_down(self, finger: Any) -> bool:
        """Let what is under the finger answer, and watch whether it drags."""
        if not self.collide_point(*finger.pos):
            return False
        super().on_touch_down(finger)
        finger.grab(self)
        finger.ud[self] = self.scrolled
        return True

    def on_touch_move(self, finger: Any) -> bool:
        """Follow a finger that drags."""
        if finger.grab_current is not self:
            return False
        moved = (finger.x - finger.ox) / dp(1)
        furthest = max(0.0, self.whole - self.width / dp(1))
        if furthest and (touch.CANCELLED in finger.ud or abs(moved) >= _SLOP):
            finger.ud[touch.CANCELLED] = True
            self.scrolled = min(furthest, max(0.0, finger.ud[self] - moved))
        return True

    def on_touch_up(self, finger: Any) -> bool:
        """Let go."""
        if finger.grab_current is self:
            finger.ungrab(self)
            return True
        return bool(super().on_touch_up(finger))

"""A number and a bar that move to a new value instead of jumping, so that the eye sees what was spent or won."""

from typing import Any

from kivy.properties import NumericProperty, StringProperty

from club.ui import motion, round, text  # noqa: A004


class RollingNumber(text.Text):
    """A text whose `value` is a number with thousands' commas ("6,280"); from one number to another it counts. "" shows nothing."""

    value = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        self._held = ""
        self._glide = motion.Glide(self._count)
        super().__init__(**kwargs)
        self.bind(value=self._roll)
        self._roll()

    @property
    def moving(self) -> bool:
        """Whether it counts."""
        return self._glide.moving

    def _roll(self, *_: object) -> None:
        before, self._held = self._held, self.value
        start, target = _number(before), _number(self.value)
        if start is None or target is None:
            self._glide.stop()
            self.text = self.value
        else:
            self._glide.to(start, target)

    def _count(self, at: float) -> None:
        target = _number(self.value)
        self.text = self.value if target is None or at == target else f"{int(at):,}"


class RollingPill(round.Pill):
    """A bar that grows or shrinks to its `goal` (0 to 1); from nothing it is there at once."""

    goal = NumericProperty(0)

    def __init__(self, **kwargs: Any) -> None:
        self._grow = motion.Glide(self._take)
        super().__init__(**kwargs)
        self.share = self.goal
        self.bind(goal=self._move)

    @property
    def moving(self) -> bool:
        """Whether it moves."""
        return self._grow.moving

    def _move(self, *_: object) -> None:
        if self.share > 0 and self.goal > 0:
            self._grow.to(self.share, self.goal)
        else:
            self._grow.stop()
            self.share = self.goal

    def _take(self, share: float) -> None:
        self.share = share


def _number(what: str) -> int | None:
    digits = what.replace(",", "")
    return int(digits) if digits.isdecimal() else None

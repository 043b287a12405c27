"""The kiosk's window under test: what runs inside its process."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from msgspec import Struct, structs

if TYPE_CHECKING:
    from kiosk_app.present import views
    from kiosk_app.ui.shell import Drawn, KioskUI

_PATIENCE_S = 20.0

NOT_DRAWN = frozenset(
    [
        "action",
        "arg",
        "icon",
        "picture",
        "tone",
        "slug",
        "tier",
        "mark",
        "illustration",
        "qr",
        "voucher_id",
        "attempts_tone",
        "note_tone",
        "line_tone",
        "tag_tone",
        "lock_icon",
        "confirm_icon",
        "keys",
        "short",
        "line",
        "missing",
        "dots",
    ]
)
"""Fields of views that choose something instead of being read, or are read in large text only."""


@dataclass
class Program:
    """The kiosk's screens, with all they told and drew."""

    ui: "KioskUI"
    told: list[tuple[str, str]] = field(default_factory=list)
    drawn: "list[Drawn]" = field(default_factory=list)

    def frame(self) -> None:
        """Let one frame pass."""
        from kivy.base import EventLoop

        EventLoop.idle()

    def until(self, wanted: Callable[[], object], what: str) -> None:
        """Let frames pass until something is so."""
        deadline = time.monotonic() + _PATIENCE_S
        while not wanted():
            assert time.monotonic() < deadline, f"expected {what} within {_PATIENCE_S:.0f} s"
            self.frame()

    def show(self, view: "views.View") -> None:
        """Show a view and let it settle; what an earlier test pressed does not count as a first press."""
        from club.ui.touch import Tap

        self.ui.show(view)
        self.settle()
        for widget in self.widgets():
            if isinstance(widget, Tap):
                widget._told_at = float("-inf")

    def settle(self) -> None:
        """Let frames pass until nothing moves."""
        for _ in range(3):
            self.frame()
        self.until(lambda: self.ui.settled, "the screen to settle")
        self.frame()

    def touch(self, x: float, y: float) -> None:
        """Press and let go, in px of the drawing."""
        self.ui.touch(x, y)
        self.frame()
        self.until(lambda: not self.ui._stage._fingers, "the finger to be gone")

    def widgets(self) -> Iterator[Any]:
        """All widgets on the glass, those put away too."""
        yield from self.ui._stage.walk()

    def seen(self) -> Iterator[Any]:
        """The widgets that are not put away."""
        from kiosk_app.ui import stage

        yield from stage.seen(self.ui._stage)


def opened(width: int, height: int) -> Program:
    """Open the window with the screens built."""
    from club.ui import window

    window.prepare(width, height, title="kiosk under test")
    from kiosk_app.ui import shell

    told: list[tuple[str, str]] = []
    drawn: list[Any] = []
    ui = shell.KioskUI(lambda action, arg: told.append((str(action), arg)), drawn.append)
    return Program(ui, told, drawn)


def words_of(value: Any) -> Iterator[str]:
    """Every text of a view that is to be read on the glass."""
    if isinstance(value, str):
        if value:
            yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from words_of(item)
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            if name not in NOT_DRAWN and not _kept_for_large(value, name):
                yield from words_of(getattr(value, name))


def _kept_for_large(value: Any, name: str) -> bool:
    """Where an activity stands on top there is no room for the page's title."""
    return name == "title" and getattr(value, "feature", None) is not None


def lengthened(value: Any) -> Any:
    """The same view with every text that is read twice as long."""
    if isinstance(value, str):
        return value + value if value else value
    if isinstance(value, tuple):
        return tuple(lengthened(item) for item in value)
    if isinstance(value, Struct):
        return structs.replace(
            value,
            **{name: lengthened(getattr(value, name)) for name in value.__struct_fields__ if name not in NOT_DRAWN},
        )
    return value


def px(program: Program, x: float, y: float) -> tuple[float, float]:
    """A place of the window as px of the drawing, from the top left."""
    from kivy.core.window import Window

    scale = Window.width / 1080
    return x / scale, (Window.height - y) / scale

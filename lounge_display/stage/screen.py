"""Puts the glass and the bar into the window and runs it; the one door of the stage."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from club.render import footer
from club.render.context import FOOTER_SIZE, SCREEN_SIZE, split_screen
from club.ui import window

TITLE = "club-lounge"
TICKER_FPS = 20
"""Enough for words that move 4 px at a time; each step draws the bar."""
IDLE_FPS = 5
"""How often the window looks up while nothing is due: only for what the desktop says to it."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a screen is divided, in px."""

    screen: tuple[int, int]
    board: tuple[int, int]
    bar: tuple[int, int]

    @classmethod
    def of(cls, width: int, height: int) -> "Layout":
        """The shares of board and bar."""
        return cls((width, height), *split_screen(width, height))


class Screen:
    """The lounge's one window. Make it on the main thread, once in a process.

    Args:
        size: of the window in px; a window that covers the display takes the display's own.
        first: draws the picture of the first frame, RGB, of the board's size in that layout.
        monotonic: seconds.
        ticker_px_per_s: speed in px of the design.
        fullscreen: cover the display.
        position: left and top on the display, when not.
        max_fps: how many steps a second a fade takes.

    Raises:
        WindowFault: no display answers.
    """

    def __init__(
        self,
        size: tuple[int, int],
        first: Callable[[Layout], Image.Image],
        monotonic: Callable[[], float],
        *,
        ticker_px_per_s: float = 90,
        fullscreen: bool = False,
        position: tuple[int, int] | None = None,
        max_fps: int = 30,
    ) -> None:
        prepared = window.prepare(
            *size,
            title=TITLE,
            fullscreen=fullscreen,
            reference_width=SCREEN_SIZE[0],
            ground=_ground(),
            position=position,
            takes_input=False,
        )
        # Only now may Kivy's widgets be imported: prepare() has closed Kivy's own settings.
        from kivy.graphics import Callback
        from kivy.graphics.opengl import GL_BLEND, glDisable
        from kivy.uix.floatlayout import FloatLayout

        from club.ui.cover import Cover
        from club.ui.redraw import Redraw
        from lounge_display.stage.bar import Bar
        from lounge_display.stage.glass import Glass

        self.window: Any = prepared.window
        self.window.clear()
        self.window.flip()  # what is seen until the first picture is drawn is the ground, not what lay there before
        self.layout = layout = Layout.of(*map(int, self.window.system_size))
        self.renderer = prepared.renderer
        self._redraw = Redraw(prepared.window, prepared.renderer, covered=True)
        scale = layout.bar[1] / FOOTER_SIZE[1]
        clock = footer.clock_area()
        box = (round(clock.x * scale), 0, round(clock.w * scale), round(clock.h * scale))
        board = (0, layout.bar[1], *layout.board)
        self.glass = Glass(
            first(layout), monotonic, lambda: self._redraw.mark(board), steps_per_s=max_fps, pos=board[:2]
        )
        self.bar = Bar(
            layout.bar,
            box,
            ticker_px_per_s * scale,
            monotonic,
            self._redraw.mark,
            steps_per_s=min(max_fps, TICKER_FPS),
        )
        self.root = FloatLayout(size=layout.screen)
        # Nothing here is seen through; without a GPU, blending would double what a frame costs. Kivy switches it on by itself.
        self.root.canvas.before.add(Callback(lambda _instruction: glDisable(GL_BLEND)))
        self.root.add_widget(self.glass)
        self.root.add_widget(self.bar)
        self._cover = Cover(prepared.window, self._redraw.whole)
        window.set_pace(IDLE_FPS)  # everything here moves by timers, which end the clock's sleep

    @property
    def frames(self) -> int:
        """Frames drawn so far."""
        return self._redraw.frames

    @property
    def clips(self) -> bool:
        """Whether frames are drawn only where something changed (software renderers)."""
        return self._redraw.clips

    def show(self, image: Image.Image, fade_ms: int) -> None:
        """Cross-fade to a board's picture."""
        self.glass.show(image, fade_ms)

    def show_bar(self, plate: Image.Image, area: tuple[int, int], strip: Image.Image, *, moves: bool) -> None:
        """Set the bar's plate and ticker."""
        self.bar.show(plate, area, strip, moves=moves)

    def show_clock(self, image: Image.Image | None) -> None:
        """Set the clock."""
        self.bar.show_clock(image)

    def repeat(self, action: Callable[[], None], every_s: float) -> None:
        """Call `action` on the UI thread, again and again."""
        from kivy.clock import Clock

        Clock.schedule_interval(lambda _elapsed: action(), every_s)

    def run(self, ready: Callable[[], None]) -> None:
        """Show the window until `stop`; `ready` is called at the first frame."""
        from kivy.base import runTouchApp
        from kivy.clock import Clock

        Clock.schedule_once(lambda _elapsed: ready(), 0)
        runTouchApp(self.root)

    def stop(self) -> None:
        """Leave `run`."""
        from kivy.base import stopTouchApp

        stopTouchApp()

    def shot(self, path: Path) -> None:
        """Write what the window shows, as PNG."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.look().save(path)

    # ---------------------------------------------------------------- what staff order from afar (`club.ui.remote.Glass`)

    def look(self) -> Image.Image:
        """What the window shows."""
        from club.ui import shot

        return shot.look(self.window, self._redraw.whole)

    def cover(self, image: Image.Image | None, seen: Callable[[], None]) -> None:
        """Lay a picture, or black, over everything; `seen` once it is on the glass."""
        self._cover.show(image, seen)

    def uncover(self, seen: Callable[[], None]) -> None:
        """Show board and bar again."""
        self._cover.lift(seen)

    def rest(self, resting: bool) -> None:
        """Let nothing move, so that no frame is drawn; or go on."""
        self.bar.rest(resting)

    def later(self, work: Callable[[], None], seconds: float) -> None:
        """Do something on the UI thread after so many seconds."""
        from kivy.clock import Clock

        Clock.schedule_once(lambda _elapsed: work(), seconds)


def _ground() -> tuple[float, float, float, float]:
    from club.resources.theme import theme

    return theme().color.night.ground.rgba

"""The kiosk's window: shows a view on its screen, changes between screens, and tells what was pressed."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kivy.base import EventLoop, runTouchApp, stopTouchApp
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.graphics.opengl import GL_RENDERER, glGetString
from kivy.metrics import dp
from msgspec import Struct
from msgspec.structs import replace
from PIL import Image

from club.ui import (
    bridge,
    cover,
    culling,
    damage,
    glyphs,
    pictures,
    place,
    redraw,
    shot,
    stopwatch,
    text,
    theme,
    touch,
    window,
)
from kiosk_app.present import views
from kiosk_app.ui import catalogue, changing, chrome, sheets, stage
from kiosk_app.ui.screen import Screen

WIDTH, HEIGHT = 1080, 1920
_DOCK_TOP = 1768
_QUIET_S = 3.0
_TIDY_S = 0.5


class Drawn(Struct, frozen=True):
    """A frame that is on the glass: `opacity` of the screen in front, `at` on the monotonic clock, `cost_ms` of the UI thread."""

    screen: str
    opacity: float
    at: float
    cost_ms: float


class KioskUI:
    """The kiosk's screens in the window that `club.ui.window.prepare` opened. Everything but `stop` and `call` is for the UI thread.

    Args:
        tell: gets each touch as an action with its argument (`kiosk_app.flow.actions`), on the UI thread.
        drawn: called after each frame that changed the glass.
        tidy: called when every screen is built, half a second after each change of screens, and when nobody touches: on the UI thread.
    """

    def __init__(
        self,
        tell: Callable[[str, str], None],
        drawn: Callable[[Drawn], None] | None = None,
        tidy: Callable[[], None] = lambda: None,
    ) -> None:
        theme.register_fonts()
        self.tell = tell
        self.frames = 0
        self._drawn = drawn
        self._tidy = Clock.create_trigger(lambda _: tidy(), _TIDY_S)
        self._view: views.View | None = None
        self._screens: dict[str, Screen] = {}
        self._large: dict[tuple[str, bool], Screen] = {}
        self._warm: set[str] = set()
        self._wipe_due = False
        self._to_blank: list[Screen] = []
        self._wiping: Any = None
        self._touches = 0
        self._touching = 0
        self._frame_began = 0.0
        self._unwatch: Callable[[], None] | None = None
        self._last_touch = Clock.get_time()
        self._calls: bridge.Bridge[Callable[[], None]] = bridge.Bridge(lambda call: call())
        self._stage = stage.Stage(self._told, size=Window.size)
        self._header = chrome.HeaderBar(rect=(0, 0, WIDTH, 140))
        self._dock = chrome.Dock(self._told, rect=(0, _DOCK_TOP, WIDTH, HEIGHT - _DOCK_TOP), shown=False)
        self._sheets = {name: make(self._told) for name, make in sheets.SHEETS.items()}
        for part in (self._header, self._dock, *self._sheets.values()):
            self._stage.add_widget(part)
        EventLoop.ensure_window()
        Window.add_widget(self._stage)
        self._change = changing.Changing(self._stage, self._header, self._changed)
        renderer = bytes(glGetString(GL_RENDERER)).decode("ascii", "replace")
        self._redraw = redraw.Redraw(Window, renderer, culling=culling.Culling(self._stage))
        self.touched_cover: Callable[[], None] = lambda: None  # told of a finger while something covers the glass
        damage.tell(self._redraw.mark, self._redraw.whole, self._redraw.arrived)
        Window.bind(
            size=self._resized, on_request_close=self._close_asked, on_draw=self._frame_starts, on_flip=self._frame_done
        )
        self._cover = cover.Cover(Window, self._redraw.whole, self._cover_touched)  # last: it hears of flips first
        self._pace = Clock.create_trigger(self._slow_down, _QUIET_S)
        self._pace()
        self._warming = Clock.schedule_once(self._warm_next, 0.2)

    # ------------------------------------------------------------ what is shown

    @property
    def view(self) -> views.View | None:
        """What is shown now."""
        return self._view

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the window in px."""
        return int(Window.size[0]), int(Window.size[1])

    @property
    def settled(self) -> bool:
        """Whether nothing moves, no scripted finger is down, no picture is still to come and the last view is on the glass."""
        if self._touching or self._change.running or self._wiping is not None:
            return False
        if pictures.pool().busy or text.is_waiting():
            return False
        all_rest = not any(getattr(widget, "moving", False) for widget in stage.seen(self._stage))
        sheets_rest = not any(sheet.moving for sheet in self._sheets.values())
        return all_rest and sheets_rest

    @property
    def built(self) -> bool:
        """Whether every screen of a member's visit is there, so that none is still to be built under a finger."""
        return self._warming is None

    def show(self, view: views.View) -> None:
        """Show a view: on its screen if that is up, else with a change to it. A view equal to the last one does nothing.

        Raises:
            KeyError: a view for which there is no screen.
        """
        if view == self._view:
            return
        with stopwatch.measure(f"show {view.screen}"):
            self._show(view)

    def _show(self, view: views.View) -> None:
        before, self._view = self._view, view
        large = view.large or view.contrast
        screen = self._large_screen(view) if large else self._screen(view.screen)
        if large or not _same_page(screen.view, view):
            screen.view = view  # which has each of its rules worked out again
        if screen is not self._change.front:
            self._lively()
            opens = before is not None and (before.screen, view.screen) == ("reading", "home")
            self._change.to(screen, lights_on=opens and not large)
        self._header.header = view.header
        if not self._change.lights_go_on:
            self._header.night = screen.night_header
        self._dock.update(view.dock)
        self._dock.night = view.night
        self._header.shown = not large
        self._dock.shown = not large and any(
            (view.dock.back, view.dock.home, view.dock.exit, view.dock.large, view.dock.language)
        )
        for name, sheet in self._sheets.items():
            part = None if large else getattr(view, name, None)
            sheet.update(part if isinstance(part, sheet.sheet_class) else None)

    def wipe(self) -> None:
        """Forget a member: every screen but the one in front is blanked, and drawn texts are dropped; `settled` when it is done.

        Call it after showing a view without the member. It takes a few frames, a screen in each; one that still fades comes after that.
        """
        if self._change.leaving is not None:
            self._wipe_due = True
        for sheet in self._sheets.values():
            sheet.forget()
        self._blank(*self._screens.values(), *self._large.values())

    def collect_texts(self) -> tuple[str, ...]:
        """Return every text that some widget of the program holds, seen or not, from the front, and every one whose picture is kept."""
        built = (*self._screens.values(), *self._large.values())
        held = [self._stage, *(screen for screen in built if screen.parent is None)]
        widgets = tuple(widget.text for root in held for widget in stage.tree(root) if getattr(widget, "text", ""))
        return widgets + glyphs.drawn_texts() + glyphs.measured_texts()

    def visible_texts(self) -> tuple[str, ...]:
        """Return the texts on the glass."""
        return tuple(
            widget.text
            for widget in stage.seen(self._stage)
            if isinstance(widget, text.Text) and widget.text and widget.width
        )

    def overflowing_texts(self) -> tuple[str, ...]:
        """Return the texts on the glass that did not fit their box whole."""
        return tuple(
            widget.text for widget in stage.seen(self._stage) if isinstance(widget, text.Text) and widget.overflows
        )

    def slow_calls(self, over_ms: float = 4.0) -> tuple[stopwatch.Slow, ...]:
        """Return what kept the UI thread longer than that (drawing aside); phases of frames from `watch_frames` on."""
        return stopwatch.slow(over_ms)

    def watch_frames(self) -> None:
        """Forget the slow calls so far, and time the phases of every frame too until `close`."""
        stopwatch.forget()
        if self._unwatch is None:
            self._unwatch = stopwatch.watch_frames()

    # ------------------------------------------------------------ running

    def run(self) -> None:
        """Draw until `stop`; call it on the main thread."""
        runTouchApp()

    def stop(self) -> None:
        """End `run`, from any thread."""
        self._calls.post(stopTouchApp)

    def call(self, work: Callable[[], None]) -> None:
        """Do something on the UI thread at its next frame, from any thread."""
        self._calls.post(work)

    def close(self) -> None:
        """Take everything out of the window and stop the workers (for tests; a program just ends)."""
        if self._unwatch is not None:
            self._unwatch()
        for event in (self._pace, self._tidy, self._warming, self._wiping):
            if event is not None:
                event.cancel()
        self._change.close()
        Window.unbind(
            size=self._resized, on_request_close=self._close_asked, on_draw=self._frame_starts, on_flip=self._frame_done
        )
        Window.remove_widget(self._stage)
        damage.tell(None, None)
        self._cover.close()
        self._redraw.close()
        self._calls.close()
        pictures.close_pool()
        text.forget()

    def touch(self, x: float, y: float) -> None:
        """Press and let go at a place in px of the drawing (1080x1920, from the top left); not `settled` until it is done."""
        self._touching += 1
        self._calls.post(lambda: self._touch_now(x, y))

    def places(self, action: str = "", arg: str | None = None) -> tuple[tuple[float, float], ...]:
        """Return the middles of what can be pressed (and tells this action and argument), in px of the drawing from its top left."""
        return tuple((x / dp(1), (Window.height - y) / dp(1)) for x, y in touch.middles(self._stage, action, arg))

    def screenshot(self, path: Path | str) -> None:
        """Write what is on the glass as a PNG."""
        self.look().save(path)

    # ------------------------------------------------------------ what staff order from afar (`club.ui.remote.Glass`)

    def look(self) -> Image.Image:
        """What is on the glass."""
        return shot.look(Window, self._redraw.whole)

    def cover(self, image: Image.Image | None, seen: Callable[[], None]) -> None:
        """Lay a picture, or black, over everything; `seen` once it is on the glass."""
        self._lively()
        self._cover.show(image, seen)

    def uncover(self, seen: Callable[[], None]) -> None:
        """Show the screen again."""
        self._lively()
        self._cover.lift(seen)

    def later(self, work: Callable[[], None], seconds: float) -> None:
        """Do something on the UI thread after so many seconds."""
        Clock.schedule_once(lambda _: work(), seconds)

    # ------------------------------------------------------------ inside

    def _cover_touched(self) -> None:
        self._lively()
        self.touched_cover()

    def _told(self, action: str, arg: str) -> None:
        self._lively()
        self.tell(action, arg)

    def _lively(self) -> None:
        """Draw at the full rate for a while; seconds and minutes that pass do not need it."""
        self._last_touch = Clock.get_time()
        window.be_lively()
        self._pace()

    def _touch_now(self, x: float, y: float) -> None:
        self._touches += 1
        width, height = Window.size
        finger = stage.ScriptedTouch(10_000 + self._touches, dp(x) / (width - 1), 1 - dp(y) / (height - 1))
        EventLoop.post_dispatch_input("begin", finger)
        Clock.schedule_once(lambda _: self._let_go(finger), 0.02)

    def _let_go(self, finger: stage.ScriptedTouch) -> None:
        self._touching -= 1
        EventLoop.post_dispatch_input("end", finger)

    def _screen(self, name: str) -> Screen:
        screen = self._screens.get(name)
        if screen is None:
            screen = self._screens[name] = catalogue.screen_class(name)(self._told, rect=(0, 0, WIDTH, HEIGHT))
            place.move(screen, 0, Window.height - dp(HEIGHT), dp(WIDTH), dp(HEIGHT))
        return screen

    def _large_screen(self, view: views.View) -> Screen:
        """The screen of a view in large text; built when it is first asked for, since few ask."""
        key = (view.screen, view.contrast)
        screen = self._large.get(key)
        if screen is None:
            screen = self._large[key] = catalogue.large_screen(self._told, view, (0, 0, WIDTH, HEIGHT))
            place.move(screen, 0, Window.height - dp(HEIGHT), dp(WIDTH), dp(HEIGHT))
        return screen

    def _warm_next(self, _elapsed: float) -> None:
        """Load or build the next screen while nobody waits, so that no touch ever does."""
        unbuilt = next((name for name in catalogue.AHEAD if name not in self._warm), None)
        if unbuilt is None:
            catalogue.warm()
            window.release_shader_compiler()
            self._warming = None
            self._tidy()
            return
        if not self._change.running:  # a change of screens is watched: it gets every frame
            if catalogue.is_loaded(unbuilt):
                self._warm.add(unbuilt)
                for widget in stage.tree(self._screen(unbuilt)):
                    if isinstance(widget, text.Text):
                        widget.warm()
            else:
                catalogue.screen_class(unbuilt)
        self._warming = Clock.schedule_once(self._warm_next, 0.05)

    def _changed(self, left: Screen | None) -> None:
        self._tidy()
        if self._wipe_due and left is not None:
            self._wipe_due = False
            self._blank(left)

    def _blank(self, *screens: Screen) -> None:
        self._to_blank += screens
        if self._wiping is None:
            self._wiping = Clock.schedule_interval(self._blank_next, 0)

    def _blank_next(self, _elapsed: float) -> None:
        """Blank a screen in each frame, then drop the texts' pictures once none is still to be drawn."""
        while self._to_blank:
            screen = self._to_blank.pop()
            if screen not in {self._change.front, self._change.leaving} and screen.blank():
                return
        if not text.is_waiting() and not any(screen.moving for screen in self._large.values()):
            text.forget()
            self._wiping.cancel()
            self._wiping = None

    def _slow_down(self, _elapsed: float) -> None:
        if not self._change.running and Clock.get_time() - self._last_touch >= _QUIET_S:
            window.be_idle()
            self._tidy()
        else:
            self._pace()

    def _resized(self, *_: object) -> None:
        self._stage.size = Window.size

    def _close_asked(self, *_: object, **__: object) -> bool:
        """The window's own close button: the program ends the way it always does."""
        stopTouchApp()
        return True

    def _frame_starts(self, *_: object) -> None:
        self._frame_began = time.monotonic()

    def _frame_done(self, *_: object) -> bool:
        """Put the frame on the glass, instead of the window doing so after this: what is measured is then really seen."""
        Window.flip()
        self.frames += 1
        if self._drawn is None or self._view is None:
            return True
        now = time.monotonic()
        front = self._change.front
        opacity = float(front.opacity) if front is not None else 1.0
        self._drawn(Drawn(self._view.screen, opacity, now, (now - self._frame_began) * 1000))
        return True


def _same_page(one: views.View, other: views.View) -> bool:
    """Whether views differ at most around the page, in what no screen draws itself: as they do every second of a visit."""
    return type(one) is type(other) and one == replace(other, header=one.header, dock=one.dock, timeout=one.timeout)

"""Opens the one window of a Kivy program with every setting fixed in code: the only module that may import Kivy's window first.

Kivy reads its settings from the environment, from files in a home folder and from the command line. A club device must look and
behave the same on every machine, so all three are closed here before anything of Kivy is imported.
"""

import atexit
import ctypes
import logging
import os
import re
import shutil
import sys
import tempfile
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from club.ui import wake

KIOSK_REFERENCE_WIDTH = 1080
"""Width in px at which the kiosk is drawn; all sizes in .kv files are px at this width."""

LIVELY_FPS = 60
_IDLE_FPS, _IDLE_FPS_WITHOUT_WAKING = 1, 10
_RESOLUTION_S = 0.0005


class WindowFault(RuntimeError):
    """The window could not be opened as asked; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The open window and how many of its px one px of the drawing takes."""

    window: Any
    scale: float
    renderer: str


_wakers: list[Any] = []
"""The one that wakes the window for input, where the X server's connection could be found."""


def prepare(  # noqa: PLR0913 -- each is one fact of the window, given by name
    width: int,
    height: int,
    *,
    title: str,
    fullscreen: bool = False,
    reference_width: int = KIOSK_REFERENCE_WIDTH,
    ground: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 1.0),
    show_cursor: bool = False,
    position: tuple[int, int] | None = None,
    takes_input: bool = True,
) -> Prepared:
    """Close Kivy's own settings, then open the window. Call once, before any other import of Kivy.

    Args:
        width: of the window in px.
        height: of the window in px.
        title: in the window list of the desktop, where there is one.
        fullscreen: fill the display and hide its desktop.
        reference_width: the width the screens are drawn at; text and pictures scale by ``width / reference_width``.
        ground: colour behind everything (RGBA, 0 to 1), cleared instead of drawn.
        show_cursor: draw a mouse pointer (for demonstrations on a desk).
        position: left and top of the window on the display; where the desktop likes, without it.
        takes_input: whether a touch shall wake it; a display nobody touches sleeps through what its X server says.

    Raises:
        WindowFault: Kivy was already imported with other settings, or no display answers.
    """
    if "kivy.core.window" in sys.modules:
        raise WindowFault(
            "expected to open the window first; kivy.core.window was already imported. Call prepare() earlier"
        )
    driver = _screen_driver()
    home = tempfile.mkdtemp(prefix="club-window-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ.update(
        KIVY_NO_ARGS="1",
        KIVY_NO_CONFIG="1",
        KIVY_NO_FILELOG="1",
        KIVY_NO_CONSOLELOG="1",
        KIVY_LOG_MODE="PYTHON",
        KIVY_HOME=home,
        KIVY_CLOCK="interrupt",  # an event posted from another thread ends the sleep between frames
        KIVY_METRICS_DENSITY=repr(width / reference_width),
        KIVY_DPI="96",
        KIVY_TEXT="sdl2",
        KIVY_WINDOW="sdl2",
        SDL_VIDEODRIVER=driver,
        SDL_VIDEO_X11_WMCLASS=title,
    )
    logging.getLogger("kivy").setLevel(logging.WARNING)
    with _without_event_loop():
        import kivy.clock  # noqa: F401 -- before anything else of Kivy takes it in
        from kivy.config import Config

    _load_without_usual_looks()
    for section, key, value in (
        ("graphics", "width", width),
        ("graphics", "height", height),
        ("graphics", "fullscreen", "auto" if fullscreen else 0),
        ("graphics", "borderless", 1 if fullscreen else 0),
        ("graphics", "resizable", 0),
        ("graphics", "multisamples", 0),  # Kivy's default of 2 makes a software renderer seven times slower
        ("graphics", "maxfps", LIVELY_FPS),
        ("graphics", "show_cursor", int(show_cursor)),
        ("graphics", "allow_screensaver", 0),
        ("graphics", "position", "custom" if position else "auto"),
        ("graphics", "left", position[0] if position else 0),
        ("graphics", "top", position[1] if position else 0),
        ("kivy", "exit_on_escape", 0),
        ("kivy", "log_level", "warning"),
    ):
        Config.set(section, key, str(value))
    # Only X's pointer: probing devices as well would bring every tap twice, and lose a re-plugged panel for good.
    for name, _ in Config.items("input"):
        Config.remove_option("input", name)
    Config.set("input", "mouse", "mouse,disable_multitouch")

    # What Kivy tried, it would log as one line of pages, with its traces; the reason alone is told.
    tried: list[str] = []

    def listen(record: logging.LogRecord) -> bool:
        tried.append(record.getMessage())
        return False

    kivy_log = logging.getLogger("kivy")
    kivy_log.addFilter(listen)
    try:
        from kivy.core.window import Window
    finally:
        kivy_log.removeFilter(listen)

    if Window is None:
        reasons = re.findall(r"Error: (?:b?['\"])?([^\n'\"]+)", "\n".join(tried))
        raise WindowFault(
            f"expected a display to open the window on, with OpenGL; DISPLAY={os.environ.get('DISPLAY', '')!r} does not give one"
            f" ({reasons[-1] if reasons else 'no reason given'}). Start an X server or set DISPLAY"
        )
    _bind_quietly()
    Window.set_title(title)
    Window.clearcolor = ground
    from kivy.graphics.opengl import GL_RENDERER, glGetString

    renderer = bytes(glGetString(GL_RENDERER)).decode("ascii", "replace")
    from kivy.cache import Cache
    from kivy.clock import Clock

    # Every second Kivy would look for what is old in its caches, which hold nothing here.
    Clock.unschedule(Cache._purge_by_timeout)  # noqa: SLF001 -- Kivy offers no other way
    # Left to itself Kivy takes a third of a frame for its clock's resolution and does not sleep when an event is due within twice
    # that: at two frames a second it would spin for 0.3 s before every event.
    Clock.clock_resolution = _RESOLUTION_S
    connections = wake.x_connections() if takes_input else ()
    if connections:
        _wakers.append(wake.Waker(connections, lambda call: Clock.schedule_once(call, 0)))
    return Prepared(Window, width / reference_width, renderer)


def _bind_quietly() -> None:
    """Have .kv rules evaluated without a trace: Kivy writes each value out in full for a log level that nobody has switched on.

    That is a third of the time a new view takes. Call it before the first .kv file is loaded.
    """
    from kivy.lang import builder

    def call_fn(arguments: Any, _instance: object, _value: object) -> None:
        element, key, code, rule, names = arguments
        rule.count += 1
        setattr(element, key, eval(code, names))  # noqa: S307 -- compiled by Kivy from our own .kv files

    builder.call_fn = call_fn


def _load_without_usual_looks() -> None:
    """Load Kivy's language without the rules by which Kivy draws its own widgets, which nothing here uses.

    They are half of what that language takes to load, and 2 MB, and more to look through for each widget made. Kivy reads them as
    it is imported, from its data folder, and offers no other way; whoever imported it before has them, and then they are dropped.
    """
    import kivy
    import kivy.resources  # it keeps the data folder for good: the true one

    usual = kivy.kivy_data_dir
    kivy.kivy_data_dir = str(Path(__file__).with_name("bare"))
    try:
        from kivy.lang import Builder
    finally:
        kivy.kivy_data_dir = usual
    Builder.unload_file(str(Path(usual) / "style.kv"))


def release_shader_compiler() -> None:
    """Tell Mesa that no new shader will come soon: it keeps 7 MB ready for one until then (OpenGL ES 2.0, 2.10.2 "Shader Compiler").

    Call it once the screens are built. A shader that comes all the same is compiled as before. Kivy has the function too, but never
    looks up where it is: calling that is a crash.
    """
    from kivy.graphics.opengl import GL_RENDERER, glGetString

    from club.ui import redraw

    if not redraw.is_software(bytes(glGetString(GL_RENDERER)).decode("ascii", "replace")):
        return
    try:
        release = ctypes.CDLL("libGL.so.1").glReleaseShaderCompiler
    except (OSError, AttributeError):
        return
    release()


class _NoEvent:
    """What Kivy's clock would tell a waiting event loop, if there was one."""

    def set(self) -> None:
        """Nobody waits."""

    def __bool__(self) -> bool:
        return False


@contextmanager
def _without_event_loop() -> Iterator[None]:
    """Let Kivy's clock load without asyncio, which it takes in only to keep two names of it for programs that run on it; 2 MB."""
    if "asyncio" in sys.modules:
        yield
        return
    names = types.ModuleType("asyncio")
    names.wait_for, names.Event = None, _NoEvent  # type: ignore[attr-defined]
    sys.modules["asyncio"] = names
    try:
        yield
    finally:
        del sys.modules["asyncio"]


def _screen_driver() -> str:
    """Where SDL opens its window. Left to itself it would draw into nothing when no screen answers, and nobody would notice.

    Raises:
        WindowFault: nothing says where a screen is.
    """
    for variable, driver in (("DISPLAY", "x11"), ("WAYLAND_DISPLAY", "wayland")):
        if os.environ.get(variable):
            return driver
    raise WindowFault(
        "expected a display to open the window on; neither DISPLAY nor WAYLAND_DISPLAY is set. "
        "Start the program inside the device's graphical session, or under xvfb-run to try it without a screen"
    )


def be_lively() -> None:
    """Let the window draw at its full rate: something moves, or a finger is there."""
    set_pace(LIVELY_FPS)


def be_idle() -> None:
    """Let the window look up rarely, to leave the processor alone: nothing moves.

    What is scheduled or posted still wakes it, and so does a touch where the X server's connection is known; else it looks
    for touches ten times a second.
    """
    wakes = any(waker.is_listening for waker in _wakers)
    set_pace(_IDLE_FPS if wakes else _IDLE_FPS_WITHOUT_WAKING)


def set_pace(fps: int) -> None:
    """Let the window draw at most about ``fps`` times a second."""
    from kivy.clock import Clock

    Clock._max_fps = float(fps)  # noqa: SLF001 -- Kivy offers no other way after start

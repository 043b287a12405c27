"""Answers the control socket of tests and the demo: which screen, a picture of it, a finger on it; never personal data.

There is no way to put an event in: taps go through the real reader, and touches through the glass.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from kiosk_app.flow.state import State
from kiosk_app.present.views import View


class Slow(Protocol):
    """A stretch of the UI thread (`club.ui.stopwatch.Slow`)."""

    @property
    def kind(self) -> str:
        """One named call, or a phase of a frame."""
        ...

    @property
    def what(self) -> str:
        """Its name."""
        ...

    @property
    def cpu_ms(self) -> float:
        """The thread's own work."""
        ...


class Glass(Protocol):
    """What the control socket needs of the window (`kiosk_app.ui.shell.KioskUI`)."""

    frames: int

    @property
    def view(self) -> View | None:
        """What is shown now."""
        ...

    @property
    def settled(self) -> bool:
        """Whether nothing moves and the last view is on the glass."""
        ...

    @property
    def built(self) -> bool:
        """Whether every screen of a member's visit is there."""
        ...

    def screenshot(self, path: Path | str) -> None:
        """Write what is on the glass as a PNG."""
        ...

    def collect_texts(self) -> tuple[str, ...]:
        """Every text that some widget holds, seen or not."""
        ...

    def touch(self, x: float, y: float) -> None:
        """Press and let go at a place of the drawing."""
        ...

    def places(self, action: str = "", arg: str | None = None) -> tuple[tuple[float, float], ...]:
        """The middles of what can be pressed (and tells this action and argument), in px of the drawing."""
        ...

    def watch_frames(self) -> None:
        """Forget what kept the UI thread so far, and watch every frame from now on."""
        ...

    def slow_calls(self, over_ms: float = 4.0) -> Sequence[Slow]:
        """What kept the UI thread longer than that."""
        ...

    def stop(self) -> None:
        """End the program."""
        ...


class Control:
    """Answers requests, on the UI thread.

    Args:
        glass: the window.
        state: gives the flow's state.
        taps: gives the figures of the taps so far, in milliseconds.
        holds_evidence: whether a card's evidence is in memory.
    """

    def __init__(
        self,
        glass: Glass,
        state: Callable[[], State],
        taps: Callable[[], list[dict[str, float]]],
        holds_evidence: Callable[[], bool],
    ) -> None:
        self._glass, self._state, self._taps, self._holds_evidence = glass, state, taps, holds_evidence

    def answer(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """One request's answer.

        `{"do": "state"}` · `{"do": "shot", "path": P}` · `{"do": "touch", "x": X, "y": Y}` in px of the drawing from its
        top left · `{"do": "places"}`: the middles of what can be pressed, with `"action": A` and `"arg": B` only of
        what tells these · `{"do": "watch"}` and later `{"do": "slow"}`: what kept the UI thread over 4 ms since · `{"do": "taps"}` · `{"do": "stop"}` · `{"do": "search", "for": [T, ...]}`: which of these texts some widget or
        the state still holds, so that a test can look for what must be gone (K13) without the program telling what it has.
        """
        match request:
            case {"do": "state"}:
                return self._now()
            case {"do": "shot", "path": str(path)}:
                self._glass.screenshot(path)
                return {"path": path, **self._now()}
            case {"do": "touch", "x": int() | float() as x, "y": int() | float() as y}:
                self._glass.touch(float(x), float(y))
                return {"touched": [x, y]}
            case {"do": "search", "for": list(wanted)}:
                held = "\n".join((*self._glass.collect_texts(), repr(self._state())))
                return {"found": [text for text in wanted if str(text) in held], "evidence": self._holds_evidence()}
            case {"do": "places"}:
                arg = request.get("arg")
                places = self._glass.places(str(request.get("action", "")), None if arg is None else str(arg))
                return {"places": places, **self._now()}
            case {"do": "watch"}:
                self._glass.watch_frames()
                return self._now()
            case {"do": "slow"}:
                slow = [{"kind": one.kind, "what": one.what, "cpu_ms": one.cpu_ms} for one in self._glass.slow_calls()]
                return {"slow": slow}
            case {"do": "taps"}:
                return {"taps": self._taps()}
            case {"do": "stop"}:
                self._glass.stop()
                return {"stopping": True}
            case _:
                keys = ", ".join(sorted(map(str, request)))
                return {
                    "error": f"expected do = state, shot (path), touch (x, y), places, search (for), watch, slow, taps or stop; found the keys {keys or 'none'}"
                }

    def _now(self) -> dict[str, Any]:
        state, view = self._state(), self._glass.view
        return {
            "screen": view.screen if view else "",
            "settled": self._glass.settled,
            "built": self._glass.built,
            "language": state.language,
            "large": state.large,
            "session_open": state.session is not None,
            "staff": state.staff is not None,
            "confirmed": state.session is not None and state.session.home is not None,
            "asking": state.asking,
            "left": state.left,
            "online": state.world.online,
            "enrolled": state.world.enrolled,
            "pairing": state.world.pairing is not None,
            "reader": state.world.reader_ready,
            "frames": self._glass.frames,
        }

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from club.ui.stopwatch import Slow
from club.words.catalogue import Words
from kiosk_app.control import Control
from kiosk_app.present.presenter import present
from kiosk_app.present.views import View
from tests.support import kiosk_values as make
from tests.support.kiosk_visit import Visit


@dataclass
class Glass:
    visit: Visit
    frames: int = 7
    settled: bool = True
    built: bool = True
    touched: list[tuple[float, float]] = field(default_factory=list)
    shots: list[Path | str] = field(default_factory=list)
    stopped: bool = False
    watched: bool = False

    @property
    def view(self) -> View:
        return present(self.visit.state, Words("zh-CN", strict=True))

    def screenshot(self, path: Path | str) -> None:
        self.shots.append(path)

    def collect_texts(self) -> tuple[str, ...]:
        return ("王先生，下午好",) if self.visit.state.session else ()

    def touch(self, x: float, y: float) -> None:
        self.touched.append((x, y))

    def places(self, action: str = "", arg: str | None = None) -> tuple[tuple[float, float], ...]:
        return ((960.0, 1844.0),) if action in ("", "exit") and arg in (None, "") else ()

    def watch_frames(self) -> None:
        self.watched = True

    def slow_calls(self, over_ms: float = 4.0) -> tuple[Slow, ...]:
        return (Slow("call", "event Second", over_ms + 1, over_ms + 0.5),) if self.watched else ()

    def stop(self) -> None:
        self.stopped = True


def controlled() -> tuple[Control, Glass]:
    glass = Glass(Visit().at_home())
    session = glass.visit
    return Control(
        glass, lambda: session.state, lambda: [{"server_ms": 1.0}], lambda: session.state.session is not None
    ), glass


def test_the_state_tells_the_screen_and_nothing_of_the_member() -> None:
    control, _ = controlled()
    told = control.answer({"do": "state"})
    assert (told["screen"], told["session_open"], told["confirmed"], told["frames"]) == ("home", True, True, 7)
    assert not any(secret in repr(told) for secret in ("王", "6280", "6,280", "2719", make.SESSION, "m0001"))


def test_a_picture_a_finger_the_figures_and_the_end() -> None:
    control, glass = controlled()
    assert control.answer({"do": "shot", "path": "out.png"})["path"] == "out.png"
    control.answer({"do": "touch", "x": 300, "y": 1400.5})
    assert control.answer({"do": "taps"}) == {"taps": [{"server_ms": 1.0}]}
    told = control.answer({"do": "places"})
    assert (told["places"], told["screen"]) == (((960.0, 1844.0),), "home")
    assert control.answer({"do": "places", "action": "exit"})["places"] == ((960.0, 1844.0),)
    assert control.answer({"do": "places", "action": "digit", "arg": "1"})["places"] == ()
    control.answer({"do": "stop"})
    assert (glass.shots, glass.touched, glass.stopped) == (["out.png"], [(300.0, 1400.5)], True)


def test_a_search_says_which_of_the_given_texts_are_held() -> None:
    control, glass = controlled()
    assert control.answer({"do": "search", "for": ["王先生", "赵先生", "3F8P2X6R41"]}) == {
        "found": ["王先生", "3F8P2X6R41"],
        "evidence": True,
    }
    glass.visit.press("exit")
    assert control.answer({"do": "search", "for": ["王先生", "3F8P2X6R41"]}) == {"found": [], "evidence": False}


def test_what_kept_the_ui_thread_is_told_once_it_is_watched() -> None:
    control, _ = controlled()
    assert control.answer({"do": "slow"}) == {"slow": []}
    control.answer({"do": "watch"})
    assert control.answer({"do": "slow"}) == {"slow": [{"kind": "call", "what": "event Second", "cpu_ms": 4.5}]}


@pytest.mark.parametrize(
    "request_", [{}, {"do": "event"}, {"do": "touch", "x": "300"}, {"do": "shot"}, {"do": "tap", "uid": "04"}]
)
def test_anything_else_is_refused_with_what_was_expected(request_: dict[str, object]) -> None:
    control, glass = controlled()
    before = glass.visit.state
    assert "expected do = state" in str(control.answer(request_)["error"])
    assert glass.visit.state == before

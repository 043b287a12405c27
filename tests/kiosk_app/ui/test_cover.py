"""What staff order from afar lies over the kiosk's real screens; a finger lifts it and reaches nothing below (C9)."""

from typing import Any

import pytest
from PIL import Image, ImageStat

from kiosk_app.present import samples
from kiosk_app.present.views import View
from tests.kiosk_app.ui.program import Program
from tests.support.window_process import WindowProcess

pytestmark = pytest.mark.window


def covered(kiosk: Program, view: View, colour: tuple[int, int, int] | None) -> bool:
    """Show a view and lay something over it; whether it is up when that is told."""
    kiosk.show(view)
    told: list[bool] = []
    kiosk.ui.cover(
        None if colour is None else Image.new("RGB", (54, 96), colour), lambda: told.append(kiosk.ui._cover.is_up)
    )
    assert told == [], "it is told when it is seen, not before"
    kiosk.until(lambda: told, "the cover on the glass")
    return told[0]


def lifted(kiosk: Program) -> None:
    told: list[bool] = []
    kiosk.ui.uncover(lambda: told.append(True))
    kiosk.until(lambda: told, "the cover to be gone")
    kiosk.settle()


def touched(kiosk: Program, lifts: bool) -> tuple[list[Any], int]:
    """Touch the glass all over; what the screens below told, and how often the cover did."""
    fingers: list[bool] = []

    def wake() -> None:
        fingers.append(True)
        if lifts:
            kiosk.ui.uncover(lambda: None)

    kiosk.ui.touched_cover = wake
    kiosk.told.clear()
    for _ in range(1 if lifts else 3):
        kiosk.ui.touch(540, 1000)
        kiosk.until(lambda: not kiosk.ui._touching, "the finger to be gone")
        kiosk.frame()
    kiosk.ui.touched_cover = lambda: None
    return list(kiosk.told), len(fingers)


def look(kiosk: Program) -> Image.Image:
    return kiosk.ui.look()


def test_black_covers_everything_and_the_screen_comes_back_as_it_was(kiosk: WindowProcess) -> None:
    kiosk.call(Program.show, samples.HOME)
    before = kiosk.screen.grab()
    assert kiosk.call(covered, samples.HOME, None)
    assert kiosk.screen.grab().getbbox() is None
    kiosk.call(lifted)
    assert kiosk.screen.grab().tobytes() == before.tobytes()


def test_a_picture_covers_everything_also_when_the_view_below_changes(kiosk: WindowProcess) -> None:
    assert kiosk.call(covered, samples.HOME, (10, 120, 90))
    kiosk.call(Program.show, samples.SAMPLES["kiosk-11-vouchers"])
    assert ImageStat.Stat(kiosk.screen.grab()).extrema == [(10, 10), (120, 120), (90, 90)]
    assert kiosk.call(look).tobytes() == kiosk.screen.grab().tobytes()
    kiosk.call(lifted)


def test_a_finger_lifts_the_cover_and_presses_nothing_below(kiosk: WindowProcess) -> None:
    kiosk.call(covered, samples.HOME, None)
    assert kiosk.call(touched, False) == ([], 3)
    assert kiosk.call(touched, True) == ([], 1)
    kiosk.call(lifted)
    told, fingers = kiosk.call(touched, False)
    assert (fingers, bool(told)) == (0, True)

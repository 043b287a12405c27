"""What moves: a balance counts down to what is left, a sheet rises; with reduced motion both are there at once."""

from typing import Any

import pytest
from msgspec import structs

from kiosk_app.present import samples
from tests.kiosk_app.ui.program import Program
from tests.support.window_process import WindowProcess

pytestmark = pytest.mark.window

SPENT = structs.replace(samples.HOME, points=structs.replace(samples.HOME.points, points="5,080", progress=0.9))


def figures(kiosk: Program, *, reduced: bool = False) -> list[int]:
    """The balances seen on the home page after points were spent, one per frame."""
    from club.ui import motion
    from club.ui.rolling import RollingNumber

    kiosk.show(samples.HOME)
    motion.set_reduced(reduced)
    try:
        number: Any = next(each for each in kiosk.seen() if isinstance(each, RollingNumber) and each.text == "6,280")
        seen: list[int] = []
        kiosk.ui.show(SPENT)
        kiosk.frame()
        seen.append(int(number.text.replace(",", "")))
        while number.moving:
            kiosk.frame()
            seen.append(int(number.text.replace(",", "")))
        return seen
    finally:
        motion.set_reduced(False)


def test_a_balance_counts_down_to_what_is_left(kiosk: WindowProcess) -> None:
    seen = kiosk.call(figures)
    assert seen == sorted(seen, reverse=True)
    assert any(5080 < figure < 6280 for figure in seen)
    assert seen[-1] == 5080


def reduced_figures(kiosk: Program) -> list[int]:
    return figures(kiosk, reduced=True)


def test_with_reduced_motion_it_is_there_at_once(kiosk: WindowProcess) -> None:
    assert kiosk.call(reduced_figures) == [5080]


def sheet_rises(kiosk: Program) -> tuple[bool, bool]:
    """Whether the confirm sheet moves when it comes, usually and with reduced motion."""
    from club.ui import motion

    found = []
    for reduced in (False, True):
        kiosk.show(samples.DETAIL)
        motion.set_reduced(reduced)
        try:
            kiosk.ui.show(samples.CONFIRM)
            found.append(any(sheet.moving for sheet in kiosk.ui._sheets.values()))
            kiosk.settle()
        finally:
            motion.set_reduced(False)
    return found[0], found[1]


def test_a_sheet_rises_unless_motion_is_reduced(kiosk: WindowProcess) -> None:
    assert kiosk.call(sheet_rises) == (True, False)


def next_member(kiosk: Program) -> list[str]:
    """Figures of the home page while the next member's come up."""
    from club.ui.rolling import RollingNumber

    kiosk.show(samples.HOME)
    kiosk.show(samples.ATTRACT)
    kiosk.ui.wipe()
    kiosk.settle()
    kiosk.ui.show(SPENT)
    return [each.text for each in kiosk.seen() if isinstance(each, RollingNumber)]


def test_the_next_member_sees_nothing_of_the_last_ones_figures(kiosk: WindowProcess) -> None:
    assert "5,080" in kiosk.call(next_member)


def paces(kiosk: Program) -> tuple[float, float]:
    """Frames a second the window may draw: after a touch, and once nothing has moved for a while."""
    from kivy.clock import Clock

    kiosk.show(samples.HOME)
    kiosk.touch(540, 300)
    lively = float(Clock._max_fps)
    kiosk.ui._last_touch -= 60  # as if the touch had been a minute ago
    kiosk.until(lambda: Clock._max_fps < lively, "the window to slow down")
    return lively, float(Clock._max_fps)


def test_the_window_is_lively_under_a_finger_and_slow_by_itself(kiosk: WindowProcess) -> None:
    assert kiosk.call(paces) == (60.0, 1.0)  # a touch wakes it all the same

"""Frames that draw only what changed look like frames drawn whole, pixel by pixel, over every step of a visit."""

from collections.abc import Iterator

import pytest
from msgspec import structs

from kiosk_app.present import samples, samples_en, views
from tests.kiosk_app.ui.program import Program
from tests.support.window_process import WindowProcess

pytestmark = [pytest.mark.window, pytest.mark.alone]


def second_by_second(view: views.View, left: int) -> Iterator[views.View]:
    """A view while three seconds pass."""
    for seconds in range(left, left - 3, -1):
        yield structs.replace(view, dock=structs.replace(view.dock, seconds=str(seconds), share=seconds / 30))


def visit() -> Iterator[views.View]:
    """The steps of a visit, with the small changes within a screen."""
    yield samples.ATTRACT
    yield structs.replace(samples.ATTRACT, header=structs.replace(samples.HEADER, clock="14:33"))
    yield samples.TAP
    yield samples.READING
    yield from second_by_second(samples.HOME, 28)
    yield structs.replace(samples.HOME, notice="网络已恢复")
    yield samples.REWARDS
    washing = tuple(structs.replace(chip, on=chip.arg == "wash") for chip in samples.REWARDS.chips)
    yield structs.replace(samples.REWARDS, chips=washing, cards=samples.REWARDS.cards[1:2])
    yield samples.DETAIL
    yield structs.replace(samples.DETAIL, quantity="2", can_less=True, can_more=False, after="3,880")
    yield samples.CONFIRM
    for filled in range(7):
        yield structs.replace(samples.PIN, filled=filled)
    yield structs.replace(samples.PIN, filled=0, attempts="还可尝试 <b>3</b> 次", attempts_tone="danger")
    yield samples.SUCCESS
    yield samples.VOUCHERS
    yield samples.CODE
    yield samples.VOUCHERS
    yield samples.NO_VOUCHERS
    yield samples.POINTS
    yield structs.replace(samples.POINTS, rows=samples.POINTS.rows[:2])
    yield samples.ACTIVITIES
    yield samples.NO_ACTIVITIES
    yield samples.OFFLINE
    yield samples.TIMEOUT
    yield samples.HOME
    yield samples_en.SAMPLES["kiosk-05-home"]
    yield from second_by_second(structs.replace(samples.HOME, large=True, contrast=True), 28)
    for filled in (3, 4):
        yield structs.replace(samples.PIN, filled=filled, large=True, contrast=True)
    yield samples.ATTRACT


def pixels() -> bytes:
    from kivy.core.window import Window
    from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels

    return bytes(glReadPixels(0, 0, *Window.size, GL_RGB, GL_UNSIGNED_BYTE))


def whole(kiosk: Program) -> bytes:
    """The glass drawn whole, now."""
    from kivy.core.window import Window

    kiosk.ui._redraw.whole()
    Window.dispatch("on_draw")
    return pixels()


def compared(kiosk: Program, texts_s: float, culled_after: int) -> tuple[list[str], list[str], int]:
    """Steps after which the glass is not what a whole frame shows, and those with a frame drawn in part; frames drawn with less."""
    from club.ui import text

    culling = kiosk.ui._redraw._culling
    assert culling is not None
    usual, text._DRAW_S, culling._after = (text._DRAW_S, culling._after), texts_s, culled_after
    before = culling.frames
    try:
        different, in_part = _compared(kiosk)
    finally:
        text._DRAW_S, culling._after = usual
    return different, in_part, culling.frames - before


def _compared(kiosk: Program) -> tuple[list[str], list[str]]:
    different, in_part = [], []
    for index, view in enumerate(visit()):
        before = kiosk.ui._redraw.clipped
        kiosk.show(view)
        found = pixels()
        if kiosk.ui._redraw.clipped > before:
            in_part.append(f"{index} {view.screen}")
        if found != whole(kiosk):
            different.append(f"{index} {view.screen}")
    return different, in_part


@pytest.mark.parametrize(
    ("texts_s", "culled_after"),
    [(0.0025, 1), (0.00002, 1), (0.0025, 0), (0.00002, 0)],
    ids=["fast machine", "slow machine", "fast, all culled", "slow, all culled"],
)
def test_a_visit_drawn_in_parts_looks_as_if_drawn_whole(
    kiosk: WindowProcess, texts_s: float, culled_after: int
) -> None:
    """On a slow machine a frame has time for one or two texts, and the others come later than what lies around them.

    What lies elsewhere is left out of an area's second frame; here also of the first, so that every step is drawn so.
    """
    different, in_part, culled = kiosk.call(compared, texts_s, culled_after)
    assert different == []
    assert culled > (0 if culled_after else len(in_part))
    # Small changes: the clock, the seconds left, a notice, a category, a quantity, each digit of the PIN.
    small = {
        "1 attract",
        "5 home",
        "6 home",
        "7 home",
        "9 rewards",
        "11 reward_detail",
        *(f"{at} pin" for at in range(14, 21)),
    }
    assert small <= set(in_part)


def pressed_and_let_go(kiosk: Program, view: views.View) -> tuple[list[str], int]:
    """Press everything on a page: presses whose picture is not that of a whole frame, while down and after."""
    culling = kiosk.ui._redraw._culling
    assert culling is not None
    usual, culling._after = culling._after, 0  # with less from the first frame on
    try:
        return _pressed_and_let_go(kiosk, view)
    finally:
        culling._after = usual


def _pressed_and_let_go(kiosk: Program, view: views.View) -> tuple[list[str], int]:
    from kivy.base import EventLoop
    from kivy.core.window import Window

    from club.ui.touch import Tap
    from kiosk_app.ui.stage import ScriptedTouch

    kiosk.show(view)
    targets = [each for each in kiosk.seen() if isinstance(each, Tap) and each.action and each.enabled and each.y > 0]
    different = []
    before = kiosk.ui._redraw.clipped
    for index, target in enumerate(targets):
        width, height = Window.size
        finger = ScriptedTouch(50_000 + index, target.center_x / (width - 1), target.center_y / (height - 1))
        for kind in ("begin", "end"):
            EventLoop.post_dispatch_input(kind, finger)
            for _ in range(2):
                kiosk.frame()
            if pixels() != whole(kiosk):
                different.append(f"{target.action} {kind}")
            kiosk.frame()
    return different, kiosk.ui._redraw.clipped - before


@pytest.mark.parametrize(
    "name", ["kiosk-05-home", "kiosk-07-rewards", "kiosk-04-pin", "kiosk-11-vouchers", "kiosk-12-activities"]
)
def test_a_press_drawn_in_parts_looks_as_if_drawn_whole(kiosk: WindowProcess, name: str) -> None:
    different, clipped = kiosk.call(pressed_and_let_go, samples.SAMPLES[name])
    assert different == []
    assert clipped > 0


def rolled(kiosk: Program) -> tuple[list[str], int]:
    """A list under a finger that drags: frames that are not what a whole frame shows."""
    from club.ui.scroll import Shelf

    kiosk.show(samples.REWARDS)
    shelf = next(each for each in kiosk.seen() if isinstance(each, Shelf))
    before = kiosk.ui._redraw.clipped
    different = []
    for distance in (40, 300, 200, -500):
        shelf.scroll_by(distance)
        for _ in range(2):
            kiosk.frame()
        if pixels() != whole(kiosk):
            different.append(str(distance))
    return different, kiosk.ui._redraw.clipped - before


def test_a_list_that_scrolls_leaves_nothing_behind(kiosk: WindowProcess) -> None:
    different, _ = kiosk.call(rolled)
    assert different == []


def come_and_gone(kiosk: Program) -> tuple[list[str], int]:
    """The mark "offline" comes, goes and comes while the same area is drawn in every frame: steps that are not what a whole frame shows."""
    from kivy.core.window import Window

    from club.ui import damage

    kiosk.until(lambda: kiosk.ui._warming is None, "every screen to be built, which looks like widgets that come")
    width, height = Window.size
    header = samples.HEADER
    steps = [structs.replace(samples.ATTRACT, header=structs.replace(header, offline=mark)) for mark in ("离线", "")]
    asked = []
    for view in steps:
        kiosk.show(view)
        asked.append(whole(kiosk))
    culling = kiosk.ui._redraw._culling
    assert culling is not None
    before = culling.frames
    different = []
    for step in range(6):
        kiosk.ui.show(steps[step % 2])
        for _ in range(3):
            damage.part(0, 0, width, height, 0)
            kiosk.frame()
        if pixels() != asked[step % 2]:
            different.append(f"{step} {'came' if step % 2 == 0 else 'went'}")
    return different, culling.frames - before


def test_what_comes_back_to_its_place_is_seen(kiosk: WindowProcess) -> None:
    """What was put away when an area was looked at is not left out for good."""
    different, culled = kiosk.call(come_and_gone)
    assert different == []
    assert culled > 0

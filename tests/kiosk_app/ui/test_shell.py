"""The kiosk's window: changes between screens, fingers, and what is left of a member."""

import gc
from typing import Any

import pytest
from msgspec import structs

from kiosk_app.present import samples
from tests.kiosk_app.ui import program
from tests.kiosk_app.ui.program import Program
from tests.support.window_process import WindowProcess

pytestmark = pytest.mark.window


def frames_of_an_equal_view(kiosk: Program) -> int:
    kiosk.show(samples.HOME)
    before = kiosk.ui.frames
    for _ in range(5):
        kiosk.ui.show(structs.replace(samples.HOME))
        kiosk.frame()
    return kiosk.ui.frames - before


def test_an_equal_view_does_no_work(kiosk: WindowProcess) -> None:
    assert kiosk.call(frames_of_an_equal_view) == 0


def texts_changed_by_one_second_less(kiosk: Program) -> set[str]:
    kiosk.show(structs.replace(samples.HOME, dock=samples.dock(21)))
    before = {id(widget): widget.text for widget in kiosk.widgets() if isinstance(getattr(widget, "text", None), str)}
    kiosk.show(structs.replace(samples.HOME, dock=samples.dock(20)))
    after = {id(widget): widget.text for widget in kiosk.widgets() if isinstance(getattr(widget, "text", None), str)}
    assert before.keys() == after.keys()
    return {text for widget, text in after.items() if before[widget] != text}


def test_a_second_gone_changes_one_text(kiosk: WindowProcess) -> None:
    assert kiosk.call(texts_changed_by_one_second_less) == {"20"}


def first_sight_of_home(kiosk: Program) -> list[tuple[str, float]]:
    kiosk.show(samples.HOME)
    kiosk.show(samples.ATTRACT)
    kiosk.show(samples.READING)
    kiosk.drawn.clear()
    kiosk.ui.show(structs.replace(samples.HOME, greeting="李女士，下午好"))
    kiosk.frame()
    return [(drawn.screen, drawn.opacity) for drawn in kiosk.drawn]


def test_the_name_is_more_than_half_there_in_the_first_frame(kiosk: WindowProcess) -> None:
    assert kiosk.call(first_sight_of_home)
    screen, opacity = kiosk.call(first_sight_of_home)[0]
    assert screen == "home"
    assert opacity >= 0.5


def left_of_a_member(kiosk: Program) -> list[str]:
    """Texts of a visit that widgets, texture caches or views still hold after it."""
    from club.ui import glyphs

    visit = (
        samples.READING,
        samples.HOME,
        samples.REWARDS,
        samples.CONFIRM,
        samples.PIN,
        samples.SUCCESS,
        samples.CODE,
    )
    for view in visit:
        kiosk.show(view)
    kiosk.ui.show(samples.ATTRACT)
    kiosk.ui.wipe()
    kiosk.settle()
    gc.collect()
    personal = {
        "王先生，下午好",
        "王先生·金卡",
        "8800 **** 2719",
        "6,280",
        "5,080",
        "18,640",
        "7K2M 9Q4T 63",
        "3F8P 2X6R 41",
    }
    held = {*kiosk.ui.collect_texts(), *glyphs.drawn_texts(), *glyphs.measured_texts()}
    views_held = {word for screen in kiosk.ui._screens.values() for word in program.words_of(screen.view)}
    sheets_held = {word for sheet in kiosk.ui._sheets.values() for word in program.words_of(sheet.sheet)}
    return sorted(personal & (held | views_held | sheets_held))


def test_nothing_of_a_member_is_left_after_a_wipe(kiosk: WindowProcess) -> None:
    assert kiosk.call(left_of_a_member) == []


def two_fingers(kiosk: Program, view: Any, places: tuple[tuple[float, float], ...]) -> list[tuple[str, str]]:
    """Put fingers down one after the other, then lift them."""
    from kivy.base import EventLoop
    from kivy.core.window import Window

    from kiosk_app.ui.stage import ScriptedTouch

    kiosk.show(view)
    kiosk.told.clear()
    fingers = []
    for index, (x, y) in enumerate(places):
        finger = ScriptedTouch(500 + index, x / 1080, 1 - y / 1920)
        EventLoop.post_dispatch_input("begin", finger)
        fingers.append(finger)
        kiosk.frame()
    for finger in fingers:
        EventLoop.post_dispatch_input("end", finger)
    kiosk.frame()
    assert Window.width == 540
    return [told for told in kiosk.told if told[0] != "touched"]


def test_a_second_finger_is_ignored_where_points_are_spent(kiosk: WindowProcess) -> None:
    both = ((740.0, 1550.0), (876.0 + 56, 1360.0))
    assert kiosk.call(two_fingers, samples.DETAIL, both) == [("redeem", "basic-service-voucher")]


def test_two_thumbs_may_type(kiosk: WindowProcess) -> None:
    assert kiosk.call(two_fingers, samples.PIN, ((210.0, 830.0), (870.0, 830.0))) == [("digit", "1"), ("digit", "3")]


def pressed_twice(kiosk: Program) -> list[tuple[str, str]]:
    kiosk.show(samples.CONFIRM)
    kiosk.told.clear()
    kiosk.touch(700, 1720)
    kiosk.touch(700, 1720)
    return [told for told in kiosk.told if told[0] != "touched"]


def test_confirm_takes_no_trembling_second_press(kiosk: WindowProcess) -> None:
    assert kiosk.call(pressed_twice) == [("confirm", "basic-service-voucher")]


def busy_sheet(kiosk: Program) -> list[tuple[str, str]]:
    assert samples.CONFIRM.confirm is not None
    busy = structs.replace(samples.CONFIRM.confirm, busy=True)
    kiosk.ui.show(structs.replace(samples.CONFIRM, confirm=busy))
    kiosk.settle()
    kiosk.told.clear()
    for x, y in ((700.0, 1720.0), (200.0, 1720.0), (104.0, 1840.0), (932.0, 1360.0)):
        kiosk.touch(x, y)
    return [told for told in kiosk.told if told[0] != "touched"]


def test_nothing_can_be_pressed_while_points_are_taken(kiosk: WindowProcess) -> None:
    assert kiosk.call(busy_sheet) == []


def drag(
    kiosk: Program, start: tuple[float, float], end: tuple[float, float]
) -> tuple[float, list[tuple[str, str]], int]:
    """Drag over the catalogue: how far it scrolled, what was told, how many tiles live."""
    from kivy.base import EventLoop

    from kiosk_app.ui.stage import ScriptedTouch

    many = tuple(structs.replace(samples.REWARDS.cards[0], slug=f"reward-{number}") for number in range(60))
    kiosk.show(structs.replace(samples.REWARDS, cards=many))
    shelf = kiosk.ui._screens["rewards"].ids.shelf
    shelf.to_top()
    kiosk.settle()
    kiosk.told.clear()
    finger = ScriptedTouch(900, start[0] / 1080, 1 - start[1] / 1920)
    EventLoop.post_dispatch_input("begin", finger)
    for step in range(1, 6):
        x, y = (a + (b - a) * step / 5 for a, b in zip(start, end, strict=True))
        finger.move({"x": x / 1080, "y": 1 - y / 1920})
        EventLoop.post_dispatch_input("update", finger)
        kiosk.frame()
    EventLoop.post_dispatch_input("end", finger)
    kiosk.settle()
    return shelf.scrolled, [told for told in kiosk.told if told[0] != "touched"], len(shelf.children)


def test_dragging_the_catalogue_scrolls_and_presses_nothing(kiosk: WindowProcess) -> None:
    scrolled, told, tiles = kiosk.call(drag, (300.0, 1500.0), (300.0, 1000.0))
    assert scrolled >= 480
    assert told == []
    assert tiles <= 8


def test_a_still_finger_presses_the_reward(kiosk: WindowProcess) -> None:
    scrolled, told, _ = kiosk.call(drag, (300.0, 1200.0), (303.0, 1204.0))
    assert scrolled == 0
    assert told == [("reward", "reward-0")]


def look_pressed(kiosk: Program) -> tuple[float, bool]:
    from kivy.base import EventLoop

    from club.ui.buttons import PushButton
    from kiosk_app.ui.stage import ScriptedTouch

    kiosk.show(samples.DETAIL)
    finger = ScriptedTouch(901, 740 / 1080, 1 - 1550 / 1920)
    EventLoop.post_dispatch_input("begin", finger)
    button = next(widget for widget in kiosk.widgets() if isinstance(widget, PushButton) and widget.pressed)
    answer = (button._scale.x, button.fill == button.fill_pressed)
    EventLoop.post_dispatch_input("end", finger)
    return answer


def test_a_button_answers_before_the_next_frame(kiosk: WindowProcess) -> None:
    scale, pressed_colour = kiosk.call(look_pressed)
    assert scale == pytest.approx(0.98)
    assert pressed_colour


def changes_in_a_row(kiosk: Program) -> tuple[str, int]:
    """Change screens faster than they fade: the last one stands, alone and whole."""
    from kiosk_app.ui.screen import Screen

    kiosk.show(samples.ATTRACT)
    for view in (samples.READING, samples.HOME, samples.REWARDS, samples.DETAIL, samples.ATTRACT, samples.HOME):
        kiosk.ui.show(view)
        kiosk.frame()
    kiosk.settle()
    living = [widget for widget in kiosk.widgets() if isinstance(widget, Screen)]
    assert all(screen.opacity == 1 for screen in living)
    return living[0].view_class.screen, len(living)


def test_changes_may_overtake_each_other(kiosk: WindowProcess) -> None:
    assert kiosk.call(changes_in_a_row) == ("home", 1)


def unknown(kiosk: Program) -> str:
    from kiosk_app.present.views import View

    try:
        kiosk.ui.show(View())
    except KeyError as fault:
        return str(fault)
    return ""


def test_a_view_without_a_screen_is_refused(kiosk: WindowProcess) -> None:
    assert "expected a view of one of the screens attract, " in kiosk.call(unknown)


def wheel(kiosk: Program) -> tuple[float, list[tuple[str, str]]]:
    """Turn a mouse's wheel over the catalogue, at a desk."""
    from kivy.base import EventLoop

    from kiosk_app.ui.stage import ScriptedTouch

    many = tuple(structs.replace(samples.REWARDS.cards[0], slug=f"reward-{number}") for number in range(20))
    kiosk.show(structs.replace(samples.REWARDS, cards=many))
    shelf = kiosk.ui._screens["rewards"].ids.shelf
    shelf.to_top()
    kiosk.told.clear()
    finger = ScriptedTouch(950, 300 / 1080, 1 - 1200 / 1920)
    finger.profile = ["pos", "button"]
    finger.button = "scrollup"
    EventLoop.post_dispatch_input("begin", finger)
    EventLoop.post_dispatch_input("end", finger)
    return shelf.scrolled, kiosk.told


def test_a_mouse_wheel_scrolls_and_presses_nothing(kiosk: WindowProcess) -> None:
    assert kiosk.call(wheel) == (120, [("touched", "")])


def finger_without_end(kiosk: Program) -> list[tuple[str, str]]:
    """A panel loses the end of a touch; later somebody presses."""
    kiosk.show(samples.DETAIL)
    lost = -1
    kiosk.ui._stage._fingers[lost] = float("-inf")
    kiosk.told.clear()
    kiosk.touch(740, 1550)
    return [told for told in kiosk.told if told[0] != "touched"]


def test_a_lost_finger_does_not_lock_the_glass(kiosk: WindowProcess) -> None:
    assert kiosk.call(finger_without_end) == [("redeem", "basic-service-voucher")]


def large_art(kiosk: Program) -> list[tuple[bool, ...]]:
    """Of the member's page: whether each large piece of art is there, while it is shown, after it was left, and back again."""
    from club.ui import pictures, surface
    from kiosk_app.ui import stage

    def there() -> tuple[bool, ...]:
        home = kiosk.ui._screens["home"]
        pieces = [each for each in stage.tree(home) if isinstance(each, surface.Art) and each.name]
        return tuple(each.is_there for each in pieces if pictures.is_large(each.name))

    found = []
    for view in (samples.HOME, samples.ATTRACT, samples.HOME):
        kiosk.show(view)
        found.append(there())
    kept = sum(pictures._bytes(each) for each in pictures.pool()._textures.values())
    assert kept <= pictures._KEPT_BYTES
    return found


def test_large_art_is_in_memory_only_with_its_screen(kiosk: WindowProcess) -> None:
    shown, left, back = kiosk.call(large_art)
    assert set(shown) == {True}
    assert set(left) == {False}
    assert back == shown


def left_of_a_hasty_end(kiosk: Program) -> list[str]:
    """What is held of a member whose large page was thrown away before all of its texts were drawn."""
    kiosk.show(samples.ATTRACT)
    kiosk.ui.show(structs.replace(samples.HOME, large=True, contrast=True))
    kiosk.frame()
    kiosk.ui.show(samples.ATTRACT)
    kiosk.ui._change.end()
    kiosk.ui.wipe()
    kiosk.settle()
    return [each for each in kiosk.ui.collect_texts() if "王先生" in each or "6,280" in each]


def test_nothing_is_left_of_a_page_that_was_not_drawn_to_its_end(kiosk: WindowProcess) -> None:
    assert kiosk.call(left_of_a_hasty_end) == []


def loaded_ahead(kiosk: Program) -> tuple[list[str], list[str]]:
    """Which screens were loaded ahead while one changes to another, and then right after it."""
    from kiosk_app.ui import catalogue

    ui = kiosk.ui
    asked: list[str] = []
    kiosk.show(samples.ATTRACT)
    kiosk.show(samples.HOME)
    kiosk.until(lambda: ui.built, "every screen to be built")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "is_loaded", lambda _: False)
        patch.setattr(catalogue, "screen_class", asked.append)
        ui._warm.discard("tap")
        ui.show(samples.ATTRACT)
        assert ui._change.running
        ui._warm_next(0.0)
        meanwhile = list(asked)
        ui._warming.cancel()
        kiosk.until(lambda: not ui._change.running, "the change to be over")
        ui._warm_next(0.0)
    kiosk.until(lambda: ui.built, "every screen to be built")
    return meanwhile, asked


def test_a_change_of_screens_waits_for_no_other_one_to_be_loaded(kiosk: WindowProcess) -> None:
    assert kiosk.call(loaded_ahead) == ([], ["tap"])

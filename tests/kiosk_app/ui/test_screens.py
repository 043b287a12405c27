"""Every sample view on the real glass: its texts are there, fit, and its buttons tell what they say."""

from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image, ImageChops

from kiosk_app.present import samples, samples_en
from kiosk_app.present.views import VIEWS, View
from tests.kiosk_app.ui import program
from tests.kiosk_app.ui.program import Program
from tests.support.window_process import WindowProcess

pytestmark = pytest.mark.window

NAMES = sorted(samples.SAMPLES)


def texts(kiosk: Program, view: View) -> tuple[set[str], set[str], tuple[str, ...]]:
    kiosk.show(view)
    return set(program.words_of(view)), set(kiosk.ui.visible_texts()), kiosk.ui.overflowing_texts()


@pytest.mark.parametrize("name", NAMES)
def test_texts_of_a_view_are_on_the_glass_and_fit(kiosk: WindowProcess, name: str) -> None:
    wanted, seen, overflowing = kiosk.call(texts, samples.SAMPLES[name])
    assert wanted - seen == set()
    assert overflowing == ()


def stray_ink(kiosk: Program, view: View) -> list[tuple[str, float]]:
    """Texts whose letters reach out of their box, with by how many px of the window."""
    from kivy.graphics import Rectangle

    from club.ui.text import Text

    kiosk.show(view)
    stray = []
    for widget in kiosk.widgets():
        if isinstance(widget, Text) and widget.width > 1:
            drawn = [part for part in widget.canvas.children if isinstance(part, Rectangle)]
            out = max(
                (max(widget.x - part.pos[0], part.pos[0] + part.size[0] - widget.right) for part in drawn), default=0
            )
            if out > 2:
                stray.append((widget.text, out))
    return stray


@pytest.mark.parametrize("name", NAMES)
def test_texts_twice_as_long_stay_in_their_boxes(kiosk: WindowProcess, name: str) -> None:
    assert kiosk.call(stray_ink, program.lengthened(samples.SAMPLES[name])) == []


def widths(kiosk: Program, views: list[View]) -> list[tuple[str, float, float]]:
    """Texts of these views whose width, as measured when they were laid out, is not the one they have after all were drawn."""
    from club.ui import glyphs

    measured: dict[tuple[glyphs.Face, str], float] = {}
    for view in views:
        glyphs.forget()
        kiosk.show(view)
        measured |= glyphs._widths
    glyphs.forget()
    found = [(text, width, glyphs.width_of(face, text)) for (face, text), width in measured.items()]
    return [each for each in found if each[1] != each[2]]


def test_a_text_is_as_wide_as_it_was_measured_whatever_was_drawn_since(kiosk: WindowProcess) -> None:
    views = [languages[name] for name in NAMES for languages in (samples.SAMPLES, samples_en.SAMPLES)]
    assert kiosk.call(widths, views) == []


def touches(kiosk: Program, view: View) -> list[tuple[tuple[str, str], list[tuple[str, str]], tuple[float, float]]]:
    """Touch the middle of everything that can be pressed: what it should tell, what was told, how large it is."""
    from club.ui import scroll
    from club.ui.touch import Blocker, Tap

    kiosk.show(view)
    for shelf in kiosk.widgets():  # an earlier test may have left it scrolled, a card's middle under the dock
        if isinstance(shelf, scroll.Shelf):
            shelf.to_top()
    kiosk.settle()
    front: Any = next((sheet for sheet in kiosk.widgets() if isinstance(sheet, Blocker) and sheet.shown), None)
    found = []
    targets = [
        widget
        for widget in (front.walk() if front else kiosk.widgets())
        if isinstance(widget, Tap) and widget.action and widget.enabled and widget.width > 1
    ]
    for target in targets:
        x, y = program.px(kiosk, *target.center)
        if not (0 < x < 1080 and 0 < y < 1920):
            continue
        wanted, size = (str(target.action), target.arg), (target.width * 2, target.height * 2)
        kiosk.told.clear()
        target._told_at = float("-inf")
        kiosk.touch(x, y)
        found.append((wanted, [told for told in kiosk.told if told[0] != "touched"], size))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_button_tells_its_action(kiosk: WindowProcess, name: str) -> None:
    pressed = kiosk.call(touches, samples.SAMPLES[name])
    assert [told for _, told, _ in pressed] == [[wanted] for wanted, _, _ in pressed]
    assert all(min(size) >= 92 for _, _, size in pressed)
    if name not in {"redeeming", "kiosk-32-reader-lost", "not-enrolled"}:
        assert pressed


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("kiosk-10-redeem-success", {"XZV1:7K2M9Q4T63"}),
        ("kiosk-11-vouchers", {"XZV1:3F8P2X6R41"}),
        ("voucher-code", {"XZV1:3F8P2X6R41"}),
    ],
)
def test_codes_on_the_glass_can_be_scanned(kiosk: WindowProcess, name: str, said: set[str]) -> None:
    kiosk.call(Program.show, samples.SAMPLES[name])
    assert {code.text for code in zxingcpp.read_barcodes(kiosk.screen.grab())} == said


def test_a_screenshot_is_what_is_on_the_glass(kiosk: WindowProcess, tmp_path: Path) -> None:
    kiosk.call(screenshot, samples.HOME, tmp_path / "home.png")
    with Image.open(tmp_path / "home.png") as picture:
        assert ImageChops.difference(picture.convert("RGB"), kiosk.screen.grab()).getbbox() is None


def screenshot(kiosk: Program, view: View, path: Path) -> None:
    kiosk.show(view)
    kiosk.ui.screenshot(path)


def grounds(kiosk: Program) -> list[str]:
    """Screens that are built: by name."""
    return sorted(kiosk.ui._screens)


def test_every_view_has_a_screen(kiosk: WindowProcess) -> None:
    for name in NAMES:
        kiosk.call(Program.show, samples.SAMPLES[name])
    assert kiosk.call(grounds) == sorted(view.screen for view in VIEWS)

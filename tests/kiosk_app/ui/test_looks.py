"""Every sample in both languages and both text sizes: nothing is missing, nothing leaves its box, everything is large enough to press."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from msgspec import structs

from club.words.catalogue import Words
from kiosk_app.present import samples, samples_en
from kiosk_app.present.views import View
from tests.kiosk_app.ui import program
from tests.kiosk_app.ui.program import Program
from tests.support.window_process import WindowProcess

pytestmark = pytest.mark.window

NAMES = sorted(samples.SAMPLES)
LANGUAGES: Mapping[str, Mapping[str, View]] = MappingProxyType({"zh": samples.SAMPLES, "en": samples_en.SAMPLES})
CHINESE = re.compile("[一-鿿]")
SMALLEST_PX = 128


def in_large(view: View) -> View:
    return structs.replace(view, large=True, contrast=True)


def texts(kiosk: Program, view: View) -> tuple[set[str], set[str], tuple[str, ...]]:
    kiosk.show(view)
    return set(program.words_of(view)), set(kiosk.ui.visible_texts()), kiosk.ui.overflowing_texts()


@pytest.mark.parametrize("name", NAMES)
def test_english_is_all_there_and_fits(kiosk: WindowProcess, name: str) -> None:
    wanted, seen, overflowing = kiosk.call(texts, samples_en.SAMPLES[name])
    assert wanted - seen == set()
    assert overflowing == ()


@pytest.mark.parametrize("name", NAMES)
def test_english_samples_are_english(name: str) -> None:
    # The second line of the welcome, and the key that leads back, are in the other language.
    left = {text for text in program.words_of(samples_en.SAMPLES[name]) if CHINESE.search(text)}
    assert left <= {"请将会员卡贴近感应区", "中文"}


def large(kiosk: Program, view: View) -> tuple[set[str], set[str], tuple[str, ...], list[tuple[str, float, float]]]:
    """Texts the page should have, texts on the glass, those that overflow, and what can be pressed with its size."""
    from club.ui.touch import Tap
    from kiosk_app.ui.large import pages

    kiosk.show(view)
    page = pages.of(view)
    targets = [
        (str(widget.action), widget.width * 2, widget.height * 2)
        for widget in kiosk.seen()
        if isinstance(widget, Tap) and widget.action and widget.width > 1
    ]
    wanted = {text for text in program.words_of(page) if text}
    return wanted, set(kiosk.ui.visible_texts()), kiosk.ui.overflowing_texts(), targets


@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize("name", NAMES)
def test_large_text_is_all_there_and_fits(kiosk: WindowProcess, name: str, language: str) -> None:
    wanted, seen, overflowing, targets = kiosk.call(large, in_large(LANGUAGES[language][name]))
    assert wanted
    assert wanted - seen == set()
    assert overflowing == ()
    assert [target for target in targets if min(target[1:]) < SMALLEST_PX - 2] == []


def said_beside(view: View, language: str) -> View:
    """The same page with the longest line that may stand beside its title."""
    line = Words(language)("kiosk.home.as-of", time="14:32")
    changed: Any = {"notice": line} if hasattr(view, "notice") and view.screen != "attract" else {}
    return structs.replace(view, **changed)


def lying_on_each_other(kiosk: Program, view: View) -> list[tuple[str, str]]:
    """Pairs of texts of one layer whose letters share some of the glass."""
    from club.ui.scroll import Shelf
    from club.ui.text import Text
    from kiosk_app.ui.sheets import Sheet

    def within(widget: Any, kind: type[Any]) -> Any:
        while widget is not kiosk.ui._stage and not isinstance(widget, kind):
            widget = widget.parent
        return widget

    kiosk.show(view)
    letters = [
        (widget, ink.rectangle.pos, ink.rectangle.size)
        for widget in kiosk.seen()
        if isinstance(widget, Text)
        for ink in widget._ink
        # A list cuts off what is scrolled out of it.
        if within(widget, Shelf).y <= ink.rectangle.pos[1] + ink.rectangle.size[1] / 2 <= within(widget, Shelf).top
    ]
    found = []
    for at, (one, (x, y), (width, height)) in enumerate(letters):
        for other, (x2, y2), (width2, height2) in letters[at + 1 :]:
            # A line's picture is higher than its letters by far more than two lines ever come together.
            beside = x + width <= x2 + 1 or x2 + width2 <= x + 1
            apart = abs(y + height / 2 - y2 - height2 / 2) >= 0.3 * (height + height2) * 0.7
            if one is not other and not beside and not apart and within(one, Sheet) is within(other, Sheet):
                found.append((one.text, other.text))
    return found


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize("name", NAMES)
def test_no_text_lies_on_another(kiosk: WindowProcess, name: str, language: str, large: bool) -> None:
    view = said_beside(LANGUAGES[language][name], language)
    assert kiosk.call(lying_on_each_other, in_large(view) if large else view) == []


def small_letters(kiosk: Program, view: View) -> list[tuple[str, float]]:
    """Texts on the glass that were drawn smaller than large text may be, with their px of the drawing."""
    from club.ui.text import Text

    kiosk.show(view)
    return [
        (widget.text, widget.drawn_px)
        for widget in kiosk.seen()
        if isinstance(widget, Text) and widget.text and widget.width > 1 and widget.drawn_px < 43.9
    ]


@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize("name", NAMES)
def test_large_text_is_large(kiosk: WindowProcess, name: str, language: str) -> None:
    assert kiosk.call(small_letters, in_large(LANGUAGES[language][name])) == []


def back_and_forth(kiosk: Program) -> list[tuple[str, ...]]:
    """The same page in the usual look, large, and usual again: its texts."""
    seen = []
    for view in (samples.HOME, in_large(samples.HOME), samples_en.SAMPLES["kiosk-05-home"], samples.HOME):
        kiosk.show(view)
        seen.append(tuple(sorted(kiosk.ui.visible_texts())))
    return seen


def test_size_and_language_change_live(kiosk: WindowProcess) -> None:
    usual, in_large_text, english, again = kiosk.call(back_and_forth)
    assert usual == again
    assert "金卡，卡号尾号 2719" in in_large_text
    assert "金卡，卡号尾号 2719" not in usual
    assert "Good afternoon, Mr Wang" in english


def signing_out_as_a_second_passes(kiosk: Program) -> list[tuple[str, str]]:
    """What a finger tells that is on the key while the count on it changes."""

    def at(left: str) -> View:
        page = in_large(samples.HOME)
        return structs.replace(page, dock=structs.replace(page.dock, short=left))

    kiosk.show(at("退出 28 秒"))
    place = kiosk.ui.places("exit")[0]
    kiosk.told.clear()
    kiosk.ui.touch(*place)
    kiosk.frame()
    kiosk.ui.show(at("退出 27 秒"))
    kiosk.settle()
    assert "退出 27 秒" in kiosk.ui.visible_texts()
    return kiosk.told


def test_a_press_is_not_lost_while_the_seconds_run(kiosk: WindowProcess) -> None:
    assert ("exit", "") in kiosk.call(signing_out_as_a_second_passes)


def left_behind(kiosk: Program) -> tuple[str, ...]:
    """What is still held after a large page was left and wiped."""
    kiosk.show(in_large(samples.HOME))
    kiosk.show(samples.ATTRACT)
    kiosk.ui.wipe()
    kiosk.settle()
    return tuple(text for text in kiosk.ui.collect_texts() if "王先生" in text or "2719" in text)


def test_large_pages_forget_the_member(kiosk: WindowProcess) -> None:
    assert kiosk.call(left_behind) == ()

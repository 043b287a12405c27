"""Every screen one can come to, in both languages and both sizes of text: all words are there, nothing that can be pressed is dead (K15)."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from msgspec import Struct, structs

from club.words.catalogue import Words
from kiosk_app.flow import events as ev
from kiosk_app.flow import state as st
from kiosk_app.flow.actions import Action
from kiosk_app.flow.step import step
from kiosk_app.present.presenter import present
from kiosk_app.present.views import ReaderLostView
from tests.support import kiosk_walk

WORDS = {language: Words(language, strict=True) for language in ("zh-CN", "en")}
CHINESE = re.compile("[\u4e00-\u9fff，。：、（）“”]")
OTHER_LANGUAGE = {"中文", "请将会员卡贴近感应区"}  # the key back to Chinese; the second line of the welcome
LONGEST_TITLE = 22
SENTENCES = {"HomeView", "ErrorView", "BlockedCardView", "UnknownCardView", "OfflineView", "ReaderLostView", "TapView"}
"""Screens whose title is a sentence, not the name of a page."""


@cache
def reachable() -> dict[str, st.State]:
    return kiosk_walk.reachable()


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from texts(item)
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from texts(getattr(value, name))


def test_the_walk_comes_to_every_screen() -> None:
    assert {type(state.screen) for state in reachable().values()} == set(st.Screen.__args__)


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("language", sorted(WORDS))
def test_every_screen_has_all_its_words(language: str, large: bool) -> None:
    for name, state in reachable().items():
        view = present(structs.replace(state, language=language, large=large), WORDS[language])
        said = set(texts(view))
        assert not any("{" in text for text in said), name
        assert (view.large, view.contrast) == (large, large), name
        if language == "en":
            assert {text for text in said if CHINESE.search(text)} <= OTHER_LANGUAGE, name


def test_without_a_scanner_no_screen_speaks_of_scanning() -> None:
    advisers = {"接车或结算时，请服务顾问扫码", "请服务顾问扫码，或报券码"}  # they have one of their own
    came_scanned = {"会员码已扫到，请稍等"}
    for name, state in reachable().items():
        scanned = isinstance(state.screen, st.CardProblem) and state.screen.trouble in (
            st.CardTrouble.CODE,
            st.CardTrouble.CODE_OFFLINE,
        )
        if not scanned:
            bare = structs.replace(state, language="zh-CN", rules=structs.replace(state.rules, scanner=False))
            said = {text for text in texts(present(bare, WORDS["zh-CN"])) if "扫" in text}
            assert said <= advisers | came_scanned, name


@pytest.mark.parametrize(("scanner", "online", "mark"), [(True, True, "yes"), (True, False, "no"), (False, True, "")])
def test_without_a_reader_the_scanner_is_named_where_there_is_one_and_it_helps(
    scanner: bool, online: bool, mark: str
) -> None:
    [state] = [state for state in reachable().values() if isinstance(state.screen, st.ReaderGone)][:1]
    world = structs.replace(state.world, online=online)
    found = present(
        structs.replace(state, language="zh-CN", world=world, rules=st.Rules(scanner=scanner)), WORDS["zh-CN"]
    )
    assert isinstance(found, ReaderLostView)
    assert [row.mark for row in found.checks if row.title == "扫会员码"] == ([mark] if mark else [])
    assert [button.enabled for button in found.buttons] == [online], "by phone the club must be reached"
    assert any("手机号" in row.detail for row in found.checks) is online


def test_english_titles_of_pages_are_short() -> None:
    long = set()
    for state in reachable().values():
        view = present(structs.replace(state, language="en"), WORDS["en"])
        if type(view).__name__ not in SENTENCES:
            long |= {title for title in [getattr(view, "title", "")] if len(title) > LONGEST_TITLE}
    assert long == set()


def test_nothing_that_can_be_pressed_is_dead() -> None:
    dead = set()
    for name, state in reachable().items():
        view = present(state, WORDS["zh-CN"])
        chosen = {(chip.action, chip.arg) for chip in (*getattr(view, "tabs", ()), *getattr(view, "chips", ()),
                                                       *getattr(view, "filters", ())) if chip.on}  # fmt: skip
        for action, arg in set(kiosk_walk.pressable(view)) - chosen - {(Action.CLEAR, ""), (Action.STAY, "")}:
            after, asked = step(state, ev.Pressed(action, arg, "command-0002"))
            if not asked and structs.replace(after, left=state.left) == state:
                dead.add((name, action, arg))
    assert dead == set()

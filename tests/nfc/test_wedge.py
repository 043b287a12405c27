"""Scanners that type, and people who do: nothing is lost, told twice or taken for the other (spec N8)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfc.wedge import Found, Habits, Scan, Typed, Wedge

QUICK, SLOW = 0.004, 0.2
CODES = st.text(st.characters(codec="utf-8", exclude_characters="\n\r\t"), min_size=6, max_size=60)
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\n\r\t"), min_size=1, max_size=12)


class Keyboard:
    """Feeds a wedge and notes what it found."""

    def __init__(self, habits: Habits | None = None) -> None:
        self.wedge = Wedge(habits or Habits())
        self.now = 100.0
        self.found: list[Found] = []

    def press(self, text: str, each_s: float) -> None:
        for key in text:
            self.now += each_s
            self.found += self.wedge.key(key, self.now)

    def rest(self) -> list[Found]:
        self.now += 1.0
        self.found += self.wedge.quiet(self.now)
        return self.found


def typed(found: list[Found]) -> str:
    return "".join(one.text for one in found if isinstance(one, Typed))


def scans(found: list[Found]) -> list[str]:
    return [one.text for one in found if isinstance(one, Scan)]


@pytest.mark.parametrize("end", ["\n", "\r", "\t"])
@given(code=CODES)
def test_a_burst_that_ends_with_enter_is_a_scan(end: str, code: str) -> None:
    keyboard = Keyboard()
    keyboard.press(code + end, QUICK)
    assert keyboard.rest() == [Scan(code)]
    assert not keyboard.wedge.waiting


@given(st.text(min_size=1, max_size=40))
def test_what_a_person_types_is_given_back_whole(text: str) -> None:
    keyboard = Keyboard()
    keyboard.press(text, SLOW)
    assert typed(keyboard.rest()) == text
    assert scans(keyboard.found) == []


@given(st.lists(st.tuples(st.booleans(), CODES, WORDS), max_size=8))
def test_scans_between_typing_are_told_apart_in_their_order(pieces: list[tuple[bool, str, str]]) -> None:
    keyboard, expected, words = Keyboard(), [], ""
    for is_scan, code, word in pieces:
        if is_scan:
            keyboard.now += SLOW
            keyboard.press(code + "\n", QUICK)
            expected.append(code)
        else:
            keyboard.press(word, SLOW)
            words += word
    keyboard.rest()
    assert scans(keyboard.found) == expected
    assert typed(keyboard.found) == words


@given(st.lists(st.tuples(st.characters(codec="utf-8"), st.floats(0.0, 0.3)), max_size=80))
def test_no_key_is_lost_whatever_its_timing(keys: list[tuple[str, float]]) -> None:
    keyboard = Keyboard(Habits(longest=20))
    for key, pause in keys:
        keyboard.now += pause
        keyboard.found += keyboard.wedge.key(key, keyboard.now)
    keyboard.rest()
    seen = "".join(one.text if isinstance(one, Typed) else one.text + "\n" for one in keyboard.found)
    plain = "".join(key for key, _ in keys)
    assert [key for key in seen if key not in "\n\r\t"] == [key for key in plain if key not in "\n\r\t"]
    assert len(seen) == len(plain)


@given(st.text("0123456789", min_size=1, max_size=5))
def test_a_burst_too_short_for_a_code_is_a_persons(digits: str) -> None:
    keyboard = Keyboard()
    keyboard.press(digits + "\n", QUICK)
    assert keyboard.rest() == [Typed(digits + "\n")]


def test_a_burst_without_end_fills_no_memory() -> None:
    keyboard = Keyboard(Habits(longest=10))
    keyboard.press("A" * 1000, QUICK)
    assert len(keyboard.wedge._keys) <= 11
    assert typed(keyboard.rest()) == "A" * 1000
    assert scans(keyboard.found) == []


def test_the_scanners_own_prefix_and_suffix_are_taken_away_and_asked_for() -> None:
    habits = Habits(prefix="]Q1", suffix="~")
    keyboard = Keyboard(habits)
    keyboard.press("]Q1V-8800-0127~\n", QUICK)
    assert keyboard.rest() == [Scan("V-8800-0127")]
    other = Keyboard(habits)
    other.press("V-8800-0127\n", QUICK)
    assert other.rest() == [Typed("V-8800-0127\n")]


def test_a_code_cut_off_by_a_pause_is_no_code() -> None:
    keyboard = Keyboard()
    keyboard.press("V-8800", QUICK)
    keyboard.now += SLOW
    keyboard.press("-0127-2719\n", QUICK)
    assert keyboard.rest() == [Typed("V-8800"), Scan("-0127-2719")]

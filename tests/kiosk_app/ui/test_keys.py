"""The window's keys: a scanner's code comes whole, a person's digits one by one, and no key does anything else (N8, K16)."""

import pytest

from tests.kiosk_app.ui.program import Program
from tests.support.window_process import WindowProcess

pytestmark = pytest.mark.window

ENTER, PAD_ENTER, BACKSPACE, ESCAPE, F4, SHIFT = 13, 271, 8, 27, 285, 304
QUICK, SLOW = 0.004, 0.4


def told(program: Program, keys: list[tuple[int, str, tuple[str, ...], float]]) -> tuple[list[str], list[str], bool]:
    """What comes of these keys (code, letter, modifiers, seconds since the one before), and whether each was taken."""
    from kivy.core.window import Window

    from kiosk_app.ui.keys import Keys

    scans: list[str] = []
    typed: list[str] = []
    now = [100.0]
    found = Keys(scans.append, typed.append, now=lambda: now[0])
    try:
        taken = True
        for code, letter, modifiers, after in keys:
            now[0] += after
            taken = bool(Window.dispatch("on_key_down", code, 0, letter, list(modifiers))) and taken
        now[0] += SLOW
        program.until(lambda: not found._wedge.waiting, "every key to be told")
    finally:
        found.close()
    return scans, typed, taken


def pressed(text: str, each_s: float) -> list[tuple[int, str, tuple[str, ...], float]]:
    return [(ord(letter), letter, (), each_s) for letter in text]


def test_a_scanners_code_comes_whole(kiosk: WindowProcess) -> None:
    keys = [*pressed("v-8800", QUICK), (ord("9"), "9", ("shift",), QUICK), (ENTER, "\r", (), QUICK)]
    assert kiosk.call(told, keys) == (["v-8800("], [], True)
    capital = [(SHIFT, "", ("shift",), QUICK), (ord("v"), "v", ("shift",), QUICK), *pressed("-8800-1\r", QUICK)[:-1]]
    assert kiosk.call(told, [*capital, (PAD_ENTER, "", (), QUICK)]) == (["V-8800-1"], [], True)


def test_a_persons_digits_come_one_by_one_from_either_side_of_the_keyboard(kiosk: WindowProcess) -> None:
    keys = [*pressed("31", SLOW), (256 + 4, "", (), SLOW), (BACKSPACE, "\b", (), SLOW), (ENTER, "\r", (), SLOW)]
    assert kiosk.call(told, keys) == ([], ["3", "1", "4", "\b", "\n"], True)


def test_a_pin_that_is_typed_quickly_is_no_code(kiosk: WindowProcess) -> None:
    assert kiosk.call(told, [*pressed("314159", QUICK), (ENTER, "\r", (), QUICK)]) == ([], [*"314159", "\n"], True)


def test_other_keys_are_taken_and_do_nothing(kiosk: WindowProcess) -> None:
    keys = [(ESCAPE, "\x1b", (), SLOW), (F4, "", ("alt",), SLOW), *pressed("q", SLOW)]
    assert kiosk.call(told, keys) == ([], [], True)

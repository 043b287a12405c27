"""One tap is one tap (spec N7)."""

from __future__ import annotations

import pytest

from nfc.debounce import Debounce

A, B = bytes.fromhex("04A1B2C3D4E5F6"), bytes.fromhex("04112233445566")


@pytest.mark.parametrize(
    ("reader", "uid", "seen_at", "repeat"),
    [
        ("one", A, 10.9, True),
        ("one", A, 11.0, False),
        ("one", B, 10.1, False),
        ("two", A, 10.1, False),
    ],
)
def test_the_same_card_on_the_same_reader_soon(reader: str, uid: bytes, seen_at: float, repeat: bool) -> None:
    debounce = Debounce(window_s=1.0)
    debounce.left("one", A, 10.0)
    assert debounce.is_repeat(reader, uid, seen_at) is repeat


@pytest.mark.parametrize("left_first", [True, False])
def test_a_card_that_is_waited_for_is_a_tap_however_soon_it_is_back_and_once(left_first: bool) -> None:
    debounce = Debounce(window_s=1.0)
    if left_first:
        debounce.left("one", A, 10.0)
        debounce.await_card("one")
    else:
        debounce.await_card("one")
        debounce.left("one", A, 10.0)
    debounce.left("two", B, 10.0)
    assert debounce.is_repeat("two", B, 10.1), "nobody waits there"
    assert not debounce.is_repeat("one", A, 10.1)
    debounce.told("one")
    debounce.left("one", A, 11.0)
    assert debounce.is_repeat("one", A, 11.1)


def test_a_card_lost_with_its_reader_leaves_when_the_reader_returns() -> None:
    debounce = Debounce(window_s=1.0)
    debounce.lost("one", A)
    debounce.returned("one", 500.0)
    assert debounce.is_repeat("one", A, 501.9)
    assert not debounce.is_repeat("one", B, 501.9)
    assert not debounce.is_repeat("one", A, 502.0)


def test_a_reader_that_returns_empty_handed_changes_nothing() -> None:
    debounce = Debounce(window_s=1.0)
    debounce.left("one", A, 10.0)
    debounce.returned("one", 20.0)
    assert not debounce.is_repeat("one", A, 20.1)


def test_a_card_that_comes_back_after_another_was_told_elsewhere_is_a_new_tap() -> None:
    debounce = Debounce(window_s=1.0)
    debounce.left("one", A, 10.0)
    debounce.told("two")
    assert not debounce.is_repeat("one", A, 10.5)


def test_a_card_lost_with_its_reader_is_remembered_whatever_is_told_elsewhere() -> None:
    debounce = Debounce(window_s=1.0)
    debounce.lost("one", A)
    debounce.told("two")
    debounce.returned("one", 500.0)
    assert debounce.is_repeat("one", A, 500.5)


def test_nor_does_it_matter_what_is_told_elsewhere_before_it_is_found_again() -> None:
    debounce = Debounce(window_s=1.0)
    debounce.lost("one", A)
    debounce.returned("one", 500.0)
    debounce.told("two")
    assert debounce.is_repeat("one", A, 500.5)


def test_once_found_again_and_gone_it_is_a_card_like_any_other() -> None:
    debounce = Debounce(window_s=1.0)
    debounce.lost("one", A)
    debounce.returned("one", 500.0)
    debounce.left("one", A, 500.2)
    assert not debounce.is_repeat("one", A, 501.3)

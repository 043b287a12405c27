"""Sealed values: any text comes back at its own place with its own key, and nowhere else (ADR 0012)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_api.security import envelope
from central_api.security.envelope import NotOpened, Place

KEYS = st.binary(min_size=32, max_size=32)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
PLACES = st.builds(Place, st.text(max_size=8), st.text(max_size=8), st.text(max_size=8))
NUMBERS = st.integers(0, 2**32 - 1)
HERE = Place("members", "phone", "m1")


@given(KEYS, NUMBERS, PLACES, TEXTS)
def test_what_is_sealed_opens(key: bytes, number: int, place: Place, text: str) -> None:
    sealed = envelope.seal(key, number, place, text)
    assert envelope.opened(key, place, sealed) == text
    assert envelope.key_number(sealed) == number
    assert sealed.startswith(envelope.head(number))


@given(KEYS, PLACES, PLACES, TEXTS)
def test_it_opens_at_no_other_place(key: bytes, place: Place, other: Place, text: str) -> None:
    sealed = envelope.seal(key, 1, place, text)
    if place == other:
        assert envelope.opened(key, other, sealed) == text
        return
    with pytest.raises(NotOpened):
        envelope.opened(key, other, sealed)


def test_parts_of_a_place_do_not_run_together() -> None:
    sealed = envelope.seal(b"k" * 32, 1, Place("a", "bc", "d"), "x")
    with pytest.raises(NotOpened):
        envelope.opened(b"k" * 32, Place("ab", "c", "d"), sealed)


@given(KEYS, st.data())
def test_a_changed_byte_is_found(key: bytes, data: st.DataObject) -> None:
    sealed = bytearray(envelope.seal(key, 7, HERE, "138 0000 4411"))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(NotOpened):
        envelope.opened(key, HERE, bytes(sealed))


@given(st.binary(max_size=60))
def test_other_bytes_are_no_sealed_value(data: bytes) -> None:
    with pytest.raises(NotOpened):
        envelope.opened(b"k" * 32, HERE, data)


def test_the_same_text_is_sealed_otherwise_each_time() -> None:
    assert len({envelope.seal(b"k" * 32, 1, HERE, "same") for _ in range(50)}) == 50


@given(KEYS, KEYS, KEYS, NUMBERS)
def test_a_data_key_unwraps_by_its_master_key_and_number_only(
    master: bytes, other: bytes, key: bytes, number: int
) -> None:
    wrapped = envelope.wrap(master, number, key)
    assert envelope.unwrap(master, number, wrapped) == key
    with pytest.raises(NotOpened):
        envelope.unwrap(master, (number + 1) % 2**32, wrapped)
    if other != master:
        with pytest.raises(NotOpened):
            envelope.unwrap(other, number, wrapped)

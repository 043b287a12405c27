"""Voucher codes: any slip of a single symbol and any swap is noticed (A14)."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from club.model import voucher

_bodies = st.text(st.sampled_from(voucher.ALPHABET), min_size=voucher.BODY, max_size=voucher.BODY)
_codes = _bodies.map(lambda body: body + voucher.check_digits(body))


@given(seed=st.integers())
def test_a_made_code_is_valid(seed: int) -> None:
    code = voucher.make(random.Random(seed).randrange)
    assert len(code) == voucher.LENGTH
    assert voucher.is_valid(code)


@given(code=_codes, place=st.integers(0, voucher.LENGTH - 1), other=st.sampled_from(voucher.ALPHABET))
def test_a_single_wrong_symbol_is_noticed(code: str, place: int, other: str) -> None:
    if other != code[place]:
        assert not voucher.is_valid(code[:place] + other + code[place + 1 :])


@given(code=_codes, place=st.integers(0, voucher.LENGTH - 2))
def test_two_swapped_neighbours_are_noticed(code: str, place: int) -> None:
    if code[place] != code[place + 1]:
        assert not voucher.is_valid(code[:place] + code[place + 1] + code[place] + code[place + 2 :])


@given(code=_codes)
def test_what_is_printed_said_or_scanned_is_read_back(code: str) -> None:
    for typed in (voucher.grouped(code), voucher.qr_text(code), code.lower(), "-".join(code), f" {code}\n"):
        assert voucher.normalise(typed) == code


@pytest.mark.parametrize(("typed", "meant"), [("iosz", "1052"), ("I0-o5", "1005")])
def test_look_alikes_are_read_as_meant(typed: str, meant: str) -> None:
    assert voucher.normalise(typed) == meant


@pytest.mark.parametrize(
    "typed", ["", "7K2M9Q4T", "7K2M9Q4T6", "7K2M9Q4TXX", "7K2M9Q4T633", "7K2M9Q4\u066363", "OOOOOOOO00"]
)
def test_what_is_no_code_is_not_valid(typed: str) -> None:
    assert not voucher.is_valid(typed)


def test_a_symbol_outside_the_alphabet_has_no_check_digits() -> None:
    with pytest.raises(ValueError, match="symbols"):
        voucher.check_digits("7K2M9Q4O")

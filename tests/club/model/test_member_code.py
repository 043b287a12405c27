"""Member codes: what is made is read again from whatever a scanner types, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from club.model import member_code, voucher


@given(st.binary(min_size=16, max_size=16))
def test_what_is_made_is_read_again_however_the_scanner_types_it(secret: bytes) -> None:
    code = member_code.make(lambda size: secret[:size])
    said = member_code.qr_text(code)
    for scanned in (said, said.lower(), f" {said}\r"):
        assert member_code.read(scanned) == code


@given(st.text(max_size=60))
def test_what_is_no_member_code_is_none(text: str) -> None:
    assert member_code.read(text) is None


@pytest.mark.parametrize(
    "near", ["XZM1:" + "0" * 31, "XZM1:" + "0" * 33, "XZM2:" + "0" * 32, "0" * 32, "XZM1:" + "G" * 32]
)
def test_what_nearly_is_one_is_none(near: str) -> None:
    assert member_code.read(near) is None


def test_a_voucher_is_none() -> None:
    assert member_code.read(voucher.qr_text(voucher.make(lambda _: 0))) is None

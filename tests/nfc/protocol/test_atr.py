"""ATRs as readers make them up for contactless cards (PC/SC part 3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfc.protocol.atr import Hint, parse


@pytest.mark.parametrize(
    ("raw", "hint"),
    [
        ("3B8F8001804F0CA000000306030001000000006A", Hint.CLASSIC),
        ("3B8F8001804F0CA0000003060300020000000069", Hint.CLASSIC),
        ("3B8F8001804F0CA000000306030026000000004D", Hint.CLASSIC),
        ("3B8F8001804F0CA0000003060300030000000068", Hint.ULTRALIGHT),
        ("3B8F8001804F0CA00000030603003A0000000051", Hint.ULTRALIGHT),
        ("3B8F8001804F0CA000000306030F004300000000", Hint.STORAGE),
        ("3B8F8001804F0CA00000030603FF8800000000", Hint.CLASSIC),  # ACR122U, one byte short: seen on real readers
        ("3B8F8001804F0CA00000030611003B0000000042", Hint.FELICA),
        ("3B8F8001804F0CA0000003060B00140000000077", Hint.VICINITY),
        ("3B8F8001804F0CA0000003060500070000000000", Hint.TYPE_B_MEMORY),
        ("3B8180018080", Hint.ISO14443_4),  # DESFire, NTAG 424 DNA and others
        ("3B80800101", Hint.ISO14443_4),  # phones
        ("3B6500002063CB6800", Hint.CONTACT),
        ("", Hint.UNKNOWN),
        ("3B", Hint.UNKNOWN),
        ("00112233", Hint.UNKNOWN),
    ],
)
def test_families(raw: str, hint: Hint) -> None:
    assert parse(bytes.fromhex(raw)).hint is hint


def test_historical_bytes_are_found_behind_the_interface_bytes() -> None:
    assert parse(bytes.fromhex("3B8180018080")).historical == b"\x80"


@given(st.binary(max_size=40))
def test_no_bytes_break_the_parser(raw: bytes) -> None:
    atr = parse(raw)
    assert atr.raw == raw
    assert len(atr.historical) <= 15

"""NDEF files: what our cards hold, what other tags hold, and damage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfc.protocol import errors, ndef

URL = "https://c.example.invalid/t?e=00&c=11"


def test_the_file_of_an12196_table_16() -> None:
    # AN12196 §5.8.1: an https URI record
    content = bytes.fromhex("0018D1011455046E7461672E6E78702E636F6D2F3432343F653D30")
    assert ndef.parse_file(content[:26]) == "https://ntag.nxp.com/424?e="


@pytest.mark.parametrize("url", [URL, "https://www.example.invalid/", "http://a", "tel:123", "urn:x"])
def test_a_built_file_is_read_back(url: str) -> None:
    assert ndef.parse_file(ndef.build_file(url)) == url


def test_bytes_behind_the_message_do_not_matter() -> None:
    assert ndef.parse_file(ndef.build_file(URL) + bytes(100)) == URL


def test_a_text_record_before_the_url_is_passed_over() -> None:
    text = bytes.fromhex("9101055402656E6869")  # begin, short, type T: "hi"
    uri = ndef.build_file(URL)[2:]
    assert ndef.parse_message(text + bytes((uri[0] & 0x7F,)) + uri[1:]) == URL


def test_a_long_record_with_an_id_is_read() -> None:
    payload = b"\x04a.invalid"
    record = bytes((0xC9, 1)) + len(payload).to_bytes(4, "big") + bytes((2,)) + b"U" + b"id" + payload
    assert ndef.parse_message(record) == "https://a.invalid"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "00",
        "0000",
        "0005D1",
        "0003D10114",
        "0004D1010055",
        "0005D1010155FF",
        "0006D1010255FFFF",
        "0006D101025504FF",
    ],
)
def test_damage_is_named(content: str) -> None:
    with pytest.raises(errors.BadNdef):
        ndef.parse_file(bytes.fromhex(content))


def test_a_url_too_long_for_a_card_is_refused() -> None:
    with pytest.raises(ValueError, match="255"):
        ndef.build_file("https://" + "x" * 255)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_parser(content: bytes) -> None:
    try:
        url = ndef.parse_file(content)
    except errors.BadNdef:
        return
    assert isinstance(url, str)

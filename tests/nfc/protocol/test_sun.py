"""SUN messages: NXP's published examples, our own URL form, and forgeries (spec N3)."""

from __future__ import annotations

from functools import partial
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfc.protocol import errors, keys, sun

ZERO_KEY = bytes(16)
META = bytes(range(16))
MASTER = bytes(range(16, 32))
UID = bytes.fromhex("04A1B2C3D4E5F6")
TEMPLATE = "https://c.example.invalid/t?e={picc}&c={mac}"


def zero_file_key(uid: bytes) -> bytes:
    return ZERO_KEY


def a_message(counter: int = 5) -> str:
    return sun.build(TEMPLATE, META, keys.file_key(MASTER, UID), sun.PiccData(UID, counter), b"12345")


# -- published examples ---------------------------------------------------------------------------------------------


def test_an12196_table_2_to_4_encrypted_picc_data_and_empty_mac_input() -> None:
    message = sun.parse("https://ntag.nxp.com/424?e=EF963FF7828658A599F3041510671E88&c=94EED9EE65337086")
    picc = sun.verify(message, ZERO_KEY, zero_file_key)
    assert picc == sun.PiccData(bytes.fromhex("04DE5F1EACC040"), 0x00003D)


def test_an12196_table_4_session_key() -> None:
    picc = sun.PiccData(bytes.fromhex("04DE5F1EACC040"), 0x00003D)
    assert sun.session_mac_key(ZERO_KEY, picc).hex().upper() == "3FB5F6E3A807A03D5E3570ACE393776F"


def test_an12196_table_5_mac_over_a_text() -> None:
    message = sun.SunMessage(
        picc_enc=bytes.fromhex("FD91EC264309878BE6345CBE53BADF40"),
        mac=bytes.fromhex("ECC1E7F6C6C73BF6"),
        mac_input=b"CEE9A53E3E463EF1F459635736738962&cmac=",
    )
    picc = sun.verify(message, ZERO_KEY, zero_file_key)
    assert picc == sun.PiccData(bytes.fromhex("04958CAA5C5E80"), 8)


def test_an12196_table_2_is_built_again_byte_for_byte() -> None:
    picc = sun.PiccData(bytes.fromhex("04DE5F1EACC040"), 0x00003D)
    url = sun.build("https://ntag.nxp.com/424?e={picc}&c={mac}", ZERO_KEY, ZERO_KEY, picc, bytes.fromhex("DA5CF60941"))
    assert url == "https://ntag.nxp.com/424?e=EF963FF7828658A599F3041510671E88&c=94EED9EE65337086"


# -- our own messages -------------------------------------------------------------------------------------------------


@given(st.binary(min_size=7, max_size=7), st.integers(0, sun.MAX_COUNTER), st.binary(min_size=5, max_size=5))
def test_what_a_card_says_is_what_the_server_reads(uid: bytes, counter: int, filler: bytes) -> None:
    url = sun.build(TEMPLATE, META, keys.file_key(MASTER, uid), sun.PiccData(uid, counter), filler)
    picc = sun.verify(sun.parse(url), META, partial(keys.file_key, MASTER))
    assert picc == sun.PiccData(uid, counter)


def test_two_taps_with_one_counter_still_look_different() -> None:
    picc = sun.PiccData(UID, 5)
    file_key = keys.file_key(MASTER, UID)
    one = sun.build(TEMPLATE, META, file_key, picc, b"aaaaa")
    two = sun.build(TEMPLATE, META, file_key, picc, b"bbbbb")
    assert one != two


# -- forgeries and damage -----------------------------------------------------------------------------------------------


def test_a_wrong_mac_is_refused() -> None:
    url = a_message()
    forged = url[:-1] + ("0" if url[-1] != "0" else "1")
    with pytest.raises(errors.SunRefused):
        sun.verify(sun.parse(forged), META, partial(keys.file_key, MASTER))


def test_a_mac_of_another_tap_is_refused() -> None:
    old, new = sun.parse(a_message(5)), sun.parse(a_message(6))
    with pytest.raises(errors.SunRefused):
        sun.verify(sun.SunMessage(new.picc_enc, old.mac), META, partial(keys.file_key, MASTER))


def test_another_programmes_card_does_not_open() -> None:
    with pytest.raises(errors.BadSun, match="meta key"):
        sun.verify(sun.parse(a_message()), ZERO_KEY, partial(keys.file_key, MASTER))


def test_a_clone_without_the_file_key_is_refused() -> None:
    url = sun.build(TEMPLATE, META, ZERO_KEY, sun.PiccData(UID, 7), b"12345")
    with pytest.raises(errors.SunRefused):
        sun.verify(sun.parse(url), META, partial(keys.file_key, MASTER))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://c.example.invalid/t",
        "https://c.example.invalid/t?e=00&c=00",
        "https://c.example.invalid/t?e=" + "0" * 32,
        "https://c.example.invalid/t?e=" + "0" * 32 + "&c=" + "G" * 16,
        "https://c.example.invalid/t?e=" + "0" * 32 + "&e=" + "0" * 32 + "&c=" + "0" * 16,
        "https://c.example.invalid/t?e=" + "0" * 30 + "%20%20&c=" + "0" * 16,
        "https://c.example.invalid/t?e=" + quote("０" * 32) + "&c=" + "0" * 16,
        "https://[broken?e=" + "0" * 32 + "&c=" + "0" * 16,
        "x" * 300,
    ],
)
def test_an_incomplete_message_is_named(url: str) -> None:
    with pytest.raises(errors.BadSun):
        sun.parse(url)


@given(st.text(max_size=300))
def test_no_text_breaks_the_parser(url: str) -> None:
    try:
        message = sun.parse(url)
    except errors.BadSun:
        return
    assert len(message.picc_enc) == 16


@given(st.binary(max_size=64), st.binary(max_size=16))
def test_no_bytes_break_the_verification(picc_enc: bytes, mac: bytes) -> None:
    with pytest.raises((errors.BadSun, errors.SunRefused)):
        sun.verify(sun.SunMessage(picc_enc, mac), META, partial(keys.file_key, MASTER))

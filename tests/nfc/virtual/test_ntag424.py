"""The virtual NTAG 424 DNA keeps to the chip's rules."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfc.protocol import keys, ndef, ntag424, sun
from nfc.virtual.ntag424 import Ntag424
from tests.support.rig import FILE_MASTER, META_KEY, UID, member_card


def ask(card: Ntag424, command: bytes) -> bytes:
    answer = card.transmit(command)
    assert answer is not None
    return answer


def tap(card: Ntag424) -> str:
    """Activate the card and read its URL."""
    card.power_on()
    ntag424.select_ndef_application(partial(ask, card))
    return ndef.parse_file(ntag424.read_ndef(partial(ask, card)))


def counter_of(url: str) -> int:
    return sun.verify(sun.parse(url), META_KEY, partial(keys.file_key, FILE_MASTER)).counter


def test_each_tap_is_a_fresh_verifiable_message() -> None:
    card = member_card(counter=41)
    urls = [tap(card) for _ in range(3)]
    assert [counter_of(url) for url in urls] == [42, 43, 44]
    assert len(set(urls)) == 3


def test_reading_twice_in_one_tap_gives_the_same_message() -> None:
    card = member_card()
    first = tap(card)
    again = ndef.parse_file(ntag424.read_ndef(partial(ask, card)))
    assert again == first
    assert card.counter == 1


def test_selecting_alone_does_not_count() -> None:
    card = member_card()
    card.power_on()
    ntag424.select_ndef_application(partial(ask, card))
    assert ntag424.get_uid(partial(ask, card)) == UID
    assert ntag424.get_version(partial(ask, card)).is_ntag424
    assert card.counter == 0


def test_the_counter_is_kept_before_the_message_leaves() -> None:
    kept: list[int] = []
    card = member_card(counter=7, on_counter=kept.append)
    tap(card)
    assert kept == [8]


def test_a_counter_that_cannot_be_kept_gives_no_message() -> None:
    def full_disk(counter: int) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        tap(member_card(on_counter=full_disk))


def test_native_read_data_gives_the_same_file() -> None:
    card = member_card()
    url = tap(card)
    answer = ask(card, bytes.fromhex("90AD000007 02 000000 000100 00"))
    assert answer[-2:] == b"\x91\x00"
    assert ndef.parse_file(answer[:-2]) == url


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("00B0000010", "6985"),  # nothing selected
        ("00A4000C02E104", "6A82"),  # a file outside the application
        ("00A4040C05A000000003", "6A82"),  # another application
        ("90AD00000702000000000000", "91F0"),
        ("9071000002000000", "911C"),  # authentication follows with issuing
        ("00840000", "6D00"),
        ("00", "6D00"),
    ],
)
def test_refusals_have_the_chips_own_words(command: str, sw: str) -> None:
    card = member_card()
    card.power_on()
    assert ask(card, bytes.fromhex(command)).hex().upper() == sw


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_no_commands_break_the_card(commands: list[bytes]) -> None:
    card = member_card()
    card.power_on()
    for command in commands:
        assert len(ask(card, command)) >= 2

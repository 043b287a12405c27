"""The virtual NTAG 424 DNA keeps to the chip's rules."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfc.protocol import errors, keys, ndef, ntag424, ntag424_admin, ntag424_files, scripts, sun
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
        ("90AD00000702000000000000", "919D"),
        ("9071000002000000", "919D"),
        ("00840000", "6D00"),
        ("00", "6D00"),
    ],
)
def test_refusals_have_the_chips_own_words(command: str, sw: str) -> None:
    card = member_card()
    card.power_on()
    assert ask(card, bytes.fromhex(command)).hex().upper() == sw


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("90AD0000070900000000000000", "91F0"),  # no such file
        ("90AD0000070200010000000000", "91BE"),  # behind its end
        ("90AD000001020000", "917E"),
        ("90AD0000070300000000000000", "919D"),  # the proprietary file wants key 2
        ("908D0000080200000001000061" + "00", "919D"),  # the member's file wants key 3
        ("9077000002010100", "917E"),
        ("90770000010100", "919D"),  # no session to go on in
        ("9071000002070000", "919E"),  # there are keys 0 to 4
        ("905A00000300000000", "911C"),  # DESFire's
        ("90C4000001000000", "919D"),
    ],
)
def test_refusals_of_native_commands(command: str, sw: str) -> None:
    card = member_card()
    card.power_on()
    ntag424.select_ndef_application(partial(ask, card))
    assert ask(card, bytes.fromhex(command)).hex().upper() == sw


def test_whoever_guesses_keys_has_to_wait() -> None:
    card = member_card()
    card.power_on()
    ntag424.select_ndef_application(partial(ask, card))
    for _ in range(50):
        with pytest.raises(errors.WrongKey):
            scripts.play(ntag424_admin.authenticate(1, bytes(16), bytes(16)), partial(ask, card))
    with pytest.raises(errors.TooManyFailures):
        scripts.play(ntag424_admin.authenticate(1, META_KEY, bytes(16)), partial(ask, card))


def test_the_protected_file_is_read_and_written_in_full_mode() -> None:
    card = member_card()
    card.power_on()
    ntag424.select_ndef_application(partial(ask, card))

    def both() -> scripts.Script[tuple[bytes, bytes]]:
        session = yield from ntag424_admin.authenticate(3, bytes(16), bytes(range(16)))
        session = yield from ntag424_admin.write(session, 3, b"hello", ntag424_files.FULL)
        content, session = yield from ntag424_admin.read(session, 3, 5, ntag424_files.FULL)
        uid, _ = yield from ntag424_admin.card_uid(session)
        return content, uid

    assert scripts.play(both(), partial(ask, card)) == (b"hello", UID)


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_no_commands_break_the_card(commands: list[bytes]) -> None:
    card = member_card()
    card.power_on()
    for command in commands:
        assert len(ask(card, command)) >= 2

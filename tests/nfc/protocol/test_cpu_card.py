"""CPU cards with 3DES, AES and SM4: challenges both ways, tries, files, and chained answers (N2)."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfc.protocol import cpu_card, errors, tlv
from nfc.protocol.applications import CLUB_AID
from nfc.protocol.ciphers import Algorithm
from nfc.virtual.cpu_card import MEMBER_FILE, CpuCard

UID = bytes.fromhex("A1B2C3D4")
PROOF_KEY, WRITE_KEY = bytes(range(16)), bytes(range(16, 32))
EVERY = pytest.mark.parametrize("algorithm", list(Algorithm))
STEPS = pytest.mark.parametrize("get_response", [False, True])


def a_card(algorithm: Algorithm, *, get_response: bool = False) -> CpuCard:
    keys = {1: PROOF_KEY}
    return CpuCard(UID, algorithm, keys, external={2: WRITE_KEY}, pin=b"1234", get_response=get_response)


def opened(card: CpuCard) -> partial[bytes]:
    transmit = partial(ask, card)
    assert cpu_card.df_name(cpu_card.select(transmit, CLUB_AID)) == CLUB_AID
    return transmit


def ask(card: CpuCard, command: bytes) -> bytes:
    return card.transmit(command) or b""


@EVERY
@STEPS
def test_a_terminal_with_the_key_may_write(algorithm: Algorithm, get_response: bool) -> None:
    transmit = opened(a_card(algorithm, get_response=get_response))
    with pytest.raises(errors.NotAuthorised):
        cpu_card.update_binary(transmit, MEMBER_FILE, 0, b"8800")
    cpu_card.external_authenticate(transmit, algorithm, 2, WRITE_KEY)
    cpu_card.update_binary(transmit, MEMBER_FILE, 0, b"88001234")
    cpu_card.update_binary(transmit, MEMBER_FILE, 4, b"5678")
    assert cpu_card.read_binary(transmit, MEMBER_FILE, 0, 16) == b"88005678"


@EVERY
def test_three_wrong_keys_block_it(algorithm: Algorithm) -> None:
    card = a_card(algorithm)
    left = []
    for _ in range(3):
        card.power_on()
        with pytest.raises(errors.NotAuthorised) as refusal:
            cpu_card.external_authenticate(opened(card), algorithm, 2, PROOF_KEY)
        left.append(cpu_card.tries_left(refusal.value))
    with pytest.raises(errors.TooManyFailures) as blocked:
        cpu_card.external_authenticate(opened(card), algorithm, 2, WRITE_KEY)
    assert [*left, cpu_card.tries_left(blocked.value)] == [2, 1, 0, 0]


def test_a_good_try_gives_the_others_back() -> None:
    transmit = opened(a_card(Algorithm.SM4))
    for _ in range(4):
        with pytest.raises(errors.NotAuthorised) as refusal:
            cpu_card.verify_pin(transmit, 0, b"0000")
        assert cpu_card.tries_left(refusal.value) == 2
        cpu_card.verify_pin(transmit, 0, b"1234")


def test_a_refusal_that_tells_no_tries() -> None:
    assert cpu_card.tries_left(errors.NotFound(0x6A82)) is None


@EVERY
def test_a_challenge_of_the_wrong_length_is_not_sent(algorithm: Algorithm) -> None:
    with pytest.raises(ValueError, match=f"for {algorithm}, found 4"):
        cpu_card.internal_command(algorithm, 1, bytes(4))


def test_a_card_whose_challenge_is_short_is_malformed() -> None:
    with pytest.raises(errors.Malformed, match="found 4"):
        cpu_card.external_authenticate(lambda _: bytes(4) + b"\x90\x00", Algorithm.TDES, 1, WRITE_KEY)


def test_the_internal_answer_of_fm1208_is_plain_3des() -> None:
    # One block of 3DES in ECB: with both halves of the key equal it is DES, whose published example this is (SP 800-17).
    key = bytes.fromhex("0101010101010101") * 2
    answer = bytes.fromhex("95F8A5E5DD31D900")
    cpu_card.check_internal(Algorithm.TDES, key, bytes.fromhex("8000000000000000"), answer)
    with pytest.raises(errors.AuthenticationFailed):
        cpu_card.check_internal(Algorithm.TDES, key, bytes.fromhex("8000000000000000"), bytes(8))


def test_another_application_is_not_found() -> None:
    with pytest.raises(errors.NotFound):
        cpu_card.select(partial(ask, a_card(Algorithm.AES)), b"1PAY.SYS.DDF01")


@pytest.mark.parametrize("fci", ["", "6F", "6F05840A", "6F0284FF", "6F8384", "840102"])
def test_file_control_information_that_makes_no_sense_names_nothing(fci: str) -> None:
    assert cpu_card.df_name(bytes.fromhex(fci)) is None


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reading_of_objects(data: bytes) -> None:
    try:
        found = list(tlv.entries(data))
    except errors.Malformed:
        return
    assert sum(len(value) for _, value in found) <= len(data)


@given(st.sampled_from([0x6F, 0x84, 0xC0, 0x5F49, 0xBF0C]), st.binary(max_size=400))
def test_objects_are_read_as_they_are_built(tag: int, value: bytes) -> None:
    assert list(tlv.entries(tlv.build(tag, value))) == [(tag, value)]


@given(st.lists(st.binary(max_size=40), max_size=12))
def test_no_commands_break_the_card(commands: list[bytes]) -> None:
    card = a_card(Algorithm.SM4)
    for command in commands:
        assert len(ask(card, command)) >= 2

"""MIFARE Classic: addresses, access bits, value blocks, keys, and a record that survives a tear at every APDU (N6)."""

from __future__ import annotations

import os
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfc.protocol import classic, classic_record, errors
from nfc.virtual.card import Pulled
from nfc.virtual.classic import FACTORY_KEY, Classic
from nfc.virtual.faults import PulledAway

UID = bytes.fromhex("A1B2C3D4")
KEY_A, KEY_B, CODE_KEY = bytes(range(6)), bytes(range(6, 12)), bytes(range(16))
SMALL = ((4,), (8,))
LARGE = ((4, 5, 6), (8, 9, 10))


def ask(card: Classic | PulledAway, command: bytes) -> bytes:
    try:
        return card.transmit(command) or b""
    except Pulled:
        return b""


def place(copies: tuple[tuple[int, ...], tuple[int, ...]] = SMALL, uid: bytes = UID) -> classic_record.Place:
    return classic_record.Place(copies, classic.Key.B, (KEY_B, KEY_B), CODE_KEY, uid)


def issued_card() -> Classic:
    """A card whose sectors 1 and 2 are read by key A and written by key B."""
    card = Classic(UID)
    blocks = (classic.Condition.READ_A_WRITE_B,) * 3
    for sector in (1, 2):
        classic.authenticate(partial(ask, card), classic.trailer_of(sector), classic.Key.A, FACTORY_KEY)
        trailer = classic.Trailer(KEY_A, KEY_B, blocks, classic.TRAILER_ISSUED)
        classic.write_trailer(partial(ask, card), sector, trailer)
    return card


@pytest.mark.parametrize(
    ("block", "sector", "trailer"), [(0, 0, 3), (3, 0, 3), (63, 15, 63), (127, 31, 127), (128, 32, 143), (255, 39, 255)]
)
def test_sectors_of_both_sizes(block: int, sector: int, trailer: int) -> None:
    assert (classic.sector_of(block), classic.trailer_of(sector)) == (sector, trailer)
    assert classic.is_trailer(block) == (block == trailer)


@pytest.mark.parametrize("block", [-1, 256])
def test_a_block_that_no_card_has(block: int) -> None:
    with pytest.raises(ValueError, match=f"found {block}"):
        classic.sector_of(block)


def test_access_bits_as_they_come() -> None:
    assert classic.Trailer(FACTORY_KEY, FACTORY_KEY).to_bytes().hex().upper() == "FFFFFFFFFFFFFF078069FFFFFFFFFFFF"
    # MF1S50yyX, as issued: data written by B (100), trailer by B (011)
    assert classic.access_bits((0b100, 0b100, 0b100, 0b011)).hex().upper() == "787788"


@given(st.tuples(*[st.integers(0, 7)] * 4))
def test_access_bits_are_read_as_they_are_written(four: tuple[int, int, int, int]) -> None:
    assert classic.conditions(classic.access_bits(four)) == four


@given(st.binary(min_size=3, max_size=3))
def test_access_bits_are_whole_or_malformed(bits: bytes) -> None:
    try:
        four = classic.conditions(bits)
    except errors.Malformed:
        return
    assert classic.access_bits(four) == bits


def test_a_value_block_as_the_chip_wants_it() -> None:
    # MF1S50yyX §8.6.2.1: 0x12D687 = 1 234 567 at address 17
    block = classic.build_value(1_234_567, 17)
    assert block.hex().upper() == "87D612007829EDFF87D6120011EE11EE"
    assert classic.parse_value(block) == 1_234_567


@given(st.integers(-(1 << 31), (1 << 31) - 1), st.integers(0, 255), st.integers(0, 127))
def test_a_value_block_with_one_bit_changed_is_none(amount: int, address: int, bit: int) -> None:
    block = bytearray(classic.build_value(amount, address))
    assert classic.parse_value(bytes(block)) == amount
    block[bit // 8] ^= 1 << bit % 8
    with pytest.raises(errors.Malformed, match="copies do not agree"):
        classic.parse_value(bytes(block))


def test_values_are_raised_and_lowered_by_the_chip() -> None:
    card = Classic(UID)
    transmit = partial(ask, card)
    classic.authenticate(transmit, 5, classic.Key.A, FACTORY_KEY)
    classic.store_value(transmit, 5, 1000)
    classic.change_value(transmit, 5, 234)
    classic.change_value(transmit, 5, -34)
    assert classic.read_value(transmit, 5) == 1200


def test_a_wrong_key_opens_nothing_and_closes_what_was_open() -> None:
    card = issued_card()
    transmit = partial(ask, card)
    classic.authenticate(transmit, 4, classic.Key.A, KEY_A)
    assert classic.read_block(transmit, 4) == bytes(16)
    with pytest.raises(errors.NotAuthorised, match="6300"):
        classic.authenticate(transmit, 4, classic.Key.A, FACTORY_KEY)
    with pytest.raises(errors.NotAuthorised):
        classic.read_block(transmit, 4)


def test_key_a_reads_and_does_not_write() -> None:
    transmit = partial(ask, issued_card())
    classic.authenticate(transmit, 4, classic.Key.A, KEY_A)
    with pytest.raises(errors.NotAuthorised):
        classic.write_block(transmit, 4, bytes(16))


@pytest.mark.parametrize("block", [0, 3, 7, 63])
def test_trailers_and_the_makers_block_are_not_written_by_chance(block: int) -> None:
    def never(command: bytes) -> bytes:
        raise AssertionError("nothing may be sent")

    with pytest.raises(ValueError, match="no data block"):
        classic.write_block(never, block, bytes(16))


@pytest.mark.parametrize("copies", [SMALL, LARGE])
def test_a_record_is_kept_in_turns(copies: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    card, where = issued_card(), place(copies)
    with pytest.raises(classic_record.NoRecord):
        classic_record.read(partial(ask, card), where)
    for number in range(5):
        payload = bytes((number,)) * (number + 1)
        classic_record.write(partial(ask, card), where, payload)
        assert classic_record.read(partial(ask, card), where) == payload
    assert all(any(card.blocks[copy[-1]]) for copy in copies)  # both were used


def test_sequences_go_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classic_record, "_SEQUENCES", 4)
    card = issued_card()
    for number in range(11):
        classic_record.write(partial(ask, card), place(), bytes((number,)))
        assert classic_record.read(partial(ask, card), place()) == bytes((number,))


def test_a_record_carried_to_another_card_is_foreign() -> None:
    card = issued_card()
    classic_record.write(partial(ask, card), place(), b"8800")
    with pytest.raises(classic_record.NoRecord):
        classic_record.read(partial(ask, card), place(uid=bytes.fromhex("A1B2C3D5")))


def test_a_copy_laid_over_the_other_is_torn() -> None:
    card = issued_card()
    classic_record.write(partial(ask, card), place(), b"old")
    card.blocks[8] = card.blocks[4]
    card.blocks[4] = bytes(16)
    with pytest.raises(classic_record.NoRecord):
        classic_record.read(partial(ask, card), place())


def test_a_card_that_does_not_keep_what_is_written_is_found_out() -> None:
    card = issued_card()
    classic_record.write(partial(ask, card), place(), b"old")
    honest = card.transmit
    card.transmit = lambda command: b"\x90\x00" if command[1] == 0xD6 else honest(command)  # type: ignore[method-assign]
    with pytest.raises(classic_record.NotKept, match="does not read back"):
        classic_record.write(partial(ask, card), place(), b"new")
    assert classic_record.read(partial(ask, card), place()) == b"old"


@pytest.mark.parametrize("copies", [((), ()), ((4,), (8, 9)), ((4,), (4,)), ((4, 8), (9, 10)), ((4, 5), (5, 6))])
def test_a_place_that_would_not_be_safe_is_refused(copies: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    with pytest.raises(ValueError, match="expected"):
        place(copies)


def test_a_payload_that_does_not_fit() -> None:
    with pytest.raises(ValueError, match="at most 9 bytes"):
        classic_record.write(partial(ask, issued_card()), place(), bytes(10))


@pytest.mark.parametrize("copies", [SMALL, LARGE])
@pytest.mark.parametrize("before", [0, 1, 2, 3])
@pytest.mark.parametrize("how", ["before the command", "in the middle of it", "before its answer"])
def test_torn_at_every_apdu_the_record_is_the_old_or_the_new(
    copies: tuple[tuple[int, ...], tuple[int, ...]], before: int, how: str
) -> None:
    old, new, where = b"old", os.urandom(9), place(copies)

    def a_card() -> Classic:
        card = issued_card()
        for number in range(before):
            classic_record.write(partial(ask, card), where, old if number == before - 1 else b"older")
        return card

    step = 0
    while True:
        card = a_card()
        try:
            classic_record.write(_torn(card, step, how), where, new)
        except errors.CardLeft:
            card.tear_after = None
            card.power_on()
        else:
            break
        found = _read_or_none(card, where)
        assert found in ({None, new} if before == 0 else {old, new}), f"torn {how}, command {step}"
        # and it can be written again at once
        classic_record.write(partial(ask, card), where, new)
        assert classic_record.read(partial(ask, card), where) == new
        step += 1
    blocks = len(copies[0])
    assert step == (blocks if how == "in the middle of it" else 2 * (2 + blocks) + 2 + 2 * blocks)


def _torn(card: Classic, step: int, how: str) -> partial[bytes]:
    """Return a transmit that loses the card around the command number ``step`` (of writes, when torn in the middle)."""
    if how == "before the command":
        return partial(ask, PulledAway(card, step))
    if how == "before its answer":
        return partial(_lose_answer, card, [step])
    return partial(_tear_write, card, [step])


def _lose_answer(card: Classic, left: list[int], command: bytes) -> bytes:
    answer = ask(card, command)
    left[0] -= 1
    return b"" if left[0] < 0 else answer


def _tear_write(card: Classic, left: list[int], command: bytes) -> bytes:
    if left[0] < 0:
        return b""
    if command[1] == 0xD6:
        left[0] -= 1
        if left[0] < 0:
            card.tear_after = 0
    return ask(card, command)


def _read_or_none(card: Classic, where: classic_record.Place) -> bytes | None:
    try:
        return classic_record.read(partial(ask, card), where)
    except classic_record.NoRecord:
        return None

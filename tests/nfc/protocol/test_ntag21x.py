"""NTAG21x through both kinds of reader: what it is, pages, password, and the factory's signature (N2)."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfc.protocol import errors, native, ntag21x
from nfc.virtual.ntag21x import GENUINE_SIGNATURE, GENUINE_UID, Ntag213
from tests.nfc.transcript import Transcript

READERS = pytest.mark.parametrize("transparent", [False, True])
PASSWORD, PACK = b"\x01\x02\x03\x04", b"\xa5\x5a"


def ask(card: Ntag213, command: bytes) -> bytes:
    return card.transmit(command) or b""


def opened(card: Ntag213) -> native.Native:
    return native.open_native(partial(ask, card))


@READERS
def test_what_a_genuine_chip_tells(transparent: bool) -> None:
    chip = opened(Ntag213(transparent=transparent))
    assert ntag21x.version(chip) == ntag21x.Version("NTAG213", 0x29)
    assert ntag21x.uid_in(ntag21x.read(chip, 0)) == GENUINE_UID
    assert ntag21x.signature(chip) == GENUINE_SIGNATURE
    assert ntag21x.made_by(chip) == "NTAG21x"
    assert ntag21x.counter(chip) == 1


def test_a_copied_uid_without_a_signature_of_its_own_is_nobodys() -> None:
    chip = opened(Ntag213(uid=bytes.fromhex("04E10CDA993C81")))
    assert ntag21x.made_by(chip) is None


@READERS
def test_pages_are_written_and_read(transparent: bool) -> None:
    chip = opened(Ntag213(transparent=transparent))
    ntag21x.write(chip, 4, b"club")
    ntag21x.write(chip, 5, b"8800")
    assert ntag21x.read(chip, 4)[:8] == b"club8800"
    assert ntag21x.fast_read(chip, 4, 5) == b"club8800"


@READERS
def test_a_password_guards_pages(transparent: bool) -> None:
    card = Ntag213(transparent=transparent)
    chip = opened(card)
    ntag21x.protect(chip, 0x29, PASSWORD, PACK, from_page=6, reading=True, tries=3)
    with pytest.raises(native.Refused):
        ntag21x.write(chip, 6, bytes(4))
    with pytest.raises(native.Refused):
        ntag21x.read(chip, 6)
    assert ntag21x.read(chip, 4) == bytes(16)
    assert ntag21x.authenticate(chip, PASSWORD) == PACK
    ntag21x.write(chip, 6, b"safe")
    assert ntag21x.read(chip, 6)[:4] == b"safe"
    assert ntag21x.read(chip, 0x2B)[:8] == bytes(8)  # neither password nor PACK can be read


def test_too_many_wrong_passwords_lock_the_chip() -> None:
    chip = opened(Ntag213())
    ntag21x.protect(chip, 0x29, PASSWORD, PACK, from_page=6, reading=False, tries=2)
    for _ in range(2):
        with pytest.raises(native.Refused):
            ntag21x.authenticate(chip, bytes(4))
    with pytest.raises(native.Refused):
        ntag21x.authenticate(chip, PASSWORD)


@pytest.mark.parametrize("page", [0, 1, 2, 3, 256])
def test_pages_that_cannot_be_undone_are_not_written(page: int) -> None:
    def never(command: bytes) -> bytes:
        raise AssertionError("nothing may be sent")

    with pytest.raises(ValueError, match=f"found page {page}"):
        ntag21x.write(never, page, bytes(4))


def test_the_frames_of_an_acr122u() -> None:
    card = Transcript(
        ("FF C2 00 00 02 81 00 00", "63 00"),  # it has no transparent session
        ("FF 00 00 00 03 D4 42 60", "D5 43 00 00 04 04 02 01 00 0F 03 90 00"),
        ("FF 00 00 00 04 D4 42 3C 00", "D5 43 01 90 00"),  # time-out: the chip said nothing
    )
    chip = native.open_native(card)
    assert ntag21x.version(chip).product == "NTAG213"
    with pytest.raises(native.Refused, match="3C"):
        ntag21x.signature(chip)
    assert card.left == 0


def test_the_frames_of_a_transparent_session() -> None:
    card = Transcript(
        ("FF C2 00 00 02 81 00 00", "C0 03 00 90 00 90 00"),
        ("FF C2 00 01 03 95 01 60 00", "C0 03 00 90 00 92 01 00 96 02 00 00 97 08 00 04 04 02 01 00 11 03 90 00"),
        ("FF C2 00 00 02 82 00 00", "C0 03 00 90 00 90 00"),
    )
    assert ntag21x.version(native.open_native(card)).product == "NTAG215"
    native.close_native(card)
    assert card.left == 0


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_no_answers_break_the_reading(answers: list[bytes]) -> None:
    script = iter(answers)
    try:
        found = ntag21x.made_by(native.open_native(lambda _: next(script, b"")))
    except errors.ProtocolError:
        return
    assert found is None

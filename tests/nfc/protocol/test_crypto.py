"""AES-CMAC, key diversification and the keys of a programme, against published vectors."""

from __future__ import annotations

import pytest

from nfc.protocol import an10922, cmac, keys

RFC_KEY = bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C")
RFC_MESSAGE = bytes.fromhex(
    "6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E51"
    "30C81C46A35CE411E5FBC1191A0A52EFF69F2445DF4F9B17AD2B417BE66C3710"
)
AN10922_MASTER = bytes.fromhex("00112233445566778899AABBCCDDEEFF")


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (0, "BB1D6929E95937287FA37D129B756746"),
        (16, "070A16B46B4D4144F79BDD9DD04A287C"),
        (40, "DFA66747DE9AE63030CA32611497C827"),
        (64, "51F0BEBF7E3B9D92FC49741779363CFE"),
    ],
)
def test_cmac_gives_the_examples_of_rfc_4493(length: int, expected: str) -> None:
    assert cmac.cmac(RFC_KEY, RFC_MESSAGE[:length]).hex().upper() == expected


def test_truncation_takes_the_odd_bytes() -> None:
    # AN12196 table 4: full CMAC and MACt
    full = bytes.fromhex("E194C7EE12D9F7EE8A65C8331B704386")
    assert cmac.truncated(full).hex().upper() == "94EED9EE65337086"


@pytest.mark.parametrize("length", [0, 1, 15, 16, 31])
def test_padding_comes_off_again(length: int) -> None:
    data = bytes(length)
    padded = cmac.pad(data)
    assert len(padded) % 16 == 0
    assert cmac.unpad(padded) == data


def test_missing_padding_is_an_error() -> None:
    with pytest.raises(ValueError, match="padding"):
        cmac.unpad(bytes(16))


def test_diversification_gives_the_example_of_an10922() -> None:
    # AN10922 §2.2.1: UID, AID 3042F5, system identifier "NXP Abu"
    data = bytes.fromhex("04782E21801D80") + bytes.fromhex("3042F5") + b"NXP Abu"
    assert an10922.diversify(AN10922_MASTER, data).hex().upper() == "A8DD63A3B89D54B37CA802473FDA9175"


@pytest.mark.parametrize("length", [1, 14, 15])
def test_short_data_are_not_a_plain_cmac(length: int) -> None:
    # The trap: a plain CMAC pads 16 bytes or fewer to one block, AN10922 always to two.
    data = bytes(range(length))
    assert an10922.diversify(AN10922_MASTER, data) != cmac.cmac(AN10922_MASTER, b"\x01" + data)


@pytest.mark.parametrize("length", [16, 21, 31])
def test_longer_data_are_a_plain_cmac(length: int) -> None:
    data = bytes(range(length))
    assert an10922.diversify(AN10922_MASTER, data) == cmac.cmac(AN10922_MASTER, b"\x01" + data)


@pytest.mark.parametrize(("master", "data"), [(16, 0), (16, 32), (15, 7), (0, 7)])
def test_diversification_refuses_wrong_lengths(master: int, data: int) -> None:
    with pytest.raises(ValueError, match="AN10922 wants"):
        an10922.diversify(bytes(master), bytes(data))


def test_a_file_key_is_an10922_over_uid_aid_and_system_id() -> None:
    uid = bytes.fromhex("04782E21801D80")
    expected = cmac.cmac(AN10922_MASTER, bytes.fromhex("01" + "04782E21801D80" + "D2760000850101") + b"XZCLUB")
    assert keys.file_key(AN10922_MASTER, uid) == expected


def test_two_cards_have_two_file_keys() -> None:
    assert keys.file_key(AN10922_MASTER, bytes(7)) != keys.file_key(AN10922_MASTER, bytes(6) + b"\x01")


def test_a_file_key_needs_a_whole_uid() -> None:
    with pytest.raises(ValueError, match="7 bytes, found 4"):
        keys.file_key(AN10922_MASTER, bytes(4))

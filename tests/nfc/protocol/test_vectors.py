"""Published examples of what the card families stand on: AN10922, 3DES and AES CMAC, SM4, NXP's originality signatures."""

from __future__ import annotations

import pytest

from nfc.protocol import an10922, ciphers, originality
from nfc.protocol.ciphers import Algorithm

MASTER_24 = bytes.fromhex("00112233445566778899AABBCCDDEEFF0102030405060708")
MASTER = MASTER_24[:16]
UID = bytes.fromhex("04782E21801D80")
SP800_38B = bytes.fromhex("6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E51")
SM4_KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")  # GB/T 32907-2016 annex A.1: the text is the key


def test_an10922_aes_128_padded() -> None:
    # §2.2.1: 18 bytes are padded to 32 and closed with K2
    found = an10922.diversify(MASTER, UID + bytes.fromhex("3042F5") + b"NXP Abu")
    assert found.hex().upper() == "A8DD63A3B89D54B37CA802473FDA9175"


def test_an10922_aes_128_of_less_than_a_block() -> None:
    # AN10957's example: seven bytes, which a plain CMAC would pad to one block only
    found = an10922.diversify(bytes.fromhex("F3F9377698707B688EAF84ABE39E3791"), bytes.fromhex("04DEADBEEFFEED"))
    assert found.hex().upper() == "0BB408BAFF98B6EE9F2E1585777F6A51"


def test_an10922_aes_192() -> None:
    # §2.3.1
    found = an10922.diversify_aes192(MASTER_24, UID + bytes.fromhex("3042F5") + b"NXP Abu")
    assert found.hex().upper() == "CE39C8E1CD82D9A7BEDBE9D74AF59B23176755EE7586E12C"


def test_an10922_3des_that_fills_both_blocks() -> None:
    # §2.4.1: 16 bytes fill both blocks and are closed with K1. The printed key has its version (55h) in the parity bits.
    found = an10922.diversify_3des(MASTER, UID + bytes.fromhex("3042F5") + b"NXP A")
    printed = bytes.fromhex("16F9587D9E8910C96B9649D007107DD6")
    assert bytes(byte & 0xFE for byte in found) == bytes(byte & 0xFE for byte in printed)


@pytest.mark.parametrize(
    ("diversify", "master", "data"),
    [(an10922.diversify_aes192, 16, 7), (an10922.diversify_aes192, 24, 32), (an10922.diversify_3des, 16, 16)],
)
def test_an10922_refuses_wrong_lengths(diversify: object, master: int, data: int) -> None:
    assert callable(diversify)
    with pytest.raises(ValueError, match="AN10922 wants"):
        diversify(bytes(master), bytes(data))


@pytest.mark.parametrize(
    ("length", "expected"),
    [(0, "79CE52A7F786A960"), (16, "CC18A0B79AF2413B"), (20, "C06D377ECD101969"), (32, "9CD33580F9B64DFB")],
)
def test_cmac_over_3des_gives_the_examples_of_nist(length: int, expected: str) -> None:
    key = bytes.fromhex("0123456789ABCDEF23456789ABCDEF01")
    assert ciphers.cmac(Algorithm.TDES, key, SP800_38B[:length]).hex().upper() == expected


@pytest.mark.parametrize(
    ("length", "expected"), [(0, "BB1D6929E95937287FA37D129B756746"), (16, "070A16B46B4D4144F79BDD9DD04A287C")]
)
def test_cmac_over_aes_gives_the_examples_of_rfc_4493(length: int, expected: str) -> None:
    key = bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C")
    assert ciphers.cmac(Algorithm.AES, key, SP800_38B[:length]).hex().upper() == expected


def test_sm4_gives_the_example_of_its_standard() -> None:
    secret = ciphers.encrypt(Algorithm.SM4, SM4_KEY, SM4_KEY)
    assert secret.hex().upper() == "681EDF34D206965E86B3E94F536E4246"
    assert ciphers.decrypt(Algorithm.SM4, SM4_KEY, secret) == SM4_KEY


@pytest.mark.long
def test_sm4_a_million_times_gives_the_second_example_of_its_standard() -> None:
    text = SM4_KEY
    for _ in range(1_000_000):
        text = ciphers.encrypt(Algorithm.SM4, SM4_KEY, text)
    assert text.hex().upper() == "595298C7C6FD271F0402F804C33D3F66"


@pytest.mark.parametrize(("algorithm", "key", "text"), [("3des", 24, 8), ("sm4", 24, 16), ("aes", 15, 16)])
def test_a_key_of_the_wrong_length_is_named(algorithm: str, key: int, text: int) -> None:
    with pytest.raises(ValueError, match=f"{algorithm} wants a key of .*, found {key}"):
        ciphers.encrypt(Algorithm(algorithm), bytes(key), bytes(text))


def test_half_a_block_is_named() -> None:
    with pytest.raises(ValueError, match="3des wants whole blocks of 8 bytes, found 12 bytes"):
        ciphers.encrypt(Algorithm.TDES, bytes(16), bytes(12))


# Signatures read from real chips: UID, signature, family.
SIGNED = [
    ("04E10CDA993C80", "8B76052EE42F5567BEB53238B3E3F9950707C0DCC956B5C5EFCFDB709B2D82B3", "NTAG21x"),
    ("04DB0BDA993C80", "6048EFD9417CD10F6B7F1818D471A7FE5B46868D2EABDC6307A1E0AAE139D8D0", "NTAG21x"),
    ("04C1285A373080", "CEA2EB0B3C95D0844A95B824A7553703B3702378033BF0987899DB70151A19E7", "Ultralight EV1"),
    ("0433619AB35780", "B9FAE369EC21C980650D87ED9AE9B1610E859131B4B8699C647548AB68D249BB", "MIFARE Classic EV1"),
    ("524374E2", "F8758CE30A58553A9985C458FB9C7D340FCFB04847B928A0667939272BC58B5E", "MIFARE Classic EV1"),
    (
        "0463474AA26A80",
        "27E9A50E6CA4BA9037C02F7D20A80D0284D0C1D83C67F5A5AC1D8A4EF86C9508417E4E9C6F85AA7920F0ABDED984CAF20467D66EA54BBF08",
        "NTAG 424 DNA",
    ),
    (
        "042468222F5C80",
        "B9211E320F321BD1D0E158E10FF15109B389638BAE15D9909D7725BF1250ED236D66F1AF75C94D60330E4E92535F5E6997675281A5687173",
        "DESFire EV1",
    ),
    (
        "042A41CAE45380",
        "B2769F8DDB575AEA2A680ADCA8FFED4FAB81A1E9908E2B82FE0FABB697BBD9B23835C416970E75768F12902ACA491349E94E6589EAF4F508",
        "DESFire EV2",
    ),
    (
        "04448BD2DB6B80",
        "5CBB5632795C8F15263FEFB095B51C7B541AFD914A1AE44EF6FB8AF605EDF13DBFEE6C3A2DB372245E671DFE0D42CB1F0D0B8FE67A89D2F6",
        "DESFire EV3",
    ),
]


@pytest.mark.parametrize(("uid", "signature", "family"), SIGNED)
def test_an_originality_signature_names_its_family(uid: str, signature: str, family: str) -> None:
    assert originality.made_by(bytes.fromhex(uid), bytes.fromhex(signature)) == family


@pytest.mark.parametrize(("uid", "signature", "family"), SIGNED[::3])
def test_a_signature_is_of_one_uid_only(uid: str, signature: str, family: str) -> None:
    other = bytes.fromhex(uid)[:-1] + b"\x00"
    assert originality.made_by(other, bytes.fromhex(signature)) is None


@pytest.mark.parametrize("signature", [b"", bytes(32), bytes(56), b"\xff" * 32, b"\xff" * 56, bytes(33)])
def test_what_is_no_signature_is_nobodys(signature: bytes) -> None:
    assert originality.made_by(UID, signature) is None

"""AuthenticateAES and DESFire EV1's running chain, replayed from a real card's session."""

from __future__ import annotations

import pytest

from nfc.protocol import apdu, cmac, errors, ev1

# A DESFire EV1's application with an AES key, recorded in the open: authentication, a file made, listed, written, read, deleted.
KEY = bytes.fromhex("10182028303840485058606870788088")
CHALLENGE = bytes.fromhex("B351CB2465D4F33AC627FD6E87A168F2")
RND_A = bytes.fromhex("40E7D27174CBA675E8EFBAB99C530E3D")
TOKEN = bytes.fromhex("044B6CAC343A0865895149649CA8DDE1F5AC4EC67BD208900AF02F049E05F0B0")
ANSWER = bytes.fromhex("A2EE144B1012FBEB7B2F11132D95A454")
CONTENT = bytes(range(0x50))
RECORDED = [
    # INS, header, data, answer, its CMAC
    (0xCD, "05001100500000", b"", b"", "A75316AD1596B953"),
    (0x6F, "", b"", b"\x05", "2D5FF67FFEC9D2D3"),
    (0xF5, "05", b"", bytes.fromhex("00001100500000"), "2AAC7517024E09DC"),
    (0x3D, "05000000340000", CONTENT[:0x34], b"", "765C9DAA50ECB62F"),
    (0x3D, "053400001C0000", CONTENT[0x34:], b"", "3E0AED986B8B0F37"),
    (0xBD, "05000000300000", b"", CONTENT[:0x30], "4C65F1F842262BAC"),
    (0xBD, "05300000200000", b"", CONTENT[0x30:], "F02205CF913C03C9"),
    (0xDF, "05", b"", b"", "1BEF0D32B6D1D7F9"),
]


def a_session() -> ev1.Session:
    command, rnd_b = ev1.answer_challenge(KEY, CHALLENGE, RND_A)
    return ev1.finish(KEY, RND_A, rnd_b, command.data, ANSWER)


def answer(data: bytes) -> apdu.Response:
    return apdu.Response(data, 0x9100)


def test_authentication_of_a_real_card() -> None:
    assert ev1.first_command(0).to_bytes().hex().upper() == "90AA0000010000"
    command, rnd_b = ev1.answer_challenge(KEY, CHALLENGE, RND_A)
    assert rnd_b.hex().upper() == "626FFBD45CAF334ACCA45599304F5B17"
    assert command.data == TOKEN
    assert a_session().key.hex().upper() == "40E7D271626FFBD49C530E3D304F5B17"


def test_authentication_with_the_key_a_card_comes_with() -> None:
    key, rnd_a = bytes(16), bytes.fromhex("F44B26F5686F3A391CD38EBD10772281")
    command, rnd_b = ev1.answer_challenge(key, bytes.fromhex("B969FDFE56FD91FC9DE6F6F213B8FD1E"), rnd_a)
    session = ev1.finish(key, rnd_a, rnd_b, command.data, bytes.fromhex("800DB680BC146BD121D6578F2D2E2059"))
    assert session.key.hex().upper() == "F44B26F5C05DDD7110772281C4D066E8"


def test_one_chain_runs_through_the_whole_session() -> None:
    session = a_session()
    for ins, header, data, answered, code in RECORDED:
        _, session = session.plain_command(ins, bytes.fromhex(header), data)
        found, session = session.check_response(answer(answered + bytes.fromhex(code)))
        assert found == answered, f"after {ins:02X}"


def test_a_changed_answer_breaks_the_chain() -> None:
    _, session = a_session().plain_command(0xCD, bytes.fromhex("05001100500000"))
    with pytest.raises(errors.AuthenticationFailed, match="MAC is wrong"):
        session.check_response(answer(bytes.fromhex("A75316AD1596B952")))


def test_encrypted_change_of_key_as_recorded() -> None:
    # ChangeKey under the same session rules: the data, CRC over command and data, zeros; IV is zero after authentication.
    session = ev1.Session(bytes.fromhex("F44B26F5C05DDD7110772281C4D066E8"))
    new = bytes.fromhex("00102030405060708090A0B0B0A09080") + b"\x10"
    command, after = session.full_command(0xC4, b"\x00", new)
    secret = "E9F85E219496C2B58C1090DC3935FAE9E840CF61B383D9531946256B1F110C10"
    assert command.data.hex().upper() == "00" + secret
    assert after.iv.hex().upper() == secret[32:]


def test_the_crc_of_a_new_key_as_recorded() -> None:
    assert ev1.crc32(bytes.fromhex("00102030405060708090A0B0B0A09080")).hex().upper() == "BFE37919"


@pytest.mark.parametrize("length", [1, 12, 13, 16, 32])
def test_an_encrypted_answer_opens_and_moves_the_chain(length: int) -> None:
    session, data = a_session(), bytes(range(length))
    plain = data + ev1.crc32(data + b"\x00")
    secret = cmac.cbc_encrypt(session.key, plain + bytes(-len(plain) % 16), session.iv)
    found, after = session.open_response(answer(secret), length)
    assert found == data
    assert after.iv == secret[-16:]


@pytest.mark.parametrize("secret", [b"", bytes(15), bytes(16), bytes(32)])
def test_an_encrypted_answer_that_is_not_the_cards_is_refused(secret: bytes) -> None:
    with pytest.raises(errors.AuthenticationFailed):
        a_session().open_response(answer(secret), 4)


def test_a_refusal_keeps_its_name() -> None:
    with pytest.raises(errors.NotAuthorised):
        a_session().check_response(apdu.Response(b"", 0x919D))


@pytest.mark.parametrize("forged", [b"", ANSWER[:15], b"\x00" + ANSWER[1:]])
def test_a_card_without_the_key_is_found_out(forged: bytes) -> None:
    command, rnd_b = ev1.answer_challenge(KEY, CHALLENGE, RND_A)
    with pytest.raises(errors.AuthenticationFailed):
        ev1.finish(KEY, RND_A, rnd_b, command.data, forged)


def test_a_challenge_of_the_wrong_length_is_malformed() -> None:
    with pytest.raises(errors.Malformed, match="found 8"):
        ev1.answer_challenge(KEY, bytes(8), RND_A)

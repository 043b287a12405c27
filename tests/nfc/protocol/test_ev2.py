"""AuthenticateEV2First and secure messaging, replayed from NXP's AN12196."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nfc.protocol import apdu, cmac, errors, ev2

KEY0 = bytes(16)
# AN12196 table 14 (authentication with key 0)
RND_A = bytes.fromhex("13C5DB8A5930439FC3DEF9A4C675360F")
CHALLENGE = bytes.fromhex("A04C124213C186F22399D33AC2A30215")
ANSWER = bytes.fromhex("3FA64DB5446D1F34CD6EA311167F5E4985B89690C04A05F17FA7AB2F08120663")


def a_session() -> ev2.Session:
    _, rnd_b = ev2.answer_challenge(KEY0, CHALLENGE, RND_A)
    return ev2.finish(KEY0, RND_A, rnd_b, ANSWER)


def a_writing_session() -> ev2.Session:
    # AN12196, second authentication with key 0 (before WriteData)
    rnd_a = bytes.fromhex("B98F4C50CF1C2E084FD150E33992B048")
    _, rnd_b = ev2.answer_challenge(KEY0, bytes.fromhex("B875CEB0E66A6C5CD00898DC371F92D1"), rnd_a)
    answer = bytes.fromhex("0CC9A8094A8EEA683ECAAC5C7BF20584206D0608D477110FC6B3D5D3F65C3A6A")
    return ev2.finish(KEY0, rnd_a, rnd_b, answer)


def test_part_one_asks_with_the_key_number() -> None:
    assert ev2.first_command(0).to_bytes().hex().upper() == "9071000002000000"


def test_part_two_proves_our_key() -> None:
    command, rnd_b = ev2.answer_challenge(KEY0, CHALLENGE, RND_A)
    assert rnd_b.hex().upper() == "B9E2FC789B64BF237CCCAA20EC7E6E48"
    assert command.to_bytes().hex().upper() == (
        "90AF00002035C3E05A752E0144BAC0DE51C1F22C56B34408A23D8AEA266CAB947EA8E0118D00"
    )


def test_session_keys_and_transaction_id() -> None:
    session = a_session()
    assert session.ti.hex().upper() == "9D00C4DF"
    assert session.enc_key.hex().upper() == "1309C877509E5A215007FF0ED19CA564"
    assert session.mac_key.hex().upper() == "4C6626F5E72EA694202139295C7A7FC7"
    assert session.counter == 0


def test_change_file_settings_in_full_mode() -> None:
    # AN12196 table 18: the second command after authentication
    command = a_session().after().full_command(0x5F, b"\x02", bytes.fromhex("4000E0C1F121200000430000430000"))
    assert command.to_bytes().hex().upper() == "905F0000190261B6D97903566E84C3AE5274467E89EAD799B7C1A0EF7A0400"


def test_write_data_in_full_mode_and_its_answer() -> None:
    session = a_writing_session()
    command = session.full_command(0x8D, bytes.fromhex("030000000A0000"), bytes(range(1, 11)))
    assert command.to_bytes().hex().upper() == (
        "908D00001F030000000A00006B5E6804909962FC4E3FF5522CF0F8436C0C53315B9C73AA00"
    )
    assert session.check_response(apdu.Response.parse(bytes.fromhex("C26D236E4A7C046D9100"))) == b""


def test_an_encrypted_answer_opens() -> None:
    session = a_session()
    # What a card does, told by the same rules: seen from its side the answer's IV and MAC use the next counter.
    secret = cmac.cbc_encrypt(session.enc_key, cmac.pad(b"hello"), session._iv(b"\x5a\xa5", 1))
    raw = secret + session.response_mac(0x9100, secret) + b"\x91\x00"
    assert session.open_response(apdu.Response.parse(raw)) == b"hello"


def test_a_card_without_the_key_is_found_out() -> None:
    _, rnd_b = ev2.answer_challenge(KEY0, CHALLENGE, RND_A)
    forged = bytes((ANSWER[0] ^ 1,)) + ANSWER[1:]
    with pytest.raises(errors.AuthenticationFailed, match="does not hold the key"):
        ev2.finish(KEY0, RND_A, rnd_b, forged)


@pytest.mark.parametrize("answer", ["9100", "0000000000000000" + "9100", "C26D236E4A7C046C" + "9100"])
def test_an_answer_with_a_wrong_mac_is_refused(answer: str) -> None:
    with pytest.raises(errors.AuthenticationFailed):
        a_writing_session().check_response(apdu.Response.parse(bytes.fromhex(answer)))


def test_an_answer_of_the_command_before_is_refused() -> None:
    late = replace(a_writing_session(), counter=1)
    with pytest.raises(errors.AuthenticationFailed):
        late.check_response(apdu.Response.parse(bytes.fromhex("C26D236E4A7C046D9100")))


def test_lrp_mode_is_named() -> None:
    with pytest.raises(errors.Malformed, match="LRP"):
        ev2.answer_challenge(KEY0, bytes(17), RND_A)

"""NTAG 424 DNA's commands inside a session, byte for byte as in NXP's AN12196 (rev. 2.0)."""

from __future__ import annotations

import pytest

from nfc.protocol import apdu, errors, ev2, ntag424_admin, ntag424_files
from nfc.protocol.ntag424_files import Access, FileSettings, Sdm
from nfc.protocol.scripts import Script, T, play
from tests.nfc.transcript import Transcript

# Table 19 (transaction identifier) and table 23 (session keys)
TI = bytes.fromhex("7614281A")
ENC = bytes.fromhex("4CF3CB41A22583A61E89B158D252FC53")
MAC = bytes.fromhex("5529860B2FC5FB6154B7F28361D30BF9")
KEY_2 = bytes.fromhex("F3847D627727ED3BC9C4CC050489B966")
KEY_0 = bytes.fromhex("5004BF991F408672B1EF00F08F9E8647")


def session(counter: int) -> ev2.Session:
    return ev2.Session(TI, ENC, MAC, counter)


def told(script: Script[T], *lines: tuple[str, str]) -> T:
    card = Transcript(*lines)
    outcome = play(script, card)
    assert card.left == 0
    return outcome


def test_table_23_proves_another_key_in_the_same_session() -> None:
    rnd_a = bytes.fromhex("60BE759EDA560250AC57CDDC11743CF6")
    assert ev2.session_keys(bytes(16), rnd_a, bytes.fromhex("6924E8D09722659A2E7DEC68E66312B8")) == (ENC, MAC)


def test_table_24_writes_the_cc_file_plainly() -> None:
    data = bytes.fromhex("FF0506E10500808283000000000000000000")
    command = session(1).plain_command(0x8D, bytes.fromhex("010E0000120000"), data)
    assert command.to_bytes().hex().upper() == "908D000019010E0000120000FF0506E1050080828300000000000000000000"


def test_table_25_changes_key_2() -> None:
    after = told(
        ntag424_admin.change_key(session(2), 2, bytes(16), KEY_2, 1),
        (
            "90C4000029022CF362B7BF4311FF3BE1DAA295E8C68DE09050560D19B9E16C2393AE9CD1FAC75D0CE20BCD1D06E600",
            "203BB55D1089D5879100",
        ),
    )
    assert after.counter == 3


def test_table_25_checks_the_key() -> None:
    assert ntag424_admin.crc32_nk(KEY_2).hex().upper() == "789DFADC"


def test_table_26_changes_key_0() -> None:
    told(
        ntag424_admin.change_master_key(session(3), KEY_0, 1),
        (
            "90C400002900C0EB4DEEFEDDF0B513A03A95A75491818580503190D4D05053FF75668A01D6FDA6610234BDED643200",
            "9100",
        ),
    )


def test_table_28_reads_the_uid() -> None:
    ours = ev2.Session(
        bytes.fromhex("DF055522"),
        bytes.fromhex("2B4D963C014DC36F24F69A50A394F875"),
        bytes.fromhex("379D32130CE61705DD5FD8C36B95D764"),
    )
    uid, _ = told(
        ntag424_admin.card_uid(ours),
        ("90510000088E2C155ADDA99BE300", "70756055688505B52A5E26E59E329CD6595F672298EA41B79100"),
    )
    assert uid.hex().upper() == "04958CAA5C5E80"


def test_table_18_changes_the_settings_of_the_ndef_file() -> None:
    ours = ev2.Session(
        bytes.fromhex("9D00C4DF"),
        bytes.fromhex("1309C877509E5A215007FF0ED19CA564"),
        bytes.fromhex("4C6626F5E72EA694202139295C7A7FC7"),
        1,
    )
    settings = FileSettings(ntag424_files.PLAIN, Access(0xE, 0, 0, 0), Sdm(2, 1, 1, 0x20, 0x43, 0x43))
    assert settings.to_bytes().hex().upper() == "4000E0C1F121200000430000430000"
    told(
        ntag424_admin.change_file_settings(ours, 2, settings),
        ("905F0000190261B6D97903566E84C3AE5274467E89EAD799B7C1A0EF7A0400", "57BFF87B1241E93D9100"),
    )


def test_table_7_asks_for_settings_that_are_not_a_member_cards() -> None:
    ours = ev2.Session(bytes.fromhex("7A21085E"), bytes(16), bytes.fromhex("8248134A386E86EB7FAF54A52E536CB6"))
    with pytest.raises(errors.Malformed, match="SDM settings of a member card"):
        told(
            ntag424_admin.file_settings(ours, 2),
            (
                "90F5000009026597A457C8CD442C00",
                "0040EEEE000100D1FE001F00004400004400002000006A00002A474282E7A479869100",
            ),
        )


def test_the_member_file_is_table_15s_but_for_the_url() -> None:
    content, settings = ntag424_files.member_file(
        "https://choose.url.com/ntag424?e={picc}&c={mac}", meta_key=2, file_key=1, write_key=0
    )
    expected = "0051D1014D550463686F6F73652E75726C2E636F6D2F6E7461673432343F653D" + "30" * 32 + "26633D" + "30" * 16
    assert content.hex().upper() == expected
    assert settings.sdm == Sdm(2, 1, ntag424_files.NEVER, 0x20, 0x43, 0x43)


@pytest.mark.parametrize("url", ["https://x.example", "https://x.example/{picc}", "https://x.example/{picc}{mac}{mac}"])
def test_a_url_without_room_for_a_message_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="once each"):
        ntag424_files.member_file(url, meta_key=1, file_key=2, write_key=3)


@pytest.mark.parametrize("raw", ["", "00", "00E0", "00E0EE00", "40E0EE", "40E0EEC1F0121F0000"])
def test_settings_of_a_wrong_length_are_named(raw: str) -> None:
    with pytest.raises(errors.Malformed):
        FileSettings.parse(bytes.fromhex(raw))


def test_a_challenge_that_is_none_is_named() -> None:
    with pytest.raises(errors.Malformed, match="expected a challenge"):
        told(ntag424_admin.authenticate(0, bytes(16), bytes(16)), ("9071000002000000", "9100"))


def test_key_0_has_a_function_of_its_own() -> None:
    with pytest.raises(ValueError, match="key 1 to 4"):
        next(ntag424_admin.change_key(session(0), 0, bytes(16), KEY_0, 1))


def test_a_short_read_is_named() -> None:
    with pytest.raises(errors.Malformed, match="expected 4 bytes"):
        told(ntag424_admin.read(session(0), 2, 4), ("90AD0000070200000004000000", "AABB9100"))


def test_status_of_an_answer_is_the_error() -> None:
    with pytest.raises(errors.NotAuthorised):
        told(
            ntag424_admin.write(session(0), 2, b"ab"),
            ("908D000009020000000200006162" + "00", "919D"),
        )
    assert apdu.status_error(0x919D).sw == 0x919D

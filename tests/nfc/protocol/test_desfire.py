"""DESFire EV1 to EV3 over virtual cards: every mode in both sessions, files that tear and files that do not, random UIDs."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

import pytest

from nfc.protocol import apdu, cmac, desfire, errors, ev2
from nfc.protocol.applications import CLUB_AID, CLUB_DESFIRE_AID
from nfc.protocol.channels import Mode
from nfc.virtual import desfire as virtual
from nfc.virtual import desfire_files as files
from nfc.virtual.card import Pulled
from nfc.virtual.faults import PulledAway

UID = bytes.fromhex("04112233445566")
KEYS = [bytes(range(16)), bytes(range(16, 32)), bytes(range(32, 48))]
RND_A = bytes(range(64, 80))
STANDARD, BACKUP, VALUE = 1, 2, 3
SESSIONS = ["ev1", "ev2"]
MODES = list(Mode)


def a_chip(mode: Mode = Mode.FULL, generation: int = 3, *, random_uid: bool = False) -> virtual.Desfire:
    held = {
        STANDARD: files.File(kind=0, mode=mode, read=1, write=0, both=2, content=bytes(256)),
        BACKUP: files.File(kind=1, mode=mode, read=1, write=0, both=2, content=bytes(256)),
        VALUE: files.File(kind=2, mode=mode, read=1, write=0, both=2, value=100, upper=1000),
    }
    club = files.Application(list(KEYS), held, CLUB_AID)
    return virtual.Desfire(UID, {CLUB_DESFIRE_AID: club}, generation, random_uid=random_uid)


def ask(chip: virtual.Desfire | PulledAway, command: bytes) -> bytes:
    try:
        return chip.transmit(command) or b""
    except Pulled:
        return b""


def open_card(chip: virtual.Desfire | PulledAway, session: str = "ev2", key: int = 2) -> desfire.Card:
    card = desfire.Card(partial(ask, chip))
    card.select(CLUB_DESFIRE_AID)
    authenticate = card.authenticate_ev1 if session == "ev1" else card.authenticate_ev2
    authenticate(key, KEYS[key], RND_A)
    return card


def test_ev2_session_keys_as_published() -> None:
    # AN12343 page 33
    enc, mac = ev2.session_keys(
        bytes(16),
        bytes.fromhex("B04D0787C93EE0CC8CACC8E86F16C6FE"),
        bytes.fromhex("FA659AD0DCA738DD65DC7DC38612AD81"),
    )
    assert enc.hex().upper() == "63DC07286289A7A6C0334CA31C314A04"
    assert mac.hex().upper() == "774F26743ECE6AF5033B6AE8522946F6"


def test_ev2_macs_of_write_and_read_as_published() -> None:
    # AN12343 page 54: WriteData and ReadData of 25 and 48 bytes, MAC mode
    key = bytes.fromhex("9366FA195EB566F5BD2BAD4020B83002")
    session = ev2.Session(ti=bytes.fromhex("E2D3AF69"), enc_key=bytes(16), mac_key=key)
    written = bytes.fromhex("22" * 25)
    assert session.command_mac(0x8D, bytes.fromhex("00000000190000"), written).hex().upper() == "68F2C28C575A1628"
    assert session.response_mac(0x9100).hex().upper() == "0820F68898C2A7F1"
    session = session.after()
    assert session.command_mac(0xAD, bytes.fromhex("00000000300000")).hex().upper() == "0D9BE191D5960834"
    assert session.response_mac(0x9100, written + bytes(23)).hex().upper() == "A49A44222D926666"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("session", SESSIONS)
@pytest.mark.parametrize("length", [1, 16, 60, 200])
def test_a_standard_file_is_written_and_read(session: str, mode: Mode, length: int) -> None:
    card, data = open_card(a_chip(mode), session), os.urandom(length)
    card.write(STANDARD, 7, data, mode)
    assert card.read(STANDARD, 7, length, mode) == data
    assert card.authenticated


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("session", SESSIONS)
def test_a_backup_file_changes_at_commit(session: str, mode: Mode) -> None:
    chip = a_chip(mode)
    card, data = open_card(chip, session), os.urandom(100)
    card.write(BACKUP, 0, data, mode)
    assert card.read(BACKUP, 0, 100, mode) == bytes(100)
    card.commit()
    assert card.read(BACKUP, 0, 100, mode) == data


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("session", SESSIONS)
def test_a_value_file_is_booked_at_commit(session: str, mode: Mode) -> None:
    card = open_card(a_chip(mode), session)
    card.credit(VALUE, 250, mode)
    card.debit(VALUE, 30, mode)
    assert card.value(VALUE, mode) == 100
    card.commit()
    assert card.value(VALUE, mode) == 320
    card.debit(VALUE, 20, mode)
    card.abort()
    assert card.value(VALUE, mode) == 320


def test_a_value_file_keeps_its_limits() -> None:
    card = open_card(a_chip())
    with pytest.raises(errors.WrongParameters, match="91BE"):
        card.debit(VALUE, 101, Mode.FULL)
    assert not card.authenticated


@pytest.mark.parametrize("session", SESSIONS)
def test_what_the_card_tells_of_itself(session: str) -> None:
    card = open_card(a_chip(Mode.MACED), session)
    assert card.file_ids() == (STANDARD, BACKUP, VALUE)
    settings = card.file_settings(BACKUP)
    assert (settings.kind, settings.mode, settings.size) == (desfire.FileKind.BACKUP, Mode.MACED, 256)
    assert settings.access == desfire.Access(read=1, write=0, both=2, change=0)
    assert desfire.Access.parse(settings.access.to_bytes()) == settings.access
    assert card.file_settings(VALUE).size is None
    assert card.key_version(1) == 0


@pytest.mark.parametrize("session", SESSIONS)
def test_a_random_uid_hides_the_real_one_until_the_key_is_proved(session: str) -> None:
    chip = a_chip(random_uid=True)
    shown = ask(chip, apdu.Command(0xFF, 0xCA, le=256).to_bytes())[:-2]
    assert (len(shown), shown[0]) == (4, 0x08)
    chip.power_on()
    assert ask(chip, apdu.Command(0xFF, 0xCA, le=256).to_bytes())[:-2] != shown
    assert open_card(chip, session).uid() == UID


def test_the_real_uid_is_for_sessions_only() -> None:
    card = desfire.Card(partial(ask, a_chip(random_uid=True)))
    card.select(CLUB_DESFIRE_AID)
    with pytest.raises(errors.NotAuthorised):
        card.uid()


@pytest.mark.parametrize("session", SESSIONS)
def test_another_key_opens_no_session(session: str) -> None:
    card = desfire.Card(partial(ask, a_chip()))
    card.select(CLUB_DESFIRE_AID)
    authenticate = card.authenticate_ev1 if session == "ev1" else card.authenticate_ev2
    with pytest.raises(errors.WrongKey):
        authenticate(1, bytes(16), RND_A)
    assert not card.authenticated


def test_a_key_that_may_not_write_does_not() -> None:
    card = open_card(a_chip(), key=1)
    with pytest.raises(errors.NotAuthorised):
        card.write(STANDARD, 0, b"x", Mode.FULL)
    with pytest.raises(errors.WrongKey):
        card.read(STANDARD, 0, 1, Mode.FULL)  # the session went with the refusal


def test_an_ev1_card_knows_no_ev2() -> None:
    chip = a_chip(generation=1)
    with pytest.raises(errors.NotSupported):
        open_card(chip, "ev2")
    assert open_card(chip, "ev1").authenticated


def test_an_application_that_is_not_there() -> None:
    with pytest.raises(errors.NotFound):
        desfire.Card(partial(ask, a_chip())).select(b"\x01\x02\x03")


@pytest.mark.parametrize("session", SESSIONS)
@pytest.mark.parametrize("at", range(12))
def test_a_changed_answer_is_never_taken(session: str, at: int) -> None:
    chip = a_chip(Mode.FULL)
    card = open_card(chip, session)
    honest, asked = chip.transmit, 0

    def lying(command: bytes) -> bytes | None:
        nonlocal asked
        asked += 1
        answer = bytearray(honest(command) or b"")
        if asked == 1:
            answer[at] ^= 0x40
        return bytes(answer)

    chip.transmit = lying  # type: ignore[method-assign]
    with pytest.raises(errors.AuthenticationFailed):
        card.read(STANDARD, 0, 16, Mode.FULL)
    assert not card.authenticated


@pytest.mark.parametrize("session", SESSIONS)
def test_torn_at_any_apdu_a_backup_file_is_the_old_or_the_new(session: str) -> None:
    old, new = bytes(100), os.urandom(100)

    def change(chip: virtual.Desfire | PulledAway) -> None:
        card = open_card(chip, session)
        card.write(BACKUP, 0, new, Mode.FULL)
        card.credit(VALUE, 5, Mode.FULL)
        card.commit()

    whole = _length_of(change)
    assert whole > 6
    for step in range(whole):
        chip = a_chip()
        with pytest.raises(errors.CardLeft):
            change(PulledAway(chip, step))
        chip.power_on()
        card = open_card(chip, session)
        assert (card.read(BACKUP, 0, 100, Mode.FULL), card.value(VALUE, Mode.FULL)) == (old, 100), f"torn at {step}"


@pytest.mark.parametrize("session", SESSIONS)
def test_a_commit_whose_answer_is_lost_is_seen_when_read_again(session: str) -> None:
    chip = a_chip()
    card = open_card(chip, session)
    card.credit(VALUE, 5, Mode.FULL)
    honest = chip.transmit

    def deaf(command: bytes) -> bytes | None:
        honest(command)
        return b""

    chip.transmit = deaf  # type: ignore[method-assign]
    with pytest.raises(errors.CardLeft):
        card.commit()
    chip.transmit = honest  # type: ignore[method-assign]
    chip.power_on()
    assert open_card(chip, session).value(VALUE, Mode.FULL) == 105


@pytest.mark.parametrize("raw", ["", "00", "09000000200000", "00020000200000"])
def test_settings_that_make_no_sense_are_malformed(raw: str) -> None:
    with pytest.raises(errors.Malformed):
        desfire.FileSettings.parse(bytes.fromhex(raw))


def test_an_authentication_that_is_over_too_soon_is_malformed() -> None:
    with pytest.raises(errors.Malformed, match="expected the card to ask for part 2"):
        desfire.first_answer(lambda _: b"\x91\x00", ev2.first_command(0))


def test_cmac_primitives_agree() -> None:
    from nfc.protocol.ciphers import Algorithm
    from nfc.protocol.ciphers import cmac as general

    for length in (0, 1, 16, 17, 40):
        assert general(Algorithm.AES, KEYS[0], bytes(length)) == cmac.cmac(KEYS[0], bytes(length))


def _length_of(change: Callable[[virtual.Desfire], None]) -> int:
    chip, count = a_chip(), 0
    honest = chip.transmit

    def counting(command: bytes) -> bytes | None:
        nonlocal count
        count += 1
        return honest(command)

    chip.transmit = counting  # type: ignore[method-assign]
    change(chip)
    return count

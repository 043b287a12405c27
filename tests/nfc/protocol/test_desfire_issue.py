"""DESFire cards are issued and made blank again; torn at any exchange they can be issued again by the same plan (N6)."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

import pytest

from nfc import families
from nfc.evidence import Challenge, Family
from nfc.protocol import apdu, desfire, desfire_issue, errors, ev1, proofs, scripts
from nfc.protocol.applications import CLUB_DESFIRE_AID
from nfc.protocol.channels import Mode
from nfc.virtual.card import Pulled
from nfc.virtual.desfire import Desfire
from nfc.virtual.faults import PulledAway
from tests.nfc.transcript import Transcript

UID = bytes.fromhex("04112233445566")
KEYS = (bytes(range(1, 17)), bytes(range(17, 33)))
GENERATIONS = pytest.mark.parametrize("generation", [1, 2, 3])


def plan(generation: int = 3, content: bytes = b"8800 1234") -> desfire_issue.Plan:
    return desfire_issue.Plan(KEYS, version=1, content=content, ev1=generation == 1)


def blank(generation: int = 3) -> Desfire:
    return Desfire(UID, {}, generation)


def ask(card: Desfire | PulledAway, command: bytes) -> bytes:
    try:
        return card.transmit(command) or b""
    except Pulled:
        return b""


def is_member_card(card: Desfire, generation: int) -> bool:
    """Whether a tap and its proof find a member card, by its own key."""
    card.power_on()
    evidence = families.read_evidence(partial(ask, card), card.atr)
    if evidence.challenge is None:
        return False
    prove = proofs.desfire_ev1 if generation == 1 else proofs.desfire_ev2
    try:
        scripts.play(prove(desfire_issue.PROOF_KEY, KEYS[1], os.urandom(16)), partial(ask, card))
    except errors.WrongKey:
        return False
    return True


@GENERATIONS
def test_a_blank_card_becomes_a_member_card_and_blank_again(generation: int) -> None:
    card = blank(generation)
    assert not is_member_card(card, generation)
    desfire_issue.issue(partial(ask, card), plan(generation), os.urandom)
    assert is_member_card(card, generation)
    assert families.read_evidence(partial(ask, card), card.atr).family is Family.DESFIRE
    held = card.applications[CLUB_DESFIRE_AID]
    assert (held.keys, held.versions) == (list(KEYS), [1, 1])
    assert held.files[1].content == b"8800 1234".ljust(32, b"\x00")
    desfire_issue.wipe(partial(ask, card), plan(generation), os.urandom)
    assert not card.applications
    desfire_issue.wipe(partial(ask, card), plan(generation), os.urandom)  # blank already


@GENERATIONS
def test_issued_again_a_card_takes_new_content(generation: int) -> None:
    card = blank(generation)
    for content in (b"first", b"second"):
        desfire_issue.issue(partial(ask, card), plan(generation, content), os.urandom)
        assert card.applications[CLUB_DESFIRE_AID].files[1].content.startswith(content)


@GENERATIONS
@pytest.mark.parametrize("lost", ["command", "answer"])
def test_torn_at_every_exchange_a_card_is_issued_or_can_be(generation: int, lost: str) -> None:
    step, issued_early = 0, 0
    while True:
        card = blank(generation)
        try:
            desfire_issue.issue(_torn(card, step, lost), plan(generation), os.urandom)
        except errors.CardLeft:
            card.power_on()
        else:
            break
        issued_early += is_member_card(card, generation)
        card.power_on()
        desfire_issue.issue(partial(ask, card), plan(generation), os.urandom)
        assert is_member_card(card, generation), f"torn at exchange {step}, {lost} lost"
        step += 1
    assert step >= 17
    assert issued_early >= 3  # torn while it was read back


@GENERATIONS
@pytest.mark.parametrize("lost", ["command", "answer"])
def test_torn_at_every_exchange_a_card_can_be_made_blank(generation: int, lost: str) -> None:
    step = 0
    while True:
        card = blank(generation)
        desfire_issue.issue(partial(ask, card), plan(generation), os.urandom)
        card.power_on()
        try:
            desfire_issue.wipe(_torn(card, step, lost), plan(generation), os.urandom)
        except errors.CardLeft:
            card.power_on()
        else:
            break
        desfire_issue.wipe(partial(ask, card), plan(generation), os.urandom)
        assert not card.applications
        step += 1
    assert step >= 6


def test_another_programmes_card_is_left_as_it_is() -> None:
    card = blank()
    theirs = desfire_issue.Plan((bytes(range(2, 18)), KEYS[1]), version=1, content=b"theirs")
    desfire_issue.issue(partial(ask, card), theirs, os.urandom)
    for work in (desfire_issue.issue, desfire_issue.wipe):
        with pytest.raises(desfire_issue.NotOurs, match="key 0"):
            work(partial(ask, card), plan(), os.urandom)
    assert card.applications[CLUB_DESFIRE_AID].files[1].content.startswith(b"theirs")


def test_a_card_that_keeps_nothing_is_found_out() -> None:
    card = blank()
    honest = card.transmit

    def forgetful(command: bytes) -> bytes | None:
        answer = honest(command)
        if command[1] == 0xC7:
            card.applications[CLUB_DESFIRE_AID].files[1].content = bytes(32)
        return answer

    card.transmit = forgetful  # type: ignore[method-assign]
    with pytest.raises(desfire_issue.NotKept, match="does not read back"):
        desfire_issue.issue(partial(ask, card), plan(), os.urandom)


@pytest.mark.parametrize(
    ("keys", "version", "content"),
    [
        ((bytes(16), KEYS[1]), 1, b""),  # never leave a zero key
        ((KEYS[0],), 1, b""),
        ((KEYS[0], KEYS[1][:15]), 1, b""),
        (KEYS, 0, b""),
        (KEYS, 256, b""),
        (KEYS, 1, bytes(33)),
    ],
)
def test_a_plan_that_would_leave_a_card_open_is_refused(keys: tuple[bytes, ...], version: int, content: bytes) -> None:
    with pytest.raises(ValueError, match="expected"):
        desfire_issue.Plan(keys, version, content)


def test_change_of_another_key_as_recorded_from_a_real_card() -> None:
    # ChangeKey 1 in an EV1 session under key 0, new 00102030405060708090A0B0B0A09080 version 10, old zeros
    secret = "E7ECCB6BD1CA64BC161A12B1C024F71430337408C8A87EACAB7A1FF18951FCA3"
    session = ev1.Session(bytes.fromhex("C2A1E47BD8100044FE6D00A74D7AB17C"))
    new = bytes.fromhex("00102030405060708090A0B0B0A09080")
    command, after = session.full_command(0xC4, b"\x01", new + b"\x10", tail=ev1.crc32(new))
    assert command.to_bytes().hex().upper() == f"90C400002101{secret}00"
    data, _ = after.check_response(apdu.Response(bytes.fromhex("2128D3CD9C9ACFFF"), 0x9100))
    assert data == b""


def test_an_application_is_made_as_the_data_sheet_says() -> None:
    card = Transcript(("90 CA 00 00 0E 43 5A 58 0B 82 10 E1 F0 58 5A 43 4C 55 42 00", "91 00"))
    desfire_issue.create_application(desfire.Card(card), CLUB_DESFIRE_AID, 2, bytes.fromhex("F0585A434C5542"))
    assert card.left == 0


def test_a_backup_file_is_made_as_the_data_sheet_says() -> None:
    card = Transcript(("90 CB 00 00 07 01 03 00 10 20 00 00 00", "91 00"))
    access = desfire.Access(read=1, write=0, both=0, change=0)
    desfire_issue.create_backup_file(desfire.Card(card), 1, 32, Mode.FULL, access)
    assert card.left == 0


def test_the_challenge_of_an_issued_card_is_told() -> None:
    card = blank()
    desfire_issue.issue(partial(ask, card), plan(), os.urandom)
    card.power_on()
    assert families.read_evidence(partial(ask, card), card.atr).challenge is Challenge.DESFIRE


def _torn(card: Desfire, step: int, lost: str) -> Callable[[bytes], bytes]:
    if lost == "command":
        return partial(ask, PulledAway(card, step))
    left = [step]

    def lose_answer(command: bytes) -> bytes:
        if left[0] < 0:
            return b""
        answer = ask(card, command)
        left[0] -= 1
        return b"" if left[0] < 0 else answer

    return lose_answer

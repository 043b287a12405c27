"""Cards prove themselves by challenge and response, next to the reader and relayed from afar; nobody else does (N3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfc.protocol import apdu, errors, phone, proofs, scripts
from nfc.protocol.ciphers import Algorithm
from nfc.protocol.scripts import Script
from nfc.virtual.card import Card
from nfc.virtual.cpu_card import CpuCard
from nfc.virtual.desfire import member_card
from nfc.virtual.phone import Phone

UID = bytes.fromhex("04112233445566")
KEY, OTHER_KEY = bytes(range(16)), bytes(range(1, 17))
RND_A = bytes(range(64, 80))
NUMBER = bytes.fromhex("C0FFEE0000000001")
QUESTION = phone.Question(nonce=RND_A, place="kiosk-1", at=1_790_000_000)
PHONE = Phone(NUMBER)

Talk = Callable[[bytes], Script[proofs.Proof]]
"""Makes a conversation with these 16 random bytes."""
Case = tuple[Callable[[], Card], Talk, int]


def asking_cpu(algorithm: Algorithm, random: bytes) -> Script[proofs.Proof]:
    return proofs.cpu(algorithm, 1, KEY, random[: algorithm.block])


def asking_phone(random: bytes) -> Script[proofs.Proof]:
    return proofs.hce(PHONE.public_key, NUMBER, replace(QUESTION, nonce=random))


EV1, EV2 = partial(proofs.desfire_ev1, 1, KEY), partial(proofs.desfire_ev2, 1, KEY)
CASES: dict[str, Case] = {
    "desfire ev1": (lambda: member_card(UID, KEY, generation=1), EV1, 2),
    "desfire ev2": (lambda: member_card(UID, KEY, generation=2), EV2, 2),
    "desfire ev3": (lambda: member_card(UID, KEY), EV2, 2),
    "phone": (lambda: PHONE, asking_phone, 1),
    **{
        f"cpu {algorithm}": (partial(CpuCard, UID[:4], algorithm, {1: KEY}), partial(asking_cpu, algorithm), 1)
        for algorithm in Algorithm
    },
}
STRANGERS: dict[str, Case] = {
    "desfire ev1": (lambda: member_card(UID, OTHER_KEY, generation=1), EV1, 0),
    "desfire ev3": (lambda: member_card(UID, OTHER_KEY), EV2, 0),
    "phone": (lambda: Phone(NUMBER), asking_phone, 0),
    **{
        f"cpu {algorithm}": (partial(CpuCard, UID[:4], algorithm, {1: OTHER_KEY}), partial(asking_cpu, algorithm), 0)
        for algorithm in Algorithm
    },
}
EVERY = pytest.mark.parametrize(("card", "conversation", "commands"), CASES.values(), ids=CASES)


def ask(card: Card, command: bytes) -> bytes:
    return card.transmit(command) or b""


@EVERY
def test_a_card_with_its_key_proves_itself(card: Callable[[], Card], conversation: Talk, commands: int) -> None:
    asked: list[bytes] = []
    there = card()
    there.power_on()

    def transmit(command: bytes) -> bytes:
        asked.append(command)
        return ask(there, command)

    assert isinstance(scripts.play(proofs.selected(conversation(RND_A)), transmit), proofs.Proof)
    assert len(asked) == 1 + commands


@EVERY
def test_relayed_with_nothing_kept_between_two_requests(
    card: Callable[[], Card], conversation: Talk, commands: int
) -> None:
    there = card()
    there.power_on()
    answers: list[bytes] = []
    while isinstance(step := scripts.replay(proofs.selected(conversation(RND_A)), answers), scripts.Ask):
        answers.append(ask(there, step.command.to_bytes()))
    assert isinstance(step.outcome, proofs.Proof)
    assert len(answers) == 1 + commands


@pytest.mark.parametrize(("card", "conversation", "commands"), STRANGERS.values(), ids=STRANGERS)
def test_a_card_without_the_key_proves_nothing(card: Callable[[], Card], conversation: Talk, commands: int) -> None:
    there = card()
    there.power_on()
    with pytest.raises((errors.AuthenticationFailed, errors.WrongKey)):
        scripts.play(proofs.selected(conversation(RND_A)), partial(ask, there))


@EVERY
def test_answers_recorded_before_prove_nothing_now(card: Callable[[], Card], conversation: Talk, commands: int) -> None:
    # Another challenge, the same answers: what a replay looks like.
    there = card()
    there.power_on()
    recorded: list[bytes] = []

    def recording(command: bytes) -> bytes:
        recorded.append(ask(there, command))
        return recorded[-1]

    scripts.play(proofs.selected(conversation(RND_A)), recording)
    with pytest.raises(errors.AuthenticationFailed):
        scripts.replay(proofs.selected(conversation(RND_A[::-1])), recorded)


@pytest.mark.parametrize("generation", [1, 2, 3])
def test_the_real_uid_behind_a_random_one(generation: int) -> None:
    card = member_card(UID, KEY, generation=generation, random_uid=True)
    prove = proofs.desfire_ev1 if generation == 1 else proofs.desfire_ev2
    proof = scripts.play(proofs.selected(prove(1, KEY, RND_A, ask_uid=True)), partial(ask, card))
    assert proof.uid == UID


def test_a_phone_is_told_by_its_credential_and_enrolled_by_its_key() -> None:
    transmit = partial(ask, PHONE)
    PHONE.power_on()
    fci = apdu.exchange(
        transmit, apdu.Command(0x00, 0xA4, 0x04, 0x00, bytes.fromhex("F0585A434C5542"), le=256)
    ).require()
    assert phone.credential(fci) == NUMBER
    assert phone.public_key(transmit) == PHONE.public_key


@pytest.mark.parametrize(
    "other",
    [replace(QUESTION, place="kiosk-2"), replace(QUESTION, at=QUESTION.at + 1), replace(QUESTION, nonce=bytes(16))],
)
def test_a_signature_is_good_for_one_question(other: phone.Question) -> None:
    PHONE.power_on()
    transmit = partial(ask, PHONE)
    transmit(bytes.fromhex("00A4040007F0585A434C554200"))
    signature = apdu.exchange(transmit, phone.command(QUESTION)).require()
    phone.check(PHONE.public_key, NUMBER, QUESTION, signature)
    with pytest.raises(errors.AuthenticationFailed):
        phone.check(PHONE.public_key, NUMBER, other, signature)


@EVERY
@given(answers=st.lists(st.binary(max_size=80), max_size=4))
def test_no_answers_prove_anything_by_chance(
    card: Callable[[], Card],
    conversation: Talk,
    commands: int,
    answers: list[bytes],
) -> None:
    try:
        step = scripts.replay(proofs.selected(conversation(RND_A)), answers)
    except (errors.ProtocolError, ValueError):  # ValueError: more answers than questions
        return
    assert isinstance(step, scripts.Ask)

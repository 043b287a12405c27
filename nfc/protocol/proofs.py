"""How a card proves itself by challenge and response, as conversations that run here or relayed from the central API (N3).

A conversation is a generator: it yields commands, takes the card's answers, and returns what was proved. It holds the key, so
it lives where keys live. Next to the card :func:`run` drives it. Over a wire nothing of it needs to be kept between two
requests: given the same key and random numbers it says the same again, so :func:`replay` with the answers so far gives the
next command, or the proof.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass

from nfc.protocol import apdu, ciphers, cpu_card, desfire, errors, ev1, ev2, phone
from nfc.protocol.applications import SELECT_CLUB

_GET_UID = 0x51


@dataclass(frozen=True, slots=True)
class Proof:
    """What a conversation proved: the card holds its key.

    Args:
        uid: the number the card told inside the session, where the reader's cannot be trusted; None where it was not asked.
    """

    uid: bytes | None = None


Conversation = Generator[apdu.Command, apdu.Response, Proof]
"""Raises the protocol's errors from wherever the card refuses, breaks the protocol, or fails to prove itself."""


def desfire_ev2(key_number: int, key: bytes, rnd_a: bytes, *, ask_uid: bool = False) -> Conversation:
    """DESFire EV2 and EV3, AuthenticateEV2First: two commands.

    Args:
        key_number: the application's key.
        key: its 16 bytes; of a card with a random UID it cannot depend on the UID.
        rnd_a: 16 fresh random bytes.
        ask_uid: also ask for the real UID, for one command more.
    """
    challenge = desfire.challenge_in((yield ev2.first_command(key_number)))
    command, rnd_b = ev2.answer_challenge(key, challenge, rnd_a)
    session = ev2.finish(key, rnd_a, rnd_b, (yield command).require())
    if not ask_uid:
        return Proof()
    return Proof(_uid(session.open_response((yield session.full_command(_GET_UID, b"", b"")))))


def desfire_ev1(key_number: int, key: bytes, rnd_a: bytes, *, ask_uid: bool = False) -> Conversation:
    """DESFire EV1, AuthenticateAES: two commands. For cards issued as EV1 only; others would be asked for less than they can.

    Args:
        key_number, key, rnd_a, ask_uid: as for :func:`desfire_ev2`.
    """
    challenge = desfire.challenge_in((yield ev1.first_command(key_number)))
    command, rnd_b = ev1.answer_challenge(key, challenge, rnd_a)
    session = ev1.finish(key, rnd_a, rnd_b, command.data, (yield command).require())
    if not ask_uid:
        return Proof()
    command, session = session.plain_command(_GET_UID)
    uid, _ = session.open_response((yield command), desfire.UID_BYTES)
    return Proof(uid)


def cpu(algorithm: ciphers.Algorithm, key_id: int, key: bytes, challenge: bytes) -> Conversation:
    """CPU card, INTERNAL AUTHENTICATE: one command.

    Args:
        algorithm: the card's cipher, as it was issued.
        key_id: the card's number of the key.
        key: the card's own 16 bytes.
        challenge: fresh random bytes, one block.
    """
    answer = (yield cpu_card.internal_command(algorithm, key_id, challenge)).require()
    cpu_card.check_internal(algorithm, key, challenge, answer)
    return Proof()


def hce(public_key: bytes, number: bytes, question: phone.Question) -> Conversation:
    """Phone, a signature over the question: one command.

    Args:
        public_key: as enrolled.
        number: the credential the phone named.
        question: fresh.
    """
    phone.check(public_key, number, question, (yield phone.command(question)).require())
    return Proof(number)


def selected(conversation: Conversation) -> Conversation:
    """Begin with SELECT of the club's application: for a card that was reset since it was read."""
    (yield SELECT_CLUB).require()
    return (yield from conversation)


def run(transmit: apdu.Transmit, conversation: Conversation) -> Proof:
    """Drive a conversation with the card at hand."""
    response: apdu.Response | None = None
    while True:
        try:
            command = conversation.send(response) if response else next(conversation)
        except StopIteration as end:
            return _proof(end)
        response = apdu.Response.parse(transmit(command.to_bytes()))


def replay(conversation: Conversation, answers: Iterable[bytes]) -> apdu.Command | Proof:
    """Return what comes after the card's raw answers so far: the next command, or the proof.

    Raises:
        errors.Malformed: there are more answers than questions.
    """
    command = next(conversation)
    left = iter(answers)
    for answer in left:
        try:
            command = conversation.send(apdu.Response.parse(answer))
        except StopIteration as end:
            if next(left, None) is not None:
                raise errors.Malformed("the card answered more than it was asked") from None
            return _proof(end)
    return command


def _proof(end: StopIteration) -> Proof:
    if not isinstance(end.value, Proof):
        raise TypeError(f"expected a conversation to end with its proof, found {type(end.value).__name__}")
    return end.value


def _uid(found: bytes) -> bytes:
    if len(found) != desfire.UID_BYTES:
        raise errors.Malformed(f"expected a UID of {desfire.UID_BYTES} bytes, found {len(found)}")
    return found

"""How a card proves itself by challenge and response, as scripts that run here or relayed from the central API (N3).

A proof holds the key, so it runs where keys live: ``scripts.play`` next to the card, ``scripts.replay`` for a card that is
elsewhere. Which proof is asked is decided by what the card was issued as, never by what it says of itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from nfc.protocol import ciphers, cpu_card, desfire, errors, ev1, ntag424_admin, phone
from nfc.protocol.applications import SELECT_CLUB
from nfc.protocol.scripts import Ask, Script

_GET_UID = 0x51
_PROVE, _TELL_UID = "prove its key", "tell its own number"


@dataclass(frozen=True, slots=True)
class Proof:
    """What a conversation proved: the card holds its key.

    Args:
        uid: the number the card told inside the session, where the reader's cannot be trusted; None where it was not asked.
    """

    uid: bytes | None = None


def desfire_ev2(key_number: int, key: bytes, rnd_a: bytes, *, ask_uid: bool = False) -> Script[Proof]:
    """DESFire EV2 and EV3, AuthenticateEV2First: two commands.

    Args:
        key_number: the application's key.
        key: its 16 bytes; of a card with a random UID it cannot depend on the UID.
        rnd_a: 16 fresh random bytes.
        ask_uid: also ask for the real UID, for one command more.
    """
    session = yield from ntag424_admin.authenticate(key_number, key, rnd_a)
    if not ask_uid:
        return Proof()
    return Proof(_uid(session.open_response((yield Ask(session.full_command(_GET_UID, b"", b""), _TELL_UID)))))


def desfire_ev1(key_number: int, key: bytes, rnd_a: bytes, *, ask_uid: bool = False) -> Script[Proof]:
    """DESFire EV1, AuthenticateAES: two commands. For cards issued as EV1 only; others would be asked for less than they can.

    Args:
        key_number, key, rnd_a, ask_uid: as for :func:`desfire_ev2`.
    """
    challenge = desfire.challenge_in((yield Ask(ev1.first_command(key_number), _PROVE)))
    command, rnd_b = ev1.answer_challenge(key, challenge, rnd_a)
    session = ev1.finish(key, rnd_a, rnd_b, command.data, (yield Ask(command, _PROVE)).require())
    if not ask_uid:
        return Proof()
    command, session = session.plain_command(_GET_UID)
    uid, _ = session.open_response((yield Ask(command, _TELL_UID)), desfire.UID_BYTES)
    return Proof(uid)


def cpu(algorithm: ciphers.Algorithm, key_id: int, key: bytes, challenge: bytes) -> Script[Proof]:
    """CPU card, INTERNAL AUTHENTICATE: one command.

    Args:
        algorithm: the card's cipher, as it was issued.
        key_id: the card's number of the key.
        key: the card's own 16 bytes.
        challenge: fresh random bytes, one block.
    """
    answer = (yield Ask(cpu_card.internal_command(algorithm, key_id, challenge), _PROVE)).require()
    cpu_card.check_internal(algorithm, key, challenge, answer)
    return Proof()


def hce(public_key: bytes, number: bytes, question: phone.Question) -> Script[Proof]:
    """Phone, a signature over the question: one command.

    Args:
        public_key: as enrolled.
        number: the credential the phone named.
        question: fresh.
    """
    phone.check(public_key, number, question, (yield Ask(phone.command(question), _PROVE)).require())
    return Proof(number)


def selected(proof: Script[Proof]) -> Script[Proof]:
    """Begin with SELECT of the club's application: for a card that was reset since it was read."""
    (yield Ask(SELECT_CLUB, "select the club's application")).require()
    return (yield from proof)


def _uid(found: bytes) -> bytes:
    if len(found) != desfire.UID_BYTES:
        raise errors.Malformed(f"expected a UID of {desfire.UID_BYTES} bytes, found {len(found)}")
    return found

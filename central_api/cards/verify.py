"""Judges what a reader got from a card: which card it is, and how sure that is (N3). No database here."""

from dataclasses import dataclass
from functools import partial

from central_api.security.keyring import Keyring
from club.model import errors
from club.wire.cards import AssuranceName, Evidence
from nfc.protocol import errors as protocol
from nfc.protocol import keys, sun

STRENGTH: dict[str, int] = {"uid": 0, "static": 1, "cryptogram": 2}
_RANDOM_UID_DIGITS = 8  # 4 bytes; ISO 14443-3: a first byte of 08 says the number was made up for this tap


@dataclass(frozen=True, slots=True)
class Proved:
    """What the evidence proves: the UID (upper-case hex), how strongly, and a cryptogram's counter."""

    uid: str
    assurance: AssuranceName
    counter: int | None


def judge(evidence: Evidence, keyring: Keyring) -> Proved:
    """Verify a tap's evidence. A counter seen before is for the caller to refuse.

    Raises:
        CryptogramWrong: the SUN message does not verify, or names another card than the reader saw.
        CardUnknown: the number was made up for this tap; it is nobody's (N3).
    """
    random_uid = len(evidence.uid) == _RANDOM_UID_DIGITS and evidence.uid.startswith("08")
    if evidence.sun_url is None:
        if random_uid:
            raise errors.CardUnknown("the card gave a random number, which is never an identity")
        return Proved(evidence.uid, "uid", None)
    try:
        message = sun.parse(evidence.sun_url)
        picc = sun.verify(message, keyring.meta_key, partial(keys.file_key, keyring.file_master))
    except protocol.ProtocolError as fault:
        raise errors.CryptogramWrong(f"the card's message does not verify: {type(fault).__name__}") from fault
    uid = picc.uid.hex().upper()
    if not random_uid and uid != evidence.uid:
        raise errors.CryptogramWrong("the message was made by another card than the reader saw")
    return Proved(uid, "cryptogram", picc.counter)


def must_not_be_weaker(proved: Proved, required: str) -> None:
    """Refuse a card that can prove itself but did not: that is how a copied UID looks.

    Raises:
        CardDowngraded: the evidence is weaker than what the card was issued with.
    """
    if STRENGTH[proved.assurance] < STRENGTH[required]:
        raise errors.CardDowngraded(f"expected the assurance {required} of this card, found {proved.assurance}")

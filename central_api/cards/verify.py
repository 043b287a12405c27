"""Judges what a reader got from a card: which card it is, and how sure that is (N3). No database here."""

from dataclasses import dataclass
from functools import partial

from central_api.cards.keys import FIRST, CardKeys
from club.model import errors
from club.wire.cards import AssuranceName, Evidence
from nfc.protocol import errors as protocol
from nfc.protocol import sun
from nfc.protocol.sun import PiccData, SunMessage

STRENGTH: dict[str, int] = {"uid": 0, "static": 1, "cryptogram": 2}
_RANDOM_UID_DIGITS = 8  # 4 bytes; ISO 14443-3: a first byte of 08 says the number was made up for this tap


@dataclass(frozen=True, slots=True)
class Proved:
    """What the evidence proves: the UID (upper-case hex), how strongly, and a cryptogram's counter."""

    uid: str
    assurance: AssuranceName
    counter: int | None


def judge(evidence: Evidence, keyset: CardKeys) -> Proved:
    """Verify a tap's evidence. A counter seen before, or a proof that is none, is for the caller to refuse.

    Raises:
        CryptogramWrong: the SUN message does not verify, or names another card than the reader saw.
        CardUnknown: the number was made up for this tap; it is nobody's (N3).
    """
    if evidence.proof is not None:
        return Proved(evidence.uid, "cryptogram", None)
    random_uid = len(evidence.uid) == _RANDOM_UID_DIGITS and evidence.uid.startswith("08")
    if evidence.sun_url is None:
        if random_uid:
            raise errors.CardUnknown("the card gave a random number, which is never an identity")
        return Proved(evidence.uid, "uid", None)
    try:
        picc = _verified(sun.parse(evidence.sun_url), keyset)
    except protocol.ProtocolError as fault:
        raise errors.CryptogramWrong(f"the card's message does not verify: {type(fault).__name__}") from fault
    uid = picc.uid.hex().upper()
    if not random_uid and uid != evidence.uid:
        raise errors.CryptogramWrong("the message was made by another card than the reader saw")
    return Proved(uid, "cryptogram", picc.counter)


def _verified(message: SunMessage, keyset: CardKeys) -> PiccData:
    """Verify a message under whichever version of keys its card holds; most hold the first, so it is tried first.

    Raises:
        protocol.ProtocolError: it verifies under none; the fault is the first version's.
    """
    try:
        return sun.verify(message, keyset.meta_key(FIRST), partial(keyset.file_key, FIRST))
    except protocol.ProtocolError:
        for version in keyset.versions():
            try:
                return sun.verify(message, keyset.meta_key(version), partial(keyset.file_key, version))
            except protocol.ProtocolError:
                continue
        raise


def must_not_be_weaker(proved: Proved, required: str) -> None:
    """Refuse a card that can prove itself but did not: that is how a copied UID looks.

    Raises:
        CardDowngraded: the evidence is weaker than what the card was issued with.
    """
    if STRENGTH[proved.assurance] < STRENGTH[required]:
        raise errors.CardDowngraded(f"expected the assurance {required} of this card, found {proved.assurance}")

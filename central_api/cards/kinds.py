"""What is said to a card of each family, to issue, reset or prove it (N2, N3, N6).

The family is what the card was entered as. Only of a card that nobody entered yet is it what the kiosk says, and then no more
hangs on it than that the run fails: so no card talks itself into a weaker proof.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from central_api.cards.keys import CardKeys
from club.model import errors
from club.wire.card_runs import BeginCardRun
from nfc.protocol import desfire_issue, making, ntag424_prove, phone, phone_enrol, proofs
from nfc.protocol.ciphers import Algorithm
from nfc.protocol.kind import Kind
from nfc.protocol.ntag424_issue import Reached
from nfc.protocol.scripts import Random, Script

_RND_BYTES = 16
_DESFIRE = frozenset({Kind.DESFIRE_EV1, Kind.DESFIRE_EV2, Kind.DESFIRE_EV3})
_CPU = {f"cpu-{algorithm}": algorithm for algorithm in Algorithm}
_CPU_KEY = 1
"""Its number on the card."""
_PROVE_THEMSELVES = frozenset({Kind.NTAG424, Kind.PHONE, *_DESFIRE, *_CPU})


@dataclass(frozen=True, slots=True)
class Subject:
    """The card of a run.

    Args:
        family: as it was entered.
        uid: of a phone its credential.
        version: of the keys it is to reach, or to prove.
        tried: versions it may hold.
        place: the id of the device where it lies.
        at: since when, in whole seconds since 1970.
        public_key: of a phone, as enrolled; None before.
    """

    family: str
    uid: bytes
    version: int
    tried: Sequence[int]
    place: str
    at: int
    public_key: bytes | None = None

    def question(self, random: Random) -> phone.Question:
        """What a phone is to sign."""
        return phone.Question(random(phone.NONCE_BYTES), self.place, self.at)


def family_of(card: Any, wish: BeginCardRun) -> str:
    """The family a run is for.

    Args:
        card: the card's row, or None when nobody entered it yet.
        wish: what the kiosk asks; one that says no family means an NTAG 424 DNA.

    Raises:
        CardNotFit: it cannot be issued or asked, or is entered as another than lies there.
    """
    said = wish.family or Kind.NTAG424.value
    family = str(card.family) if card is not None else said
    if wish.purpose == "prove":
        if family not in _PROVE_THEMSELVES:
            raise errors.CardNotFit(f"expected a card that can be asked, found {family}", state=family, needs="proof")
        return family
    if family != said:
        raise errors.CardNotFit(f"expected a card of family {family}, found {said}", state=said, needs=family)
    if family == Kind.PHONE and wish.purpose == "issue" and len(wish.uid) == 2 * phone.CREDENTIAL_BYTES:
        return family
    try:
        making.must_fit(Kind(family), bytes.fromhex(wish.uid))
    except ValueError as fault:
        raise errors.CardNotFit(f"this card cannot be issued: {fault}", state=family, needs="kind") from fault
    return family


def proves_itself(family: str) -> bool:
    """Whether a card of a family is never to be believed by its number alone once it was issued."""
    return family in _PROVE_THEMSELVES


def making_of(keyset: CardKeys, subject: Subject, url: str, random: Random) -> Script[Reached]:
    """The script that brings a card to a version of keys, 0 for blank, or enrols a phone; `url` is what an NTAG 424 shows."""
    kind = Kind(subject.family)
    if kind is Kind.PHONE:
        return phone_enrol.enrol(subject.uid, subject.question(random), subject.public_key, subject.version)
    return making.bring_to(subject.version, kind, subject.uid, subject.tried, keyset, url, random)


def proof_of(keyset: CardKeys, subject: Subject, random: Random) -> Script[Reached]:
    """The script in which a card proves itself; DESFire EV1 sessions are for cards that know no better."""
    if subject.family == Kind.PHONE and subject.public_key is not None:
        return _proved(proofs.hce(subject.public_key, subject.uid, subject.question(random)), subject.version)
    if algorithm := _CPU.get(subject.family):
        key = keyset.cpu(subject.version, subject.uid, algorithm)
        return _proved(proofs.cpu(algorithm, _CPU_KEY, key, random(algorithm.block)), subject.version)
    if subject.family not in _DESFIRE:
        return ntag424_prove.prove(keyset.card(subject.version, subject.uid), random)
    ask = proofs.desfire_ev1 if subject.family == Kind.DESFIRE_EV1 else proofs.desfire_ev2
    proof = ask(desfire_issue.PROOF_KEY, keyset.file_key(subject.version, subject.uid), random(_RND_BYTES))
    return _proved(proof, subject.version)


def _proved(proof: Script[proofs.Proof], version: int) -> Script[Reached]:
    yield from proofs.selected(proof)
    return Reached(version, 0)

"""Makes any card that we issue what it should be, as one script for each kind: the same for a laboratory and the central API (N6).

=====================  ======================================  =======================================================
kind                   which keys a torn card has              what is written
=====================  ======================================  =======================================================
NTAG 424 DNA           versions; of key 0 by trying            see ``ntag424_issue``
DESFire                versions, also of key 0                 the application, two keys, a file that names this card
MIFARE Classic         by trying, which costs the card nothing  keys of two sectors, a record in two copies
=====================  ======================================  =======================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from nfc.protocol import (
    afar,
    apdu,
    classic_issue,
    classic_record,
    desfire_issue,
    errors,
    keys,
    ntag424_issue,
    scripts,
)
from nfc.protocol.keys import FACTORY_VERSION, ClassicKeys, DesfireKeys, KeySet
from nfc.protocol.kind import Kind
from nfc.protocol.ntag424_issue import Reached
from nfc.protocol.scripts import Random, Script

_SEED_BYTES = 32
_RANDOM_UID = 0x08  # ISO 14443-3: four bytes that begin so were made up for this tap


class Keyholder(Protocol):
    """Tells a card's own keys of a version, by what it is; no master leaves it."""

    def card(self, version: int, uid: bytes) -> KeySet:
        """An NTAG 424 DNA's five."""
        ...

    def desfire(self, version: int, uid: bytes) -> DesfireKeys:
        """A DESFire card's two."""
        ...

    def classic(self, version: int, uid: bytes) -> ClassicKeys:
        """A Classic card's, by sector."""
        ...


def must_fit(kind: Kind, uid: bytes) -> None:
    """Check that a UID can be such a card's.

    Raises:
        ValueError: it cannot.
    """
    if kind is Kind.PHONE:
        raise ValueError("expected a card, found a phone, which makes its own key: the central API enrols it")
    if kind is not Kind.CLASSIC and len(uid) != 7:
        raise ValueError(f"expected a card with a UID of 7 bytes, found {len(uid)}")
    if len(uid) not in (4, 7) or (len(uid) == 4 and uid[0] == _RANDOM_UID):
        raise ValueError(f"expected a card with a UID of 4 or 7 bytes that stays the same, found one of {len(uid)}")


def bring_to(
    version: int, kind: Kind, uid: bytes, tried: Sequence[int], holder: Keyholder, url: str, random: Random
) -> Script[Reached]:
    """Issue a card, go on where an earlier attempt was torn, renew its keys, or return it to the factory's state.

    Args:
        version: of the keys it should have; ``keys.FACTORY_VERSION`` for a blank card.
        kind: what it is.
        uid: as the reader gives it, see :func:`must_fit`.
        tried: versions it may hold now, the likeliest first.
        holder: tells its keys.
        url: what an NTAG 424 shows, with ``{picc}`` and ``{mac}``.
        random: makes random bytes.

    Raises:
        errors.ProtocolError: it cannot be done; :func:`code_of` says why in a word.
    """
    if kind is Kind.NTAG424:
        known = [keys.FACTORY if one == FACTORY_VERSION else holder.card(one, uid) for one in tried]
        if version == FACTORY_VERSION:
            return ntag424_issue.bring_to(ntag424_issue.BLANK, uid, known, random)
        return ntag424_issue.bring_to(ntag424_issue.member_card(holder.card(version, uid), url), uid, known, random)
    ours = [one for one in dict.fromkeys((version, *tried)) if one != FACTORY_VERSION]
    if kind is Kind.CLASSIC:
        return _classic(version, uid, [holder.classic(one, uid) for one in ours])
    return _desfire(version, uid, [holder.desfire(one, uid) for one in ours], random, ev1=kind is Kind.DESFIRE_EV1)


def code_of(fault: errors.ProtocolError) -> str:
    """Return a stable word for why a card could not be brought to its goal."""
    match fault:
        case desfire_issue.NotOurs() | classic_issue.NotOurs():
            return "not_ours"
        case desfire_issue.NotKept() | classic_record.NotKept():
            return "not_as_written"
    return ntag424_issue.code_of(fault)


def _desfire(version: int, uid: bytes, held: Sequence[DesfireKeys], random: Random, *, ev1: bool) -> Script[Reached]:
    newest, *older = held
    # What is on the card names this very card and nobody else: cards are pointers.
    plan = desfire_issue.Plan((newest.issuer, newest.proof), newest.version, keys.SYSTEM_ID + uid, ev1)
    before = {one.version: (one.issuer, one.proof) for one in older}
    work = desfire_issue.issue if version != FACTORY_VERSION else desfire_issue.wipe
    seed = random(_SEED_BYTES)

    def talk(transmit: apdu.Transmit) -> Reached:
        work(transmit, plan, scripts.repeatable(seed), before)
        return Reached(version, 0)

    return afar.script(talk, desfire_issue.step_of)


def _classic(version: int, uid: bytes, held: Sequence[ClassicKeys]) -> Script[Reached]:
    plan, *older = (classic_issue.Plan(uid, one.sectors, one.code) for one in held)

    def talk(transmit: apdu.Transmit) -> Reached:
        if version == FACTORY_VERSION:
            classic_issue.wipe(transmit, plan, older)
        else:
            classic_issue.issue(transmit, plan, keys.SYSTEM_ID, older)
        return Reached(version, 0)

    return afar.script(talk, classic_issue.step_of)

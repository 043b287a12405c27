"""Reads a card: the ATR gives the family, and of ISO 14443-4 cards SELECT decides, in the fewest exchanges (N2, N3).

An ISO 14443-4 card is asked in this order, and the first answer ends it:

1. the NDEF application, for a SUN message: the card the club recommends is read in three exchanges;
2. the club's own application: phones, CPU cards and DESFire under one name, told apart by what they answer;
3. GetVersion: whose chip it is, when it is none of ours.
"""

from __future__ import annotations

from nfc.events import UnreadableReason
from nfc.evidence import Assurance, Evidence, Family, is_identity
from nfc.families import classic, cpu_card, desfire, felica, ntag424, other, phone, ultralight
from nfc.families.profile import Found, NotReadable, Profile
from nfc.protocol import apdu, atr, errors
from nfc.protocol import ntag424 as commands
from nfc.protocol.applications import SELECT_CLUB

PROFILES: tuple[Profile, ...] = (
    ntag424.PROFILE,
    desfire.PROFILE,
    cpu_card.PROFILE,
    phone.PROFILE,
    classic.PROFILE,
    ultralight.PROFILE,
    felica.PROFILE,
    *other.PROFILES,
)
"""All families, the strong ones first."""

# What an ATR says by itself; the rest has to be asked.
_BY_ATR: dict[atr.Hint, Family] = {
    atr.Hint.CLASSIC: Family.CLASSIC,
    atr.Hint.ULTRALIGHT: Family.ULTRALIGHT,
    atr.Hint.FELICA: Family.FELICA,
    atr.Hint.VICINITY: Family.VICINITY,
    atr.Hint.TYPE_B_MEMORY: Family.MEMORY,
    atr.Hint.STORAGE: Family.MEMORY,
    atr.Hint.CONTACT: Family.CONTACT,
    atr.Hint.UNKNOWN: Family.UNKNOWN,
}


def read_evidence(transmit: apdu.Transmit, raw_atr: bytes) -> Evidence:
    """Read a freshly connected card.

    Args:
        transmit: sends one APDU; the card must not have been selected into anything yet.
        raw_atr: the ATR of this activation.

    Raises:
        NotReadable: the card has no usable identity.
        errors.CardLeft: the card was pulled away in the middle.
        errors.Malformed, errors.EndlessAnswer: the card's answers break its own protocol.
    """
    family = _BY_ATR.get(atr.parse(raw_atr).hint, Family.ISO14443_4)
    uid = _uid(transmit, family)
    found = _ask(transmit, uid) if family is Family.ISO14443_4 else Found(family, uid)
    random = felica.is_random(uid) if family is Family.FELICA else not is_identity(uid)
    if random and not found.names_itself:
        raise NotReadable(UnreadableReason.RANDOM_UID, found.family)
    assurance = Assurance.CRYPTOGRAM if found.sun_url else Assurance.UID
    return Evidence(found.uid, found.family, assurance, found.sun_url, raw_atr, found.challenge)


def _uid(transmit: apdu.Transmit, family: Family) -> bytes:
    try:
        return commands.get_uid(transmit)
    except errors.StatusError as refused:
        raise NotReadable(UnreadableReason.NO_IDENTITY, family) from refused


def _ask(transmit: apdu.Transmit, uid: bytes) -> Found:
    has_ndef = ntag424.select(transmit)
    if has_ndef and (url := ntag424.sun_url(transmit)):
        return Found(Family.NTAG424, uid, sun_url=url)
    control_information = _select_club(transmit)
    if control_information is not None:
        # The order is part of it: a phone names a credential, a CPU card at least its DF, DESFire nothing.
        return phone.look(control_information) or cpu_card.look(control_information, uid) or desfire.look(uid)
    return Found(_family_by_version(transmit, otherwise=Family.TYPE4 if has_ndef else Family.ISO14443_4), uid)


def _select_club(transmit: apdu.Transmit) -> bytes | None:
    """Select the club's application; None when the card has none."""
    try:
        return apdu.exchange(transmit, SELECT_CLUB).require()
    except errors.StatusError:
        return None


def _family_by_version(transmit: apdu.Transmit, otherwise: Family) -> Family:
    try:
        version = commands.get_version(transmit)
    except errors.StatusError:
        return otherwise
    if version.is_ntag424:
        return Family.NTAG424
    return Family.DESFIRE if version.is_desfire else otherwise

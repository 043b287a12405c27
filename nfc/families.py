"""Finds out what a card is and reads its evidence.

=================  =========================  ===========  ==========================================================
family             told apart by              assurance    remarks
=================  =========================  ===========  ==========================================================
ntag424            SELECT NDEF + GetVersion   cryptogram   the NDEF file's SUN message, whole; uid when it has none
desfire            GetVersion                 uid          EV2 authentication follows with issuing
type4              SELECT NDEF                uid          another maker's type 4 tag; a SUN message in it is taken
mifare_classic     ATR (PC/SC part 3)         uid          keys of such cards can be copied in minutes: never trusted
ultralight         ATR                        uid          NTAG21x too
felica, iso15693   ATR                        uid          8 bytes
iso14443_4         ATR                        uid          CPU cards, phones; a random UID is refused
contact            ATR                        -            no UID: refused politely (no_identity)
=================  =========================  ===========  ==========================================================
"""

from __future__ import annotations

from nfc.events import UnreadableReason
from nfc.evidence import Assurance, Evidence, Family, is_identity
from nfc.protocol import apdu, atr, errors, ndef, ntag424, sun

_BY_HINT: dict[atr.Hint, Family] = {
    atr.Hint.CLASSIC: Family.CLASSIC,
    atr.Hint.ULTRALIGHT: Family.ULTRALIGHT,
    atr.Hint.FELICA: Family.FELICA,
    atr.Hint.VICINITY: Family.VICINITY,
    atr.Hint.TYPE_B_MEMORY: Family.MEMORY,
    atr.Hint.STORAGE: Family.MEMORY,
    atr.Hint.ISO14443_4: Family.ISO14443_4,
    atr.Hint.CONTACT: Family.CONTACT,
    atr.Hint.UNKNOWN: Family.UNKNOWN,
}


class NotReadable(Exception):
    """The card answers, but gives nothing a membership can hang on.

    Args:
        reason: which kind sentence fits.
        family: what the card turned out to be.
    """

    def __init__(self, reason: UnreadableReason, family: Family) -> None:
        super().__init__(f"{family}: {reason}")
        self.reason = reason
        self.family = family


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
    hint = atr.parse(raw_atr).hint
    family = _BY_HINT[hint]
    uid = _uid(transmit, family)
    if family is not Family.ISO14443_4:
        return Evidence(uid=uid, family=family, assurance=Assurance.UID, sun_url=None, atr=raw_atr)
    family, sun_url = _ask(transmit)
    assurance = Assurance.CRYPTOGRAM if sun_url else Assurance.UID
    return Evidence(uid=uid, family=family, assurance=assurance, sun_url=sun_url, atr=raw_atr)


def _uid(transmit: apdu.Transmit, family: Family) -> bytes:
    try:
        uid = ntag424.get_uid(transmit)
    except errors.StatusError as refused:
        raise NotReadable(UnreadableReason.NO_IDENTITY, family) from refused
    if not is_identity(uid):
        raise NotReadable(UnreadableReason.RANDOM_UID, family)
    return uid


def _ask(transmit: apdu.Transmit) -> tuple[Family, str | None]:
    """Ask an ISO 14443-4 card for its NDEF application first: that is where our cards answer, in the fewest steps."""
    try:
        ntag424.select_ndef_application(transmit)
    except errors.StatusError:
        return _version_family(transmit, otherwise=Family.ISO14443_4), None
    family = _version_family(transmit, otherwise=Family.TYPE4)
    return family, _sun_url(transmit)


def _version_family(transmit: apdu.Transmit, otherwise: Family) -> Family:
    try:
        version = ntag424.get_version(transmit)
    except errors.StatusError:
        return otherwise
    if version.is_ntag424:
        return Family.NTAG424
    if version.is_desfire:
        return Family.DESFIRE
    return otherwise


def _sun_url(transmit: apdu.Transmit) -> str | None:
    """Return the card's URL when it holds a SUN message; a blank or foreign tag is simply a card without one."""
    try:
        url = ndef.parse_file(ntag424.read_ndef(transmit))
        sun.parse(url)
    except (errors.StatusError, errors.BadNdef, errors.BadSun):
        return None
    return url

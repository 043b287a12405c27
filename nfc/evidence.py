"""What one tap yields: who the card says it is, and how strongly it can claim that (spec N3)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum


class Assurance(StrEnum):
    """How hard a card's claim is to copy; the device only *claims* it, the central API verifies."""

    UID = "uid"  # anyone can copy it
    STATIC = "static"  # data on the card, copyable by who can read them
    CRYPTOGRAM = "cryptogram"  # fresh for this tap


class Family(StrEnum):
    """Card families that can be told apart (spec N2)."""

    NTAG424 = "ntag424"
    DESFIRE = "desfire"
    CPU = "cpu_card"  # ISO 7816-4, with the club's application
    PHONE = "phone"  # Android, with the club's application
    TYPE4 = "type4"  # a type 4 tag of another maker
    CLASSIC = "mifare_classic"
    ULTRALIGHT = "ultralight"  # and every NTAG21x
    FELICA = "felica"
    VICINITY = "iso15693"
    MEMORY = "memory"  # another storage card
    ISO14443_4 = "iso14443_4"  # CPU cards and phones whose application is not ours
    CONTACT = "contact"
    UNKNOWN = "unknown"


class Challenge(StrEnum):
    """How a card can be asked to prove itself (``protocol.proofs``); the central API asks, by what the card was issued as."""

    DESFIRE = "desfire"  # AES authentication
    CPU = "cpu_card"  # INTERNAL AUTHENTICATE
    PHONE = "phone"  # a signature


@dataclass(frozen=True, slots=True)
class Evidence:
    """The result of reading a card.

    Args:
        uid: 4, 7, 8 or 10 bytes as the reader gives them; of a phone its credential. Random only beside a SUN message, which
            holds the real one.
        family: what kind of card it is.
        assurance: the strongest claim the evidence allows, not yet verified.
        sun_url: the whole URL with the SUN message, when the card sent one.
        atr: as the reader gives it.
        challenge: how the card can be asked for more; what it proves so far is ``assurance``.
    """

    uid: bytes
    family: Family
    assurance: Assurance
    sun_url: str | None
    atr: bytes
    challenge: Challenge | None = None

    def __repr__(self) -> str:
        """Keep the UID and the message out of logs and tracebacks."""
        sun = "yes" if self.sun_url else "no"
        return f"Evidence(uid={short_hash(self.uid)}, family={self.family}, assurance={self.assurance}, sun={sun})"


def short_hash(uid: bytes) -> str:
    """Return 8 characters that let two log lines be compared without naming the card."""
    return "#" + hashlib.blake2b(uid, digest_size=4, person=b"nfc log line").hexdigest()


def is_identity(uid: bytes) -> bool:
    """Whether a UID can stand for a card at all (spec N3).

    Four bytes beginning with 08 are drawn anew at each tap (ISO 14443-3: phones, DESFire in random-ID mode); UIDs of one
    repeated byte come from emulators and unprogrammed blanks.
    """
    if len(uid) not in (4, 7, 8, 10):
        return False
    if len(uid) == 4 and uid[0] == 0x08:
        return False
    return len(set(uid)) > 1

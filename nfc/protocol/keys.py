"""Which key of a member card is made from what: the one place where card and server agree.

A programme has four 16-byte secrets of each version, kept by the central API and used by whoever issues cards:

=============  =================================================================================================
meta key       encrypts UID and counter in the SUN message (SDMMetaRead). One for the programme: it cannot depend
               on the UID, because it hides the UID.
file master    never on a card. Each card's SDMFileRead key is ``file_key(master, uid)``: AN10922 over
               ``UID (7) || AID (D2760000850101, as in SELECT) || b"XZCLUB"``.
app master     the same way to the card's key 0, which changes keys and settings; with ``b"XZCLB4"`` to key 4.
write master   the same way to the key that writes the NDEF file.
=============  =================================================================================================

On the card (NTAG 424 DNA): key 0 app, 1 meta, 2 file, 3 write, 4 unused but changed all the same, for a key of zeros is
everybody's. Each key carries the version of its masters as key version, 1 to 255; 0 is the factory's.

On DESFire: key 0 of the club's application from the app master over ``UID || AID (435A58) || b"XZCLUB"``, key 1, which proves
the card, is the card's own file key; both carry the version. On MIFARE Classic: keys A and B of each sector are the first 12
bytes of what the write master makes of ``UID || b"M1 sector" || sector``, the record's code key is made by the file master of
``UID || b"M1 record"``; a sector tells no version, so keys are tried.

On CPU cards: key 1 of the club's DF, which proves the card and is put there by the card's maker, from the file master over
``UID (4 or 7) || DF name (F0585A434C5542) || b"XZCLUB"``; with 3DES, for which AN10922 has room for less, without the last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nfc.protocol import an10922
from nfc.protocol.applications import CLUB_AID, CLUB_DESFIRE_AID
from nfc.protocol.ciphers import Algorithm

NDEF_AID = bytes.fromhex("D2760000850101")
SYSTEM_ID = b"XZCLUB"
_UNUSED_ID = b"XZCLB4"
_CLASSIC_SECTOR, _CLASSIC_RECORD = b"M1 sector", b"M1 record"
CLASSIC_SECTORS = (1, 2)
"""Where a Classic card has its record, a copy in each."""
KEY_BYTES = 16
APP, META, FILE, WRITE, UNUSED = range(5)
"""Numbers of the keys on the card."""
FACTORY_VERSION = 0
NEWEST_VERSION = 255


@dataclass(frozen=True, slots=True)
class Masters:
    """A programme's secrets of one version (1 to 255), 16 bytes each."""

    version: int
    meta: bytes = field(repr=False)
    file: bytes = field(repr=False)
    app: bytes = field(repr=False)
    write: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not FACTORY_VERSION < self.version <= NEWEST_VERSION:
            raise ValueError(f"expected a version of 1 to {NEWEST_VERSION}, found {self.version}")
        for name in ("meta", "file", "app", "write"):
            if len(getattr(self, name)) != KEY_BYTES:
                raise ValueError(f"expected {KEY_BYTES} bytes of the {name} master, found {len(getattr(self, name))}")


@dataclass(frozen=True, slots=True)
class KeySet:
    """One card's five keys of one version, by number."""

    version: int
    keys: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class DesfireKeys:
    """A DESFire card's two keys of one version: 0 issues, 1 proves."""

    version: int
    issuer: bytes = field(repr=False)
    proof: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClassicKeys:
    """A Classic card's keys of one version: A and B by sector, 6 bytes each, and the record's 16."""

    version: int
    sectors: Mapping[int, tuple[bytes, bytes]] = field(repr=False)
    code: bytes = field(repr=False)


FACTORY = KeySet(FACTORY_VERSION, (bytes(KEY_BYTES),) * 5)
"""A card as NXP sells it: zeros, version 0."""


def key_set(masters: Masters, uid: bytes) -> KeySet:
    """Return a card's own keys.

    Args:
        masters: of the version wanted.
        uid: the card's 7-byte UID, in the order the card gives it.

    Raises:
        ValueError: the UID's length is wrong.
    """
    _must_be_uid(uid)
    keys = (
        an10922.diversify(masters.app, uid + NDEF_AID + SYSTEM_ID),
        masters.meta,
        file_key(masters.file, uid),
        an10922.diversify(masters.write, uid + NDEF_AID + SYSTEM_ID),
        an10922.diversify(masters.app, uid + NDEF_AID + _UNUSED_ID),
    )
    return KeySet(masters.version, keys)


def desfire_keys(masters: Masters, uid: bytes) -> DesfireKeys:
    """Return a DESFire card's own keys; arguments and errors as :func:`key_set`."""
    _must_be_uid(uid)
    issuer = an10922.diversify(masters.app, uid + CLUB_DESFIRE_AID + SYSTEM_ID)
    return DesfireKeys(masters.version, issuer, file_key(masters.file, uid))


def classic_keys(masters: Masters, uid: bytes) -> ClassicKeys:
    """Return a Classic card's own keys.

    Args:
        masters: of the version wanted.
        uid: the card's, 4 or 7 bytes.

    Raises:
        ValueError: the UID's length is wrong.
    """
    _must_be_4_or_7(uid)
    sectors = {sector: sector_keys(masters.write, uid, sector) for sector in CLASSIC_SECTORS}
    return ClassicKeys(masters.version, sectors, an10922.diversify(masters.file, uid + _CLASSIC_RECORD))


def cpu_key(master: bytes, uid: bytes, algorithm: Algorithm) -> bytes:
    """Return a CPU card's own 16-byte key of INTERNAL AUTHENTICATE.

    Args:
        master: the programme's 16-byte file master.
        uid: the card's, 4 or 7 bytes.
        algorithm: its cipher.

    Raises:
        ValueError: a length is wrong.
    """
    _must_be_4_or_7(uid)
    if algorithm is Algorithm.TDES:
        return an10922.diversify_3des(master, uid + CLUB_AID)
    return an10922.diversify(master, uid + CLUB_AID + SYSTEM_ID)


def sector_keys(master: bytes, uid: bytes, sector: int) -> tuple[bytes, bytes]:
    """Return keys A and B of a Classic card's sector, 6 bytes each."""
    made = an10922.diversify(master, uid + _CLASSIC_SECTOR + bytes((sector,)))
    return made[:6], made[6:12]


def file_key(master: bytes, uid: bytes) -> bytes:
    """Return a card's own 16-byte SDMFileRead key; of a DESFire card the key that proves it.

    Args:
        master: the programme's 16-byte file master.
        uid: the card's 7-byte UID, in the order the card gives it.

    Raises:
        ValueError: a length is wrong.
    """
    _must_be_uid(uid)
    return an10922.diversify(master, uid + NDEF_AID + SYSTEM_ID)


def _must_be_uid(uid: bytes) -> None:
    if len(uid) != 7:
        raise ValueError(f"expected a UID of 7 bytes, found {len(uid)}")


def _must_be_4_or_7(uid: bytes) -> None:
    if len(uid) not in (4, 7):
        raise ValueError(f"expected a UID of 4 or 7 bytes, found {len(uid)}")

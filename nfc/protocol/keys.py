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
"""

from __future__ import annotations

from dataclasses import dataclass, field

from nfc.protocol import an10922

NDEF_AID = bytes.fromhex("D2760000850101")
SYSTEM_ID = b"XZCLUB"
_UNUSED_ID = b"XZCLB4"
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


def file_key(master: bytes, uid: bytes) -> bytes:
    """Return a card's own 16-byte SDMFileRead key.

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

"""Which key of a member card is made from what: the one place where card and server agree.

A programme has two 16-byte secrets, kept by the central API and used by whoever issues cards:

=============  =================================================================================================
meta key       encrypts UID and counter in the SUN message (SDMMetaRead). One for the programme: it cannot depend
               on the UID, because it hides the UID.
file master    never on a card. Each card's SDMFileRead key is ``file_key(master, uid)``: AN10922 over
               ``UID (7) || AID (D2760000850101, as in SELECT) || b"XZCLUB"``.
=============  =================================================================================================
"""

from __future__ import annotations

from nfc.protocol import an10922

NDEF_AID = bytes.fromhex("D2760000850101")
SYSTEM_ID = b"XZCLUB"
KEY_BYTES = 16


def file_key(master: bytes, uid: bytes) -> bytes:
    """Return a card's own 16-byte SDMFileRead key.

    Args:
        master: the programme's 16-byte file master.
        uid: the card's 7-byte UID, in the order the card gives it.

    Raises:
        ValueError: a length is wrong.
    """
    if len(uid) != 7:
        raise ValueError(f"expected a UID of 7 bytes, found {len(uid)}")
    return an10922.diversify(master, uid + NDEF_AID + SYSTEM_ID)

"""MIFARE DESFire EV1 to EV3: our application is there, and can be asked to prove that it holds the card's key.

Selected by its ISO name, so that phones, CPU cards and DESFire are found by one SELECT; the authentication that follows works
all the same. A card with a random UID has no identity before that authentication and is refused at the reader (N3).
"""

from __future__ import annotations

from nfc.evidence import Assurance, Challenge, Family
from nfc.families.profile import Found, Profile

PROFILE = Profile(
    family=Family.DESFIRE,
    told_by="SELECT of the club's application, answered without a word; GetVersion for foreign ones",
    reads="the UID, and that our application is there",
    proves="nothing by itself; asked, this very chip: mutual AES authentication (EV2, EV1 only for cards issued as EV1)",
    writes="the application, its keys, a backup file",
    assurance=Assurance.UID,
    apdus=3,
    proof_apdus=2,
)


def look(uid: bytes) -> Found:
    """Return what a card is that was selected without answering anything."""
    return Found(Family.DESFIRE, uid, challenge=Challenge.DESFIRE)

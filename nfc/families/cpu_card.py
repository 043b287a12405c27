"""ISO 7816-4 CPU cards (FM1208 kind, 国密 cards): our DF is there, and can be asked to encrypt a challenge.

Which cipher and key the card has is not asked of the card: the central API knows as what it was issued, so that no card
talks itself into a weaker one.
"""

from __future__ import annotations

from nfc.evidence import Assurance, Challenge, Family
from nfc.families.profile import Found, Profile
from nfc.protocol import cpu_card

PROFILE = Profile(
    family=Family.CPU,
    told_by="SELECT of the club's application, answered with its DF name",
    reads="the UID, and that our DF is there",
    proves="nothing by itself; asked, a chip with the card's key: INTERNAL AUTHENTICATE with 3DES, AES or SM4",
    writes="the member file, after EXTERNAL AUTHENTICATE; DF and keys come from the card's maker",
    assurance=Assurance.UID,
    apdus=3,
    proof_apdus=1,
)


def look(control_information: bytes, uid: bytes) -> Found | None:
    """Return what a card is that named its DF; None when it did not."""
    if cpu_card.df_name(control_information) is None:
        return None
    return Found(Family.CPU, uid, challenge=Challenge.CPU)

"""A phone with the club's application (Android host card emulation): known by its credential, never by its UID.

The UID of a phone is made up at each tap; what is told instead is the number of the credential that the central API enrolled.
"""

from __future__ import annotations

from nfc.evidence import Assurance, Challenge, Family
from nfc.families.profile import Found, Profile
from nfc.protocol import phone

PROFILE = Profile(
    family=Family.PHONE,
    told_by="SELECT of the club's application, answered with a credential",
    reads="the credential's number",
    proves="nothing by itself; asked, this very phone: ECDSA P-256 over nonce, kiosk and time under its enrolled key",
    writes="nothing; the phone makes its own key and the central API enrols it",
    assurance=Assurance.UID,
    apdus=3,
    proof_apdus=1,
)


def look(control_information: bytes) -> Found | None:
    """Return which credential was named; None when it is no phone of ours."""
    credential = phone.credential(control_information)
    return Found(Family.PHONE, credential, challenge=Challenge.PHONE) if credential else None

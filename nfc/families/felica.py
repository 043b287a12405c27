"""FeliCa: the IDm, in one exchange; the ones that devices make up for a moment are refused."""

from __future__ import annotations

from nfc.evidence import Assurance, Family, is_identity
from nfc.families.profile import Profile

PROFILE = Profile(
    family=Family.FELICA,
    told_by="ATR (PC/SC part 3)",
    reads="the IDm",
    proves="nothing: any phone can show the same",
    writes="nothing",
    assurance=Assurance.UID,
    apdus=1,
)

_MADE_UP = bytes.fromhex("01FE")


def is_random(idm: bytes) -> bool:
    """Whether an IDm was made up for a peer-to-peer exchange (NFC Forum Digital 1.1 §6.6.2.2: it begins with 01FE)."""
    return idm.startswith(_MADE_UP) or not is_identity(idm)

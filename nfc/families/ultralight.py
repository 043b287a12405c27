"""MIFARE Ultralight and NTAG213/215/216: the UID, in one exchange, and no more.

Password and originality signature (``protocol.ntag21x``) are read where cards are bought and issued: both are copied by who
reads them once, so that asking at each tap would cost exchanges and prove nothing more.
"""

from __future__ import annotations

from nfc.evidence import Assurance, Family
from nfc.families.profile import Profile

PROFILE = Profile(
    family=Family.ULTRALIGHT,
    told_by="ATR (PC/SC part 3); GET_VERSION names the product",
    reads="the UID",
    proves="nothing; the originality signature says at most that NXP once made a chip with this UID",
    writes="pages, password and PACK",
    assurance=Assurance.UID,
    apdus=1,
)

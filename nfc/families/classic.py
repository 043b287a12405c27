"""MIFARE Classic and FM11RF08: the UID, in one exchange, and no more.

Its cipher is broken and many chips have keys for everybody in hardware, so a record on the card would prove no more than the
UID and cost six exchanges and a key on the kiosk. ``protocol.classic_record`` reads and writes one where cards are issued
or moved to another family.
"""

from __future__ import annotations

from nfc.evidence import Assurance, Family
from nfc.families.profile import Profile

PROFILE = Profile(
    family=Family.CLASSIC,
    told_by="ATR (PC/SC part 3)",
    reads="the UID",
    proves="nothing: copied in minutes with every key; to be replaced at the next visit",
    writes="a record in two copies, sector keys and access bits",
    assurance=Assurance.UID,
    apdus=1,
)

"""Cards that are none of the club's kinds: what can be said of each, kindly."""

from __future__ import annotations

from nfc.evidence import Assurance, Family
from nfc.families.profile import Profile


def _uid_only(family: Family, told_by: str, proves: str, apdus: int) -> Profile:
    return Profile(family, told_by, "the UID", proves, "nothing", Assurance.UID, apdus)


PROFILES = (
    _uid_only(Family.TYPE4, "SELECT of the NDEF application", "nothing: another maker's tag", 7),
    _uid_only(Family.ISO14443_4, "neither application, no GetVersion", "nothing: bank and transport cards, phones", 4),
    _uid_only(Family.VICINITY, "ATR (PC/SC part 3)", "nothing", 1),
    _uid_only(Family.MEMORY, "ATR (PC/SC part 3)", "nothing", 1),
    Profile(
        Family.CONTACT,
        "ATR without contactless historical bytes",
        "nothing",
        "nothing: refused politely, it has no number",
        "nothing",
        None,
        1,
    ),
    _uid_only(Family.UNKNOWN, "an ATR that is none", "nothing", 1),
)

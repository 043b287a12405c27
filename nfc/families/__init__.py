"""Finds out what a card is and reads its evidence; one file for each family, each with what it reads, proves and writes."""

from nfc.families.profile import NotReadable, Profile
from nfc.families.reading import PROFILES, read_evidence

__all__ = ["PROFILES", "NotReadable", "Profile", "read_evidence"]

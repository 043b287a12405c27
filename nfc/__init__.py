"""Card readers and member cards: open a reader, get events; importing this loads no card library."""

from nfc.events import (
    CardGone,
    CardPresented,
    CardUnreadable,
    Event,
    LostReason,
    ReaderLost,
    ReaderReady,
    UnreadableReason,
)
from nfc.evidence import Assurance, Evidence, Family
from nfc.feedback import Signal
from nfc.patience import Timing
from nfc.reader import CardReader, ReaderSupportMissing, open_reader

__all__ = [
    "Assurance",
    "CardGone",
    "CardPresented",
    "CardReader",
    "CardUnreadable",
    "Event",
    "Evidence",
    "Family",
    "LostReason",
    "ReaderLost",
    "ReaderReady",
    "ReaderSupportMissing",
    "Signal",
    "Timing",
    "UnreadableReason",
    "open_reader",
]

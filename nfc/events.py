"""What readers report: a reader comes and goes, a card comes and goes or cannot be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from nfc.evidence import Evidence


class LostReason(StrEnum):
    """Why there is no reader."""

    NO_SERVICE = "no_service"  # the PC/SC service is not running or died
    NO_READER = "no_reader"  # the service runs, but no reader matches
    UNPLUGGED = "unplugged"  # this reader was there and is gone


class UnreadableReason(StrEnum):
    """Why a card that was there could not be read; each has its own calm sentence for the member."""

    REMOVED = "removed"  # pulled away before it was read
    TIMEOUT = "timeout"  # did not answer within the deadline
    UNRESPONSIVE = "unresponsive"  # no protocol could be agreed: stacked cards, a coin, a wrong way round chip
    GARBAGE = "garbage"  # answers break the card's own protocol
    RANDOM_UID = "random_uid"  # a phone, or a card that hides its number
    NO_IDENTITY = "no_identity"  # works, but has no number a membership could hang on


@dataclass(frozen=True, slots=True)
class ReaderReady:
    """A reader can be used; sent once when it appears, and again after each loss.

    Args:
        reader: the PC/SC name, with slot numbers.
    """

    reader: str


@dataclass(frozen=True, slots=True)
class ReaderLost:
    """A reader cannot be used any more, or none was found at all.

    Args:
        reader: the PC/SC name; empty when none was ever found.
        reason: why.
    """

    reader: str
    reason: LostReason


@dataclass(frozen=True, slots=True)
class CardPresented:
    """A card was laid on a reader and read.

    Args:
        reader: the PC/SC name.
        evidence: what the card proved.
        seen_at: the reader clock's seconds when the card was first seen.
        read_s: seconds from there to this event.
    """

    reader: str
    evidence: Evidence
    seen_at: float = field(default=0.0, compare=False)
    read_s: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class CardUnreadable:
    """A card was laid on a reader and could not be read.

    Args:
        reader: the PC/SC name.
        reason: why.
        atr: as the reader gave it; may be empty.
    """

    reader: str
    reason: UnreadableReason
    atr: bytes


@dataclass(frozen=True, slots=True)
class CardGone:
    """The card that was presented or unreadable has left; comes exactly once after each of the two."""

    reader: str


Event = ReaderReady | ReaderLost | CardPresented | CardUnreadable | CardGone

"""What a family module tells of itself, what it finds on a card, and how it says that there is nothing."""

from __future__ import annotations

from dataclasses import dataclass

from nfc.events import UnreadableReason
from nfc.evidence import Assurance, Challenge, Family


@dataclass(frozen=True, slots=True)
class Profile:
    """A family's line in the table of docs/developer/cards.md, which a test compares with this.

    Args:
        family: which.
        told_by: how it is told from the others.
        reads: what a tap reads.
        proves: what that proves, and what more a challenge does.
        writes: what issuing writes.
        assurance: the strongest a tap can claim by itself; None when it gives nothing.
        apdus: exchanges of such a tap.
        proof_apdus: further ones when the card is asked to prove itself; 0 when it cannot be.
    """

    family: Family
    told_by: str
    reads: str
    proves: str
    writes: str
    assurance: Assurance | None
    apdus: int
    proof_apdus: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """What a family module found; see ``nfc.evidence.Evidence`` for the words."""

    family: Family
    uid: bytes
    sun_url: str | None = None
    challenge: Challenge | None = None

    @property
    def names_itself(self) -> bool:
        """Whether the card says who it is by something else than the reader's UID, so that a random one does no harm."""
        return self.sun_url is not None or self.challenge is Challenge.PHONE


class NotReadable(Exception):
    """The card answers, but gives nothing a membership can hang on.

    Args:
        reason: which kind sentence fits.
        family: what the card turned out to be.
    """

    def __init__(self, reason: UnreadableReason, family: Family) -> None:
        super().__init__(f"{family}: {reason}")
        self.reason = reason
        self.family = family

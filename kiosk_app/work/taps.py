"""Which card each tap was and where it lies, from the reader's event until the visit is over or the tap was dropped (K13)."""

from dataclasses import dataclass, field

import nfc


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking a card: the run in which it proved itself, or whether it was taken away meanwhile."""

    proof: str | None = None
    torn: bool = False


@dataclass(slots=True)
class Tap:
    """A card that was read.

    Args:
        session_id: made for the tap.
        reader: the PC/SC name of where it lay.
        evidence: what it proved; holds its number.
        asked: what came of asking it (`proving.Prover`), None before.
    """

    session_id: str
    reader: str
    evidence: nfc.Evidence = field(repr=False)
    asked: Asked | None = None


class Taps:
    """All taps whose visit is not over; the only place behind the reader that knows cards by number. Safe from every thread."""

    def __init__(self) -> None:
        self._taps: dict[str, Tap] = {}
        self._newest: dict[str, str] = {}

    def tapped(self, session_id: str, reader: str, evidence: nfc.Evidence) -> None:
        """A card was read; on the reader's thread."""
        self._taps[session_id] = Tap(session_id, reader, evidence)
        self._newest[reader] = session_id

    def get(self, session_id: str) -> Tap | None:
        """The tap of a visit, while that lasts."""
        return self._taps.get(session_id)

    def was_last(self, tap: Tap) -> bool:
        """Whether no other card was read on its reader since: what lies there now can only be this one."""
        newest = self._newest.get(tap.reader, "")
        other = self._taps.get(newest)
        return newest == tap.session_id or (other is not None and other.evidence.uid == tap.evidence.uid)

    def forget(self, session_id: str) -> None:
        """The visit is over, or the tap began none."""
        self._taps.pop(session_id, None)

    def __len__(self) -> int:
        return len(self._taps)

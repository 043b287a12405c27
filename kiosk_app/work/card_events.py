"""Turns what the card reader reports into what can happen to the kiosk; the UID goes no further than the evidence."""

import hashlib
from collections.abc import Callable
from datetime import datetime

import nfc
from club.wire.cards import Evidence
from kiosk_app.flow import events as ev

_FAULTS = {
    nfc.UnreadableReason.REMOVED: ev.ReadFault.REMOVED,
    nfc.UnreadableReason.TIMEOUT: ev.ReadFault.UNREADABLE,
    nfc.UnreadableReason.UNRESPONSIVE: ev.ReadFault.STACKED,
    nfc.UnreadableReason.GARBAGE: ev.ReadFault.UNREADABLE,
    nfc.UnreadableReason.RANDOM_UID: ev.ReadFault.PHONE,
    nfc.UnreadableReason.NO_IDENTITY: ev.ReadFault.FOREIGN,
}


class CardEvents:
    """Maps reader events; several readers count as one that is there while any of them is.

    Args:
        new_id: makes the id of a card session.
        now: the present instant.
        secret: keys the tokens that tell cards apart, so that a token names no card; fresh for each run.
    """

    def __init__(self, new_id: Callable[[], str], now: Callable[[], datetime], secret: bytes) -> None:
        self._new_id, self._now, self._secret = new_id, now, secret
        self._ready: set[str] = set()

    def flow_event(self, event: nfc.Event) -> ev.Event | None:
        """The flow's event for a reader's; None when it changes nothing."""
        match event:
            case nfc.ReaderReady(reader):
                self._ready.add(reader)
                return ev.ReaderCame()
            case nfc.ReaderLost(reader):
                self._ready.discard(reader)
                return None if self._ready else ev.ReaderWent()
            case nfc.CardPresented(evidence=evidence):
                return ev.CardTapped(
                    session_id=self._new_id(),
                    card=self._token(evidence.uid),
                    evidence=evidence_of(evidence),
                    at=self._now(),
                    note=_note(evidence.family.value, evidence.atr),
                )
            case nfc.CardUnreadable(reason=reason, atr=atr):
                return ev.CardFailed(_FAULTS.get(reason, ev.ReadFault.UNREADABLE), _note("", atr))
            case nfc.CardGone():
                return ev.CardLeft()

    def _token(self, uid: bytes) -> str:
        return hashlib.blake2b(uid, key=self._secret, digest_size=16).hexdigest()


def evidence_of(evidence: nfc.Evidence) -> Evidence:
    """A reader's evidence as it travels to the central API, which judges it (N3)."""
    return Evidence(uid=evidence.uid.hex().upper(), family=evidence.family.value, sun_url=evidence.sun_url)


def _note(family: str, atr: bytes) -> str:
    """What staff may want to know of a card that is none of ours: its kind and its answer to reset, never its number."""
    parts = [family.upper().replace("_", " ") if family else "", f"ATR {atr.hex(' ').upper()}" if atr else ""]
    return " · ".join(part for part in parts if part)

"""Reads one card that lies on a reader, starting over when another program interferes, until it is too late (spec N1, N2)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from nfc import families, service
from nfc.events import UnreadableReason
from nfc.evidence import Evidence
from nfc.protocol import apdu, errors

log = logging.getLogger(__name__)

_RETRY_PAUSE_S = 0.05
_SILENT_S = 0.6
"""A card that just left looks silent until pcscd notices, which takes up to 0.4 s: wait before calling it a bad card."""
_PAUSE = threading.Event()  # never set


class Late(Exception):
    """The tap's deadline passed, or the tap is over: nobody waits for its outcome any more."""


def read(
    open_context: service.OpenContext,
    reader: str,
    raw_atr: bytes,
    is_late: Callable[[], bool],
    clock: Callable[[], float],
) -> Evidence:
    """Read the card on a reader.

    A card that answers nothing may have left for good or for a blink. Only the watch can tell, and settles the tap when it
    sees the card go; until then we try again. A foreign reset means that nothing read so far counts: the card is selected
    and asked anew from the first command on.

    Args:
        open_context: a connection of this thread's own, because a card can hold it for long.
        reader: the PC/SC name.
        raw_atr: as the reader gave it.
        is_late: asked before each command.
        clock: seconds that only rise.

    Raises:
        Late: see ``is_late``.
        families.NotReadable, errors.ProtocolError: the card is there and gives nothing we can use.
        service.ServiceError: the reader or the service is gone, or the card agrees on no protocol.
    """
    if is_late():
        raise Late
    context = open_context()
    try:
        return _patiently(context, reader, raw_atr, is_late, clock)
    finally:
        context.release()


def _patiently(
    context: service.Context, reader: str, raw_atr: bytes, is_late: Callable[[], bool], clock: Callable[[], float]
) -> Evidence:
    silent_since: float | None = None
    while True:
        try:
            with context.card(reader) as transmit:
                return families.read_evidence(_until_late(transmit, is_late), raw_atr)
        except (service.CardReset, service.CardBusy, service.CardRemoved, errors.CardLeft):
            pass
        except service.CardSilent:
            silent_since = silent_since or clock()
            if clock() - silent_since >= _SILENT_S:
                raise
        _PAUSE.wait(_RETRY_PAUSE_S)
        if is_late():
            raise Late


def _until_late(transmit: apdu.Transmit, is_late: Callable[[], bool]) -> apdu.Transmit:
    def guarded(command: bytes) -> bytes:
        if is_late():
            raise Late
        return transmit(command)

    return guarded


def reason_of(fault: Exception) -> UnreadableReason:
    """Return why a card could not be read; a fault that is none of the card's is ours, and logged."""
    match fault:
        case families.NotReadable():
            return fault.reason
        case Late():
            return UnreadableReason.TIMEOUT
        case service.ReaderVanished():
            return UnreadableReason.REMOVED
        case service.CardSilent():
            return UnreadableReason.UNRESPONSIVE
        case errors.ProtocolError():
            return UnreadableReason.GARBAGE
        case _:
            log.error("reading a card failed in our own code", exc_info=fault)
            return UnreadableReason.GARBAGE

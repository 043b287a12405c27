"""The one place that talks to PC/SC: maps pyscard's numbers to our values and errors.

Raw ``smartcard.scard`` is used on purpose. pyscard's monitor threads die for good when the PC/SC service restarts
(LudovicRousseau/pyscard issue 82) and tell nobody; our loop in ``supervisor`` outlives it.

The service's socket is read from ``PCSCLITE_CSOCK_NAME`` once per process, at the first connection.

====================  ========================================================================================
capability            remarks
====================  ========================================================================================
hot-plug              PC/SC's pseudo reader wakes the wait; the list is also read anew every few seconds
several readers       all in one wait
cancel                ends a wait at once; does *not* end a running transmit (PC/SC cannot)
transaction           shared mode, exclusive while issuing; a foreign reset is reported as CardReset
escape (LED, buzzer)  through SCardControl in direct mode, where driver and reader allow it
====================  ========================================================================================
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from smartcard import scard

from nfc import service
from nfc.protocol import apdu

_PLUG_AND_PLAY = "\\\\?PnP?\\Notification"
_ESCAPE_CODE = 3500
_CHANNEL_BYTES = 4
_MASK = 0xFFFFFFFF

# What pcsc-lite, macOS and Windows say when the service is not there, or died under a running call.
_SERVICE_LOST = {
    code & _MASK
    for code in (
        scard.SCARD_E_NO_SERVICE,
        scard.SCARD_E_SERVICE_STOPPED,
        scard.SCARD_F_COMM_ERROR,
        scard.SCARD_F_INTERNAL_ERROR,
        scard.SCARD_E_INVALID_HANDLE,
        scard.SCARD_E_SERVER_TOO_BUSY,
    )
}
_READER_GONE = {code & _MASK for code in (scard.SCARD_E_UNKNOWN_READER, scard.SCARD_E_READER_UNAVAILABLE)}
_CARD_GONE = {code & _MASK for code in (scard.SCARD_W_REMOVED_CARD, scard.SCARD_E_NO_SMARTCARD)}
_NO_READERS = scard.SCARD_E_NO_READERS_AVAILABLE & _MASK
_RESET = scard.SCARD_W_RESET_CARD & _MASK
_DENIED = scard.SCARD_W_SECURITY_VIOLATION & _MASK
_SHARING = scard.SCARD_E_SHARING_VIOLATION & _MASK
_QUIET_WAIT_ENDS = {
    code & _MASK for code in (scard.SCARD_E_TIMEOUT, scard.SCARD_E_CANCELLED, scard.SCARD_E_UNKNOWN_READER, _NO_READERS)
}


def open_context() -> Context:
    """Connect to the PC/SC service.

    Raises:
        service.ServiceLost: it is not running.
    """
    result, handle = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if result & _MASK == _DENIED:
        raise service.AccessDenied(_describe("SCardEstablishContext", result))
    if result & _MASK:
        raise service.ServiceLost(_describe("SCardEstablishContext", result))
    return Context(handle)


class Context:
    """A connection to the PC/SC service; see ``service.Context`` for the promises."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def readers(self) -> list[str]:
        """Return the names of all readers; empty without one."""
        result, names = scard.SCardListReaders(self._handle, [])
        if result & _MASK == _NO_READERS:
            return []
        _check("SCardListReaders", result)
        return list(names)

    def wait(self, known: Mapping[str, int], timeout_s: float) -> dict[str, service.Slot]:
        """Wait for a change; see ``service.Context.wait``."""
        states = [(name, raw) for name, raw in known.items()]
        states.append((_PLUG_AND_PLAY, scard.SCARD_STATE_UNAWARE))
        result, found = scard.SCardGetStatusChange(self._handle, max(0, int(timeout_s * 1000)), states)
        if result & _MASK in _QUIET_WAIT_ENDS:
            return {}
        _check("SCardGetStatusChange", result)
        return {name: _slot(raw, bytes(atr)) for name, raw, atr in found if name != _PLUG_AND_PLAY}

    @contextmanager
    def card(self, reader: str, *, exclusive: bool = False) -> Iterator[apdu.Transmit]:
        """Connect to the card in a transaction; see ``service.Context.card``."""
        share = scard.SCARD_SHARE_EXCLUSIVE if exclusive else scard.SCARD_SHARE_SHARED
        result, card, protocol = scard.SCardConnect(
            self._handle, reader, share, scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        )
        _check("SCardConnect", result)
        try:
            _check("SCardBeginTransaction", scard.SCardBeginTransaction(card))
            header = scard.SCARD_PCI_T0 if protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1

            def transmit(command: bytes) -> bytes:
                result, answer = scard.SCardTransmit(card, header, list(command))
                _check("SCardTransmit", result)
                # A driver may hand over negative numbers for bytes above 7F.
                return bytes(byte & 0xFF for byte in answer)

            yield transmit
        finally:
            # Never reset, not even after a fault: when the card is just leaving, pcscd fails to reset it and then takes
            # long to notice who comes next. A card that lost its field is activated anew by pcscd's own polling.
            scard.SCardEndTransaction(card, scard.SCARD_LEAVE_CARD)
            scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)

    def escape(self, reader: str, command: bytes) -> bytes:
        """Send a command to the reader itself; see ``service.Context.escape``."""
        result, handle, _ = scard.SCardConnect(self._handle, reader, scard.SCARD_SHARE_DIRECT, 0)
        _check("SCardConnect", result)
        try:
            result, answer = scard.SCardControl(handle, scard.SCARD_CTL_CODE(_ESCAPE_CODE), list(command))
            _check("SCardControl", result)
            return bytes(byte & 0xFF for byte in answer)
        finally:
            scard.SCardDisconnect(handle, scard.SCARD_LEAVE_CARD)

    def channel(self, reader: str) -> int | None:
        """Ask how the reader is plugged in; see ``service.Context.channel``."""
        result, handle, _ = scard.SCardConnect(self._handle, reader, scard.SCARD_SHARE_DIRECT, 0)
        if result & _MASK in {*_SERVICE_LOST, _DENIED}:
            _check("SCardConnect", result)
        if result & _MASK:
            return None  # another program has it, or the driver wants a card: then nobody can tell
        try:
            result, value = scard.SCardGetAttrib(handle, scard.SCARD_ATTR_CHANNEL_ID)
            if result & _MASK or len(value) != _CHANNEL_BYTES:
                return None
            return int.from_bytes(bytes(byte & 0xFF for byte in value), sys.byteorder)
        finally:
            scard.SCardDisconnect(handle, scard.SCARD_LEAVE_CARD)

    def cancel(self) -> None:
        """End a running wait; harmless when there is none."""
        with suppress(scard.error):
            scard.SCardCancel(self._handle)

    def release(self) -> None:
        """Give the connection back; a dead service's handle is simply forgotten."""
        with suppress(scard.error):
            scard.SCardReleaseContext(self._handle)


def _slot(raw: int, atr: bytes) -> service.Slot:
    present = bool(raw & scard.SCARD_STATE_PRESENT)
    return service.Slot(
        raw=raw & ~scard.SCARD_STATE_CHANGED, present=present, changes=(raw >> 16) & 0xFFFF, atr=atr if present else b""
    )


def _check(call: str, result: int) -> None:
    code = result & _MASK
    if not code:
        return
    text = _describe(call, result)
    if code == _DENIED:
        raise service.AccessDenied(text)
    if code in _SERVICE_LOST:
        raise service.ServiceLost(text)
    if code in _READER_GONE:
        raise service.ReaderVanished(text)
    if code in _CARD_GONE:
        raise service.CardRemoved(text)
    if code == _RESET:
        raise service.CardReset(text)
    if code == _SHARING:
        raise service.CardBusy(text)
    # Unpowered, unresponsive, protocol mismatch, transmission faults: the card is there and makes no sense.
    raise service.CardSilent(text)


def _describe(call: str, result: int) -> str:
    return f"{call}: {result & _MASK:08X} {scard.SCardGetErrorMessage(result)}"

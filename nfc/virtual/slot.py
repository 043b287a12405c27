"""One place on the virtual reader: lays a card on it by speaking the vpcd protocol (vsmartcard), and takes it away.

vpcd listens, the card connects. Each message is a 2-byte big-endian length and that many bytes. One byte is a control
command (00 power off, 01 power on, 02 reset, 04 ask for the ATR, the only one that is answered); more bytes are an APDU.
"""

from __future__ import annotations

import logging
import math
import socket
import threading
import time
from typing import Self

from nfc.virtual.card import Card, Pulled

log = logging.getLogger(__name__)

_POWER_OFF, _POWER_ON, _RESET, _ATR = 0x00, 0x01, 0x02, 0x04
_RETRY_S = 0.05
_TAP_S = 0.8
"""pcscd looks at its readers every 400 ms or so: shorter taps than 0.5 s can be missed altogether."""
_GAP_S = 0.45
"""So can a shorter pause between two cards: pcscd would take the second one for the first, still lying there."""
_CONNECT_S = 5.0
# macOS and Windows do not have it; vpcd is used on Linux only.
_QUICK_ACK = getattr(socket, "TCP_QUICKACK", None)


class VirtualSlot:
    """A place for one card.

    A card stays "on the reader" until removed: when the PC/SC service dies and comes back, it is there again.

    Args:
        host, port: where vpcd listens.
    """

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._lock = threading.Lock()
        self._stay: _Stay | None = None
        self._empty_since = -math.inf

    def insert(self, card: Card) -> None:
        """Lay a card on the reader, in place of the one there; returns at once."""
        with self._lock:
            self._lay(card)

    def remove(self) -> None:
        """Take the card away; nothing happens without one."""
        with self._lock:
            self._clear()

    def tap(self, card: Card, seconds: float = _TAP_S) -> None:
        """Lay a card down, wait, and take it away again; blocks for ``seconds`` or until another card replaces it."""
        with self._lock:
            stay = self._lay(card)
        stay.laid.wait(_CONNECT_S)
        stay.ended.wait(seconds)
        with self._lock:
            if self._stay is stay:
                self._clear()

    def _lay(self, card: Card) -> _Stay:
        self._clear()
        self._stay = _Stay(self._address, card, not_before=self._empty_since + _GAP_S)
        self._stay.start()
        return self._stay

    def _clear(self) -> None:
        if self._stay:
            self._stay.end()
            self._empty_since = time.monotonic()
        self._stay = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


class _Stay:
    """The time one card lies on the reader, served by a thread of its own."""

    def __init__(self, address: tuple[str, int], card: Card, not_before: float) -> None:
        self._address = address
        self._card = card
        self._not_before = not_before
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="virtual-card", daemon=True)
        # Set when the card lies there, and also when it never will, so that nobody waits for it in vain.
        self.laid = threading.Event()
        self.ended = threading.Event()

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Take the card away and wait until its thread is gone."""
        self.ended.set()
        self.laid.set()
        with self._lock:
            if self._socket:
                # close() alone would not wake the thread that waits in recv.
                _shut(self._socket)
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        self.ended.wait(max(0.0, self._not_before - time.monotonic()))
        while not self.ended.is_set():
            try:
                with socket.create_connection(self._address, timeout=1.0) as link:
                    link.settimeout(None)
                    with self._lock:
                        self._socket = link
                    self.laid.set()
                    if not self.ended.is_set():
                        self._serve(link)
            except Pulled as pulled:
                if not pulled.back:
                    self.ended.set()
            except OSError:
                # The service is down or just died; the card goes on lying there.
                self.ended.wait(_RETRY_S)
            finally:
                with self._lock:
                    self._socket = None

    def _serve(self, link: socket.socket) -> None:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            message = _receive(link)
            if len(message) != 1:
                answer = self._card.transmit(message)
                if answer is not None:
                    _send(link, answer)
            elif message[0] == _ATR:
                _send(link, self._card.atr)
            elif message[0] in (_POWER_ON, _RESET):
                self._card.power_on()
            elif message[0] != _POWER_OFF:
                log.info("unknown vpcd control %02X", message[0])


def _receive(link: socket.socket) -> bytes:
    length = int.from_bytes(_exactly(link, 2), "big")
    return _exactly(link, length)


def _exactly(link: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        if _QUICK_ACK is not None:
            # vpcd writes length and body apart; without this each APDU waits 40 ms for a delayed acknowledgement. The
            # kernel forgets the option, so it is set before every read.
            link.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)
        chunk = link.recv(size - len(data))
        if not chunk:
            raise ConnectionResetError("vpcd closed the connection")
        data += chunk
    return bytes(data)


def _send(link: socket.socket, data: bytes) -> None:
    link.sendall(len(data).to_bytes(2, "big") + data)


def _shut(link: socket.socket) -> None:
    try:
        link.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the other side was faster

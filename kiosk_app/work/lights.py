"""Has the reader blink or beep what became of a card, where it can: accepted once it is verified, refused when it is not (N7)."""

import threading
from collections.abc import Callable

import nfc
from kiosk_app.flow import events as ev


class Lights:
    """Listens to what is posted to the flow; safe from every thread, and never waits.

    `signal` tells a reader (`nfc.CardReader.signal`); it is set as soon as there is one, and its events may come before.
    """

    def __init__(self) -> None:
        self.signal: Callable[[str, nfc.Signal], bool] = _nobody
        self._lock = threading.Lock()
        self._open: tuple[str, str] | None = None  # the last tap that waits for its verdict: session, reader

    def tapped(self, session_id: str, reader: str) -> None:
        """A card was read; what the central API says of it is still to come."""
        with self._lock:
            self._open = (session_id, reader)

    def unreadable(self, reader: str) -> None:
        """A card could not be read."""
        self.signal(reader, nfc.Signal.REFUSED)

    def heard(self, event: ev.Event) -> None:
        """Something is posted to the flow; each tap gets one signal, fresh figures of its session none."""
        match event:
            case ev.SessionOpened(session):
                self._tell(session.session_id, nfc.Signal.ACCEPTED)
            case ev.SessionRefused(session_id) | ev.SessionTorn(session_id):
                self._tell(session_id, nfc.Signal.REFUSED)

    def _tell(self, session_id: str, signal: nfc.Signal) -> None:
        with self._lock:
            if self._open is None or self._open[0] != session_id:
                return
            reader, self._open = self._open[1], None
        self.signal(reader, signal)


def _nobody(_reader: str, _signal: nfc.Signal) -> bool:
    return False

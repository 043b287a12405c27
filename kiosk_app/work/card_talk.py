"""Talks to a card on a thread of its own, so that a mute one holds up nobody: PC/SC cannot end a transmit (N1)."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from nfc import service
from nfc.protocol import apdu

Connect = Callable[[str], AbstractContextManager[apdu.Transmit]]
"""Connects to the card on a reader (`nfc.reader.card_on`)."""

THREAD = "kiosk-card"


class CardMute(service.CardSilent):
    """The card lies there, as far as anybody knows, and does not answer."""


@contextmanager
def talking(connect: Connect, reader: str, patience_s: float) -> Iterator[apdu.Transmit]:
    """As `connect`, but a card that keeps us waiting is given up.

    Its thread ends when the driver lets go of it, at the latest when the card is taken away, and is a daemon: neither another
    tap nor the program's end waits for it.

    Args:
        connect: to the card.
        reader: its PC/SC name.
        patience_s: how long the card may take in all, in seconds; what happens between two commands is not counted.

    Raises:
        CardMute: the card took longer.
        service.ServiceError: see `connect`.
    """
    talk = _Talk(connect, reader, patience_s)
    thread = threading.Thread(target=talk.run, name=THREAD, daemon=True)
    thread.start()
    try:
        talk.answer()
        yield talk.transmit
    finally:
        talk.end()
        thread.join(talk.left_s)


class _Talk:
    """One conversation; `run` is for its thread, everything else for whoever asks."""

    def __init__(self, connect: Connect, reader: str, patience_s: float) -> None:
        self._connect, self._reader, self._patience_s = connect, reader, patience_s
        self.left_s = patience_s
        self._commands: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[bytes | Exception] = queue.SimpleQueue()

    def run(self) -> None:
        """Connect, and carry commands until the end."""
        try:
            with self._connect(self._reader) as transmit:
                self._answers.put(b"")  # connected
                while (command := self._commands.get()) is not None:
                    self._answers.put(transmit(command))
        except Exception as fault:  # noqa: BLE001  # whoever waits for the answer raises it
            self._answers.put(fault)

    def transmit(self, command: bytes) -> bytes:
        """Send one APDU."""
        self._commands.put(command)
        return self.answer()

    def answer(self) -> bytes:
        """Wait for the card."""
        begun = time.monotonic()
        try:
            answer = self._answers.get(timeout=self.left_s)
        except queue.Empty:
            raise CardMute(
                f"expected answers of the card within {self._patience_s:g} s in all, found it silent; it is given up"
            ) from None
        finally:
            self.left_s = max(0.0, self.left_s - (time.monotonic() - begun))
        if isinstance(answer, Exception):
            raise answer
        return answer

    def end(self) -> None:
        """Send no more."""
        self._commands.put(None)

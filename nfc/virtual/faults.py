"""Virtual cards that misbehave as real ones do: mute, talking nonsense, pulled away in the middle."""

from __future__ import annotations

import sys
from collections.abc import Callable

from nfc.virtual.card import ATR_ISO14443_4, Card, Pulled


class Mute:
    """Is seen, and never answers a command: PC/SC blocks until it is taken away."""

    atr = ATR_ISO14443_4

    def power_on(self) -> None:
        """Nothing to forget."""

    def transmit(self, command: bytes) -> bytes | None:
        """Leave the reader waiting."""
        return None


class Garbage:
    """Answers every command with the bytes given.

    Args:
        answer: makes the answer to a command; for example fixed bytes without sense.
        atr: as what it is seen.
    """

    def __init__(self, answer: Callable[[bytes], bytes], atr: bytes = ATR_ISO14443_4) -> None:
        self._answer = answer
        self.atr = atr

    def power_on(self) -> None:
        """Nothing to forget."""

    def transmit(self, command: bytes) -> bytes | None:
        """Answer nonsense."""
        return self._answer(command)


class PulledAway:
    """A good card in an impatient hand: taken away when the command after ``commands`` answers arrives.

    Args:
        card: the card underneath.
        commands: how many commands are still answered.
        back: whether it only wobbled: it is back at once, and good from then on.
    """

    def __init__(self, card: Card, commands: int, *, back: bool = False) -> None:
        self._card = card
        self._left = commands
        self._back = back

    @property
    def atr(self) -> bytes:
        """As the card underneath."""
        return self._card.atr

    def power_on(self) -> None:
        """As the card underneath."""
        self._card.power_on()

    def transmit(self, command: bytes) -> bytes | None:
        """Answer, or go."""
        if self._left == 0:
            if not self._back:
                raise Pulled
            self._left = sys.maxsize
            raise Pulled(back=True)
        self._left -= 1
        return self._card.transmit(command)

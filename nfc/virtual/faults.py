"""Virtual cards that misbehave: mute, talking nonsense, pulled away in the middle, or hostile on purpose."""

from __future__ import annotations

import random
import sys
import threading
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


class Hostile:
    """A card that means harm: it answers as a good one for a while, then with whatever might break a reader.

    Args:
        card: the good one that it begins as.
        chance: decides what it does; from one seed it always does the same.
        silent: whether it may also leave the reader waiting, which needs a transport that can bear it.
        slow_s: how long it takes at most for an answer.
    """

    def __init__(self, card: Card, chance: random.Random, *, silent: bool = False, slow_s: float = 0.0) -> None:
        self._card = card
        self._chance = chance
        self._silent, self._slow_s = silent, slow_s
        self._chain: bytes | None = None
        self._pause = threading.Event()
        self.exchanges = 0

    @property
    def atr(self) -> bytes:
        """As the card underneath."""
        return self._card.atr

    def power_on(self) -> None:
        """As the card underneath; an endless chain ends."""
        self._chain = None
        self._card.power_on()

    def transmit(self, command: bytes) -> bytes | None:
        """Answer well, badly, late or not at all."""
        self.exchanges += 1
        if self._slow_s and self._chance.random() < 0.1:
            self._pause.wait(self._chance.uniform(0.0, self._slow_s))
        if self._chain is not None:
            return self._chance.randbytes(self._chance.randrange(32)) + self._chain
        match self._chance.randrange(14):
            case 0:
                return self._chance.randbytes(self._chance.randrange(300))
            case 1:
                return self._chance.randbytes(4096)
            case 2:
                return self._chance.randbytes(self._chance.randrange(3))
            case 3:
                self._chain = self._chance.choice((b"\x91\xaf", b"\x61\x10", b"\x6c\x10", b"\x61\x00"))
                return self._chain
            case 4:
                return self._chance.randbytes(2)
            case 5:
                return self._chance.randbytes(self._chance.randrange(64)) + self._chance.choice(
                    (b"\x90\x00", b"\x91\x00")
                )
            case 6 if self._silent:
                return None
            case 7:
                return self._bent(self._card.transmit(command))
            case 8:
                return (self._card.transmit(command) or b"")[: self._chance.randrange(20)]
        return self._card.transmit(command)

    def _bent(self, answer: bytes | None) -> bytes | None:
        """An answer with one bit turned."""
        if not answer:
            return answer
        bent = bytearray(answer)
        bent[self._chance.randrange(len(bent))] ^= 1 << self._chance.randrange(8)
        return bytes(bent)

"""Scripts: what to say to a card and what to make of its answers, apart from who carries the words to and fro.

A script is a generator. It yields an :class:`Ask` and is sent the card's :class:`~nfc.protocol.apdu.Response`; its return
value is the outcome. Who holds the keys runs the script, who holds the card carries the bytes: in one process, or over a
network in many requests. Given the same random bytes a script says the same again, so it can be resumed by replaying the
answers that came so far, in any process.
"""

from __future__ import annotations

import hashlib
import hmac
from abc import abstractmethod
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from nfc.protocol import apdu

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing to send to the card, and what it is for: in a journal's words, without keys or numbers of cards."""

    command: apdu.Command
    what: str


Script: TypeAlias = Generator[Ask, apdu.Response, T]
Random: TypeAlias = Callable[[int], bytes]
"""Makes random bytes, so many as asked for."""


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """A script's end, with its outcome."""

    outcome: T


class Replayed(Generator[Ask, apdu.Response, T]):
    """A script that finds where answers lead without being told them one by one; see ``afar``."""

    @abstractmethod
    def at(self, answers: Sequence[bytes]) -> Ask | Done[T]:
        """As :func:`replay`, which asks this of such a script."""


def play(script: Script[T], transmit: apdu.Transmit) -> T:
    """Run a script on a card that lies here.

    Raises:
        errors.ProtocolError: as the script does.
    """
    answer: apdu.Response | None = None
    while True:
        try:
            ask = script.send(answer) if answer is not None else next(script)
        except StopIteration as end:
            outcome: T = end.value
            return outcome
        answer = apdu.Response.parse(transmit(ask.command.to_bytes()))


def replay(script: Script[T], answers: Sequence[bytes]) -> Ask | Done[T]:
    """Bring a script to where these answers lead: the next thing to send, or its end.

    Args:
        script: just made, with random bytes as they were the first time.
        answers: the card's raw answers so far, in order.

    Raises:
        errors.ProtocolError: as the script does, at whichever answer.
        ValueError: there are more answers than the script asked for.
    """
    if isinstance(script, Replayed):
        return script.at(answers)
    try:
        ask = next(script)
        for number, raw in enumerate(answers, 1):
            try:
                ask = script.send(apdu.Response.parse(raw))
            except StopIteration as end:
                if number < len(answers):
                    raise ValueError(f"expected {number} answers, found {len(answers)}") from end
                return Done(end.value)
    finally:
        script.close()
    return ask


def repeatable(seed: bytes) -> Random:
    """Return a source of random bytes that gives the same again from the same seed; for each script a seed of its own.

    Args:
        seed: 16 random bytes or more, as secret as the session keys that come of it.
    """
    drawn = 0

    def draw(size: int) -> bytes:
        nonlocal drawn
        drawn += 1
        found = hmac.digest(seed, f"card script {drawn}".encode(), hashlib.sha256)
        if size > len(found):
            raise ValueError(f"expected at most {len(found)} random bytes at once, found {size}")
        return found[:size]

    return draw

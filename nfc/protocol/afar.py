"""Runs code that talks to a card when the card is elsewhere: by telling it again what the card answered so far.

Whatever takes a ``transmit`` (``desfire_issue``, ``classic_record``, ``cpu_card`` ...) can so be run where the keys are, while
somebody else carries single APDUs over any number of requests. Nothing is kept between two of them but the answers and
whatever the randomness is made of: the code starts from its beginning each time and must say the same again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from nfc.protocol import apdu, errors

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ask:
    """What the card has to be asked next."""

    command: bytes


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The work is done, with this outcome."""

    outcome: T


class _Unanswered(BaseException):
    """Ends the run at the first command whose answer is not there; no ``except Exception`` of the work may catch it."""

    def __init__(self, command: bytes) -> None:
        self.command = command


def go_on(work: Callable[[apdu.Transmit], T], answers: Sequence[bytes]) -> Ask | Done[T]:
    """Return what comes after the card's raw answers so far: the next command, or the end.

    Args:
        work: takes a ``transmit``; with the same answers it must ask the same, so its random bytes come from a seed.
        answers: in order, from the beginning.

    Raises:
        errors.Malformed: there are more answers than questions.
        errors.ProtocolError: and whatever else the work raises.
    """
    left = list(answers)

    def transmit(command: bytes) -> bytes:
        if not left:
            raise _Unanswered(command)
        return left.pop(0)

    try:
        outcome = work(transmit)
    except _Unanswered as end:
        return Ask(end.command)
    if left:
        raise errors.Malformed(f"the card answered {len(left)} times more than it was asked")
    return Done(outcome)

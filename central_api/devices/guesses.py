"""Slows down who guesses at enrolment codes; a wrong guess takes nothing from the code, so nobody can burn another's.

Each network address has few tries, and all addresses together have few in a minute: who has many addresses can hold up
enrolment while the guessing goes on (staff then pair by the code on the screen, see `pairing`), but never end a code.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from central_api.db import Tx
from central_api.devices import repository
from club.model import errors

_EVERYBODY = ""
_LONGEST_SOURCE = 64


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many wrong guesses within so long a time, counted from the first of them."""

    tries: int
    within: timedelta


OF_ONE = Allowance(5, timedelta(minutes=10))
OF_ALL = Allowance(12, timedelta(minutes=1))
"""For whoever keeps every device out all that time, a chance of 12 in a million for each open code and each minute of its
life: with one code of 15 minutes (`sessions.enrol_code_min`) 180 guesses, 1 in 5,500."""


def must_be_few(tx: Tx, source: str, now: datetime) -> None:
    """Refuse to look at a code from an address that guessed too often, or while too many are guessed at by anybody.

    Who asks at the same time waits here until this unit of work has ended: guesses sent all at once are counted one by one,
    and nobody else forgets a row meanwhile.

    Args:
        tx: a unit of work that writes.
        source: the network address the code came from.
        now: the instant.

    Raises:
        TooManyGuesses: how long to wait; the code stays good.
    """
    counted = _counted(source)
    for name, allowed in counted:
        repository.begin_guesses(tx, name, now)
        row = repository.guesses(tx, name)
        left = allowed.within - (now - row.since)
        if row.wrong >= allowed.tries and left > timedelta(0):
            raise errors.TooManyGuesses(
                f"expected at most {allowed.tries} wrong codes in {allowed.within}; try again in {left}, the code stays good",
                seconds=math.ceil(left.total_seconds()),
            )
    repository.forget_guesses(tx, now - max(OF_ONE.within, OF_ALL.within), besides=[name for name, _ in counted])


def count(tx: Tx, source: str, now: datetime) -> None:
    """Count a wrong guess from an address; `must_be_few` was asked before in the same unit of work."""
    for name, allowed in _counted(source):
        row = repository.guesses(tx, name)
        fresh = now - row.since >= allowed.within or row.wrong == 0
        repository.put_guesses(tx, name, 1 if fresh else row.wrong + 1, now if fresh else row.since)


def _counted(source: str) -> tuple[tuple[str, Allowance], ...]:
    # Everybody's row comes first and is never forgotten: who holds it is alone with all the others.
    return ((_EVERYBODY, OF_ALL), (source[:_LONGEST_SOURCE] or "unknown", OF_ONE))

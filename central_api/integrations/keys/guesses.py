"""Counts what was guessed in vain, by who guessed, so that guessing on costs time (A14, A15)."""

import math
from datetime import datetime, timedelta

from central_api.db import Database
from central_api.integrations.keys import repository
from club.model import errors

WITHIN = timedelta(minutes=10)


def must_be_few(db: Database, who: str, most: int, now: datetime, what: str) -> None:
    """Refuse whoever guessed in vain `most` times within `WITHIN` of the first. Reads only.

    Args:
        db: the database.
        who: whose guesses are counted together, such as a network address.
        most: wrong ones that are taken.
        now: the instant.
        what: what is guessed at, for the message.

    Raises:
        TooManyGuesses: how long to wait.
    """
    with db.read() as tx:
        row = repository.guesses(tx, who)
    if row is not None and row.wrong >= most and row.since > now - WITHIN:
        left = WITHIN - (now - row.since)
        raise errors.TooManyGuesses(
            f"expected at most {most} wrong {what} in {WITHIN}; try again in {left}",
            seconds=math.ceil(left.total_seconds()),
        )


def count(db: Database, who: str, now: datetime) -> None:
    """Count one more, in a unit of work of its own: the one it came with is undone.

    Old rows are cleared away in another one: whoever held their own row and asked for others' would wait in a ring.
    """
    db.run(lambda tx: repository.count_guess(tx, who, now, now - WITHIN))
    db.run(lambda tx: repository.forget_guesses(tx, now - WITHIN))

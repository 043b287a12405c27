"""Slows down whoever guesses at voucher codes with a key that is good: each code that could be one and is none counts (A14).

A slip of the finger does not count: its check digits are wrong. A stolen key so finds none of some million open codes out of 2^40
in years, and whoever holds it is told to wait as long as it goes on.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from central_api.db import Database
from central_api.integrations.keys import guesses
from central_api.integrations.keys.service import Client
from club.model import errors, voucher

T = TypeVar("T")

WRONG_CODES = 20


def limited(db: Database, client: Client, code: str, now: datetime, work: Callable[[], T]) -> T:
    """What `work` on a code gives; a code of nobody's is counted against the key.

    Raises:
        TooManyGuesses: the key guessed too often; right codes wait as well.
    """
    who = f"vouchers {client.key}"
    guesses.must_be_few(db, who, WRONG_CODES, now, "voucher codes")
    try:
        return work()
    except errors.NotFound as fault:
        if fault.text("kind") == "voucher" and voucher.is_valid(code):
            guesses.count(db, who, now)
        raise

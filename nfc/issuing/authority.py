"""Who holds the keys of cards, as issuing sees it: a seam of two methods, so that keys never rest where the card lies.

The central API is one, through HTTP (``kiosk_app/work/card_runs.py``); ``local.LocalAuthority`` is another, for laboratories.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from nfc.protocol.kind import Kind


class Purpose(StrEnum):
    """What a card is wanted for."""

    ISSUE = "issue"  # make it a member card; one that was torn or has older keys too
    RESET = "reset"  # return it to the factory's state
    PROVE = "prove"  # have it prove a key, by a challenge that the authority makes


@dataclass(frozen=True, slots=True)
class Wish:
    """One card on a reader, and what it is wanted for.

    Args:
        run: an id made by who asks; asked for again with the same id, the authority goes on where it was.
        purpose: what for.
        uid: as the reader gives it.
        kind: what the card is.
    """

    run: str
    purpose: Purpose
    uid: bytes
    kind: Kind = Kind.NTAG424


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended well: the version of the card's keys, and the last counter it was seen with (0 when it has none)."""

    purpose: Purpose
    version: int
    counter: int


@dataclass(frozen=True, slots=True)
class Step:
    """The next command for the card, or the end.

    Args:
        index: how many answers the authority has had.
        command: a whole APDU; None at the end.
        what: the step's name, for a log and a screen; holds no keys.
        outcome: at the end.
    """

    index: int
    command: bytes | None
    what: str
    outcome: Outcome | None = None


class AuthorityRefused(Exception):
    """The authority says no, or the card does not fit; the message says why, and ``code`` is a stable word for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class AuthorityUnreachable(Exception):
    """The authority did not answer. The card may be half issued: run it again when it does."""


class KeyAuthority(Protocol):
    """Says what to send to a card, and judges what it answers; both methods may be repeated and then say the same."""

    def begin(self, wish: Wish) -> Step:
        """Begin a run.

        Raises:
            AuthorityRefused: not this card, or not for this.
            AuthorityUnreachable: no answer came.
        """

    def answer(self, run: str, index: int, answer: bytes) -> Step:
        """Hand in the card's raw answer to the command of step ``index``.

        Raises:
            AuthorityRefused: the card is not what it should be.
            AuthorityUnreachable: no answer came.
        """

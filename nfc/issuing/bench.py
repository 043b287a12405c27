"""A laboratory's bench: keys from a file, a journal beside it, one card at a time (``nfc-cards issue`` and ``reset``)."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from nfc import naming, one_card, service
from nfc.issuing import key_file, kinds, relay
from nfc.issuing.authority import Outcome, Purpose, Step, Wish
from nfc.issuing.journal import Journal
from nfc.issuing.local import LocalAuthority
from nfc.protocol import apdu, errors, ntag424, ntag424_issue
from nfc.protocol.kind import Kind

_RESETS = 3
"""How often another program may reset the card before we give up; each time everything begins anew."""
_AGAIN_S = 0.1
_PAUSE = threading.Event()  # never set


class Bench:
    """Issues and resets cards by a key file.

    Args:
        keys: see ``key_file``.
        journal: made when it is missing.
        now: the present time as text, for the journal.

    Raises:
        key_file.KeyFileRefused, journal.JournalDamaged: a file cannot be used.
    """

    def __init__(self, keys: Path, journal: Path, now: Callable[[], str]) -> None:
        content = key_file.load(keys)
        self._journal = Journal(journal, now)
        self._authority = LocalAuthority(content, self._journal)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._journal.close()

    def torn(self) -> list[str]:
        """Return the cards that were begun and not finished, a line each, by the end of their number."""
        return [
            f"card ··{uid[-4:]}: {run.purpose} to version {run.version}, torn at '{run.step or 'nothing yet'}'"
            for uid, run in self._journal.all_torn().items()
        ]

    def change(
        self,
        context: service.Context,
        choice: naming.Choice,
        purpose: Purpose,
        seconds: float,
        told: Callable[[str], object],
    ) -> Outcome:
        """Wait for a card, and issue or reset it.

        Args:
            context: a connection of this thread's own.
            choice: which readers count.
            purpose: ``ISSUE`` or ``RESET``.
            seconds: how long to wait for a card.
            told: takes each step's name.

        Raises:
            one_card.NoCard: none came in time.
            AuthorityRefused: the card is none of ours, of a kind that is not issued, or does not do as it is told.
            errors.CardLeft, service.CardRemoved: it was taken away; run it again.
            service.ServiceError: reader or service is gone, or another program holds the card.
        """

        def hear(step: Step) -> None:
            told(f"{step.index:3} {step.what}")

        resets = 0
        while True:
            reader, uid, kind = self._wait(context, choice, seconds)
            try:
                with one_card.alone(context, reader) as transmit:
                    wish = Wish(secrets.token_hex(8), purpose, uid, kind)
                    return relay.run(self._authority, wish, transmit, hear)
            except service.CardReset:
                resets += 1
                if resets == _RESETS:
                    raise

    def _wait(self, context: service.Context, choice: naming.Choice, seconds: float) -> tuple[str, bytes, Kind]:
        """Wait for a card that tells its UID and what it is: one that was just taken away lies there for pcscd some moments longer."""
        give_up = time.monotonic() + seconds
        while True:
            reader, atr = one_card.wait(context, choice, give_up - time.monotonic())
            try:
                with one_card.alone(context, reader) as transmit:
                    return reader, _uid(transmit), kinds.look(transmit, atr)
            except (service.CardSilent, service.CardRemoved, service.CardReset, errors.CardLeft):
                if time.monotonic() >= give_up:
                    raise
                _PAUSE.wait(_AGAIN_S)


def _uid(transmit: apdu.Transmit) -> bytes:
    try:
        return ntag424.get_uid(transmit)
    except errors.StatusError as refused:
        raise ntag424_issue.NotOurs(f"expected a card with a UID, found one that gives none ({refused})") from refused


def new_keys(path: Path, url: str) -> None:
    """Make a key file with fresh keys.

    Raises:
        FileExistsError: there is one already.
        key_file.KeyFileRefused: the URL cannot be a member card's; no file is left.
    """
    try:
        key_file.create(path, url)
    except FileExistsError as fault:
        raise FileExistsError(
            f"{path}: File exists: keys are never written over, for the cards they are of would be lost; choose another name"
        ) from fault
    try:
        key_file.load(path)
    except key_file.KeyFileRefused:
        path.unlink()
        raise

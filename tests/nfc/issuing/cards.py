"""Cards, keys and a hand that tears: what the tests of issuing share."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from nfc import families
from nfc.issuing import key_file, kinds, relay
from nfc.issuing.authority import Outcome, Purpose, Step, Wish
from nfc.issuing.journal import Journal
from nfc.issuing.local import LocalAuthority
from nfc.protocol import errors, keys
from nfc.protocol.kind import Kind
from nfc.virtual import card as virtual
from nfc.virtual.ntag424 import URL_TEMPLATE

UID = bytes.fromhex("04A1B2C3D4E5F6")


def masters(version: int) -> keys.Masters:
    """Made-up masters, others for each version."""
    return keys.Masters(version, *(bytes((version, number)) * 8 for number in range(1, 5)))


def keys_of(version: int, uid: bytes = UID) -> keys.KeySet:
    """A card's keys of a version, the factory's too."""
    return keys.key_set(masters(version), uid) if version else keys.FACTORY


def a_key_file(current: int = 1) -> key_file.KeyFile:
    """A key file with all versions up to the current one."""
    return key_file.KeyFile(current, {version: masters(version) for version in range(1, current + 1)}, URL_TEMPLATE)


class Card(virtual.Card, Protocol):
    """A virtual card that can be issued."""

    @property
    def uid(self) -> bytes:
        """As the reader gives it."""


@dataclass
class Field:
    """A reader's field with a card in it, and a hand that tears it out.

    Args:
        card: what lies there.
        at: which command is torn (from 0), None for none.
        done: whether the card still does that command, and only its answer is lost.
    """

    card: Card
    at: int | None = None
    done: bool = False
    commands: list[bytes] = field(default_factory=list)

    def transmit(self, command: bytes) -> bytes:
        torn = len(self.commands) == self.at
        self.commands.append(command)
        if torn and not self.done:
            return b""
        answer = self.card.transmit(command)
        assert answer is not None
        return b"" if torn else answer


@dataclass
class Lab:
    """A laboratory: keys, a journal on disk, and the authority over them, which dies with each run.

    Args:
        folder: of the journal.
        seed: of the random bytes.
        watched: whether each card is read as at a tap first, in the same activation, as a kiosk's watch does it.
        steps: what each command was for.
    """

    folder: Path
    seed: int = 1
    watched: bool = False
    steps: list[str] = field(default_factory=list)

    def run(self, card: Card, purpose: Purpose, current: int = 1, at: int | None = None, done: bool = False) -> Outcome:
        """Run once, on a fresh activation; raises ``errors.CardLeft`` when torn."""
        kind = kind_of(card)
        if self.watched:
            families.read_evidence(lambda command: card.transmit(command) or b"", card.atr)
        place = Field(card, at, done)
        with Journal(self.folder / "cards.journal", lambda: "2026-05-16T10:00:00+08:00", _unkept) as journal:
            authority = LocalAuthority(a_key_file(current), journal, random.Random(self.seed).randbytes)
            wish = Wish("run-00001", purpose, card.uid, kind)
            return relay.run(authority, wish, place.transmit, self._told)

    def _told(self, step: Step) -> None:
        self.steps.append(step.what)

    def length(self, card: Card, purpose: Purpose, current: int = 1) -> int:
        """How many commands a whole run takes on this card, which is then done."""
        before = len(self.steps)
        self.run(card, purpose, current)
        return len(self.steps) - before


def kind_of(card: Card) -> Kind:
    """What a card says it is, freshly connected; it is connected anew afterwards."""
    card.power_on()
    kind = kinds.look(lambda command: card.transmit(command) or b"", card.atr)
    card.power_on()
    return kind


def _unkept(file: int) -> None:
    """The tests tear cards, not disks: twenty thousand flushes would only take their time."""


def every_tear(length: int) -> Iterator[tuple[int, bool]]:
    """Each command, lost before the card has it and after it has done it."""
    yield from itertools.product(range(length), (False, True))


@contextmanager
def torn() -> Iterator[None]:
    """What a tear looks like to whoever issues."""
    try:
        yield
    except errors.CardLeft:
        return
    raise AssertionError("expected the card to be torn out")

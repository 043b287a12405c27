"""The kiosk's card reader in the demo: the one plugged in, or a virtual one with the demo's cards."""

import csv
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from club import resources
from nfc.virtual import deck
from nfc.virtual.card import Card
from nfc.virtual.pcscd import PcscdFailed, PcscdMissing, PrivatePcscd

_SYSTEM_SOCKET = Path("/run/pcscd/pcscd.comm")
_TAP_S = 0.9


class ReaderTrouble(RuntimeError):
    """There is no reader, and a virtual one cannot be made; the message says what to install."""


@dataclass(frozen=True, slots=True)
class DemoCard:
    """A card of the demo: its name on the reader (the member's id), whose it is, and a remark."""

    name: str
    title: str
    remark: str


class Reader(Protocol):
    """What the demo does with a reader."""

    @property
    def spec(self) -> str:
        """The `[reader] spec` setting that opens it."""
        ...

    @property
    def env(self) -> Mapping[str, str]:
        """What the kiosk needs in its environment to reach it."""
        ...

    @property
    def cards(self) -> tuple[DemoCard, ...]:
        """The cards that can be laid on it by a program; none on a real reader."""
        ...

    def act(self, verb: str, name: str) -> None:
        """`tap`, `lay` or `take` a card; returns at once."""
        ...

    def tap(self, name: str) -> None:
        """Lay a card down for a moment; returns when it is taken away."""
        ...


class PluggedReader:
    """The machine's own reader: people lay real cards on it."""

    spec = "pcsc"
    env: Mapping[str, str] = {}  # a constant of the protocol
    cards: tuple[DemoCard, ...] = ()

    def act(self, verb: str, name: str) -> None:
        """Nothing: hands lay cards on a real reader."""

    def tap(self, name: str) -> None:
        """Cannot be done by a program.

        Raises:
            ReaderTrouble: always.
        """
        raise ReaderTrouble(f"expected a virtual reader to tap {name} on; a real one is plugged in")


class VirtualReader:
    """A private PC/SC service with the demo's cards.

    Args:
        service: running.
        cards: by name.
        people: whose they are.
    """

    spec = "pcsc"

    def __init__(self, service: PrivatePcscd, cards: Mapping[str, Card], people: tuple[DemoCard, ...]) -> None:
        self.service, self.env, self.cards = service, service.env, people
        self._by_name, self._slot = dict(cards), service.slot(0)
        self._lock = threading.Lock()

    def act(self, verb: str, name: str) -> None:
        """Do it on a thread of its own, one after the other."""
        threading.Thread(target=self._act, args=(verb, name), name=f"card {verb}", daemon=True).start()

    def tap(self, name: str) -> None:
        """Lay the card down for a moment."""
        self._act("tap", name)

    def _act(self, verb: str, name: str) -> None:
        with self._lock:
            if verb == "take":
                self._slot.remove()
            elif verb == "lay":
                self._slot.insert(self._by_name[name])
            else:
                self._slot.tap(self._by_name[name], _TAP_S)

    def close(self) -> None:
        """Take away what lies there."""
        self._slot.remove()


@contextmanager
def open_reader(cards: Path, *, virtual: bool = False) -> Iterator[Reader]:
    """The reader of this run.

    Args:
        cards: the card file the demo loader wrote (schema: nfc/virtual/deck.py).
        virtual: use a virtual reader even where a real one is plugged in.

    Raises:
        ReaderTrouble: no reader is plugged in and a virtual one cannot be made.
    """
    if not virtual and _plugged_in():
        yield PluggedReader()
        return
    try:
        deck_cards = deck.load(cards)
        with PrivatePcscd() as service:
            reader = VirtualReader(service, deck_cards, _people(deck_cards))
            try:
                yield reader
            finally:
                reader.close()
    except (PcscdMissing, PcscdFailed, deck.DeckError) as trouble:
        raise ReaderTrouble(str(trouble)) from trouble


def _plugged_in() -> bool:
    """Whether the machine's own PC/SC service knows a reader."""
    if not _SYSTEM_SOCKET.exists():
        return False
    asked = subprocess.run(
        [str(Path(sys.executable).parent / "nfc-cards"), "list"],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        env={name: value for name, value in os.environ.items() if name != "PCSCLITE_CSOCK_NAME"},
    )
    return asked.returncode == 0 and bool(asked.stdout.strip())


def _people(cards: Mapping[str, Card]) -> tuple[DemoCard, ...]:
    with (resources.demo_dir() / "members.csv").open(encoding="utf-8", newline="") as table:
        members = {row["id"]: row for row in csv.DictReader(table)}
    return tuple(
        DemoCard(name, f"{row['surname']}{row['title']}", f"{row['tier']} · {row['card_family']} · {row['card_state']}")
        if (row := members.get(name))
        else DemoCard(name, name, "")
        for name in cards
    )

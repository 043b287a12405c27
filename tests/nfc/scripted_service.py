"""A PC/SC service that a test moves by hand: for what virtual readers cannot show, such as unplugging and other programs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from nfc import service
from nfc.protocol import apdu
from nfc.virtual.card import Card

EMPTY = service.Slot(raw=0x10, present=False, changes=0, atr=b"")


@dataclass
class ScriptedService:
    """The state of all readers; every change wakes the waits.

    Args:
        slots: by reader name.
        cards: what lies on each reader.
        faults: raised by the next connections to a card, one each.
    """

    slots: dict[str, service.Slot] = field(default_factory=dict)
    cards: dict[str, Card] = field(default_factory=dict)
    faults: list[Exception] = field(default_factory=list)
    escapes: list[tuple[str, bytes]] = field(default_factory=list)
    escape_fault: Exception | None = None
    channels: dict[str, int] = field(default_factory=dict)
    broken: Exception | None = None
    changed: threading.Condition = field(default_factory=threading.Condition)

    def open_context(self) -> _Context:
        if self.broken:
            raise self.broken
        return _Context(self)

    def change(self, what: Callable[[], object]) -> None:
        with self.changed:
            what()
            self.changed.notify_all()

    def plug(self, reader: str) -> None:
        self.change(lambda: self.slots.update({reader: EMPTY}))

    def unplug(self, reader: str) -> None:
        self.change(lambda: self.slots.pop(reader))

    def lay(self, reader: str, card: Card, moves: int = 1) -> None:
        """Put a card down; ``moves`` 2 means that the one before was taken away unseen."""

        def move() -> None:
            count = self.slots[reader].changes + moves
            self.cards[reader] = card
            self.slots[reader] = service.Slot(raw=0x20 | count << 16, present=True, changes=count, atr=card.atr)

        self.change(move)

    def take(self, reader: str) -> None:
        def move() -> None:
            count = self.slots[reader].changes + 1
            self.slots[reader] = replace(EMPTY, raw=0x10 | count << 16, changes=count)

        self.change(move)

    def fail(self, fault: Exception | None) -> None:
        self.change(lambda: setattr(self, "broken", fault))


class _Context:
    def __init__(self, owner: ScriptedService) -> None:
        self._owner = owner
        self._cancelled = False

    def readers(self) -> list[str]:
        return list(self._owner.slots)

    def wait(self, known: Mapping[str, int], timeout_s: float) -> dict[str, service.Slot]:
        with self._owner.changed:
            self._owner.changed.wait_for(lambda: self._news(known), timeout_s)
            if self._owner.broken:
                raise self._owner.broken
            return {name: self._owner.slots[name] for name in known if name in self._owner.slots}

    def _news(self, known: Mapping[str, int]) -> bool:
        now = {name: slot.raw for name, slot in self._owner.slots.items()}
        return self._cancelled or self._owner.broken is not None or now != dict(known)

    @contextmanager
    def card(self, reader: str, *, exclusive: bool = False) -> Iterator[apdu.Transmit]:
        if self._owner.faults:
            raise self._owner.faults.pop(0)
        if not self._owner.slots[reader].present:
            raise service.CardRemoved("SCardConnect: 8010000C")
        card = self._owner.cards[reader]
        card.power_on()
        yield lambda command: card.transmit(command) or b""

    def escape(self, reader: str, command: bytes) -> bytes:
        if self._owner.escape_fault:
            raise self._owner.escape_fault
        self._owner.change(lambda: self._owner.escapes.append((reader, command)))
        return b"\x90\x00"

    def channel(self, reader: str) -> int | None:
        return self._owner.channels.get(reader)

    def cancel(self) -> None:
        with self._owner.changed:
            self._cancelled = True
            self._owner.changed.notify_all()

    def release(self) -> None:
        pass

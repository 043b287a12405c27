"""What the supervisor needs from PC/SC, and the errors it may meet: a seam of eight methods.

ServiceError
├── ServiceLost      the PC/SC service is not running, or died under us
│   └── AccessDenied  it runs, and does not let this account near (polkit)
├── ReaderVanished   this reader is not there any more
├── CardRemoved      the card is not there any more
├── CardReset        another program reset the card: connect again, start over
├── CardBusy         another program holds the card
└── CardSilent       the card and the reader could not agree on a protocol
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from nfc.protocol import apdu


class ServiceError(Exception):
    """Base of what PC/SC reports; the message names the call and the code."""


class ServiceLost(ServiceError):
    """The PC/SC service is not running, or died under us."""


class AccessDenied(ServiceLost):
    """The PC/SC service runs and does not let this account near readers or cards: its polkit rules say so."""


class ReaderVanished(ServiceError):
    """This reader is not there any more."""


class CardRemoved(ServiceError):
    """The card is not there any more."""


class CardReset(ServiceError):
    """Another program reset the card: connect again and start over, nothing read so far counts."""


class CardBusy(ServiceError):
    """Another program holds the card."""


class CardSilent(ServiceError):
    """The card and the reader could not agree on a protocol."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One reader's state as PC/SC reports it.

    Args:
        raw: the state word, to be given back at the next wait.
        present: whether a card is there.
        changes: how often a card came or went since the service started (16 bits, rolling over).
        atr: of the card, empty without one.
    """

    raw: int
    present: bool
    changes: int
    atr: bytes


class Context(Protocol):
    """One connection to the PC/SC service; only :meth:`cancel` may be called from another thread."""

    def readers(self) -> list[str]:
        """Return the names of all readers; empty without one."""

    def wait(self, known: Mapping[str, int], timeout_s: float) -> dict[str, Slot]:
        """Wait until a reader's state differs from ``known`` (name -> raw state, 0 for unknown) or readers come or go.

        Returns:
            The readers in ``known`` with their state; empty after a time-out, a cancel or a change of the reader list.
        """

    def card(self, reader: str, *, exclusive: bool = False) -> AbstractContextManager[apdu.Transmit]:
        """Connect to the card, in a transaction of its own; leaving the block frees it for others.

        Args:
            reader: the PC/SC name.
            exclusive: let no other program near the card, for as long as the block lasts: only while issuing.
        """

    def escape(self, reader: str, command: bytes) -> bytes:
        """Send a command to the reader itself (no card needed)."""

    def channel(self, reader: str) -> int | None:
        """Return how the reader is plugged in (SCARD_ATTR_CHANNEL_ID); None when it does not tell."""

    def cancel(self) -> None:
        """End a running :meth:`wait` at once."""

    def release(self) -> None:
        """Give the connection back."""


OpenContext = Callable[[], Context]
"""Connects to the PC/SC service; raises :class:`ServiceLost`."""

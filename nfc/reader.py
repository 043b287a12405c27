"""Opens card readers by a short text and describes what an open one can do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, Self

from nfc import naming, service
from nfc.feedback import Signal
from nfc.patience import Post, Timing
from nfc.protocol import apdu


class CardReader(Protocol):
    """All readers that match a spec, watched by threads of their own until closed."""

    def signal(self, reader: str, signal: Signal) -> bool:
        """Blink or beep, without waiting for it.

        Returns:
            Whether this reader can show it at all.
        """

    def await_card(self, reader: str) -> None:
        """Let whoever comes to a reader next be a tap of its own, also the last tap's card that comes back at once (N7).

        For whoever talked to that card and was broken off. If it is back already, it is told of now, on the thread that calls;
        so it must not be called from where events are taken.

        Args:
            reader: the PC/SC name; one that is not there any more changes nothing.
        """

    def close(self) -> None:
        """Stop watching; after it returns no event is posted any more. May be called twice."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


class ReaderSupportMissing(Exception):
    """The library that talks to PC/SC readers cannot be loaded."""


def open_reader(
    spec: str, post: Post, clock: Callable[[], float] = time.monotonic, timing: Timing | None = None
) -> CardReader:
    """Start watching card readers; returns at once, everything else arrives as events.

    A reader that is missing, or a PC/SC service that is not running, is not an error here: it is the event
    ``ReaderLost``, and the watch goes on until it comes back.

    Args:
        spec: ``pcsc`` for every PC/SC reader, ``pcsc:NAME`` for those whose name contains NAME (``*`` and ``?`` are
            wildcards, case does not matter), ``pcsc:serial=SERIAL`` or ``pcsc:port=1-1.2`` for exactly one; see ``naming``.
        post: takes the events.
        clock: seconds that only rise.
        timing: patience; None for the defaults.

    Raises:
        ValueError: the spec is not understood.
        ReaderSupportMissing: pyscard or libpcsclite is not installed.
    """
    chosen = naming.choice(spec)
    open_context = _pcsc()
    from nfc.supervisor import Supervisor

    supervisor = Supervisor(open_context, chosen, post, clock, timing or Timing())
    supervisor.start()
    return supervisor


@dataclass(frozen=True, slots=True)
class FoundReader:
    """A reader that is plugged in: its PC/SC name, what is known of it, and its USB port (empty when unknown)."""

    name: str
    parts: naming.ReaderName
    port: str


def list_readers() -> list[FoundReader]:
    """Return all PC/SC readers plugged in now, without watching them.

    Raises:
        service.ServiceLost: the PC/SC service is not running.
        ReaderSupportMissing: pyscard or libpcsclite is not installed.
    """
    with connected() as context:
        return [
            FoundReader(name, naming.parse(name), naming.usb_port(context.channel(name))) for name in context.readers()
        ]


@contextmanager
def connected() -> Iterator[service.Context]:
    """Give a connection to the PC/SC service of its own, for a program that handles one card by itself.

    Raises:
        service.ServiceLost: the PC/SC service is not running.
        ReaderSupportMissing: pyscard or libpcsclite is not installed.
    """
    context = _pcsc()()
    try:
        yield context
    finally:
        context.release()


@contextmanager
def card_alone(reader: str) -> Iterator[apdu.Transmit]:
    """As `card_on`, but keeping every other program away from the card: while it is written (N6).

    Raises:
        service.CardBusy: another program has it.
        service.ServiceError, ReaderSupportMissing: see `card_on`.
    """
    with connected() as context, context.card(reader, exclusive=True) as transmit:
        yield transmit


@contextmanager
def card_on(reader: str) -> Iterator[apdu.Transmit]:
    """Connect to the card that lies on a reader now, in shared mode, for a short conversation beside the watch.

    Raises:
        service.ServiceError: the service, the reader or the card is gone, or another program holds it.
        ReaderSupportMissing: pyscard or libpcsclite is not installed.
    """
    with connected() as context, context.card(reader) as transmit:
        yield transmit


def _pcsc() -> service.OpenContext:
    try:
        from nfc import pcsc
    except ImportError as fault:
        raise ReaderSupportMissing(
            f"cannot load pyscard ({fault}): install the 'nfc' extra, and Debian's libpcsclite1 package"
        ) from fault
    return pcsc.open_context

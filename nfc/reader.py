"""Opens card readers by a short text and describes what an open one can do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, Self

from nfc import service
from nfc.feedback import Signal
from nfc.patience import Post, Timing


class CardReader(Protocol):
    """All readers that match a spec, watched by threads of their own until closed."""

    def signal(self, reader: str, signal: Signal) -> bool:
        """Blink or beep, without waiting for it.

        Returns:
            Whether this reader can show it at all.
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
        spec: ``pcsc`` for every PC/SC reader, ``pcsc:NAME`` for those whose name contains NAME; ``*`` and ``?`` are
            wildcards, case does not matter.
        post: takes the events.
        clock: seconds that only rise.
        timing: patience; None for the defaults.

    Raises:
        ValueError: the spec is not understood.
        ReaderSupportMissing: pyscard or libpcsclite is not installed.
    """
    kind, _, pattern = spec.partition(":")
    if kind != "pcsc":
        raise ValueError(f"reader: expected 'pcsc' or 'pcsc:NAME', found {spec!r}")
    open_context = _pcsc()
    from nfc.supervisor import Supervisor

    supervisor = Supervisor(open_context, pattern, post, clock, timing or Timing())
    supervisor.start()
    return supervisor


def list_readers() -> list[str]:
    """Return the names of all PC/SC readers plugged in now, without watching them.

    Raises:
        service.ServiceLost: the PC/SC service is not running.
        ReaderSupportMissing: pyscard or libpcsclite is not installed.
    """
    context = _pcsc()()
    try:
        return context.readers()
    finally:
        context.release()


def _pcsc() -> service.OpenContext:
    try:
        from nfc import pcsc
    except ImportError as fault:
        raise ReaderSupportMissing(
            f"cannot load pyscard ({fault}): install the 'nfc' extra, and Debian's libpcsclite1 package"
        ) from fault
    return pcsc.open_context

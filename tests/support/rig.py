"""The card rig: a private PC/SC service with two virtual readers, a real reader watch on it, and the events it told."""

from __future__ import annotations

import atexit
import functools
import queue
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

import nfc
from nfc.protocol import keys
from nfc.virtual.ntag424 import Ntag424
from nfc.virtual.pcscd import PrivatePcscd
from nfc.virtual.slot import VirtualSlot

META_KEY = bytes.fromhex("101112131415161718191A1B1C1D1E1F")
FILE_MASTER = bytes.fromhex("202122232425262728292A2B2C2D2E2F")
UID = bytes.fromhex("04A1B2C3D4E5F6")

E = TypeVar("E", bound=nfc.Event)


class Inbox:
    """Collects a reader's events; give it to ``open_reader`` as ``post``."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[nfc.Event] = queue.SimpleQueue()
        self.seen: list[nfc.Event] = []

    def __call__(self, event: nfc.Event) -> None:
        self._queue.put(event)

    def next(self, kind: type[E], within_s: float = 20.0, reader: str | None = None) -> E:
        """Return the next event of a kind (on one reader), passing over others; fails after ``within_s`` seconds."""
        deadline = time.monotonic() + within_s
        while True:
            try:
                event = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no {kind.__name__} within {within_s} s; events so far: {self.seen}") from None
            self.seen.append(event)
            if isinstance(event, kind) and reader in (None, event.reader):
                return event

    def outcome(self, reader: str, within_s: float = 20.0) -> nfc.CardPresented | nfc.CardUnreadable:
        """Return how the next tap on a reader ended."""
        deadline = time.monotonic() + within_s
        while True:
            event = self.next(object, max(0.0, deadline - time.monotonic()), reader)  # type: ignore[type-var]
            if isinstance(event, nfc.CardPresented | nfc.CardUnreadable):
                return event

    def drain(self) -> list[nfc.Event]:
        """Return what came since, without waiting."""
        events: list[nfc.Event] = []
        while not self._queue.empty():
            events.append(self._queue.get())
        self.seen += events
        return events


@dataclass(frozen=True, slots=True)
class CardRig:
    """A running rig.

    Args:
        pcscd: the private service; ``pcscd.env`` leads a program to it, ``pcscd.kill()`` is a crash.
        reader: the watch on it.
        inbox: the events it posted.
        slot, second: the places for cards on its two readers.
    """

    pcscd: PrivatePcscd
    reader: nfc.CardReader
    inbox: Inbox
    slot: VirtualSlot
    second: VirtualSlot


@functools.cache
def socket_path() -> Path:
    """Return this process's one PC/SC socket: libpcsclite reads the variable once, at the first connection."""
    folder = Path(tempfile.mkdtemp(prefix="card-rig-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder / "pcscd.comm"


@contextmanager
def lead_here() -> Iterator[None]:
    """Let this process's PC/SC calls go to our socket, whether a service listens there or not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PCSCLITE_CSOCK_NAME", str(socket_path()))
        yield


@contextmanager
def private_pcscd() -> Iterator[PrivatePcscd]:
    """Run a private service whose clients may live in this process."""
    with lead_here(), PrivatePcscd(socket_path()) as pcscd:
        yield pcscd


@contextmanager
def card_rig(spec: str = "pcsc", timing: nfc.Timing | None = None) -> Iterator[CardRig]:
    """Run a rig whose two readers are ready."""
    inbox = Inbox()
    with (
        private_pcscd() as pcscd,
        pcscd.slot(0) as slot,
        pcscd.slot(1) as second,
        nfc.open_reader(spec, inbox, timing=timing) as reader,
    ):
        inbox.next(nfc.ReaderReady)
        yield CardRig(pcscd, reader, inbox, slot, second)


def member_card(uid: bytes = UID, counter: int = 0, on_counter: Callable[[int], None] | None = None) -> Ntag424:
    """Return a personalised virtual member card under the rig's keys."""
    return Ntag424(uid, META_KEY, keys.file_key(FILE_MASTER, uid), counter=counter, on_counter=on_counter)

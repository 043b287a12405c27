"""Watches all matching readers for ever, in one thread, and turns their states into events (spec N1, N7).

A card is read in its reader's own thread (``workers``), because PC/SC cannot end a transmit: a mute card blocks it until
the card is taken away. The watch goes on meanwhile, reports the card as unreadable after the deadline, and forgets the
late result.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from nfc import feedback, naming, reading, service, workers
from nfc.debounce import Debounce
from nfc.events import (
    CardGone,
    CardPresented,
    CardUnreadable,
    Event,
    LostReason,
    ReaderLost,
    ReaderReady,
    UnreadableReason,
)
from nfc.evidence import Evidence, short_hash
from nfc.patience import Post, Timing

log = logging.getLogger(__name__)

_SIGNAL_S = 1.0
"""A signal that could not be sent for so long, because a card holds the reader, would be taken for another card's."""


@dataclass(slots=True)
class _Visit:
    """One card's stay on one reader.

    Args:
        reader: the PC/SC name.
        atr: as first seen.
        seen_at: the clock's seconds then.
        settled: whether its outcome is decided; the first outcome counts, later ones are dropped.
        told: whether an event was posted, so that its end must be told too.
        uid: of the card once read.
    """

    reader: str
    atr: bytes
    seen_at: float
    settled: bool = False
    told: bool = False
    uid: bytes | None = None


@dataclass(slots=True)
class _Seat:
    """What we know of one reader: the state word to wait against, and who sits on it."""

    raw: int = 0
    changes: int = 0
    visit: _Visit | None = field(default=None)


class Supervisor:
    """The ``CardReader`` for PC/SC; see ``reader.open_reader`` for the arguments."""

    def __init__(
        self,
        open_context: service.OpenContext,
        choice: naming.Choice,
        post: Post,
        clock: Callable[[], float],
        timing: Timing,
    ) -> None:
        self._open_context = open_context
        self._choice = choice
        self._post = post
        self._clock = clock
        self._timing = timing
        self._stop = threading.Event()
        # Guards the visits' outcomes, the debounce and the context, and every call of post, so that events have one order.
        # The seats and the other readers' names belong to the watching thread alone.
        self._lock = threading.Lock()
        self._closed = False
        self._context: service.Context | None = None
        self._seats: dict[str, _Seat] = {}
        self._debounce = Debounce(timing.debounce_s)
        # By reader, who came back within its own tap and lies there untold.
        self._back: dict[str, tuple[_Visit, CardPresented]] = {}
        self._missing: LostReason | None = None
        self._others: set[str] = set()
        self._unlit: set[str] = set()
        self._workers = workers.Workers()
        self._watch = threading.Thread(target=self._run, name="nfc-watch", daemon=True)

    def start(self) -> None:
        """Start the watching thread."""
        self._watch.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop watching; see ``reader.CardReader.close``."""
        self._stop.set()
        with self._lock:
            self._closed = True
        give_up = self._clock() + self._timing.close_s
        while self._watch.is_alive() and self._clock() < give_up:
            # Again and again: a cancel that comes just before the wait begins is lost.
            with self._lock:
                if self._context:
                    self._context.cancel()
            self._watch.join(0.02)
        busy = self._workers.busy()
        for worker in busy:
            worker.join(max(0.0, give_up - self._clock()))
        if self._watch.is_alive() or any(worker.is_alive() for worker in busy):
            log.warning("a reader thread hangs in its driver and is left behind")

    def signal(self, reader: str, signal: feedback.Signal) -> bool:
        """Blink or beep; see ``reader.CardReader.signal``."""
        command = feedback.command_for(reader, signal)
        if command is None or reader in self._unlit:
            return False
        asked = self._clock()
        self._workers.give(reader, workers.SIGNAL, lambda: self._send(reader, command, asked))
        return True

    def await_card(self, reader: str) -> None:
        """Let whoever comes next tap anew; see ``reader.CardReader.await_card``."""
        with self._lock:
            self._debounce.await_card(reader)
            if self._closed or reader not in self._back:
                return
            visit, tap = self._back.pop(reader)
            log.info("card %s on %s is waited for, told", short_hash(tap.evidence.uid), reader)
            self._debounce.told(reader)
            visit.told = True
            self._post(tap)

    # -- the watch --------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        pause = self._timing.backoff_first_s
        while not self._stop.is_set():
            try:
                if self._connect_and_watch():
                    pause = self._timing.backoff_first_s
            except Exception:
                # The watch must outlive everything, also our own mistakes; the member sees "please see our staff".
                log.exception("card watch failed, starting anew")
                self._lose_all("unexpected fault")
            self._stop.wait(pause)
            pause = min(2 * pause, self._timing.backoff_most_s)

    def _connect_and_watch(self) -> bool:
        """Watch until the service is lost or we are closed; return whether it could be reached at all."""
        try:
            context = self._open_context()
        except service.ServiceLost as fault:
            self._lose_all(str(fault))
            return False
        with self._lock:
            self._context = context
        try:
            while not self._stop.is_set():
                self._match(context)
                for reader, slot in context.wait(self._known(), self._patience()).items():
                    self._observe(reader, slot)
                self._expire()
        except service.ServiceLost as fault:
            self._lose_all(str(fault))
        finally:
            with self._lock:
                self._context = None
            context.release()
        return True

    def _known(self) -> dict[str, int]:
        return {reader: seat.raw for reader, seat in self._seats.items()}

    def _patience(self) -> float:
        """Seconds until the next deadline of an open visit, or until the reader list is due."""
        deadlines = [
            seat.visit.seen_at + self._timing.deadline_s
            for seat in self._seats.values()
            if seat.visit and not seat.visit.settled
        ]
        return min([self._timing.relist_s, *(max(0.0, due - self._clock()) + 0.001 for due in deadlines)])

    def _match(self, context: service.Context) -> None:
        """Take in readers that came, give up readers that went."""
        there = context.readers()
        self._others &= set(there)
        for reader in [known for known in self._seats if known not in there]:
            self._lose(reader, LostReason.UNPLUGGED)
            self._missing = LostReason.NO_READER
        for reader in there:
            if reader in self._seats or reader in self._others:
                continue
            if not self._choice.fits(reader, lambda name: naming.usb_port(context.channel(name))):
                self._others.add(reader)
                continue
            log.info("reader ready: %s", reader)
            self._seats[reader] = _Seat()
            self._unlit.discard(reader)
            with self._lock:
                self._debounce.returned(reader, self._clock())
            self._missing = None
            self._tell(ReaderReady(reader))
        if not self._seats and self._missing is not LostReason.NO_READER:
            log.warning("no reader matches %s; readers there: %s", self._choice, there or "none")
            self._missing = LostReason.NO_READER
            self._tell(ReaderLost("", LostReason.NO_READER))

    def _lose_all(self, why: str) -> None:
        """Give up every reader because the service is gone; told and logged once, not at each attempt."""
        if self._missing is LostReason.NO_SERVICE:
            return
        log.warning("PC/SC service lost (%s); trying again until it is back", why)
        readers = list(self._seats)
        self._others.clear()
        for reader in readers:
            self._lose(reader, LostReason.NO_SERVICE)
        if not readers:
            self._tell(ReaderLost("", LostReason.NO_SERVICE))
        self._missing = LostReason.NO_SERVICE

    def _lose(self, reader: str, reason: LostReason) -> None:
        log.warning("reader lost: %s (%s)", reader, reason)
        seat = self._seats.pop(reader)
        if seat.visit:
            self._depart(seat.visit)
            with self._lock:
                if seat.visit.uid:
                    self._debounce.lost(reader, seat.visit.uid)
        self._tell(ReaderLost(reader, reason))

    def _observe(self, reader: str, slot: service.Slot) -> None:
        seat = self._seats[reader]
        # Going and coming each count one, so two more with a card there means: another card, or the same once more.
        # One more may be the count of this very arrival, read a moment too early.
        swapped = (slot.changes - seat.changes) % 0x10000 >= 2
        if seat.visit and (swapped or not slot.present):
            self._depart(seat.visit)
            seat.visit = None
        seat.raw, seat.changes = slot.raw, slot.changes
        if slot.present and not seat.visit:
            seat.visit = visit = _Visit(reader, slot.atr, self._clock())
            self._workers.give(reader, workers.READ, lambda: self._read(visit))

    def _expire(self) -> None:
        for seat in self._seats.values():
            visit = seat.visit
            if visit and not visit.settled and self._clock() - visit.seen_at >= self._timing.deadline_s:
                self._settle(visit, CardUnreadable(visit.reader, UnreadableReason.TIMEOUT, visit.atr))

    def _depart(self, visit: _Visit) -> None:
        self._settle(visit, CardUnreadable(visit.reader, UnreadableReason.REMOVED, visit.atr))
        with self._lock:
            self._back.pop(visit.reader, None)
            if visit.uid:
                self._debounce.left(visit.reader, visit.uid, self._clock())
            if visit.told and not self._closed:
                self._post(CardGone(visit.reader))

    # -- reading one card, in the reader's thread ---------------------------------------------------------------------

    def _read(self, visit: _Visit) -> None:
        try:
            evidence = reading.read(
                self._open_context, visit.reader, visit.atr, lambda: self._is_late(visit), self._clock
            )
        except service.ServiceLost:
            return  # the watch meets the same and tells it
        except Exception as fault:  # noqa: BLE001 - a card must never end the program; our own faults are logged there
            self._unreadable(visit, fault)
        else:
            self._present(visit, evidence)

    def _is_late(self, visit: _Visit) -> bool:
        return visit.settled or self._stop.is_set() or self._clock() - visit.seen_at >= self._timing.deadline_s

    def _present(self, visit: _Visit, evidence: Evidence) -> None:
        now = self._clock()
        with self._lock:
            if visit.settled:
                return
            visit.uid = evidence.uid
            tap = CardPresented(visit.reader, evidence, visit.seen_at, now - visit.seen_at)
            if self._debounce.is_repeat(visit.reader, evidence.uid, visit.seen_at):
                log.info("card %s on %s again within one tap, not told", short_hash(evidence.uid), visit.reader)
                visit.settled = True
                self._back[visit.reader] = (visit, tap)
                return
            log.info("card %s, %s, claims %s", short_hash(evidence.uid), evidence.family, evidence.assurance)
            self._debounce.told(visit.reader)
            visit.settled = True
            visit.told = not self._closed
            if visit.told:
                self._post(tap)

    def _unreadable(self, visit: _Visit, fault: Exception) -> None:
        reason = reading.reason_of(fault)
        if self._settle(visit, CardUnreadable(visit.reader, reason, visit.atr)):
            log.info("card on %s unreadable: %s (%s; ATR %s)", visit.reader, reason, fault, visit.atr.hex())

    # -- telling ------------------------------------------------------------------------------------------------------

    def _settle(self, visit: _Visit, outcome: Event) -> bool:
        """Decide a visit's outcome; return whether it was still open."""
        with self._lock:
            if visit.settled:
                return False
            visit.settled = True
            if not self._closed:
                visit.told = True
                self._post(outcome)
        return True

    def _tell(self, event: Event) -> None:
        with self._lock:
            if not self._closed:
                self._post(event)

    def _send(self, reader: str, command: feedback.Command, asked: float) -> None:
        if self._stop.is_set() or self._clock() - asked > _SIGNAL_S:
            return
        try:
            context = self._open_context()
            try:
                lit = feedback.send(context, reader, command)
            finally:
                context.release()
        except service.ServiceError as fault:
            log.info("reader %s could not signal: %s", reader, fault)
            return
        if not lit:
            self._unlit.add(reader)
            log.info("reader %s does not take signals; screen and sound have to do it", reader)

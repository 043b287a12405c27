"""The server's time as this device knows it: its own steady clock, corrected by what the server says, and kept over restarts (L5)."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from club.model import errors
from club.model.clock import Clock
from club.sync.steady_clock import SteadyClock
from club.wire import codec

_log = logging.getLogger(__name__)

TOLERATED_S = 2.0
SLOWED = timedelta(minutes=10)
"""A lead up to this is taken back by running slowly; a greater one of a trusted clock is believed when it is told twice."""
TOLD_TWICE_S = 20.0
LONGEST_OFF = timedelta(days=400)
"""A device that was off for longer than this, by its own clock, has an empty battery rather than a long rest behind it."""
KEPT_EACH_S = 600.0


class ClockNote(msgspec.Struct, frozen=True):
    """What is kept of the clock: seconds the server is ahead of the machine's own clock, and when the server was last heard."""

    ahead_s: float
    heard: datetime


class ServerTime:
    """Corrects a `SteadyClock` for the whole program; any other clock (pinned, by hand) only for signatures.

    A clock is *doubtful* until the server was heard, or until a note of an earlier run agrees with the machine: a machine
    whose clock stands before that note has lost its time. Corrections forwards are made at once. Time never goes back under a
    session or a schedule: a small lead is taken back by running slowly; a large one is believed when the server says it
    twice, and stepped back while nobody stands at the glass. A doubtful clock, which nothing was promised by, is stepped at once.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._skew = timedelta(0)
        self._lock = threading.Lock()
        self._keep: Callable[[str], None] = lambda _note: None
        self._is_at_rest: Callable[[], bool] = lambda: True
        self._kept_at: float | None = None
        self._told: tuple[float, timedelta] | None = None  # when a large lead was told first, and how large
        self.doubtful = isinstance(clock, SteadyClock)

    def now(self) -> datetime:
        """The present instant by the server's clock, as far as it is known; what is signed carries it.

        The program's own clock may still be ahead of it: it goes back gently, or not while somebody stands at the glass.
        """
        return self._known() + self._skew

    def remember(
        self, note: str | None, keep: Callable[[str], None], is_at_rest: Callable[[], bool] = lambda: True
    ) -> None:
        """Go on from the note of an earlier run, and have `keep` called with each new one.

        Args:
            note: what was kept last, None when nothing ever was.
            keep: takes the text to keep; called on any thread that heard the server.
            is_at_rest: whether nobody stands at the glass.
        """
        self._keep, self._is_at_rest = keep, is_at_rest
        if note is None or not isinstance(self._clock, SteadyClock) or not self.doubtful:
            return
        try:
            kept = codec.decode(note.encode(), ClockNote)
        except errors.Malformed:
            _log.warning("the note of the clock cannot be read; the clock is doubtful until the server is heard")
            return
        guess = self._clock.now() + timedelta(seconds=kept.ahead_s)
        if guess < kept.heard:
            _log.warning("the machine's clock stands before the last contact; it is doubtful until the server is heard")
            self._clock.step(kept.heard - self._clock.now())
            return
        self._clock.step(timedelta(seconds=kept.ahead_s))
        self.doubtful = guess - kept.heard > LONGEST_OFF

    def learn(self, server_now: datetime, *, round_trip_s: float = 0.0) -> None:
        """Take the server's `now`; a difference that the way there and back explains changes nothing.

        Args:
            server_now: the server's clock when it wrote its answer.
            round_trip_s: seconds from asking to having the answer.
        """
        with self._lock:
            off = server_now - self._known()
            if abs(off.total_seconds()) <= TOLERATED_S + round_trip_s:
                self._told, self._skew, off = None, timedelta(0), timedelta(0)
            elif isinstance(self._clock, SteadyClock):
                if not self._corrected(self._clock, server_now, round_trip_s):
                    self._skew = off
                    return
                self._told, self._skew = None, timedelta(0)
            else:
                off -= self._skew
                self._skew += off
            was_doubtful, self.doubtful = self.doubtful, False
            self._note(server_now, changed=bool(off) or was_doubtful)
        if off:
            _log.info("the clock was %.1f s off the server's; corrected", off.total_seconds())

    def _known(self) -> datetime:
        return self._clock.settled() if isinstance(self._clock, SteadyClock) else self._clock.now()

    def _corrected(self, clock: SteadyClock, server_now: datetime, round_trip_s: float) -> bool:
        """Correct it, as gently as it must be; False: not yet."""
        lead = clock.now() - server_now
        if self.doubtful or lead <= timedelta(0):
            clock.step(-lead)
        elif lead <= SLOWED:
            clock.slow(lead)
        elif self._is_told_again(clock.monotonic(), lead, round_trip_s) and self._is_at_rest():
            clock.step(-lead)
        else:
            return False
        return True

    def _is_told_again(self, at: float, lead: timedelta, round_trip_s: float) -> bool:
        if self._told is None or abs((lead - self._told[1]).total_seconds()) > TOLERATED_S + round_trip_s:
            self._told = (at, lead)
            _log.warning("the server says the clock is %.0f s ahead; waiting to be told again", lead.total_seconds())
        return at - self._told[0] >= TOLD_TWICE_S

    def _note(self, server_now: datetime, *, changed: bool) -> None:
        if not isinstance(self._clock, SteadyClock):
            return
        at = self._clock.monotonic()
        if changed or self._kept_at is None or at - self._kept_at >= KEPT_EACH_S:
            self._kept_at = at
            ahead = self._clock.against_machine().total_seconds()
            self._keep(codec.encode(ClockNote(ahead, server_now)).decode())

"""Tells the other processes of the service what this one committed, and hears what they did (PostgreSQL's LISTEN and NOTIFY).

NOTIFY goes out after the commit, gathered, on a connection of its own: inside the transaction it takes a lock that all
commits of the server queue for (measured: 39 to 46 % of the throughput). It is a hint: lost ones cost the two seconds until
the next look into the database, never a row.
"""

import json
import logging
import secrets
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeAlias

import psycopg
from sqlalchemy import make_url

from central_api.feed.notes import Closed, CommandHint, DisplayHint, Note, Nudge
from club.model import errors

CHANNEL = "club_feed"
PACE_S = 0.02
"""At most 50 notifications a second leave a process."""
LONGEST = 7000  # bytes; the server takes 8,000
_PAUSES_S = (0.5, 1.0, 2.0, 5.0)
_LOOK_UP_S = 1.0  # how often a thread that waits looks up whether it is to end

_log = logging.getLogger(__name__)
_Link: TypeAlias = "psycopg.Connection[tuple[object, ...]]"


class Neighbours:
    """Two threads: one sends what `post` gathers, one hears.

    Args:
        url: of the database, as SQLAlchemy takes it.
        tell: is given what other processes noted, on the hearing thread.
        look: is called each time hearing begins: what was told meanwhile has to be looked for. Whatever it or `tell` raises,
            hearing begins anew after a pause: after a restart of the server the pool it looks by still has dead connections.
        me: names this process to itself; what it sent is not told to it again.
    """

    def __init__(
        self,
        url: str,
        tell: Callable[[Sequence[object]], None],
        look: Callable[[], None],
        *,
        me: str | None = None,
        pace_s: float = PACE_S,
    ) -> None:
        self._conninfo = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._tell, self._look = tell, look
        self._me = me or secrets.token_hex(6)
        self._pace_s = pace_s
        self._ending = threading.Event()
        self._posted = threading.Condition()
        self._waiting: dict[object, Note] = {}
        self.hearing = threading.Event()
        """Set while it hears; for whoever starts something that is to be heard."""
        self._threads = [
            threading.Thread(target=self._send_all, name="feed-tell", daemon=True),
            threading.Thread(target=self._hear_all, name="feed-hear", daemon=True),
        ]

    def start(self) -> None:
        """Start both threads; does not wait for the database."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End both threads, and wait for them."""
        self._ending.set()
        with self._posted:
            self._posted.notify_all()
        for thread in self._threads:
            thread.join()

    def post(self, notes: Sequence[object]) -> None:
        """Send what a committed unit of work noted; does not wait. Of each feed the newest number is sent."""
        with self._posted:
            for note in notes:
                if isinstance(note, Nudge):
                    known = self._waiting.get(note.feed)
                    if not isinstance(known, Nudge) or known.seq < note.seq:
                        self._waiting[note.feed] = note
                elif isinstance(note, Note):
                    self._waiting[note] = note
            self._posted.notify()

    def waiting(self) -> list[Note]:
        """What is still to be sent."""
        with self._posted:
            return list(self._waiting.values())

    def _send_all(self) -> None:
        self._again_and_again("feed_not_told", self._send)

    def _send(self, link: _Link) -> None:
        while not self._ending.is_set():
            with self._posted:
                if not self._waiting:
                    self._posted.wait(_LOOK_UP_S)
                notes, self._waiting = list(self._waiting.values()), {}
            for text in packed(notes, self._me):
                link.execute("SELECT pg_notify(%s, %s)", (CHANNEL, text))
            if notes:
                self._ending.wait(self._pace_s)

    def _hear_all(self) -> None:
        self._again_and_again("feed_not_heard", self._listen)

    def _again_and_again(self, what: str, work: Callable[[_Link], None]) -> None:
        """Do the work of a thread on a connection of its own, until the end; what is lost between two rounds is not kept.

        By the time of the next round everybody has looked for themselves.
        """
        failures = 0
        while not self._ending.is_set():
            begun = time.monotonic()
            try:
                with psycopg.connect(self._conninfo, autocommit=True, connect_timeout=5) as link:
                    work(link)
            except (psycopg.Error, errors.ClubError) as fault:  # the database is away
                _log.warning("%s %s", what, type(fault).__name__)
            except Exception as fault:  # noqa: BLE001 -- a thread that ended would be missed by nobody until it is too late
                # Without its message, which may hold what was in a row.
                _log.error("%s %s\n%s", what, type(fault).__name__, "".join(traceback.format_tb(fault.__traceback__)))
            failures = 0 if time.monotonic() - begun > _PAUSES_S[-1] else failures
            self._ending.wait(_PAUSES_S[min(failures, len(_PAUSES_S) - 1)])
            failures += 1

    def _listen(self, link: _Link) -> None:
        link.execute(f"LISTEN {CHANNEL}")
        try:
            self._look()
            self.hearing.set()
            self._hear(link)
        finally:
            self.hearing.clear()

    def _hear(self, link: _Link) -> None:
        while not self._ending.is_set():
            for heard in link.notifies(timeout=_LOOK_UP_S):
                notes = unpacked(heard.payload, self._me)
                if notes:
                    self._tell(notes)
                if self._ending.is_set():
                    return


def packed(notes: Sequence[Note], sender: str) -> list[str]:
    """The notes as texts short enough for a notification each."""
    texts: list[str] = []
    part: list[list[str | int]] = []
    size = 0
    for note in notes:
        row = _row(note)
        length = len(json.dumps(row)) + 2
        if part and size + length > LONGEST:
            texts.append(json.dumps([sender, part]))
            part, size = [], 0
        part.append(row)
        size += length
    if part:
        texts.append(json.dumps([sender, part]))
    return texts


def unpacked(text: str, me: str) -> list[Note]:
    """The notes in a notification; none in one's own, nor in what is none of ours or of a newer version."""
    found: list[Note] = []
    with suppress(ValueError, TypeError, KeyError):
        sender, rows = json.loads(text)
        if sender != me:
            for kind, *values in rows:
                found.append(_KINDS[kind](*values))
    return found


_KINDS: dict[str, Callable[..., Note]] = {"n": Nudge, "d": DisplayHint, "c": CommandHint, "x": Closed}


def _row(note: Note) -> list[str | int]:
    match note:
        case Nudge(feed, seq):
            return ["n", feed, seq]
        case DisplayHint(feed, slug, revision):
            return ["d", feed, slug, revision]
        case CommandHint(device_id, waiting):
            return ["c", device_id, waiting]
        case Closed(device_id):
            return ["x", device_id]

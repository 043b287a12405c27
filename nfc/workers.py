"""Runs what may block in a driver, in at most one thread for each reader (spec N1).

PC/SC cannot end a transmit: a mute card holds its thread until it is taken away. Whatever comes for the same reader
meanwhile waits for that very thread, the newest of each kind alone, so that no number of cards parks a second one.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

log = logging.getLogger(__name__)

Job = Callable[[], None]

READ = "read"
SIGNAL = "signal"
_ORDER = (READ, SIGNAL)
_NAME = "nfc-read"


@dataclass(slots=True)
class _Line:
    """One reader's thread and what waits for it, by kind."""

    waiting: dict[str, Job] = field(default_factory=dict)
    thread: threading.Thread | None = None


class Workers:
    """The readers' threads; each lives only as long as there is something to do. Safe from every thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: dict[str, _Line] = {}

    def give(self, reader: str, kind: str, job: Job) -> None:
        """Have a job done for a reader; one of the same kind that still waits there is dropped for it.

        Args:
            reader: the PC/SC name.
            kind: ``READ`` goes before ``SIGNAL``.
            job: has to see by itself whether it comes too late; what it raises is logged.
        """
        with self._lock:
            line = self._lines.get(reader)
            if line:
                line.waiting[kind] = job
                return
            line = self._lines[reader] = _Line({kind: job})
            line.thread = threading.Thread(target=self._run, args=(reader, line), name=_NAME, daemon=True)
            try:
                line.thread.start()
            except RuntimeError as fault:
                # No thread to be had: the tap's deadline tells the member, and the next tap tries again.
                del self._lines[reader]
                log.warning("no thread for reader %s: %s", reader, fault)

    def busy(self) -> list[threading.Thread]:
        """Return the threads at work now, those that hang in a driver among them."""
        with self._lock:
            return [line.thread for line in self._lines.values() if line.thread]

    def _run(self, reader: str, line: _Line) -> None:
        while True:
            with self._lock:
                kind = next((kind for kind in _ORDER if kind in line.waiting), None)
                if kind is None:
                    del self._lines[reader]
                    return
                job = line.waiting.pop(kind)
            try:
                job()
            except Exception:
                log.exception("a job of reader %s failed in our own code", reader)

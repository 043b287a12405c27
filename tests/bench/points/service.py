"""The central API as its own process for a bench, at rest (SIGSTOP) whenever something else is measured."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import wait
from tests.support.served import Served, served

SESSION_MIN = 120
"""Card sessions are opened once, when the database is filled; no bench takes longer."""


class Service:
    """A running service. Outside `awake` it takes nothing from whatever is measured beside it."""

    def __init__(self, running: Served) -> None:
        self._running = running
        self.url = running.url
        self.pid = running.process.pid

    @contextmanager
    def awake(self) -> Iterator[None]:
        """Let it work within the block."""
        self._running.process.send_signal(signal.SIGCONT)
        try:
            yield
        finally:
            self.rest()

    def rest(self) -> None:
        """Stop it; returns when it stands still."""
        self._running.process.send_signal(signal.SIGSTOP)
        state = Path(f"/proc/{self.pid}/stat")
        wait.until(
            lambda: state.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0] == "T",
            "the service to stand still",
        )


@contextmanager
def service(folder: Path, url: str) -> Iterator[Service]:
    """Start it over a filled database; at rest until it is called. Everything is as in a store, but for `SESSION_MIN`."""
    with served(folder, f"database.url={url}", f"sessions.card_minutes={SESSION_MIN}") as running:
        found = Service(running)
        try:
            found.rest()
            yield found
        finally:
            running.process.send_signal(signal.SIGCONT)  # one that is stopped does not hear that it is to end

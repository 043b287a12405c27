"""Downloads beside the line: a few threads of their own, so that a film on its way holds up neither a change nor a command."""

import threading
from collections.abc import Callable
from queue import SimpleQueue

from club.sync import steps
from club.sync.planning import AT_ONCE


class Downloads:
    """As many threads as downloads may be under way at a time.

    Args:
        fetch: gets one medium by its SHA-256; whatever happens is the input it gives back.
        tell: takes those inputs.
    """

    def __init__(self, fetch: Callable[[str], steps.Input], tell: Callable[[steps.Input], None]) -> None:
        self._fetch, self._tell = fetch, tell
        self._asked: SimpleQueue[str | None] = SimpleQueue()
        self.threads = tuple(
            threading.Thread(target=self._run, name=f"sync-media-{number}", daemon=True)
            for number in range(1, AT_ONCE + 1)
        )

    def start(self) -> None:
        """Start the threads; they fetch nothing yet."""
        for thread in self.threads:
            thread.start()

    def begin(self, sha256: str) -> None:
        """Fetch a medium; does not wait."""
        self._asked.put(sha256)

    def close(self) -> None:
        """End the threads after what is under way; does not wait."""
        for _ in self.threads:
            self._asked.put(None)

    def _run(self) -> None:
        while (sha256 := self._asked.get()) is not None:
            self._tell(self._fetch(sha256))

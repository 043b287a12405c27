"""The central API as its own process, as it runs in a store: started, waited for, ended or killed."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from central_api import faults

READY_WITHIN_S = 60
_READY = re.compile(r"ready on (http://\S+)")


class Served:
    """A running `central-api serve`. `url` is where it answers; `said` is what it wrote to standard error."""

    def __init__(self, process: "subprocess.Popen[str]", url: str) -> None:
        self.process = process
        self.url = url
        self.said: list[str] = []
        assert process.stderr is not None
        self._listening = threading.Thread(target=self.said.extend, args=(process.stderr,), daemon=True)
        self._listening.start()

    def ended(self, within_s: float = 30) -> int:
        """Wait for its end; its exit code.

        Raises:
            AssertionError: it goes on; says at what its threads are, and the end of its log.
        """
        try:
            code = self.process.wait(within_s)
        except subprocess.TimeoutExpired as fault:
            self.process.send_signal(signal.SIGABRT)  # to which Python's own fault handler says where each thread is
            self.process.wait()
            self._listening.join(within_s)
            raise AssertionError(
                f"expected the service to end within {within_s:g} s, found it at:\n{self.last_said(300)}"
            ) from fault
        self._listening.join(within_s)
        return code

    def last_said(self, lines: int = 60) -> str:
        """The end of its log."""
        return "".join(self.said[-lines:])


@contextmanager
def served(folder: Path, *arguments: str, fault: str = "", env: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Start the service on a free port with everything in one folder (see `central.settings_for`); end it afterwards."""
    settings = (
        "http.port=0",
        f"database.url=sqlite:///{folder / 'club.db'}",
        f"keys.file={folder / 'keys.toml'}",
        f"media.dir={folder / 'media'}",
        *arguments,
    )
    command = [sys.executable, "-m", "central_api", "serve"]
    for one in settings:
        command += ["--set", one]
    process = subprocess.Popen(
        command,
        env={**os.environ, faults.VARIABLE: fault, "PYTHONFAULTHANDLER": "1", **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    watchdog = threading.Timer(READY_WITHIN_S, process.kill)
    watchdog.start()
    try:
        found = _READY.search(process.stdout.readline())
        assert found is not None, f"the service did not get ready: {process.stderr.read() if process.stderr else ''}"
        watchdog.cancel()
        running = Served(process, found[1])
        yield running
        if process.poll() is None:
            process.terminate()
        running.ended()
    finally:
        watchdog.cancel()
        if process.poll() is None:
            process.kill()
            process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()

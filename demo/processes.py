"""Programs run as processes: started, watched, stopped, and none left behind."""

import ctypes
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

_STOP_S = 10.0
_PR_SET_PDEATHSIG = 1


class ProgramFailed(RuntimeError):
    """A program ended or did not get ready; the message has its last lines."""


class Program:
    """One running program with its log.

    Args:
        name: for messages.
        command: argv.
        env: added to the present environment.
        log: the file its output is appended to.
        behind: how far it stands behind other programs where the processor is short (the steps of nice(2)).
    """

    def __init__(
        self, name: str, command: Sequence[str], *, env: Mapping[str, str], log: Path, behind: int = 0
    ) -> None:
        self.name = name
        self._behind = behind
        self.log = log
        self._command, self._env = list(command), dict(env)
        self._process: subprocess.Popen[bytes] | None = None
        self._from = 0

    def start(self, extra: Mapping[str, str] = MappingProxyType({})) -> None:
        """Start it (again), with `extra` added to its environment this time; its output goes to the log's end."""
        self._from = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                self._command,
                env={**os.environ, **self._env, **extra},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches only us; we stop the programs in their order
                preexec_fn=self._settle_in,  # noqa: PLW1509  # two system calls, before any thread of the child exists
            )

    def _settle_in(self) -> None:
        _die_with_parent()
        os.nice(self._behind)

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def fate(self) -> str:
        """What became of it, in words: running, its exit code, or the signal that ended it."""
        if self._process is None:
            return "it was not started"
        code = self._process.poll()
        if code is None:
            return "it runs"
        if code >= 0:
            return f"it ended with exit code {code}"
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = "which has no name here"
        return f"it was ended by signal {-code} ({name})"

    @property
    def pid(self) -> int:
        """Its process id.

        Raises:
            ProgramFailed: it was not started.
        """
        if self._process is None:
            raise ProgramFailed(f"expected {self.name} to run; it was not started")
        return self._process.pid

    def wait(self, seconds: float) -> int | None:
        """Wait until it has ended and return its exit code (negative: the signal); None when it did not end in time."""
        if self._process is None:
            return None
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def output(self) -> str:
        """What it said since its last start."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as said:
            said.seek(self._from)
            return said.read().decode("utf-8", "replace")

    def wait_for(self, pattern: str, seconds: float = 60.0) -> re.Match[str]:
        """Wait until a line of its output matches.

        Raises:
            ProgramFailed: it ended first, or the time ran out.
        """
        found: list[re.Match[str]] = []

        def seen() -> bool:
            match = re.search(pattern, self.output())
            if match:
                found.append(match)
            return bool(match) or not self.running

        if not wait_until(seen, seconds) or not found:
            raise ProgramFailed(
                f"expected {self.name} to say {pattern!r} within {seconds:.0f} s; {self.fate}. Its last lines "
                f"({self.log}):\n{self.output()[-1500:]}"
            )
        return found[0]

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL to its whole group."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def stop(self) -> None:
        """Ask it to end, and end it when it does not within ten seconds."""
        if self._process is None:
            return
        if self.running:
            self._signal(signal.SIGTERM)
            try:
                self._process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self._signal(signal.SIGKILL)
                self._process.wait()
        self._signal(signal.SIGKILL)  # whatever it left in its group

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            try:
                os.killpg(self._process.pid, number)
            except ProcessLookupError:
                return


def wait_until(condition: Callable[[], bool], seconds: float, *, every: float = 0.05) -> bool:
    """Ask again and again until `condition` holds; False when it did not within `seconds`."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while True:
        if condition():
            return True
        if time.monotonic() >= deadline:
            return False
        pause.wait(every)


def _die_with_parent() -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

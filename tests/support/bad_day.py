"""Programs started as a store's computer starts them, on a day on which something there is wrong."""

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from demo.processes import Program

MODULES = {"central-api": "central_api", "kiosk-app": "kiosk_app", "lounge-display": "lounge_display"}
DEVICES = ("kiosk-app", "lounge-display")

_ENDS_WITHIN_S = 90
_PR_CAPBSET_DROP = 24
_SEES_EVERYTHING = (1, 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH: with them root finds no file closed


@dataclass(frozen=True, slots=True)
class Ended:
    """A program that ended by itself: its exit code and what it wrote to standard error."""

    program: str
    code: int
    said: str

    @property
    def refusal(self) -> str:
        """Its one refusal; what the log said before is left out.

        Raises:
            AssertionError: there is none or more than one, a traceback, or an exit code that says all was well.
        """
        assert "Traceback" not in self.said, self.said
        assert self.code in (1, 2), f"expected an exit code that tells of a refusal, found {self.code}: {self.said}"
        begins = [line for line in self.said.splitlines() if line.startswith(f"{self.program}: ")]
        assert len(begins) == 1, f"expected one refusal, found: {self.said}"
        return self.said[self.said.index(begins[0]) :].strip()


def command(program: str, settings: Sequence[str], *arguments: str) -> list[str]:
    """The command line of a program with these settings."""
    line = [sys.executable, "-m", MODULES[program], *arguments]
    for one in settings:
        line += ["--set", one]
    return line


def ends(program: str, settings: Sequence[str], *arguments: str, env: Mapping[str, str] | None = None) -> Ended:
    """Start a program that cannot go on, and wait for its end."""
    done = subprocess.run(
        command(program, settings, *arguments),
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=_ENDS_WITHIN_S,
        preexec_fn=_as_an_account_among_others,
    )
    return Ended(program, done.returncode, done.stderr)


def prints(program: str, settings: Sequence[str], *arguments: str) -> str:
    """What a command writes to standard output; it must succeed."""
    done = subprocess.run(
        command(program, settings, *arguments), capture_output=True, text=True, check=False, timeout=_ENDS_WITHIN_S
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def runs(
    program: str, settings: Sequence[str], *arguments: str, env: Mapping[str, str], log: Path
) -> Iterator[Program]:
    """Start a program that shall go on, and stop it afterwards."""
    running = Program(program, command(program, settings, *arguments), env=env, log=log)
    running.start()
    try:
        yield running
    finally:
        running.stop()


def where(program: str, folder: Path) -> list[str]:
    """Settings by which a program keeps everything in one folder."""
    if program == "central-api":
        return [
            f"database.url=sqlite:///{folder / 'club.db'}",
            f"keys.file={folder / 'keys.toml'}",
            f"media.dir={folder / 'media'}",
            "http.port=0",
        ]
    return [f"device.data_dir={folder}", "window.fullscreen=false", "window.scale=0.25"]


def _as_an_account_among_others() -> None:
    """Where tests run as root: have its files be closed to it as they are to the account of a store's computer."""
    for capability in _SEES_EVERYTHING:
        ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)

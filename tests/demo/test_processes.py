"""Programs are started, waited for, and none is left behind."""

import os
import sys
from pathlib import Path

import pytest

from demo.processes import Program, ProgramFailed, wait_until

_TALKER = "import signal, sys, time\nprint('ready on http://x', flush=True)\nsignal.pause()"
_STUBBORN = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\nsignal.pause()"


def a_program(tmp_path: Path, code: str) -> Program:
    """A Python one-liner as a program."""
    return Program("talker", [sys.executable, "-c", code], env={"TALKER": "1"}, log=tmp_path / "talker.log")


def test_it_is_waited_for_and_stopped(tmp_path: Path) -> None:
    """Ready means its line was seen; stopped means the process is gone."""
    program = a_program(tmp_path, _TALKER)
    program.start()
    try:
        assert program.wait_for(r"ready on (\S+)", 20)[1] == "http://x"
        pid = program.pid
    finally:
        program.stop()
    assert not program.running
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_program_that_ends_says_why(tmp_path: Path) -> None:
    """Its last lines are in the message."""
    program = a_program(tmp_path, "print('no such port'); raise SystemExit(3)")
    program.start()
    with pytest.raises(ProgramFailed, match="no such port"):
        program.wait_for("ready", 20)
    program.stop()


@pytest.mark.parametrize(
    ("end", "fate"),
    [
        ("raise SystemExit(3)", "it ended with exit code 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "it was ended by signal 9 (SIGKILL)"),
    ],
)
def test_the_fate_of_a_program_is_told(tmp_path: Path, end: str, fate: str) -> None:
    """Its exit code, or the signal by its name."""
    program = a_program(tmp_path, end)
    assert program.fate == "it was not started"
    program.start()
    assert program.wait(20) is not None
    assert program.fate == fate
    program.stop()


def test_kill_ends_it_at_once_and_it_can_start_again(tmp_path: Path) -> None:
    """As after a power cut; only the new run's lines count."""
    program = a_program(tmp_path, _STUBBORN)
    program.start()
    program.wait_for("up", 20)
    program.kill()
    assert not program.running
    program.start()
    program.wait_for("up", 20)
    assert program.output().count("up") == 1
    program.kill()


def test_waiting_ends() -> None:
    """A condition that never holds is given up."""
    assert wait_until(lambda: False, 0.01) is False
    assert wait_until(lambda: True, 0.0) is True

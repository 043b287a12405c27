"""A second demo is turned away before it touches anything of the first."""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from demo import __main__ as demo
from demo.house import fresh_state
from demo.turn import FRESH, AlreadyRunning, alone, kept_name

_HOLDER = (
    "import pathlib, signal, sys; from demo.turn import alone\n"
    "with alone(pathlib.Path(sys.argv[1]), ''): print('held', flush=True); signal.pause()"
)


@pytest.mark.parametrize(
    ("keep", "said"),
    [("", "A demo is already running here"), ("mine", "The demo kept as mine is already running here")],
)
def test_the_second_is_told_of_the_first(tmp_path: Path, keep: str, said: str) -> None:
    """By its process, with what to do."""
    told = rf"{said} \(process {os.getpid()}\).*--keep NAME"
    with alone(tmp_path, keep), pytest.raises(AlreadyRunning, match=told), alone(tmp_path, keep):
        pytest.fail("two demos had the same folder")


def test_names_do_not_wait_for_each_other(tmp_path: Path) -> None:
    """Nor for the run that keeps nothing."""
    with alone(tmp_path, ""), alone(tmp_path, "mine"), alone(tmp_path, "yours"):
        locks = {path.name for path in tmp_path.iterdir()}
    assert locks == {f".{FRESH}.lock", ".mine.lock", ".yours.lock"}


def test_a_run_that_is_over_is_in_nobodys_way(tmp_path: Path) -> None:
    """Even one that had no time to clear up."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(tmp_path)], stdout=subprocess.PIPE, cwd=Path(demo.__file__).parents[1]
    )
    assert holder.stdout is not None
    with holder.stdout as said:
        assert said.readline() == b"held\n"
        with pytest.raises(AlreadyRunning, match=rf"process {holder.pid}\)"), alone(tmp_path, ""):
            pytest.fail("two demos had the same folder")
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with alone(tmp_path, ""):
        assert (tmp_path / f".{FRESH}.lock").read_text() == str(os.getpid())


@pytest.mark.parametrize("keep", ["", "mine"])
def test_a_second_demo_leaves_data_and_logs_of_the_first_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], keep: str
) -> None:
    """It says so and ends with 1."""
    monkeypatch.setattr(demo, "_ROOT", tmp_path)
    root = tmp_path / ".cache" / "demo"
    with alone(root, keep):
        data = fresh_state(root, keep) / "club.db"
        log = demo.output_folder(keep) / "logs" / "kiosk.log"
        log.parent.mkdir(parents=True)
        data.touch()
        log.touch()
        assert demo.main(["--keep", keep] if keep else []) == 1
        assert data.exists()
        assert log.exists()
    assert "already running here" in capsys.readouterr().err


def test_each_name_has_logs_of_its_own() -> None:
    """And emptying one folder empties no other."""
    folders = [demo.output_folder(name) for name in ("", "mine", "yours")]
    assert len({*folders}) == 3
    assert not any(one in other.parents for one in folders for other in folders)


@pytest.mark.parametrize("name", ["", "mine", "Tuesday-2", "周二"])
def test_a_plain_name_can_be_kept(name: str) -> None:
    """It becomes a folder's name."""
    assert kept_name(name) == name


@pytest.mark.parametrize("name", ["..", "a/b", ".mine", "-x", FRESH])
def test_other_names_are_refused(name: str) -> None:
    """Among them the folder every other run empties."""
    with pytest.raises(argparse.ArgumentTypeError, match="expected a name of letters"):
        kept_name(name)

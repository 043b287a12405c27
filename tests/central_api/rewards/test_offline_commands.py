"""Turning redeeming offline on and off from the command line (A14)."""

from pathlib import Path

import pytest

from central_api import __main__ as program
from tests.support import central


@pytest.fixture
def run(tmp_path: Path, demo_club: central.DemoClub, capsys: pytest.CaptureFixture[str]) -> "Runner":
    central.copy_files(demo_club, tmp_path)
    return Runner(tmp_path, capsys)


class Runner:
    """Runs the program on a club of its own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._set = [
            f"database.url=sqlite:///{folder / 'club.db'}",
            f"keys.file={folder / 'keys.toml'}",
            f"media.dir={folder / 'media'}",
        ]
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str]:
        chosen = [part for one in self._set for part in ("--set", one)]
        code = program.main(["offline", *arguments, *chosen])
        told = self._capsys.readouterr()
        return code, told.out + told.err


def test_a_store_is_turned_on_and_bears_nothing_yet(run: Runner) -> None:
    code, said = run("put", "--store", "east", "--on", "--floor", "300", "--quota", "quick-wash=10")
    assert (code, "east: on from now on" in said) == (0, True)
    assert run("list", "--store", "east") == (0, "east bears 0 points\n")
    code, said = run("put", "--store", "east")
    assert (code, "east: off from now on" in said) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("put", "--store", "moon", "--on"), "expected one of the stores"),
        (("put", "--store", "east", "--on", "--quota", "quick-wash"), "expected a quota such as"),
        (("put", "--store", "east", "--on", "--quota", "fuel-card-100=1"), "marked for redeeming offline"),
        (("seen", "no-such-command"), "expected a command of the list"),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(run: Runner, arguments: tuple[str, ...], told: str) -> None:
    code, said = run(*arguments)
    assert code == 1
    assert told in said
    assert "Traceback" not in said

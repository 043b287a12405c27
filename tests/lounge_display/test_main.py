"""A lounge display that cannot start says in one line what is missing and what to do."""

import subprocess
import sys
from pathlib import Path

import pytest

from club.resources import files


def refused(*arguments: str, **env: str) -> str:
    """What the program says on standard error, started without any display."""
    base = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "SDL_VIDEODRIVER": "x11", "LANG": "C.UTF-8"}
    done = subprocess.run(
        [sys.executable, "-m", "lounge_display", *arguments],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        env=base | env,
        cwd=files.config_dir().parent,
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "lounge-display: expected" in done.stderr
    return done.stderr


def test_no_display(tmp_path: Path) -> None:
    said = refused("--set", f"device.data_dir={tmp_path / 'lounge'}", "--set", "window.fullscreen=false")
    assert "expected a display" in said


def test_no_fonts(tmp_path: Path) -> None:
    assert "expected the font" in refused(CLUB_FONTS=str(tmp_path))


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder", encoding="utf-8")
    assert "device.data_dir" in refused("--set", f"device.data_dir={blocked / 'lounge'}")


@pytest.mark.parametrize("text", ["{}", "not json"])
def test_a_damaged_identity(tmp_path: Path, text: str) -> None:
    (tmp_path / "identity.json").write_text(text, encoding="utf-8")
    assert "enrol" in refused("--set", f"device.data_dir={tmp_path}")

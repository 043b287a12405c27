"""A kiosk that cannot start says in one line what is missing and what to do."""

import subprocess
import sys
from pathlib import Path

import pytest

from club.resources import files
from demo.xscreen import XScreen

NARROW = ("--set", "window.scale=0.5", "--set", "window.fullscreen=false")


def start(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the program to its end, without any display."""
    base = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "SDL_VIDEODRIVER": "x11", "LANG": "C.UTF-8"}
    return subprocess.run(
        [sys.executable, "-m", "kiosk_app", *arguments],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        env=base | env,
        cwd=files.config_dir().parent,
    )


def refused(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_no_display(tmp_path: Path) -> None:
    said = refused(start("--set", f"device.data_dir={tmp_path / 'kiosk'}", "--set", "window.fullscreen=false"))
    assert "expected a display" in said
    assert "DISPLAY" in said


def test_wrong_settings_are_all_named_with_their_lines(tmp_path: Path) -> None:
    config = tmp_path / "kiosk.toml"
    config.write_text('[timing]\nsession_idle = 30\nmessage_return_s = "8"\n', encoding="utf-8")
    said = refused(start("--config", str(config)))
    assert f"{config}:2" in said
    assert "session_idle_s" in said
    assert f"{config}:3" in said


def test_a_missing_settings_file(tmp_path: Path) -> None:
    assert "nothing.toml" in refused(start("--config", str(tmp_path / "nothing.toml")))


def test_no_fonts(tmp_path: Path) -> None:
    said = refused(start(CLUB_FONTS=str(tmp_path)))
    assert "expected the font" in said
    assert "./dev set-up" in said


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder", encoding="utf-8")
    said = refused(start("--set", f"device.data_dir={blocked / 'kiosk'}"))
    assert "device.data_dir" in said


def test_a_damaged_identity(tmp_path: Path) -> None:
    (tmp_path / "identity.json").write_text("{}", encoding="utf-8")
    said = refused(start("--set", f"device.data_dir={tmp_path}"))
    assert "identity" in said
    assert "enrol" in said


@pytest.mark.parametrize("spec", ["serial", ""])
def test_a_reader_that_is_not_understood(tmp_path: Path, spec: str) -> None:
    with XScreen(540, 960) as screen:
        said = refused(
            start(*NARROW, "--set", f"device.data_dir={tmp_path}", "--set", f"reader.spec={spec}", **screen.env)
        )
    assert "expected 'pcsc'" in said

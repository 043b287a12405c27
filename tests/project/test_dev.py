"""The one script says what it can do, and in plain words what it cannot."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.project import tree

DEV = tree.ROOT / "dev"


def dev(*arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ) if path is None else {**os.environ, "PATH": path}
    return subprocess.run(
        ["/bin/bash", str(DEV), *arguments], env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_help_names_every_command() -> None:
    answer = dev("help")
    assert answer.returncode == 0
    assert [
        word for word in ("demo", "test", "check", "bench", "shots", "lock", "clean") if word not in answer.stdout
    ] == []


def test_an_unknown_command_is_refused_with_the_list() -> None:
    answer = dev("demonstrate")
    assert answer.returncode == 1
    assert "unknown command: demonstrate" in answer.stderr
    assert "./dev demo" in answer.stderr


def test_set_up_is_quiet_when_nothing_is_missing() -> None:
    answer = dev("set-up")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


def without(tmp_path: Path, *missing: str) -> str:
    """Return a PATH that holds everything but some programs."""
    for folder in ("/usr/bin", "/bin", "/usr/sbin", "/sbin"):
        for program in Path(folder).iterdir():
            link = tmp_path / program.name
            if program.name not in missing and not link.is_symlink():
                link.symlink_to(program)
    return str(tmp_path)


def test_without_root_and_sudo_it_says_what_will_not_work(tmp_path: Path) -> None:
    path = without(tmp_path, "sudo", "dpkg-query", "id")
    for name, act in (("dpkg-query", "printf 'bash install ok installed\\n'"), ("id", "echo 1000")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{act}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    answer = dev("set-up", path=path)
    assert "installing them needs root" in answer.stderr
    assert "  pcscd: card readers, real and virtual" in answer.stderr
    assert "apt-get install --no-install-recommends python3 " in answer.stderr


def test_elsewhere_than_on_debian_it_says_what_is_needed(tmp_path: Path) -> None:
    answer = dev("set-up", path=without(tmp_path, "dpkg-query"))
    assert "not Debian" in answer.stderr
    assert "vsmartcard-vpcd" in answer.stderr


def test_locking_without_uv_says_so(tmp_path: Path) -> None:
    answer = dev("lock", path=without(tmp_path, "uv"))
    assert answer.returncode == 1
    assert "needs uv" in answer.stderr


def test_what_finds_the_screen_is_installed_for_the_demo() -> None:
    assert re.search(r"^x11-utils +run +finding the screen", DEV.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A project whose Python does nothing: what is tested is the script around it."""
    project = tmp_path / "project"
    tools = tmp_path / "tools"
    (project / "club" / "resources").mkdir(parents=True)
    tools.mkdir()
    for name in ("pyproject.toml", "requirements-build.lock", "requirements-dev.lock", "club/resources/fonts_build.py"):
        (project / name).write_text("", encoding="utf-8")
    (project / "dev").write_text(DEV.read_text(encoding="utf-8"), encoding="utf-8")
    without(tools, "dpkg-query", "python3")
    fake = tools / "python3"
    fake.write_text(_FAKE_PYTHON, encoding="utf-8")
    fake.chmod(0o755)
    return project


_FAKE_PYTHON = """#!/bin/sh
case "$*" in
  "-m venv --clear .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
  *fonts_build*) if [ -e broken ]; then echo "the fonts are broken"; exit 1; fi; mkdir -p .cache/fonts ;;
  *"-m ruff"* | *"-m mypy"*) echo "$*" >>checked ;;
esac
"""


def dev_of(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": str(project.parent / "tools")}
    return subprocess.run(
        ["/bin/bash", str(project / "dev"), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_log_of_a_set_up_stays_until_the_next_one_does_something(elsewhere: Path) -> None:
    log = elsewhere / ".cache" / "set-up.log"
    (elsewhere / "broken").touch()
    assert dev_of(elsewhere, "set-up").returncode == 1
    assert "the fonts are broken" in log.read_text(encoding="utf-8")
    (elsewhere / "broken").unlink()
    assert dev_of(elsewhere, "set-up").returncode == 0
    done = log.read_text(encoding="utf-8")
    assert "== Simplified Chinese fonts" in done
    assert "the fonts are broken" not in done
    assert dev_of(elsewhere, "set-up").returncode == 0
    assert log.read_text(encoding="utf-8") == done
    (elsewhere / "pyproject.toml").write_text("# changed\n", encoding="utf-8")
    assert dev_of(elsewhere, "set-up").returncode == 0
    assert log.read_text(encoding="utf-8").startswith("== the project into .venv")


@pytest.mark.parametrize("asked", ["--help", "-h"])
@pytest.mark.parametrize("command", ["demo", "test", "check", "bench", "shots", "set-up", "lock", "clean"])
def test_help_after_a_command_only_helps(elsewhere: Path, command: str, asked: str) -> None:
    before = {path.relative_to(elsewhere) for path in elsewhere.rglob("*")}
    answer = dev_of(elsewhere, command, asked)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "./dev check" in answer.stdout
    assert {path.relative_to(elsewhere) for path in elsewhere.rglob("*")} == before

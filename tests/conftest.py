"""What every test runs in: a clean environment, the log as it was, and no process left over at the end."""

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

_KIVY_HOME = tempfile.mkdtemp(prefix="kivy-home-")
# Kivy reads these once, on import: they stand before any test module is loaded.
os.environ.update(
    KIVY_HOME=_KIVY_HOME,
    KIVY_NO_ARGS="1",
    KIVY_NO_CONFIG="1",
    KIVY_NO_CONSOLELOG="1",
    KIVY_NO_FILELOG="1",
    KIVY_LOG_MODE="PYTHON",
)
settings.register_profile("shared-machine", deadline=None)
settings.load_profile("shared-machine")

_FOREIGN = (
    *("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY"),  # no test opens a window on somebody's screen
    *("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"),  # all servers are local
    *("CLUB_ASSETS", "CLUB_CONFIG", "CLUB_FONTS", "PCSCLITE_CSOCK_NAME", "DATABASE_URL"),
)


_LONGEST_FIRST = ("tests/journeys/test_monkey.py", "tests/faults/", "tests/journeys/")
"""Started first, so that no worker is left with minutes of work when the others are done."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the tests by how long their file takes; among equals they stay in the (random) order they came in."""

    def place(item: pytest.Item) -> int:
        return next(
            (at for at, start in enumerate(_LONGEST_FIRST) if item.nodeid.startswith(start)), len(_LONGEST_FIRST)
        )

    items.sort(key=place)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what the machine at hand says, so that a test means the same everywhere."""
    for name in _FOREIGN:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("CLUB_STRICT_WORDS", "1")


@pytest.fixture(autouse=True)
def log_as_it_was() -> Iterator[None]:
    """Give each test the root logger back as the one before found it."""
    root = logging.getLogger()
    handlers, level, disabled = root.handlers[:], root.level, root.manager.disable
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.disable(disabled)


@pytest.fixture(scope="session", autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Fail the run when a test left a process; torn down last, as it is set up first."""
    before = _children()
    yield
    shutil.rmtree(_KIVY_HOME, ignore_errors=True)
    left = {pid: name for pid, name in _children().items() if pid not in before}
    assert not left, f"expected every process that tests started to be stopped; found {left}"


def _children() -> dict[int, str]:
    """Return this process's living children by id, with what they were started as."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[:2]
            command = (stat.parent / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue  # it ended while we looked
        if int(parent) == os.getpid() and state != "Z" and "resource_tracker" not in command:
            found[int(stat.parent.name)] = command.strip()
    return found

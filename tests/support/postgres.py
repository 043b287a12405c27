"""A private PostgreSQL for tests: its own cluster in a temporary folder, a local socket only, stopped and removed at the end."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
from psycopg import sql

_PAUSE = threading.Event()
_ACCOUNT = "postgres"  # PostgreSQL refuses to run as root
_PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


class Cluster:
    """A running server. Databases are made in it by name, or as copies of one. `programs` is where its tools are."""

    def __init__(self, sockets: Path, programs: Path, start: Callable[[], None]) -> None:
        self._sockets = sockets
        self.programs = programs
        self.start = start

    @property
    def address(self) -> dict[str, str]:
        """Host (the folder of its socket) and user, as libpq names them."""
        return {"host": str(self._sockets), "user": _ACCOUNT}

    def url(self, database: str) -> str:
        """What the central API's `[database] url` takes."""
        return f"postgresql+psycopg://{_ACCOUNT}@/{database}?host={self._sockets}"

    def create(self, database: str, template: str = "template1") -> str:
        """Make a database as a copy of another one that nobody is connected to; returns its URL."""
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(database), sql.Identifier(template)))
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove a database, whoever is connected."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    def kill(self) -> None:
        """End the server with all its processes as a power cut does; `start` starts it again."""
        lock = self._sockets / "data" / "postmaster.pid"
        head = int(lock.read_text(encoding="ascii").split("\n", maxsplit=1)[0])
        ours = {head, *(pid for pid, parent in _living() if parent == head)}
        for pid in ours:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        while any(pid in ours for pid, _ in _living()):
            _PAUSE.wait(0.02)
        # Where nobody waits for orphans the dead one still has its number, and looks alive to the next.
        for left in (lock, *self._sockets.glob(".s.PGSQL.*.lock")):
            left.unlink()

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(host=str(self._sockets), user=_ACCOUNT, dbname="template1", autocommit=True) as link:
            link.execute(statement)


@contextmanager
def cluster(*, durable: bool = False, settings: Mapping[str, str] | None = None) -> Iterator[Cluster]:
    """Start a cluster; fails the tests where PostgreSQL is not installed: whoever has none leaves them out by their mark.

    Args:
        durable: whether a commit waits for the disk, as in a store; tests need not wait.
        settings: more of the server's settings by name.
    """
    found = shutil.which("initdb") or (str(_PLACES[0] / "initdb") if _PLACES else None)
    if found is None:
        _fail("expected PostgreSQL (Debian package postgresql), found none")
    programs = Path(found).resolve().parent  # a link on the PATH has not all of them beside it
    folder = Path(tempfile.mkdtemp(prefix="club-pg-"))
    account = _account()
    try:
        if account is not None:
            os.chown(folder, account.pw_uid, account.pw_gid)
        chosen = {"max_connections": "100", **(settings or {}), **({} if durable else {"fsync": "off"})}
        data, given = folder / "data", f"-k {folder} -c listen_addresses=''"
        given += "".join(f" -c {name}={value}" for name, value in chosen.items())
        run = _runner(account, folder)
        run(
            [
                str(programs / "initdb"),
                "-D",
                str(data),
                "-U",
                _ACCOUNT,
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "-N",
            ]
        )
        start = [str(programs / "pg_ctl"), "-D", str(data), "-l", str(folder / "log"), "-o", given, "-w", "start"]
        run(start)
        try:
            yield Cluster(folder, programs, lambda: run(start))
        finally:
            run([str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _living() -> Iterator[tuple[int, int]]:
    """Every process that has not ended, with its parent."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[:2]
        except OSError:
            continue  # it ended while we looked
        if state != "Z":
            yield int(stat.parent.name), int(parent)


def _fail(why: str) -> NoReturn:
    # Skipped tests are read by nobody, and the service's second database would go untested for months.
    pytest.fail(
        f"{why}. ./dev set-up installs it; without it: ./dev test -m 'not long and not postgres'", pytrace=False
    )


def _account() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(_ACCOUNT)
    except KeyError:
        _fail(f"expected an account {_ACCOUNT}, for PostgreSQL does not run as root; found none")


def _runner(account: pwd.struct_passwd | None, folder: Path) -> Callable[[list[str]], None]:
    def run(command: list[str]) -> None:
        done = subprocess.run(
            command,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        log = folder / "log"
        assert done.returncode == 0, (
            f"{command[0]} failed: {done.stderr}{log.read_text()[-2000:] if log.exists() else ''}"
        )

    return run

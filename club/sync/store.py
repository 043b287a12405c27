"""The device's own database: SQLite that survives a power failure, with migrations."""

import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from club.sync.migrations import MIGRATIONS

_log = logging.getLogger(__name__)


class DeviceStore:
    """Mirror and outbox on disk; safe from every thread.

    One connection writes, one reads: a tap that looks a member up never waits for another thread's flush to the disk.
    WAL with `synchronous=FULL`: what was committed is there after a power failure (X1). Deleted rows are overwritten
    with zeros (`secure_delete`) and leave the log too (`scrub`), so that nothing of a member stays on the disk (K13).

    A file that is no database any more is put aside as `<name>.damaged` and a new one begun: a kiosk must come up by itself,
    and all but unsettled commands comes back from the server.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._writing = threading.RLock()
        self._reading = threading.RLock()
        try:
            self._writer = self._open_migrated()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):  # no room, no right, locked: the file itself is sound
                raise
            _log.error("the device store is damaged (%s); put aside, a new one begins", error)
            path.replace(path.with_name(path.name + ".damaged"))
            for rest in ("-wal", "-shm"):
                path.with_name(path.name + rest).unlink(missing_ok=True)
            self._writer = self._open_migrated()
        self._reader = _connect(path)
        self._reader.execute("PRAGMA query_only = ON")

    def _open_migrated(self) -> Database:
        connection = _connect(self.path)
        try:
            database = Database(connection, execute_plugins=False)
            MIGRATIONS.apply(database)
        except BaseException:
            connection.close()
            raise
        self.path.chmod(0o600)
        return database

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One unit of work: all of it is on the disk afterwards, or nothing of it. Nests as a savepoint."""
        with self._writing, self._writer.atomic():
            yield self._writer.conn

    def read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a query on what is committed; writes nothing and waits for no writer."""
        with self._reading:
            return self._reader.execute(query, values).fetchall()

    def scrub(self) -> None:
        """Empty the write-ahead log, so that deleted rows are not readable in it either. Call it outside a transaction."""
        with self._writing, self._reading:
            self._writer.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def note(self, name: str, value: str) -> None:
        """Keep a fact of the device itself, such as its epoch."""
        with self.transaction() as db:
            db.execute(
                "INSERT INTO fact VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value)
            )

    def noted(self, name: str) -> str | None:
        """The fact kept under `name`, None when there is none."""
        rows = self.read("SELECT value FROM fact WHERE name = ?", name)
        return str(rows[0][0]) if rows else None

    def close(self) -> None:
        """Close both connections; using the store afterwards raises `sqlite3.ProgrammingError`."""
        with self._writing, self._reading:
            self._reader.close()
            self._writer.conn.close()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, check_same_thread=False, timeout=5.0)
    try:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
    except BaseException:
        connection.close()
        raise
    return connection

"""Opening engines: what each connection to SQLite or PostgreSQL is told before anything uses it."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

LOG_PAGES = 4_000
"""How long SQLite's log gets before it is moved into the database and written over from its start: pages that many commits
change are moved once."""

_SQLITE_OVERFLOW = 32
_CACHE_KIB = 16 * 1024
_URLS = "expected sqlite:////path/to/club.db or postgresql+psycopg://user:password@host/name"


def calling_engine(url: str) -> Engine:
    """For `Database.call`: the connection is not asked whether it is there, nor told where a transaction begins and ends."""
    return create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        json_deserializer=msgspec.json.decode,
        hide_parameters=True,
        pool_size=4,
        max_overflow=32,
        pool_reset_on_return=None,
        connect_args=_postgresql_arguments(read_only=False),
    )


def _postgresql_arguments(*, read_only: bool) -> dict[str, Any]:
    # Compiling a statement takes longer than any of ours runs.
    return {
        "connect_timeout": 5,
        "options": "-c timezone=UTC -c statement_timeout=15000 -c lock_timeout=10000 -c jit=off"
        + (" -c default_transaction_read_only=on" if read_only else ""),
    }


def engine(url: str, pool: int, wait_s: float, read_only: bool) -> Engine:
    """What everything else uses; the arguments are `Database`'s.

    Raises:
        ValueError: the URL is none, or of another database.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError(f"database.url: {_URLS}; found something else") from None  # the text may hold a password
    if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
        raise ValueError(f"database.url: {_URLS}; found {parsed.drivername}://")
    if parsed.get_backend_name() == "sqlite":
        if read_only:
            parsed = _looked_at(parsed)
        elif parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            _keep_private(Path(parsed.database))
        made = create_engine(
            parsed,
            hide_parameters=True,
            json_deserializer=msgspec.json.decode,
            connect_args={"isolation_level": None, "timeout": wait_s},
            pool_size=pool,
            max_overflow=_SQLITE_OVERFLOW,
        )
        event.listen(made, "connect", _sqlite_looking if read_only else _sqlite_connected)
        return made
    return create_engine(
        parsed,
        json_deserializer=msgspec.json.decode,
        hide_parameters=True,  # a failed statement in the log must not carry a member's data
        pool_size=pool,
        max_overflow=pool,
        pool_pre_ping=True,
        connect_args=_postgresql_arguments(read_only=read_only),
    )


def most_connections(engine: Engine, pool: int) -> int:
    """How many connections `engine` opens at a time; `pool` as it was made with."""
    return pool + (_SQLITE_OVERFLOW if engine.dialect.name == "sqlite" else pool)


def _looked_at(url: URL) -> URL:
    """The same file, opened for reading only."""
    path = Path(url.database or "").absolute()
    query = {"mode": "ro", "uri": "true"}
    # Beside a database in WAL mode SQLite wants to keep a file of its own. Where it may not, and no log waits to be read,
    # nobody is writing: a copy on a read-only disk.
    if not os.access(path.parent, os.W_OK) and not Path(f"{path}-wal").exists():
        query["immutable"] = "1"
    return url.set(database=f"file:{quote(str(path))}", query=query)


def _keep_private(path: Path) -> None:
    """Let only the service's account read the database; the files SQLite puts beside it take over its rights."""
    if path.name == ":memory:":
        return
    with suppress(OSError):  # what cannot be opened is told when it is used
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)


def _sqlite_looking(connection: Any, record: ConnectionPoolEntry) -> None:
    connection.execute("PRAGMA query_only=ON")
    connection.execute("PRAGMA temp_store=MEMORY")


def _sqlite_connected(connection: Any, record: ConnectionPoolEntry) -> None:
    # With an isolation level of its own the driver would begin transactions when it likes and commit before DDL, and a
    # migration would be left half done. No "begin" listener does it either: one listener makes each statement look for more.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
    connection.execute(f"PRAGMA wal_autocheckpoint={LOG_PAGES}")

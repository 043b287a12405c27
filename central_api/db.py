"""The database behind everything: one engine for SQLite and PostgreSQL, and the unit of work (A12, X4).

SQLite has one writer at a time (a lock of this process; no busy waiting between its threads) with WAL and
synchronous=FULL, so that an answered commit survives a power cut (X1). Whoever needs the writer, or a connection when all are
taken, waits in the order of coming (`turns`). PostgreSQL works with row locks; a function run by
`Database.run` is run again when the server ends it for a deadlock or a serialisation failure. `Database.call` is one
statement that is its own transaction: one round trip.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, TypeVar, cast

import msgspec
import psycopg
from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Engine,
    Executable,
    Text,
    any_,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from central_api import engines
from central_api.columns import BigId as BigId  # noqa: PLC0414 -- offered here as well, to whoever has tables and queries
from central_api.columns import Json as Json  # noqa: PLC0414
from central_api.columns import UtcDateTime as UtcDateTime  # noqa: PLC0414
from central_api.columns import metadata as metadata  # noqa: PLC0414
from central_api.turns import Turns
from club.model import errors

T = TypeVar("T")


def among(tx: "Tx", column: ColumnElement[str], ids: Sequence[str]) -> ColumnElement[bool]:
    """Whether a column is one of many ids: one parameter, so that the statement is the same whatever their number."""
    if tx.dialect == "sqlite":
        return column.in_(select(each(tx, ids)))
    return column == any_(literal(list(ids), ARRAY(Text)))


def each(tx: "Tx", ids: Sequence[str]) -> ColumnElement[str]:
    """The column of a table of these ids, a row each; they too are one parameter."""
    if tx.dialect == "sqlite":
        return func.json_each(msgspec.json.encode(list(ids)).decode()).table_valued("value").c.value
    return func.unnest(literal(list(ids), ARRAY(Text))).table_valued("value").render_derived().c.value


def not_sought(column: ColumnElement[str]) -> ColumnElement[str]:
    """A text column that is only compared, never looked up by its index.

    For pages in the order of another index: SQLite, which keeps no figures of what a table holds, else finds all rows of the
    column's value, and sorts them, for each page anew.
    """
    return column.concat("")


_TRIES = 4
_NONE: Mapping[str, Any] = MappingProxyType({})
_SQLITE_PASSING = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN}
)
_RETRIED = frozenset({"40001", "40P01"})  # serialisation failure, deadlock
_NO_TEXT = frozenset({"22021", "22P05"})  # no character of this encoding, a NUL in JSON


class Tx:
    """One unit of work: a transaction, what to do at its very end, and what to tell after it is committed."""

    def __init__(
        self, connection: Connection, followed: "Mapping[str, Mapping[str, Callable[[Tx], None]]]" = _NONE
    ) -> None:
        self.connection = connection
        self._followed = followed
        self.followed_writes = 0  # so many statements have written to tables that somebody follows
        self.state: dict[str, Any] = {}  # what a feature gathers until the end, by the feature's name
        self.notes: list[object] = []  # told to the database's listeners after the commit, never after a rollback
        self._at_end: dict[str, Callable[[Tx], None]] = {}

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.connection.dialect.name

    @property
    def sqlite(self) -> sqlite3.Connection:
        """The driver's own connection in this transaction, for plain SQL where a statement is too dear to be composed."""
        raw = self.connection.connection.driver_connection
        if not isinstance(raw, sqlite3.Connection):
            raise TypeError(f"expected a transaction of SQLite, found one of {self.dialect}")
        return raw

    def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        """Run one statement, or many when `parameters` is a list of mappings."""
        self._notice(statement)
        return cast("CursorResult[Any]", self.connection.execute(statement, parameters))

    def rows(self, statement: Executable, parameters: Any = None) -> Sequence[Any]:
        """All rows of a query."""
        self._notice(statement)
        return self.connection.execute(statement, parameters).all()

    def first(self, statement: Executable, parameters: Any = None) -> Any:
        """The first row of a query, or None."""
        self._notice(statement)
        return self.connection.execute(statement, parameters).first()

    def scalar(self, statement: Executable, parameters: Any = None) -> Any:
        """The first column of the first row, or None."""
        self._notice(statement)
        return self.connection.execute(statement, parameters).scalar()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part that can be undone on its own: when it raises, its rows, notes and endings are gone, the rest stays."""
        state, notes, at_end = dict(self.state), list(self.notes), dict(self._at_end)
        try:
            with self.connection.begin_nested():
                yield
        except BaseException:
            self.state, self.notes, self._at_end = state, notes, at_end
            raise

    def at_end(self, name: str, call: Callable[["Tx"], None]) -> None:
        """Call once before the commit, after everything else; asking again under the same `name` changes nothing.

        For rows that many transactions meet at, such as a feed's counter: the later they are taken, the shorter they are held.
        """
        self._at_end.setdefault(name, call)

    def finish(self) -> None:
        """Do what was asked for the end, in the order of its names (the same order everywhere, so that nobody waits in a ring).

        What is done there may ask for more, of a later name.
        """
        done: set[str] = set()
        while waiting := sorted(self._at_end.keys() - done):
            self._at_end[waiting[0]](self)
            done.add(waiting[0])

    def _notice(self, statement: Executable) -> None:
        if self._followed and statement.is_dml:
            calls = self._followed.get(getattr(getattr(statement, "table", None), "name", ""), _NONE)
            self.followed_writes += bool(calls)
            for name, call in calls.items():
                self.at_end(name, call)


class Database:
    """The engine and its units of work.

    Args:
        url: such as `sqlite:///club.sqlite3` or `postgresql+psycopg://user@host/club`.
        pool: connections kept to PostgreSQL by this process.
        wait_s: how long a writer waits for its turn at SQLite.
        connection_s: how long a unit of work waits for a connection when all are taken; a device waits no longer itself.
        read_only: for whoever only looks, with rights to read and no more; `write` fails, and nothing is made.
    """

    def __init__(
        self, url: str, *, pool: int = 8, wait_s: float = 20.0, connection_s: float = 10.0, read_only: bool = False
    ) -> None:
        self.engine = engines.engine(url, pool, wait_s, read_only)
        self._calling = None if self.is_sqlite else engines.calling_engine(url)
        self._wait_s = wait_s
        self._listeners: list[Callable[[Sequence[object]], None]] = []
        self._followed: dict[str, dict[str, Callable[[Tx], None]]] = {}
        self._writer = Turns(1) if self.is_sqlite else None
        self._connection_s = connection_s
        self.connections = Turns(engines.most_connections(self.engine, pool))
        """Who waits for a connection."""

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database of one process."""
        return self.engine.dialect.name == "sqlite"

    def after_commit(self, listener: Callable[[Sequence[object]], None]) -> None:
        """Tell `listener` the notes of each committed unit of work, on the thread that committed it."""
        self._listeners.append(listener)

    def follow(self, tables: Collection[str], name: str, call: Callable[["Tx"], None]) -> None:
        """Have each unit of work that writes to one of these tables end with `call` (see `Tx.at_end`).

        Statements that SQLAlchemy composes are noticed; plain SQL is not.
        """
        for table in tables:
            self._followed.setdefault(table, {})[name] = call

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """One unit of work that changes something: committed when the block ends, rolled back when it raises.

        Raises:
            Unavailable: the database does not answer, or another writer holds it for too long.
        """
        # A reader that turns writer in mid-transaction cannot wait for its turn: SQLite refuses it. Writers say so at once.
        with self._writing(), _mapped(), self._transaction("BEGIN IMMEDIATE", {}) as connection:
            tx = Tx(connection, self._followed)
            yield tx
            tx.finish()
        if tx.notes:
            for listener in self._listeners:
                listener(tx.notes)

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """Queries that see one moment of the database; changes nothing.

        Raises:
            Unavailable: the database does not answer.
        """
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with _mapped(), self._transaction("BEGIN", options) as connection:
            yield Tx(connection)

    def run(self, work: Callable[[Tx], T]) -> T:
        """`work` in a unit of work of its own, run again when the server ended it for a deadlock (at most 3 times)."""
        for last in (False,) * (_TRIES - 1) + (True,):
            try:
                with self.write() as tx:
                    return work(tx)
            except errors.Unavailable as fault:
                if last or not isinstance(fault.__cause__, DBAPIError) or _state(fault.__cause__) not in _RETRIED:
                    raise
        raise AssertionError("the last try returns or raises")

    def call(self, statement: str, parameters: Sequence[Any]) -> Sequence[Any]:
        """Run one statement of PostgreSQL, in its driver's spelling, that is a whole transaction: one round trip.

        It is run again after a deadlock, as in `run`, and once more when the connection turns out to be gone, which may
        have been after the commit: so it must be one that does nothing the second time.

        Raises:
            Unavailable: the database does not answer.
        """
        if self._calling is None:
            raise TypeError("expected PostgreSQL, found SQLite, where a call saves nothing")
        lost = False
        for last in (False,) * (_TRIES - 1) + (True,):
            try:
                with _mapped(), _connection(self._calling) as connection:
                    return _called(connection, statement, parameters)
            except errors.Unavailable as fault:
                cause = fault.__cause__
                gone = isinstance(cause, DBAPIError) and cause.connection_invalidated and not lost
                lost = lost or gone
                if last or not (gone or (isinstance(cause, DBAPIError) and _state(cause) in _RETRIED)):
                    raise
        raise AssertionError("the last try returns or raises")

    def check(self) -> None:
        """Reach the database once, before anything is built on it.

        Raises:
            Unavailable: it cannot be used; the message says which, why and what to do, without its password.
        """
        url = self.engine.url
        try:
            with self.engine.connect() as connection:
                connection.exec_driver_sql("SELECT 1")
        except DBAPIError as fault:
            said = str(fault.orig).split("\n", maxsplit=1)[0].strip()
            if self.is_sqlite:
                raise errors.Unavailable(
                    f"expected an SQLite database at {url.database}; {said}. "
                    "Put a copy from a backup there, free the disk or mend the folder's rights, or set database.url"
                ) from fault
            raise errors.Unavailable(
                f"expected PostgreSQL at {url.host}:{url.port or 5432} to answer; {said}. Start it, or set database.url"
            ) from fault

    def lengthen_log(self) -> None:
        """Give SQLite's write-ahead log its full length at once; nothing to do for PostgreSQL.

        A commit that makes the log's file longer waits for the file system's journal as well: on ext4 the thread sleeps 3.7
        times instead of 2.4, and each sleep is a wait for a core when the machine is busy. The log has its full length after
        some hundred commits, but SQLite removes it with the last connection: done at each start of the service. The
        database keeps 16 MB of free pages for it, which later rows and later starts use.

        Raises:
            Unavailable: the database does not answer, or its disk is full.
        """
        if not self.is_sqlite:
            return
        with self.write() as tx:
            tx.execute(text("DROP TABLE IF EXISTS log_filler"))  # left when the power failed in between
            tx.execute(text("CREATE TABLE log_filler (x)"))
            tx.execute(text("INSERT INTO log_filler VALUES (zeroblob(:size))"), {"size": engines.LOG_PAGES * 4096})
        with self.write() as tx:  # of its own: pages that are freed before the commit are never written
            tx.execute(text("DROP TABLE log_filler"))

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()
        if self._calling is not None:
            self._calling.dispose()

    @contextmanager
    def _transaction(self, on_sqlite: str, on_postgresql: dict[str, Any]) -> Iterator[Connection]:
        """A connection in a transaction, begun by a statement of ours on SQLite (see `engines`)."""
        with self._connected() as connection:
            if on_postgresql and not self.is_sqlite:
                connection.execution_options(**on_postgresql)
            with connection.begin():
                if self.is_sqlite:
                    connection.exec_driver_sql(on_sqlite)
                yield connection

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with (
            _turn(self.connections, self._connection_s, "a connection to the database"),
            _connection(self.engine) as connection,
        ):
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[None]:
        if self._writer is None:
            yield
            return
        with _turn(self._writer, self._wait_s, "the database's writer"):
            yield


@contextmanager
def _connection(engine: Engine) -> Iterator[Connection]:
    try:
        connection = engine.connect()
    except OSError as fault:  # no file descriptor is left; what the database itself says is a `DBAPIError`
        raise errors.Unavailable(f"expected to reach the database, found {fault.strerror}") from fault
    with connection:
        yield connection


def _called(connection: Connection, statement: str, parameters: Sequence[Any]) -> Sequence[Any]:
    """All rows of one statement, run by the driver itself: the engine's own way about it costs a gathered command a tenth of its Python.

    Raises:
        DBAPIError: as the engine would have raised it. When the connection is lost it is thrown away, and with it all that wait in
            the pool: the server has gone, and the next try would only take the next of them.
    """
    raw = connection.connection.driver_connection
    if not isinstance(raw, psycopg.Connection):
        raise TypeError(f"expected a connection of psycopg, found {type(raw).__name__}")
    try:
        return raw.execute(statement.encode(), parameters).fetchall()
    except psycopg.Error as fault:
        lost = raw.closed
        if lost:
            connection.invalidate(fault)
            connection.engine.dispose()
        raise DBAPIError.instance(
            None, None, fault, psycopg.Error, hide_parameters=True, connection_invalidated=lost
        ) from fault


@contextmanager
def _turn(turns: Turns, within_s: float, what: str) -> Iterator[None]:
    if not turns.take(within_s):
        raise errors.Unavailable(f"expected {what} within {within_s:g} s, found others at it")
    try:
        yield
    finally:
        turns.give()


@contextmanager
def _mapped() -> Iterator[None]:
    """Turn faults that are not ours into errors of the club; a fault of ours stays one.

    A database that is away, has no connection left, or ended us to free a deadlock, is `Unavailable`; text that PostgreSQL cannot keep
    is `Malformed`.
    """
    try:
        yield
    except sqlite3.Error as fault:  # of plain SQL
        if getattr(fault, "sqlite_errorcode", 0) & 0xFF in _SQLITE_PASSING:
            raise errors.Unavailable(f"the database does not answer or ended this transaction: {fault}") from fault
        raise
    except DBAPIError as fault:
        if isinstance(fault, DataError) and (_state(fault) in _NO_TEXT or "NUL" in str(fault.orig)):
            raise errors.Malformed("expected text without NUL characters, found one") from fault
        if _may_pass(fault):
            why = str(fault.orig) if isinstance(fault.orig, sqlite3.Error) else type(fault.orig).__name__
            raise errors.Unavailable(f"the database does not answer or ended this transaction: {why}") from fault
        raise
    except PoolTimeoutError as fault:  # of `call`, whose engine has a pool of its own
        raise errors.Unavailable("the database has no connection left for this process") from fault


def _may_pass(fault: DBAPIError) -> bool:
    if isinstance(fault.orig, sqlite3.Error):
        return (getattr(fault.orig, "sqlite_errorcode", 0) & 0xFF) in _SQLITE_PASSING
    # psycopg gives no state when the server is away; class 08: connection, 53: resources, 55: lock, 57: shut down or timed out,
    # 58: its disk. What is said on a connection that was cut is of other kinds as well.
    state = _state(fault)
    return fault.connection_invalidated or (
        isinstance(fault, OperationalError)
        and (not state or state in _RETRIED or state[:2] in ("08", "25", "53", "55", "57", "58"))
    )


def _state(fault: DBAPIError) -> str:
    return str(getattr(fault.orig, "sqlstate", "") or "")

"""Puts a backup in place: onto an empty database, or, when it is insisted on, in the place of one that is put aside (X6)."""

import shutil
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DatabaseError

from central_api import pg_tools, sqlite_copy
from central_api.backup import DATABASE, DUMP, KEYS, begin_epoch
from central_api.db import Database
from central_api.devices.tables import stores
from central_api.feed import service as feed
from central_api.members.tables import members
from central_api.migrations import runner
from central_api.staff.tables import staff
from club.model import errors
from club.settings import CentralSettings

_TELLS_OF_USE = (stores, members, staff)  # a database without any of these was made and never used


def put_back(settings: CentralSettings, folder: Path, now: datetime, *, force: bool = False) -> list[str]:
    """Restore a backup: its database, brought up to date, under a new epoch of the change feeds, and its master keys.

    The service must be stopped. On SQLite what was there is kept beside under another name; on PostgreSQL it is gone.

    Args:
        settings: say where database and keys belong.
        folder: as `backup` wrote it.
        now: the instant, for the names of what is put aside.
        force: replace a database that holds something, and keys that are others.

    Returns:
        What was done, a line each.

    Raises:
        FileNotFoundError: the folder holds no backup for this kind of database.
        FileExistsError: there is something that would be replaced.
        Unavailable: the backup is damaged or of a newer version, the service still runs, or a tool is missing.
    """
    url = settings.database.url.reveal()
    db = Database(url, pool=1, wait_s=settings.database.busy_timeout_s)
    try:
        source = folder / (DATABASE if db.is_sqlite else DUMP)
        for path in (source, folder / KEYS):
            if not path.is_file():
                raise FileNotFoundError(
                    f"expected {path.name} in {folder}, found none; name a folder that `central-api backup` wrote from "
                    f"a database of the same kind as {'sqlite:' if db.is_sqlite else 'postgresql:'} in database.url"
                )
        used = _is_used(db)
        if used and not force:
            raise FileExistsError("expected an empty database, found one in use; restore with --force to replace it")
        keys = _check_keys(settings.keys.file, folder / KEYS, force)
        stamp = now.strftime("%Y%m%dT%H%M%SZ")
        said = _onto_sqlite(db, source, stamp if used else "") if db.is_sqlite else _onto_postgresql(db, source)
        if keys:
            said += _put_keys(settings.keys.file, folder / KEYS, stamp)
    finally:
        db.close()
    _bring_up_to_date(url)
    return [*said, "the database is up to date; devices start anew from it"]


def _is_used(db: Database) -> bool:
    try:
        with db.read() as tx:
            there = set(inspect(tx.connection).get_table_names())
            return any(
                table.name in there and tx.first(select(text("1")).select_from(table).limit(1))
                for table in _TELLS_OF_USE
            )
    except DatabaseError:  # something else lies there, or a damaged one
        return True


def _check_keys(target: Path, source: Path, force: bool) -> bool:
    """Whether the backup's keys have to be put in place."""
    if not target.exists():
        return True
    same = target.read_bytes() == source.read_bytes()
    if not same and not force:
        raise FileExistsError(
            f"expected the backup's master keys in {target}, or none, found others; restore with --force to replace them"
        )
    return not same


def _put_keys(target: Path, source: Path, stamp: str) -> list[str]:
    said = []
    if target.exists():
        aside = target.with_name(f"{target.name}.replaced-{stamp}")
        target.rename(aside)
        said.append(f"the keys that were there are in {aside}")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    part.touch(mode=0o600)
    shutil.copyfile(source, part)
    part.chmod(0o600)
    sqlite_copy.put(part, target)
    return [*said, f"keys: {target}"]


def _onto_sqlite(db: Database, source: Path, stamp: str) -> list[str]:
    """Put the copy in place; with a `stamp` what is there is kept beside under a name with it."""
    target = Path(db.engine.url.database or "")
    db.engine.dispose()
    _must_be_sound(source)
    said = []
    part = target.with_name(f".{target.name}.restored")
    sqlite_copy.write(source, part)
    begin_epoch(part)
    _must_be_alone(target)
    if stamp:
        aside = target.with_name(f"{target.name}.replaced-{stamp}")
        target.rename(aside)
        said.append(f"the database that was there is in {aside}")
    for left in ("-wal", "-shm"):  # of a database that is no more: SQLite would read them into the new one
        target.with_name(f"{target.name}{left}").unlink(missing_ok=True)
    sqlite_copy.put(part, target)
    return [*said, f"database: {target}"]


def _must_be_sound(source: Path) -> None:
    try:
        with closing(sqlite_copy.looking(source)) as link:
            (found,) = link.execute("PRAGMA integrity_check(1)").fetchone()
            (revision,) = link.execute("SELECT version_num FROM alembic_version").fetchone()
    except (sqlite3.Error, TypeError) as fault:
        raise errors.Unavailable(f"expected a database of ours in {source}, found something else: {fault}") from fault
    if found != "ok":
        raise errors.Unavailable(f"expected a sound database in {source}, found a damaged one: {found}; take another")
    _must_be_known(revision, source)


def _must_be_known(revision: str, source: Path) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(runner.config()).walk_revisions()}
    if revision not in known:
        raise errors.Unavailable(
            f"expected tables this version knows in {source}, found those of {revision}; install the version that wrote it"
        )


def _must_be_alone(target: Path) -> None:
    """Make sure that nobody has a database open, and empty its log into it: only then can it be put aside whole."""
    try:
        with closing(sqlite3.connect(target, timeout=0)) as link:
            (mode,) = link.execute("PRAGMA journal_mode=DELETE").fetchone()
    except sqlite3.DatabaseError as fault:
        if fault.sqlite_errorcode not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return  # damaged: there is nobody who could use it
        mode = "wal"
    if mode == "wal":
        raise errors.Unavailable(f"expected nobody to use {target}, found it in use; stop the service first")


def _onto_postgresql(db: Database, source: Path) -> list[str]:
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    with db.read() as tx:
        found = int(tx.scalar(text(others)))
    if found:
        raise errors.Unavailable(
            f"expected nobody to use the database, found {found} connections; stop the service first"
        )
    db.engine.dispose()
    _must_be_known(pg_tools.revision_of(source), source)
    pg_tools.restore(db.engine.url, source)
    return [f"database: {db.engine.url.database}"]


def _bring_up_to_date(url: str) -> None:
    db = Database(url, pool=1)
    try:
        runner.upgrade(db)
        with db.write() as tx:
            feed.ensure_epoch(tx)
    finally:
        db.close()

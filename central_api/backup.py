"""Writes a copy of the embedded database and the master keys while the service runs; one without the other is worth little."""

import os
import secrets
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from central_api.context import Context
from club.model import errors

DATABASE, KEYS = "club.db", "keys.toml"


def write(context: Context, folder: Path) -> tuple[Path, Path]:
    """Copy database and keys into a folder that holds neither; returns the two files.

    Raises:
        Unavailable: the database is PostgreSQL, which has its own tools (pg_basebackup, pgBackRest).
        FileExistsError: a copy is there already.
    """
    if not context.db.is_sqlite:
        raise errors.Unavailable(
            "this copies an embedded database; back up PostgreSQL with pg_basebackup or pgBackRest"
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    database, keys = folder / DATABASE, folder / KEYS
    for path in (database, keys):
        if path.exists():
            raise FileExistsError(f"expected no {path.name} in {folder}, found one; name an empty folder")
    os.close(os.open(database, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with context.db.engine.connect() as connection:
        # One consistent moment, without stopping writers. It may not run inside a transaction.
        raw = connection.connection.driver_connection
        if raw is None:
            raise errors.Unavailable("the database gave no connection")
        raw.execute("VACUUM INTO ?", (str(database),))
    _begin_epoch(database)
    shutil.copyfile(context.settings.keys.file, keys)
    keys.chmod(0o600)
    return database, keys


def _begin_epoch(database: Path) -> None:
    """Give the copy an epoch of its own: devices that saw later changes than it holds will start from its snapshot."""
    with closing(sqlite3.connect(database)) as link, link:
        link.execute("UPDATE feed_epoch SET epoch = ?", (secrets.token_hex(8),))

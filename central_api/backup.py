"""Writes a copy of the database and the master keys while the service runs; one without the other is worth little."""

import secrets
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from central_api import pg_tools, sqlite_copy
from central_api.context import Context

DATABASE, DUMP, KEYS = "club.db", "club.dump", "keys.toml"


def write(context: Context, folder: Path) -> tuple[Path, Path]:
    """Copy database and keys into a folder that holds neither; returns the two files.

    Raises:
        Unavailable: the copy could not be made: no room, or no pg_dump; the message says which.
        FileExistsError: a copy is there already.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    database, keys = folder / (DATABASE if context.db.is_sqlite else DUMP), folder / KEYS
    for path in (folder / DATABASE, folder / DUMP, keys):
        if path.exists():
            raise FileExistsError(f"expected no {path.name} in {folder}, found one; name an empty folder")
    part = database.with_name(f".{database.name}.part")
    try:
        if context.db.is_sqlite:
            sqlite_copy.write(Path(context.db.engine.url.database or ""), part)
            begin_epoch(part)
        else:
            pg_tools.dump(context.db.engine.url, part)
            part.chmod(0o600)
        shutil.copyfile(context.settings.keys.file, keys)
        keys.chmod(0o600)
        sqlite_copy.put(part, database)  # last: where there is a database, its keys are there too
    finally:
        part.unlink(missing_ok=True)
    return database, keys


def begin_epoch(database: Path) -> None:
    """Give a copy an epoch of its own: devices that saw later changes than it holds will start from its snapshot."""
    with closing(sqlite3.connect(database)) as link, link:
        link.execute("UPDATE feed_epoch SET epoch = ?", (secrets.token_hex(8),))

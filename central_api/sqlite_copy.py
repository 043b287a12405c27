"""Copies an SQLite database as it stands at one moment, while others go on writing to it."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from club.model import errors


def write(source: Path, target: Path) -> None:
    """Copy a database into a file that only its owner may read; there is a whole file under that name, or none.

    SQLite's own online backup, in one step: it reads one moment of the database, and in WAL mode holds up no writer.
    The copy is one file without a log beside it, so that it can lie on a disk that nobody may write to.

    Args:
        source: a database of ours; it may be in use.
        target: replaced when it is there.

    Raises:
        Unavailable: the source cannot be read, or the disk has no room; the message says which.
    """
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(looking(source)) as link, closing(sqlite3.connect(part)) as copy:
            link.backup(copy, pages=-1)
            copy.execute("PRAGMA journal_mode=DELETE")
        put(part, target)
    except sqlite3.Error as fault:
        raise errors.Unavailable(
            f"expected to copy {source} to {target}; {fault}. Free the disk, or take a copy of the database that can be read"
        ) from fault
    finally:
        part.unlink(missing_ok=True)


def put(part: Path, target: Path) -> None:
    """Give a finished file its name, so that after a power cut there is the whole of it or what was there before."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        with suppress(OSError):  # some file systems cannot; the rename is as safe there as it gets
            os.fsync(folder)
    finally:
        os.close(folder)


def looking(path: Path) -> sqlite3.Connection:
    """A connection that can only read."""
    return sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)

"""Brings a database up to date with the tables of this version; works from an installed package and on both engines."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from central_api import sqlite_copy
from central_api.db import Database, Tx
from club.model import errors

_HERE = Path(__file__).resolve().parent
TABLE_WAIT_S = 3
_LOCK = 0x78_7A_6D_69_67  # any number, the same in every process


def config() -> Config:
    """Alembic's configuration: only where the revisions are."""
    found = Config()
    found.set_main_option("file_template", "%%(rev)s")
    found.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    return found


def upgrade(db: Database, revision: str = "head") -> None:
    """Run what is missing, all of it or nothing. Several processes may start at once: one works, the others wait for it.

    Of an SQLite database a copy is kept beside it first (see `copy_before`), for a migration that does what it should not.
    On PostgreSQL a table that somebody holds is waited for only so long: whoever asks for it later waits behind us.

    Raises:
        Unavailable: somebody holds a table, the database is away, or the disk has no room for the copy; nothing was changed.
    """
    with db.write() as tx:
        if tx.dialect == "postgresql":
            # What a statement may take is meant for requests: a large table is migrated for as long as it takes.
            tx.execute(text("SET LOCAL statement_timeout = 0"))
            tx.execute(text("SET LOCAL lock_timeout = 0"))
            tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            tx.execute(text(f"SET LOCAL lock_timeout = {int(TABLE_WAIT_S * 1000)}"))
        else:
            _keep_copy(db, tx, revision)
        settings = config()
        settings.attributes["connection"] = tx.connection
        command.upgrade(settings, revision)


def copy_before(database: Path, revision: str) -> Path:
    """Where the copy of an SQLite database lies that was made before it was brought up to `revision`."""
    return database.with_name(f"{database.name}.before-{revision}")


def _keep_copy(db: Database, tx: Tx, revision: str) -> None:
    """Copy a database that is about to be changed; the transaction that changes it holds up every other writer already."""
    script = ScriptDirectory.from_config(config())
    wanted = script.get_current_head() if revision == "head" else revision
    found = MigrationContext.configure(tx.connection).get_current_revision()
    path = Path(db.engine.url.database or ":memory:")
    if found is not None and wanted is not None and found != wanted and path.name != ":memory:":
        sqlite_copy.write(path, copy_before(path, wanted))


def must_be_current(db: Database) -> None:
    """Make sure that a database has the tables of this version, without touching it.

    Raises:
        Unavailable: it has those of another version, or none.
    """
    expected = ScriptDirectory.from_config(config()).get_current_head()
    with db.read() as tx:
        found = MigrationContext.configure(tx.connection).get_current_revision()
    if found != expected:
        raise errors.Unavailable(
            f"expected a database with the tables of {expected}, found {found or 'none'}; run `central-api migrate`"
        )

"""Brings a database up to date with the tables of this version; works from an installed package and on both engines."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from central_api.db import Database
from club.model import errors

_HERE = Path(__file__).resolve().parent
_LOCK = 0x78_7A_6D_69_67  # any number, the same in every process


def config() -> Config:
    """Alembic's configuration: only where the revisions are."""
    found = Config()
    found.set_main_option("file_template", "%%(rev)s")
    found.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    return found


def upgrade(db: Database, revision: str = "head") -> None:
    """Run what is missing, all of it or nothing. Several processes may start at once: one works, the others wait for it."""
    with db.write() as tx:
        if tx.dialect == "postgresql":
            # What a statement may take is meant for requests: a large table is migrated for as long as it takes.
            tx.execute(text("SET LOCAL statement_timeout = 0"))
            tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        settings = config()
        settings.attributes["connection"] = tx.connection
        command.upgrade(settings, revision)


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

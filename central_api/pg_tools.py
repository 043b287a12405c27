"""Runs PostgreSQL's own tools for whole copies of a database: pg_dump, pg_restore, psql."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import URL

from club.model import errors

_PLACES = "/usr/lib/postgresql"  # where Debian keeps the programs of each version
_EPOCH = "public.feed_epoch"


def dump(url: URL, target: Path) -> None:
    """Write a copy of one moment of the database, in pg_dump's own format, while it is in use.

    The epoch of the change feeds is left out: whoever restores the copy begins a new one, and devices start anew from it.

    Raises:
        Unavailable: pg_dump is not installed, or could not; the message says why.
    """
    tool = _found("pg_dump")
    arguments = ["--format=custom", "--no-owner", "--no-privileges", f"--exclude-table-data={_EPOCH}"]
    _run([tool, *arguments, "--file", str(target)], url)


def revision_of(source: Path) -> str:
    """The revision of the tables in a copy; empty when it names none.

    Raises:
        Unavailable: it is no copy, or pg_restore is not installed.
    """
    said = _run([_found("pg_restore"), "--data-only", "--table=alembic_version", "--file=-", str(source)], None)
    lines = said.splitlines()
    begins = next((number for number, line in enumerate(lines, 1) if line.startswith("COPY ")), len(lines))
    return lines[begins].strip() if begins < len(lines) else ""


def restore(url: URL, source: Path) -> None:
    """Put what a copy holds in the place of everything in the database, all of it or nothing.

    Raises:
        Unavailable: pg_restore or psql is not installed, or could not; the database is as it was before.
    """
    script = source.with_name(f".{source.name}.sql")
    try:
        _run([_found("pg_restore"), "--no-owner", "--no-privileges", "--file", str(script), str(source)], None)
        anew = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"
        whole = ["--no-psqlrc", "--quiet", "--single-transaction", "--set", "ON_ERROR_STOP=1", "--output", os.devnull]
        _run([_found("psql"), *whole, "--command", anew, "--file", str(script)], url)
    finally:
        script.unlink(missing_ok=True)


def _found(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        places = sorted(Path(_PLACES).glob(f"*/bin/{program}"), key=lambda place: place.parts[-3].zfill(4))
        if not places:
            raise errors.Unavailable(
                f"expected {program} on the PATH, found none; install Debian's postgresql-client, as new as the server"
            )
        path = str(places[-1])
    return path


def _run(command: Sequence[str], url: URL | None) -> str:
    done = subprocess.run(
        command,
        env={**os.environ, **_place(url)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise errors.Unavailable(f"{Path(command[0]).name} could not do it: {said[0] if said else done.returncode}")
    return done.stdout


def _place(url: URL | None) -> Mapping[str, str]:
    """How the tools find the database: as variables, for what stands in a command line can be read by everybody."""
    if url is None:
        return {}
    query: dict[str, Any] = dict(url.query)
    names = {
        "PGHOST": url.host or query.get("host"),
        "PGPORT": str(url.port) if url.port else query.get("port"),
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PGSSLMODE": query.get("sslmode"),
        "PGSSLROOTCERT": query.get("sslrootcert"),
        "PGTARGETSESSIONATTRS": query.get("target_session_attrs"),
    }
    # A URL may name several hosts; the variables take them with commas.
    return {name: ",".join(value) if isinstance(value, tuple) else str(value) for name, value in names.items() if value}

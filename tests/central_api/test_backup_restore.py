"""A backup made while others write holds one moment; it comes back onto an empty database, and onto another only by force (X6)."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, inspect, select, text
from sqlalchemy.exc import DatabaseError

from central_api import backup, pg_tools, restore, sqlite_copy
from central_api.context import Context
from central_api.db import Database
from central_api.feed import service as feed
from central_api.ledger.proof import verify
from central_api.migrations import runner
from central_api.staff.tables import audit
from club.model import errors
from club.settings import CentralSettings
from tests.support import central, postgres
from tests.support.central import Club, new_id

NOW = datetime(2026, 5, 16, 8, 0, tzinfo=UTC)
Elsewhere = Callable[[], CentralSettings]


@pytest.fixture
def elsewhere(club: Club, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], CentralSettings]]:
    """Settings of another service that was never started, on the same kind of database; once per test."""
    folder = tmp_path / "elsewhere"
    if club.context.db.is_sqlite:
        yield lambda: central.settings_for(folder)
        return
    cluster: postgres.Cluster = request.getfixturevalue("pg_cluster")
    name = f"restored_{new_id()}"
    url = cluster.create(name)
    folder.mkdir()
    yield lambda: central.settings_for(folder, url)
    cluster.drop(name)


@contextmanager
def opened(settings: CentralSettings) -> Iterator[Database]:
    """A database with the tables of this version."""
    db = Database(settings.database.url.reveal(), pool=2)
    try:
        runner.must_be_current(db)
        yield db
    finally:
        db.close()


@contextmanager
def other(club: Club, settings: CentralSettings) -> Iterator[Database]:
    """A database that a backup is taken from: a file beside, or on PostgreSQL the one that is restored onto later."""
    url = settings.database.url.reveal()
    db = Database(url.replace("club.db", "other.db") if club.context.db.is_sqlite else url, pool=1)
    try:
        yield db
    finally:
        db.close()


def note(context: Context, number: int) -> None:
    """Two rows in one unit of work: a copy holds both or none."""
    with context.db.write() as tx:
        for half in ("left", "right"):
            row = {"at": NOW, "actor": "system", "act": f"test.{half}", "subject": str(number), "facts": {}}
            tx.execute(insert(audit).values(**row))


def notes(db: Database, half: str) -> list[int]:
    with db.read() as tx:
        return [
            int(row.subject) for row in tx.rows(select(audit).where(audit.c.act == f"test.{half}").order_by(audit.c.id))
        ]


def epoch(db: Database) -> str | None:
    with db.read() as tx:
        return feed.epoch(tx)


def test_a_backup_made_while_others_write_holds_one_moment_and_comes_back_whole(
    club: Club, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    context, done, counted, some = club.context, threading.Event(), [0], threading.Event()

    def write() -> None:
        while not done.is_set():
            note(context, counted[0])
            counted[0] += 1
            if counted[0] == 20:
                some.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert some.wait(30)
        before = counted[0]
        written = backup.write(context, tmp_path / "copy")
        after = counted[0]
    finally:
        done.set()
        writer.join(30)
    assert [path.stat().st_mode & 0o777 for path in written] == [0o600, 0o600]
    assert sorted(path.name for path in (tmp_path / "copy").iterdir()) == sorted(path.name for path in written)

    settings = elsewhere()
    said = restore.put_back(settings, tmp_path / "copy", NOW)
    assert said[-1] == "the database is up to date; devices start anew from it"
    assert settings.keys.file.read_bytes() == context.settings.keys.file.read_bytes()
    assert settings.keys.file.stat().st_mode & 0o777 == 0o600
    with opened(settings) as db:
        left, right = notes(db, "left"), notes(db, "right")
        assert left == right == list(range(len(left))), "every unit of work whole, none left out"
        assert before <= len(left) <= after
        assert list(verify.run(db.read, verify.Proved())) == []
        assert epoch(db) not in (None, epoch(context.db)), "a device starts anew"
        with pytest.raises(DatabaseError, match="only grows"), db.write() as tx:  # the triggers came back too
            tx.execute(text("DELETE FROM ledger_entries"))


def test_it_is_not_put_onto_a_database_in_use_unless_by_force(club: Club, elsewhere: Elsewhere, tmp_path: Path) -> None:
    note(club.context, 7)
    backup.write(club.context, tmp_path / "copy")
    settings = elsewhere()
    restore.put_back(settings, tmp_path / "copy", NOW)
    with opened(settings) as db:
        first = epoch(db)
        with db.write() as tx:
            tx.execute(insert(audit).values(at=NOW, actor="system", act="test.left", subject="8", facts={}))
    with pytest.raises(FileExistsError, match="found one in use; restore with --force"):
        restore.put_back(settings, tmp_path / "copy", NOW)
    with opened(settings) as db:
        assert notes(db, "left") == [7, 8], "refused, so nothing has changed"
    said = restore.put_back(settings, tmp_path / "copy", NOW, force=True)
    with opened(settings) as db:
        assert notes(db, "left") == [7]
        assert epoch(db) != first, "restored twice, devices start anew twice"
    if club.context.db.is_sqlite:
        aside = Path(settings.database.url.reveal().removeprefix("sqlite:///")).with_name(
            "club.db.replaced-20260516T080000Z"
        )
        assert said[0] == f"the database that was there is in {aside}"
        kept = Database(f"sqlite:///{aside}")
        assert notes(kept, "left") == [7, 8]
        kept.close()


def test_other_keys_are_not_replaced_unless_by_force(club: Club, elsewhere: Elsewhere, tmp_path: Path) -> None:
    backup.write(club.context, tmp_path / "copy")
    settings = elsewhere()
    settings.keys.file.parent.mkdir(parents=True, exist_ok=True)
    settings.keys.file.write_text("others", encoding="ascii")
    with pytest.raises(FileExistsError, match="found others; restore with --force"):
        restore.put_back(settings, tmp_path / "copy", NOW)
    restore.put_back(settings, tmp_path / "copy", NOW, force=True)
    assert settings.keys.file.read_bytes() == (tmp_path / "copy" / backup.KEYS).read_bytes()
    assert settings.keys.file.with_name("keys.toml.replaced-20260516T080000Z").read_text(encoding="ascii") == "others"


def test_it_is_not_put_under_a_running_service(club: Club, tmp_path: Path) -> None:
    backup.write(club.context, tmp_path / "copy")
    note(club.context, 1)
    with pytest.raises(errors.Unavailable, match="stop the service first"):
        restore.put_back(club.context.settings, tmp_path / "copy", NOW, force=True)
    note(club.context, 2)
    assert notes(club.context.db, "left") == [1, 2]


@pytest.mark.parametrize(
    ("revision", "named", "refused"),
    [
        ("0004_enrol_guesses", "0004_enrol_guesses", ""),
        ("head", "9999_of_next_year", "found those of 9999_of_next_year"),
    ],
)
def test_tables_of_another_version(
    club: Club, elsewhere: Elsewhere, tmp_path: Path, revision: str, named: str, refused: str
) -> None:
    """An older backup is brought up to date; a newer one is refused before anything is touched."""
    copy, settings = tmp_path / "copy", elsewhere()
    backup.write(club.context, copy)  # for its keys
    with other(club, settings) as db:
        runner.upgrade(db, revision)
        with db.write() as tx:
            tx.execute(text("UPDATE alembic_version SET version_num = :named"), {"named": named})
        if db.is_sqlite:
            (copy / backup.DATABASE).unlink()
            sqlite_copy.write(Path(db.engine.url.database or ""), copy / backup.DATABASE)
        else:
            (copy / backup.DUMP).unlink()
            pg_tools.dump(db.engine.url, copy / backup.DUMP)
    if refused:
        with pytest.raises(errors.Unavailable, match=refused):
            restore.put_back(settings, copy, NOW)
        return
    restore.put_back(settings, copy, NOW)
    with opened(settings) as db:
        assert epoch(db)


def test_a_folder_without_a_backup_and_a_damaged_one_change_nothing(
    club: Club, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    with pytest.raises(FileNotFoundError, match="that `central-api backup` wrote"):
        restore.put_back(elsewhere(), copy, NOW)
    written, _ = backup.write(club.context, copy)
    whole = written.read_bytes()
    for broken in (b"not a copy at all", whole[: len(whole) // 2]):
        written.write_bytes(broken)
        with pytest.raises(errors.Unavailable):
            restore.put_back(elsewhere(), copy, NOW)
    found = Database(elsewhere().database.url.reveal(), pool=1)
    with found.read() as tx:
        assert inspect(tx.connection).get_table_names() == []
    found.close()

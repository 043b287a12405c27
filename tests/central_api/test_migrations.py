"""Models and migrations agree on both engines; a migration happens whole or not at all."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event, inspect, text

from central_api import tables
from central_api.db import Database
from central_api.ledger.proof import repository, sealing, verify
from central_api.migrations import runner
from tests.support import postgres


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database."""
    if request.param == "sqlite":
        found = Database(f"sqlite:///{tmp_path / 'empty.db'}")
        yield found
        found.close()
        return
    cluster: postgres.Cluster = request.getfixturevalue("pg_cluster")
    found = Database(cluster.create("empty"))
    yield found
    found.close()
    cluster.drop("empty")


def test_models_and_migrations_agree(db: Database) -> None:
    runner.upgrade(db)
    with db.read() as tx:
        context = MigrationContext.configure(
            tx.connection, opts={"compare_type": True, "compare_server_default": False}
        )
        assert compare_metadata(context, tables.metadata) == []
        found = set(inspect(tx.connection).get_table_names())
    assert found == {*tables.metadata.tables, "alembic_version"}


def test_running_again_changes_nothing(db: Database) -> None:
    runner.upgrade(db)
    runner.upgrade(db)
    with db.read() as tx:
        assert tx.scalar(text("SELECT count(*) FROM alembic_version")) == 1


def test_every_revision_can_be_taken_back(db: Database) -> None:
    runner.upgrade(db)
    with db.write() as tx:
        settings = runner.config()
        settings.attributes["connection"] = tx.connection
        command.downgrade(settings, "base")
    with db.read() as tx:
        assert set(inspect(tx.connection).get_table_names()) == {"alembic_version"}
    runner.upgrade(db)


def test_a_migration_that_fails_leaves_nothing_behind(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object, **more: object) -> None:
        command_upgrade(*arguments, **more)  # type: ignore[arg-type]
        raise RuntimeError("the power failed before the last line")

    command_upgrade = command.upgrade
    monkeypatch.setattr(command, "upgrade", broken)
    with pytest.raises(RuntimeError, match="power failed"):
        runner.upgrade(db)
    with db.read() as tx:
        assert inspect(tx.connection).get_table_names() == []
    monkeypatch.undo()
    runner.upgrade(db)


@pytest.mark.postgres
def test_a_large_database_is_migrated_for_as_long_as_it_takes(
    pg_cluster: postgres.Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*arguments: object, **more: object) -> None:
        config = arguments[0]
        config.attributes["connection"].execute(text("SELECT pg_sleep(0.3)"))  # type: ignore[attr-defined]
        command_upgrade(*arguments, **more)  # type: ignore[arg-type]

    command_upgrade = command.upgrade
    monkeypatch.setattr(command, "upgrade", slow)
    db = Database(pg_cluster.create("large"))
    try:
        event.listen(db.engine, "checkout", _hurried)
        runner.upgrade(db)
        with db.read() as tx:
            assert tx.scalar(text("SHOW statement_timeout")) == "100ms", "only the migration takes its time"
    finally:
        db.close()
        pg_cluster.drop("large")


def _hurried(connection: Any, *_: object) -> None:
    connection.execute("SET statement_timeout = 100")
    connection.commit()


def test_what_was_booked_before_there_were_seals_waits_for_them_in_its_order(db: Database) -> None:
    runner.upgrade(db, "0004_enrol_guesses")
    times = "2026-05-16 06:32:00.000000", "2026-05-15 06:32:00.000000"
    with db.write() as tx:
        tx.execute(text("INSERT INTO stores VALUES ('east', '{}', 'Asia/Shanghai', '', 0)"))
        tx.execute(
            text(
                "INSERT INTO members VALUES ('m1', '{}', '{}', 'person', 'zh-CN', 'classic', 'active', 'east', "
                f"'2026-01-01', '2026-12-31', '{times[0]}')"
            )
        )
        for entry, at in zip(("later", "earlier"), times, strict=True):
            tx.execute(
                text(
                    "INSERT INTO ledger_entries (id, member, kind, at, store, facts) "
                    f"VALUES ('{entry}', 'm1', 'bonus', '{at}', 'east', '{{}}')"
                )
            )
    runner.upgrade(db)
    assert sealing.seal(db) == 2
    with db.read() as tx:
        assert [row.entry for row in repository.seals(tx, "east", 0, 10)] == ["earlier", "later"]
    proved = verify.Proved()
    assert list(verify.run(db.read, proved)) == []
    assert (proved.entries, proved.seals) == (2, 2)

"""Models and migrations agree on both engines; a migration happens whole or not at all."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import event, inspect, text
from sqlalchemy.exc import DBAPIError

from central_api import tables
from central_api.db import Database
from central_api.ledger import returns
from central_api.ledger import service as ledger
from central_api.ledger.proof import repository, sealing, verify
from central_api.migrations import runner
from club.model import errors
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
    downgrade(db, "base")
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


BROKEN = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "9999_broken", "{head}", None, None
def upgrade():
    op.create_table("half_made", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("INSERT INTO half_made VALUES (1)")
    op.execute("INSERT INTO feed_epoch VALUES ('broken', 'broken')")
    op.add_column("staff", sa.Column("half", sa.Integer(), nullable=True))
    with op.batch_alter_table("stores") as stores:
        stores.alter_column("phone", existing_type=sa.String(length=32), nullable=True)
    op.execute("INSERT INTO no_such_table VALUES (1)")
"""


def test_a_revision_that_fails_half_way_leaves_nothing_behind(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner.upgrade(db)

    def shape() -> dict[str, list[str]]:
        with db.read() as tx:
            found = inspect(tx.connection)
            return {name: [column["name"] for column in found.get_columns(name)] for name in found.get_table_names()}

    before, ours = shape(), runner.config()
    head = ScriptDirectory.from_config(ours).get_current_head()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "9999_broken.py").write_text(BROKEN.format(head=head), encoding="utf-8")
    places = [str(Path(runner.__file__).parent / "versions"), str(tmp_path / "broken")]

    def with_the_broken_one() -> Config:
        found = config()
        found.set_main_option("path_separator", "newline")
        found.set_main_option("version_locations", "\n".join(places))
        return found

    config = runner.config
    monkeypatch.setattr(runner, "config", with_the_broken_one)
    with pytest.raises(DBAPIError, match="no_such_table"):
        runner.upgrade(db)
    monkeypatch.undo()
    assert shape() == before
    runner.must_be_current(db)
    with db.read() as tx:
        assert tx.scalar(text("SELECT count(*) FROM feed_epoch")) == 0
    if db.is_sqlite:
        kept = runner.copy_before(tmp_path / "empty.db", "9999_broken")
        assert kept.stat().st_mode & 0o777 == 0o600, "and there was a copy of before, in case"
        copy = Database(f"sqlite:///{kept}")
        runner.must_be_current(copy)
        copy.close()


@pytest.mark.postgres
def test_a_table_that_somebody_holds_is_not_waited_for_for_ever(
    pg_cluster: postgres.Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "TABLE_WAIT_S", 0.1)
    db = Database(pg_cluster.create("held"))
    try:
        runner.upgrade(db, "0002_boards_staff")
        with db.engine.connect() as holder, holder.begin():
            holder.execute(text("LOCK TABLE activities IN ACCESS SHARE MODE"))
            with pytest.raises(errors.Unavailable, match="LockNotAvailable"):
                runner.upgrade(db)
        with db.read() as tx:
            assert tx.scalar(text("SELECT version_num FROM alembic_version")) == "0002_boards_staff"
        runner.upgrade(db)
        runner.must_be_current(db)
    finally:
        db.close()
        pg_cluster.drop("held")


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


A_MEMBER = (
    "INSERT INTO stores (slug, name, time_zone, phone, position) VALUES ('east', '{}', 'Asia/Shanghai', '', 0)",
    (
        "INSERT INTO members (id, surname, title, kind, language, tier, status, home_store, joined, valid_to, created_at) "
        "VALUES ('m1', '{}', '{}', 'person', 'zh-CN', 'classic', 'active', 'east', "
        "'2026-01-01', '2026-12-31', '2026-05-16 06:32:00.000000')"
    ),
)
BOOKED = (
    # entry, kind, minute, lot, points taken (negative: given back or earned), state of its redemption
    ("l1", "opening", 0, "l1", -300, ""),
    ("l2", "opening", 1, "l2", -100, ""),
    ("kept", "redeem", 2, "l1", 100, "done"),
    ("undone", "redeem", 3, "l1", 100, "cancelled"),
    ("undoes", "reverse", 4, "l1", -100, ""),
    ("this", "redeem", 5, "l2", 50, "cancelled"),
    ("or-this", "redeem", 6, "l2", 50, "cancelled"),
    ("of-which", "reverse", 7, "l2", -50, ""),
)
"""Books of before 0005: of one reversal the rows say what it undid, of the other they do not."""


def booked_before(db: Database) -> None:
    """Write them into a database of before."""
    statements = [
        *A_MEMBER,
        "INSERT INTO reward_categories VALUES ('care', '{}', 0)",
        (
            "INSERT INTO rewards (slug, category, type, points, value_fen, sold_out, limit_per, limit_times, valid_days, starts, "
            "position, content) VALUES ('wash', 'care', 'service', 50, 0, false, '', 0, 30, '2026-01-01', 0, '{}')"
        ),
        (
            "INSERT INTO accounts VALUES ('member:m1:points', 'points', 'm1', 250), ('member:m1:tier', 'tier', 'm1', 0), "
            "('club:points:issued', 'points', NULL, NULL), ('club:points:redeemed', 'points', NULL, NULL)"
        ),
    ]
    for entry, kind, minute, lot, points, state in BOOKED:
        at = f"2026-05-15 06:0{minute}:00.000000"
        other = "issued" if kind == "opening" else "redeemed"
        statements += [
            (
                "INSERT INTO ledger_entries (id, member, kind, at, store, reference, facts) "
                f"VALUES ('{entry}', 'm1', '{kind}', '{at}', 'east', '{entry}', '{{}}')"
            ),
            (
                "INSERT INTO ledger_postings (entry, account, amount) "
                f"VALUES ('{entry}', 'member:m1:points', {-points}), ('{entry}', 'club:points:{other}', {points})"
            ),
        ]
        if kind == "opening":
            left = {"l1": 200, "l2": 50}[lot]
            statements.append(
                'INSERT INTO lots (id, member, entry, earned_at, expires, earned, "left") '
                f"VALUES ('{lot}', 'm1', '{entry}', '{at}', '2026-12-31', {-points}, {left})"
            )
        else:
            statements.append(f"INSERT INTO lot_uses (entry, lot, points) VALUES ('{entry}', '{lot}', {points})")
        if state:
            statements.append(
                "INSERT INTO redemptions (id, member, reward, quantity, unit_points, points, state, entry, assurance, store, at) "
                f"VALUES ('r-{entry}', 'm1', 'wash', 1, {points}, {points}, '{state}', '{entry}', 'uid', 'east', '{at}')"
            )
    runner.upgrade(db, "0004_enrol_guesses")
    with db.write() as tx:
        for statement in statements:
            tx.execute(text(statement))


def downgrade(db: Database, revision: str) -> None:
    """Take revisions back, all of it or nothing."""
    with db.write() as tx:
        settings = runner.config()
        settings.attributes["connection"] = tx.connection
        command.downgrade(settings, revision)


def test_an_old_reversal_names_what_it_undid_where_the_rows_say_it(db: Database) -> None:
    booked_before(db)
    runner.upgrade(db)
    with db.read() as tx:
        reversals = tx.rows(text("SELECT id, reverses FROM ledger_entries WHERE kind = 'reverse'"))
    assert {row.id: row.reverses for row in reversals} == {"undoes": "undone", "of-which": None}
    faults = list(verify.run(db.read, verify.Proved()))
    assert [fault.code for fault in faults] == ["reversal-unnamed"], "the guards are back as well"
    assert "of-which" in faults[0].text
    with pytest.raises(DBAPIError, match="ledger_entries only grows"), db.write() as tx:
        tx.execute(text("UPDATE ledger_entries SET reverses = 'kept' WHERE id = 'of-which'"))
    occasion = ledger.Occasion(kind="reverse", at=datetime(2026, 5, 16, tzinfo=UTC), store="east")
    with pytest.raises(ValueError, match="1 to 0 points"), db.write() as tx:
        returns.give_back(tx, "undone", date(2026, 5, 16), occasion, new_id=lambda: "again")


def test_seals_and_what_was_reversed_are_not_taken_back(db: Database) -> None:
    booked_before(db)
    runner.upgrade(db)
    with pytest.raises(CommandError, match="found 0 seals and 1 entries that reverse another"):
        downgrade(db, "0004_enrol_guesses")
    sealing.seal(db)
    with pytest.raises(CommandError, match="found 8 seals and 1 entries"):
        downgrade(db, "0004_enrol_guesses")
    runner.must_be_current(db)
    proved = verify.Proved()
    assert [fault.code for fault in verify.run(db.read, proved)] == ["reversal-unnamed"]
    assert proved.seals == 8


def test_books_that_were_never_sealed_can_be_taken_back(db: Database) -> None:
    runner.upgrade(db)
    with db.write() as tx:
        for statement in A_MEMBER:
            tx.execute(text(statement))
        tx.execute(
            text(
                "INSERT INTO ledger_entries (id, member, kind, at, store, facts) "
                "VALUES ('e1', 'm1', 'bonus', '2026-05-16 06:32:00.000000', 'east', '{}')"
            )
        )
    downgrade(db, "0004_enrol_guesses")
    runner.upgrade(db)
    proved = verify.Proved()
    assert list(verify.run(db.read, proved)) == []
    assert (proved.entries, proved.unsealed) == (1, 1)


def test_what_was_booked_before_there_were_seals_waits_for_them_in_its_order(db: Database) -> None:
    runner.upgrade(db, "0004_enrol_guesses")
    times = "2026-05-16 06:32:00.000000", "2026-05-15 06:32:00.000000"
    with db.write() as tx:
        for statement in A_MEMBER:
            tx.execute(text(statement))
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

"""The unit of work: whole or not at all, tried again where the database asks for it, and told only after the commit."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta, timezone
from itertools import product
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import insert, inspect, select, text, update

from central_api.db import Database, Tx
from central_api.feed.tables import change_log, feeds
from central_api.migrations import runner
from club.model import errors
from tests.support import postgres
from tests.support.few_files import few_files
from tests.support.wait import until

AT = datetime(2026, 5, 16, 6, 32, 0, 123456, tzinfo=UTC)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        found = Database(f"sqlite:///{tmp_path / 'club.db'}", wait_s=0.2)
        runner.upgrade(found)
        yield found
        found.close()
        return
    cluster: postgres.Cluster = request.getfixturevalue("pg_cluster")
    found = Database(cluster.create("units"))
    runner.upgrade(found)
    yield found
    found.close()
    cluster.drop("units")


def add(tx: Tx, name: str, seq: int = 1) -> None:
    tx.execute(insert(feeds).values(id=name, seq=seq))


def names(db: Database) -> list[str]:
    with db.read() as tx:
        return [row.id for row in tx.rows(select(feeds).order_by(feeds.c.id))]


def test_what_raises_leaves_nothing_and_tells_nobody(db: Database) -> None:
    told: list[object] = []
    db.after_commit(told.extend)

    def fail() -> None:
        with db.write() as tx:
            add(tx, "gone")
            tx.notes.append("gone")
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        fail()
    with db.write() as tx:
        add(tx, "kept")
        tx.notes.append("kept")
        assert told == []
    assert (names(db), told) == (["kept"], ["kept"])


def test_endings_run_once_each_in_the_order_of_their_names(db: Database) -> None:
    order: list[str] = []
    with db.write() as tx:
        for name in ("b", "a", "b", "~z"):
            tx.at_end(name, lambda _tx, name=name: order.append(name))  # type: ignore[misc]
        assert order == []
    assert order == ["a", "b", "~z"]


def test_whatever_writes_to_a_followed_table_is_noticed_however_it_is_asked(db: Database) -> None:
    ended: list[str] = []
    db.follow(["feeds"], "follower", lambda _tx: ended.append("followed"))
    with db.write() as tx:
        tx.scalar(select(feeds.c.seq))
        tx.scalar(
            insert(change_log).values(feed="f", seq=1, entity="x", entity_id="x", at=AT).returning(change_log.c.seq)
        )
    assert (tx.followed_writes, ended) == (0, [])
    write = insert(feeds).returning(feeds.c.id)
    for done, ask in enumerate((Tx.execute, Tx.rows, Tx.first, Tx.scalar), start=1):
        with db.write() as tx:
            ask(tx, write.values(id=f"feed-{done}", seq=1))
        assert (tx.followed_writes, len(ended)) == (1, done), ask.__name__


def test_a_part_can_be_undone_alone(db: Database) -> None:
    def undone(tx: Tx) -> None:
        with tx.savepoint():
            add(tx, "undone")
            tx.notes.append("undone")
            tx.at_end("undone", lambda tx: add(tx, "undone-later"))
            raise RuntimeError("no")

    told: list[object] = []
    db.after_commit(told.extend)
    with db.write() as tx:
        add(tx, "kept")
        with pytest.raises(RuntimeError):
            undone(tx)
        tx.notes.append("kept")
    assert (names(db), told) == (["kept"], ["kept"])


def test_instants_keep_their_moment_and_naive_ones_are_refused(db: Database) -> None:
    shanghai = AT.astimezone(timezone(timedelta(hours=8)))
    values = {"feed": "global", "seq": 1, "entity": "x", "entity_id": "x", "payload": None}
    with db.write() as tx:
        tx.execute(insert(change_log).values(**values, at=shanghai))
    with db.read() as tx:
        found = tx.scalar(select(change_log.c.at))
    assert found == AT
    assert found.tzinfo == UTC
    with pytest.raises(Exception, match="naive"), db.write() as tx:
        tx.execute(insert(change_log).values(**{**values, "seq": 2}, at=AT.replace(tzinfo=None)))


def test_a_reader_sees_one_moment(db: Database) -> None:
    with db.write() as tx:
        add(tx, "one", 1)
    with db.read() as tx:
        before = tx.scalar(select(feeds.c.seq))
        with db.write() as other:
            other.execute(update(feeds).values(seq=2))
        assert tx.scalar(select(feeds.c.seq)) == before == 1
    with db.read() as tx:
        assert tx.scalar(select(feeds.c.seq)) == 2


def test_a_mistake_of_ours_stays_a_mistake(db: Database) -> None:
    with pytest.raises(Exception, match="no_such_table"), db.write() as tx:
        tx.execute(text("SELECT * FROM no_such_table"))


def test_a_database_that_is_away_may_work_later(tmp_path: Path) -> None:
    gone = Database(f"postgresql+psycopg://nobody@/none?host={tmp_path}")
    with pytest.raises(errors.Unavailable), gone.read() as tx:
        tx.execute(text("SELECT 1"))
    gone.close()


@pytest.mark.postgres
def test_a_process_without_a_file_left_may_call_and_write_later(pg_cluster: postgres.Cluster) -> None:
    db = Database(pg_cluster.create("no_files"))

    def call() -> object:
        return db.call("SELECT 1", ())[0][0]

    def write() -> object:
        with db.write() as tx:
            return tx.scalar(text("SELECT 1"))

    for work, left in product((call, write), range(2)):  # the socket takes one, waiting for it another
        assert work() == 1
        db.close()
        with few_files(left), pytest.raises(errors.Unavailable):
            work()
        assert work() == 1
    db.close()
    pg_cluster.drop("no_files")


@pytest.mark.postgres
def test_a_call_meets_no_second_connection_of_a_server_that_has_gone(pg_cluster: postgres.Cluster) -> None:
    db = Database(pg_cluster.create("gone"))
    meet = threading.Barrier(3, timeout=30)

    def call() -> None:
        db.call("SELECT pg_advisory_lock_shared(1)", ())
        meet.wait()

    def others() -> int:
        asked = "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database WHERE locktype = 'advisory' AND datname = 'gone'"
        return int(db.call(asked, ())[0][0])

    try:
        with psycopg.connect(**pg_cluster.address, dbname="gone", autocommit=True) as link:  # type: ignore[arg-type]
            link.execute("SELECT pg_advisory_lock(1)")
            threads = [threading.Thread(target=call) for _ in range(2)]
            for thread in threads:
                thread.start()
            until(lambda: others() == 3, "both to wait on connections of their own")
            link.execute("SELECT pg_advisory_unlock(1)")
            meet.wait()
            for thread in threads:
                thread.join(30)
            gone = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = 'gone' AND pid <> pg_backend_pid()"
            found = link.execute(gone).fetchone()
        assert found is not None
        assert found[0] == 3, "as many wait in the pool"
        assert [db.call("SELECT 1", ())[0][0] for _ in range(5)] == [1] * 5
    finally:
        db.close()
        pg_cluster.drop("gone")


def test_writers_of_the_embedded_database_take_turns_and_do_not_wait_for_ever(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'club.db'}", wait_s=0.05)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with db.write():
            held.set()
            done.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(30)
    with pytest.raises(errors.Unavailable, match="writer"), db.write():
        pass
    done.set()
    thread.join(30)
    with db.write() as tx:
        assert tx.dialect == "sqlite"
    db.close()


def test_whoever_waits_for_a_connection_is_not_passed_by_one_that_has_had_one(db: Database) -> None:
    taken: list[str] = []

    def wait(name: str) -> None:
        with db.read():
            taken.append(name)

    threads = [threading.Thread(target=wait, args=(name,)) for name in "abc"]
    with ExitStack() as others:
        for _ in range(db.connections.places - 1):
            others.enter_context(db.read())
        with db.read():
            for before, thread in enumerate(threads):
                thread.start()
                until(lambda before=before: db.connections.waiting == before + 1, "it to wait")  # type: ignore[misc]
        with db.read():
            taken.append("again")
    for thread in threads:
        thread.join(30)
    assert taken == ["a", "b", "c", "again"]


@pytest.mark.postgres
def test_a_character_that_postgresql_keeps_in_no_json_is_the_senders_fault(pg_cluster: postgres.Cluster) -> None:
    db = Database(pg_cluster.create("characters"))
    try:
        with pytest.raises(errors.Malformed), db.write() as tx:
            tx.execute(text("SELECT CAST(:said AS jsonb)"), {"said": '"\\u0000"'})
    finally:
        db.close()
        pg_cluster.drop("characters")


@pytest.mark.postgres
def test_work_that_was_ended_for_a_deadlock_is_done_again(pg_cluster: postgres.Cluster) -> None:
    db = Database(pg_cluster.create("deadlock"))
    runner.upgrade(db)
    with db.write() as tx:
        add(tx, "a", 0)
        add(tx, "b", 0)
    meet = threading.Barrier(2, timeout=30)
    tries: list[str] = []

    def both(first: str, second: str) -> None:
        def work(tx: Tx) -> None:
            again = first in tries
            tries.append(first)
            tx.execute(update(feeds).where(feeds.c.id == first).values(seq=feeds.c.seq + 1))
            if not again:
                meet.wait()
            tx.execute(update(feeds).where(feeds.c.id == second).values(seq=feeds.c.seq + 1))

        db.run(work)

    threads = [threading.Thread(target=both, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with db.read() as tx:
        assert [row.seq for row in tx.rows(select(feeds).order_by(feeds.c.id))] == [2, 2]
    assert len(tries) >= 3, "one of the two was ended and came again (on a busy machine perhaps more than once)"
    db.close()
    pg_cluster.drop("deadlock")


def test_a_log_of_full_length_grows_no_more_and_leaves_no_table(tmp_path: Path) -> None:
    path, log = tmp_path / "club.db", tmp_path / "club.db-wal"
    found = Database(f"sqlite:///{path}")
    try:
        runner.upgrade(found)
        with found.write() as tx:
            tx.execute(text("CREATE TABLE log_filler (x)"))  # as a power cut leaves it
        short = log.stat().st_size
        found.lengthen_log()
        full = log.stat().st_size
        with found.read() as tx:
            pages = tx.scalar(text("PRAGMA page_count"))
            assert 3900 < tx.scalar(text("PRAGMA freelist_count")) < 4100
        found.lengthen_log()
        with found.read() as tx:
            assert tx.scalar(text("PRAGMA page_count")) == pages, "a later start uses the pages of the first"
        for number in range(1200):  # more than the log holds
            with found.write() as tx:
                add(tx, f"feed-{number}")
        assert short < 4000 * 4096 < full
        assert log.stat().st_size == full
        assert len(names(found)) == 1200
        with found.read() as tx:
            assert "log_filler" not in inspect(tx.connection).get_table_names()
    finally:
        found.close()


@pytest.mark.postgres
def test_there_is_no_log_to_lengthen_on_postgresql(pg_cluster: postgres.Cluster) -> None:
    found = Database(pg_cluster.create("log"))
    try:
        found.lengthen_log()
        with found.read() as tx:
            assert inspect(tx.connection).get_table_names() == []
    finally:
        found.close()
        pg_cluster.drop("log")

"""Whoever publishes to several feeds takes them in one order, whatever language the database sorts by."""

import threading

import pytest
from sqlalchemy import insert, text

from central_api.db import Database
from central_api.feed import due
from central_api.feed.tables import feeds
from club.model import errors
from tests.support.books import Books
from tests.support.wait import until

FIRST, SECOND = "store-B", "store-a"  # by code points; by the rules of any language the other way round


def waits(db: Database) -> bool:
    with db.read() as tx:
        found = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        return bool(tx.scalar(text(found)))


@pytest.mark.postgres
def test_feeds_are_locked_by_code_points(books_on_postgresql: Books) -> None:
    db = books_on_postgresql.db
    with db.write() as tx:
        tx.execute(text('ALTER TABLE feeds ALTER COLUMN id TYPE varchar(64) COLLATE "und-x-icu"'))
        tx.execute(insert(feeds), [{"id": name, "seq": 0} for name in (FIRST, SECOND)])
        assert list(tx.connection.execute(text("SELECT id FROM feeds ORDER BY id")).scalars()) == [SECOND, FIRST]

    def publish() -> None:
        with db.write() as tx:
            due.lock(tx, (SECOND, FIRST))

    publisher = threading.Thread(target=publish)
    with db.write() as tx:
        tx.execute(text("SELECT 1 FROM feeds WHERE id = :id FOR UPDATE"), {"id": SECOND})
        publisher.start()
        until(lambda: waits(db), "the publisher to wait for the second feed")
        with pytest.raises(errors.Unavailable), db.write() as other:
            other.execute(text("SELECT 1 FROM feeds WHERE id = :id FOR UPDATE NOWAIT"), {"id": FIRST})
    publisher.join(20)
    assert not publisher.is_alive()

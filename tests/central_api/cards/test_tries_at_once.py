"""Tries by phone are counted while others clear away what counts no more: nobody finds no row (N8)."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import event, insert, select

from central_api.cards import repository
from central_api.cards.tables import phone_tries
from tests.support.books import NOW, Books
from tests.support.wait import until

SOURCE = "device:kiosk-1"


def old_tries(books: Books) -> None:
    row = {"source": SOURCE, "wrong": 3, "since": NOW - timedelta(days=2), "last": NOW - timedelta(days=2)}
    with books.db.write() as tx:
        tx.execute(insert(phone_tries).values(**row))


def clear_away(books: Books) -> None:
    with books.db.write() as tx:
        repository.forget_tries(tx, NOW - timedelta(days=1))


def test_a_row_that_is_cleared_away_between_two_statements_is_found_all_the_same(books_on_postgresql: Books) -> None:
    books = books_on_postgresql
    cleared: list[bool] = []
    old_tries(books)
    with books.db.write() as tx:

        def meanwhile(*_: object) -> None:
            if not cleared:
                cleared.append(True)
                clear_away(books)  # a connection of its own, committed at once

        event.listen(tx.connection, "after_cursor_execute", meanwhile)
        row = repository.tries_of(tx, SOURCE, NOW)
        repository.change_tries(tx, SOURCE, {"wrong": row.wrong + 1, "last": NOW})
    assert cleared
    with books.db.read() as tx:
        assert tx.scalar(select(phone_tries.c.wrong)) == 4, "whoever counts has the row, and nobody takes it away"


def test_who_comes_while_it_is_being_cleared_away_waits_and_counts_anew(books_on_postgresql: Books) -> None:
    books = books_on_postgresql
    found: list[int] = []
    old_tries(books)

    def count() -> None:
        with books.db.write() as tx:
            found.append(repository.tries_of(tx, SOURCE, NOW).wrong)

    counting = threading.Thread(target=count)
    with books.db.write() as tx:
        repository.forget_tries(tx, NOW - timedelta(days=1))
        counting.start()
        until(lambda: _waits(books), "the try to wait for the clearing")
    counting.join(60)
    assert not counting.is_alive()
    assert found == [0]


def _waits(books: Books) -> bool:
    with books.db.read() as tx:
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(tx.connection.exec_driver_sql(waiting).scalar())


pytestmark = pytest.mark.postgres

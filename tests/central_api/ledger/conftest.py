"""Books of points, empty for each test, on SQLite and on PostgreSQL."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import books as support
from tests.support import postgres
from tests.support.books import Books


@pytest.fixture(scope="session")
def books_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prepared books on SQLite; not to be changed."""
    return support.template_on_sqlite(tmp_path_factory.mktemp("books"))


@pytest.fixture(scope="session")
def pg_books(pg_cluster: postgres.Cluster) -> postgres.Cluster:
    """A server with prepared books; not to be changed."""
    support.template_on_postgresql(pg_cluster)
    return pg_cluster


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Books]:
    """Empty books, on each engine."""
    if request.param == "sqlite":
        with support.on_sqlite(request.getfixturevalue("books_template"), tmp_path) as found:
            yield found
        return
    with support.on_postgresql(request.getfixturevalue("pg_books"), f"books_{secrets.token_hex(6)}") as found:
        yield found


@pytest.fixture
def books_on_postgresql(pg_books: postgres.Cluster) -> Iterator[Books]:
    """Empty books on PostgreSQL."""
    with support.on_postgresql(pg_books, f"books_{secrets.token_hex(6)}") as found:
        yield found

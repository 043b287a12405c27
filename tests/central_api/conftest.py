"""The demo club, empty books, and a club with rules in them, for every test of the service, on SQLite and on PostgreSQL."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from central_api import app
from club.model.clock import HandClock
from tests.support import books as book_support
from tests.support import central, postgres, programme_house
from tests.support import hall as hall_support
from tests.support.books import Books
from tests.support.hall import Hall
from tests.support.programme_house import House

_TEMPLATE = "demo_club"


@pytest.fixture(scope="session")
def demo_club(tmp_path_factory: pytest.TempPathFactory) -> central.DemoClub:
    """The demo club on SQLite, loaded once; not to be changed."""
    return central.load_demo_club(tmp_path_factory.mktemp("demo-club"))


@pytest.fixture(scope="session")
def pg_cluster() -> Iterator[postgres.Cluster]:
    """A PostgreSQL server of this test run."""
    with postgres.cluster() as found:
        yield found


@pytest.fixture(scope="session")
def pg_demo_club(pg_cluster: postgres.Cluster, tmp_path_factory: pytest.TempPathFactory) -> central.DemoClub:
    """The demo club on PostgreSQL, loaded once; not to be changed."""
    return central.load_demo_club(tmp_path_factory.mktemp("demo-club-pg"), pg_cluster.create(_TEMPLATE))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def club(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[central.Club]:
    """The demo club on the drawn day, running, on each engine; the test may do with it what it wants."""
    clock = HandClock(central.DRAWN)
    if request.param == "sqlite":
        demo: central.DemoClub = request.getfixturevalue("demo_club")
        central.copy_files(demo, tmp_path)
        with central.running(app.open_context(central.settings_for(tmp_path), clock), clock, demo) as found:
            yield found
        return
    demo = request.getfixturevalue("pg_demo_club")
    cluster: postgres.Cluster = request.getfixturevalue("pg_cluster")
    central.copy_files(demo, tmp_path)
    name = f"club_{secrets.token_hex(6)}"
    url = cluster.create(name, _TEMPLATE)
    try:
        with central.running(app.open_context(central.settings_for(tmp_path, url), clock), clock, demo) as found:
            yield found
    finally:
        cluster.drop(name)


@pytest.fixture(scope="session")
def books_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prepared books on SQLite; not to be changed."""
    return book_support.template_on_sqlite(tmp_path_factory.mktemp("books"))


@pytest.fixture(scope="session")
def pg_books(pg_cluster: postgres.Cluster) -> postgres.Cluster:
    """A server with prepared books; not to be changed."""
    book_support.template_on_postgresql(pg_cluster)
    return pg_cluster


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Books]:
    """Empty books, on each engine."""
    if request.param == "sqlite":
        with book_support.on_sqlite(request.getfixturevalue("books_template"), tmp_path) as found:
            yield found
        return
    with book_support.on_postgresql(request.getfixturevalue("pg_books"), f"books_{secrets.token_hex(6)}") as found:
        yield found


@pytest.fixture
def books_on_postgresql(pg_books: postgres.Cluster) -> Iterator[Books]:
    """Empty books on PostgreSQL."""
    with book_support.on_postgresql(pg_books, f"books_{secrets.token_hex(6)}") as found:
        yield found


@pytest.fixture
def house(books: Books, tmp_path: Path) -> House:
    """A club with rules in empty books, on each engine."""
    return programme_house.furnish(books, tmp_path)


@pytest.fixture
def hall(books: Books, tmp_path: Path) -> Hall:
    """Empty books with keys and vault, for invented people, on each engine."""
    return hall_support.furnish(tmp_path / "keys", books)

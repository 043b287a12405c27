"""The demo club for every test of the service, on SQLite and on PostgreSQL."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from central_api import app
from club.model.clock import HandClock
from tests.support import central, postgres

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

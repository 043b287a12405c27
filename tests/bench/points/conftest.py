"""Small filled clubs."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from central_api.db import Database
from tests.bench.points import clones, club
from tests.bench.points.audit import seal
from tests.bench.points.operations import Books
from tests.support import postgres

SMALL = club.Size(members=120, stores=30, rewards=5)
MODELS = 2


def filled(db: Database, folder: Path) -> Books:
    """A small club with all sealed."""
    now = datetime.now(UTC)
    made = club.fill(db, folder, SMALL, now, [club.three_lots, club.rich])
    clones.wait_for_seals(db)
    seal(db)
    return Books("small", db, made, club.today_of(now), MODELS)


@pytest.fixture(scope="session")
def bench_cluster() -> Iterator[postgres.Cluster]:
    """A PostgreSQL server for these tests."""
    with postgres.cluster() as found:
        yield found


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Books]:
    """A small club on each engine."""
    if request.param == "sqlite":
        db = Database(f"sqlite:///{tmp_path / 'club.db'}")
        try:
            yield filled(db, tmp_path)
        finally:
            db.close()
        return
    cluster: postgres.Cluster = request.getfixturevalue("bench_cluster")
    name = f"bench_{secrets.token_hex(6)}"
    db = Database(cluster.create(name))
    try:
        yield filled(db, tmp_path)
    finally:
        db.close()
        cluster.drop(name)

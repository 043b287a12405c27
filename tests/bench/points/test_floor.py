"""The floor calls what the service calls, with what the service would send, and counts what was booked."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from central_api.db import Database
from tests.bench.points import audit, floor, load
from tests.bench.points.conftest import MODELS, SMALL, filled
from tests.bench.points.operations import Books
from tests.support import postgres


@pytest.fixture
def on_postgresql(bench_cluster: postgres.Cluster, tmp_path: Path) -> Iterator[Books]:
    """A small club."""
    db = Database(bench_cluster.create("floor"))
    try:
        yield filled(db, tmp_path)
    finally:
        db.close()
        bench_cluster.drop("floor")


def test_what_warms_up_is_not_counted() -> None:
    ended = [100 + place / 10 for place in range(26)]  # ten a second for 2.5 s
    ran = floor._counted([(at, 5.0 if at < 101 else 7.0) for at in ended])
    assert ran.made == 26
    assert ran.per_s == pytest.approx(10, rel=0.01)
    assert (ran.p50_ms, ran.p99_ms) == (7.0, 7.0)


def test_every_client_has_texts_for_longer_than_it_runs() -> None:
    assert floor.wanted(16, 4.0) % 16 == 0
    assert floor.wanted(16, 4.0) >= 5_000 * 4


@pytest.mark.postgres
def test_a_call_has_one_command_and_its_own_ids(on_postgresql: Books) -> None:
    wanted = load.commands(on_postgresql.club, 3, random.Random(1), range(MODELS, SMALL.members), range(SMALL.rewards))
    statement, texts = floor.calls(on_postgresql.db, on_postgresql.club, wanted, datetime.now(UTC))
    assert " FROM " in statement
    assert "%s" in statement
    commands = [json.loads(text)["commands"] for text in texts]
    assert [[one["key"] for one in each] for each in commands] == [[one.redeem.command_id] for one in wanted]
    assert len({each[0]["entry"] for each in commands}) == 3


@pytest.mark.postgres
def test_pgbench_redeems_and_every_redemption_is_counted(
    bench_cluster: postgres.Cluster, on_postgresql: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(floor, "_FASTEST", 1_500)
    books, members = on_postgresql, range(MODELS, SMALL.members)
    wanted = load.commands(books.club, floor.wanted(2, 0.5), random.Random(1), members, range(SMALL.rewards))
    ran = floor.redeem(bench_cluster, books.db, books.club, 2, 0.5, wanted, datetime.now(UTC))
    assert ran.made > 0
    assert ran.per_s > 0
    assert audit.counted(books.db, [], ran.made) == []

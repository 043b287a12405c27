"""Whatever a crowd of devices that opens its streams at once meets, each is answered 200, or 503 with when to come back; never 500."""

import asyncio
import resource
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from litestar.types import Message, Receive, Scope, Send

from central_api import app, problems
from central_api.context import Context
from central_api.db import Database
from central_api.device_api.stream import PATH, PlainStream
from central_api.lane import Lane
from central_api.recent import Recent
from tests.support import central, postgres
from tests.support.crowd import Crowd
from tests.support.few_files import few_files
from tests.support.served import served
from tests.support.wait import until

DEVICES = 150
WITHIN_S = 60.0
OK, LATER = (200, None), (503, str(problems.RETRY_S))
Answer = tuple[int, str | None]
"""Status and `Retry-After`."""


@dataclass
class Gate:
    """The stream of a service in this process, and who asks for it."""

    context: Context
    crowd: Crowd
    url: str
    stopped: list[Context] = field(default_factory=list)

    def with_database(self, **options: Any) -> Context:
        """The same service on a database opened otherwise; without a word on it, whoever waits for it does so for long."""
        db = Database(self.url, **{"connection_s": WITHIN_S, "wait_s": WITHIN_S, **options})
        found = replace(self.context, db=db, upkeep=Lane("device", 32), known=Recent())
        self.stopped.append(found)
        return found

    def stop(self) -> None:
        for context in (*self.stopped, self.context):
            context.upkeep.close()
            context.db.close()
        self.context.passwords.close()


@contextmanager
def gate_at(folder: Path, url: str) -> Iterator[Gate]:
    context = app.open_context(central.settings_for(folder, url))
    found = Gate(context, Crowd(folder, context.db, DEVICES), url)
    try:
        yield found
    finally:
        found.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def gate(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Gate]:
    if request.param == "sqlite":
        with gate_at(tmp_path, f"sqlite:///{tmp_path / 'club.db'}") as found:
            yield found
        return
    cluster: postgres.Cluster = request.getfixturevalue("pg_cluster")
    try:
        with gate_at(tmp_path, cluster.create("crowd")) as found:
            yield found
    finally:
        cluster.drop("crowd")


async def _nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("expected a request for the stream")


@asynccontextmanager
async def asked(context: Context, crowd: Crowd, number: int, run: str) -> AsyncIterator[Answer]:
    """What a device is answered; a stream stays open while the block lasts."""
    target, headers = crowd.request(number, run)
    scope: Any = {
        "type": "http",
        "method": "GET",
        "path": PATH,
        "raw_path": PATH.encode(),
        "query_string": target.partition("?")[2].encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
    }
    answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
    leaving = asyncio.Event()

    async def receive() -> Any:
        await leaving.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            told = {name.decode(): value.decode() for name, value in message["headers"]}
            answered.set_result((message["status"], told.get("retry-after")))

    task = asyncio.ensure_future(PlainStream(_nowhere, context)(scope, receive, send))
    try:
        async with asyncio.timeout(WITHIN_S):
            yield await answered
    finally:
        leaving.set()
        await task


def answers(context: Context, crowd: Crowd, runs: Sequence[tuple[int, str]]) -> Counter[Answer]:
    """Let devices, each with the run of its program, ask all at once, and stay until the last is answered."""
    found: Counter[Answer] = Counter()

    async def one(number: int, run: str, all_answered: asyncio.Barrier) -> None:
        async with asked(context, crowd, number, run) as answer:
            found[answer] += 1
            await all_answered.wait()

    async def everybody() -> None:
        all_answered = asyncio.Barrier(len(runs))
        await asyncio.gather(*(one(number, run, all_answered) for number, run in runs))

    asyncio.run(everybody())
    assert context.hub.count == 0, "nobody is told who has gone"
    return found


def let_in_again(gate: Gate) -> None:
    """All are let in once what was cut is noticed."""
    until(
        lambda: answers(gate.context, gate.crowd, each_once("after")) == {OK: DEVICES},
        "all to be let in",
        within_s=WITHIN_S,
    )


def each_once(run: str = "run") -> list[tuple[int, str]]:
    return [(number, f"{run}-{number}") for number in range(DEVICES)]


def test_every_device_of_a_crowd_is_let_in_whatever_the_pool(gate: Gate) -> None:
    assert answers(gate.with_database(pool=1), gate.crowd, each_once()) == {OK: DEVICES}


def test_many_runs_of_the_same_devices_are_let_in_too(gate: Gate) -> None:
    runs = [(number, f"run-{copy}") for copy in range(DEVICES // 5) for number in range(5)]
    assert answers(gate.with_database(pool=1), gate.crowd, runs) == {OK: len(runs)}


def test_while_no_connection_is_to_be_had_a_device_is_told_when_to_come_back(gate: Gate) -> None:
    context = gate.with_database(pool=1, connection_s=0.2)
    with ExitStack() as held:
        for _ in range(context.db.connections.places):
            held.enter_context(context.db.read())
        assert answers(context, gate.crowd, each_once()[:5]) == {LATER: 5}
    assert answers(context, gate.crowd, each_once()[:1]) == {OK: 1}, "one alone waits for nobody"


def test_a_machine_without_another_thread_says_when_to_come_back(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    context = gate.with_database()

    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        assert answers(context, gate.crowd, each_once()[:5]) == {LATER: 5}
    assert answers(context, gate.crowd, each_once()[:5]) == {OK: 5}


@pytest.mark.parametrize("left", [0, 1, 2])
def test_a_process_without_enough_files_says_when_to_come_back(gate: Gate, left: int) -> None:
    context = gate.with_database()

    async def ask(number: int) -> Answer:
        async with asked(context, gate.crowd, number, "run") as answer:
            return answer

    async def without_files() -> Answer:
        assert await ask(0) == OK
        context.db.engine.dispose()
        with few_files(left):
            return await ask(1)

    assert asyncio.run(without_files()) in (OK, LATER)
    assert asyncio.run(ask(1)) == OK


def test_more_devices_are_let_in_than_a_system_gives_a_program_files_unasked(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'club.db'}"
    with gate_at(tmp_path, url) as gate:
        crowd = gate.crowd
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as lowered:
        resource.setrlimit(resource.RLIMIT_NOFILE, (DEVICES, hard))  # the service takes it over from us
        lowered.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        with served(tmp_path) as service:
            lowered.close()
            with crowd.listening(service) as streams:
                assert len(streams) == DEVICES


def test_a_service_that_ends_lets_nobody_in_any_more(gate: Gate) -> None:
    gate.context.hub.end()
    assert answers(gate.context, gate.crowd, each_once()[:5]) == {LATER: 5}


@pytest.mark.postgres
def test_connections_that_are_cut_again_and_again_cost_a_device_a_while(
    pg_cluster: postgres.Cluster, tmp_path: Path
) -> None:
    url = pg_cluster.create("cut")
    try:
        with (
            gate_at(tmp_path, url) as gate,
            psycopg.connect(
                host=pg_cluster.address["host"], user=pg_cluster.address["user"], dbname="cut", autocommit=True
            ) as link,
        ):
            statement = (
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = 'cut' AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            found: Counter[Answer] = Counter()
            with again_and_again(lambda: link.execute(statement)):
                for turn in range(4):
                    found += answers(gate.context, gate.crowd, each_once(f"run-{turn}"))
            assert found.keys() <= {OK, LATER}
            let_in_again(gate)
    finally:
        pg_cluster.drop("cut")


@pytest.mark.postgres
def test_a_database_that_is_killed_and_comes_back_costs_a_device_a_while(tmp_path: Path) -> None:
    with postgres.cluster() as cluster, gate_at(tmp_path, cluster.create("killed")) as gate:
        assert answers(gate.with_database(), gate.crowd, each_once("before")) == {OK: DEVICES}
        killing = threading.Thread(target=cluster.kill)
        killing.start()
        found = answers(gate.context, gate.crowd, each_once("meanwhile"))
        killing.join(WITHIN_S)
        found += answers(gate.context, gate.crowd, each_once("away")[:20])
        assert found.keys() <= {OK, LATER}
        assert found[LATER] >= 20
        cluster.start()
        let_in_again(gate)


@contextmanager
def again_and_again(work: Callable[[], object]) -> Iterator[None]:
    """Do something on another thread for as long as the block lasts."""
    over = threading.Event()

    def run() -> None:
        while not over.wait(0.01):
            work()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(WITHIN_S)

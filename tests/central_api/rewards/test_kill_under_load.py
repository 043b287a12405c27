"""The service or PostgreSQL killed while many kiosks redeem: what was answered is there once, the rest once or not at all (X1)."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select

from central_api import app
from central_api.ledger import service as ledger
from central_api.rewards.tables import idempotency, redemptions, rewards
from club.model.clock import HandClock
from club.wire import codec
from club.wire.rewards import Redeem
from tests.central_api.rewards.counter import cheap_wash, many_washes
from tests.support import central, postgres
from tests.support.served import served

PINNED = "clock.pinned=2026-05-16T14:32:00+08:00"
COMMANDS, KIOSKS, ENOUGH = 240, 12, 60
STOCK = 200


@dataclass
class Load:
    """Commands of many members, sent by as many threads as there are kiosks; `answered` is what each was told."""

    folder: Path
    url: str
    device: central.Device
    commands: list[Redeem]
    answered: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    enough: threading.Event = field(default_factory=threading.Event)

    def send_all(self, service: str, commands: list[Redeem]) -> int:
        """Send until nobody answers; how many got no answer."""
        left = iter(commands)
        with ThreadPoolExecutor(KIOSKS) as pool:
            return sum(pool.map(lambda _: self._send(service, left), range(KIOSKS)))

    def _send(self, service: str, commands: Iterator[Redeem]) -> int:
        lost = 0
        with requests.Session() as http:
            while (command := next(commands, None)) is not None:
                body = codec.encode(command)
                headers = self.device.identity.sign(
                    method="POST",
                    target="/v1/redemptions",
                    body=body,
                    at=self.device.clock.now(),
                    key=command.command_id,
                )
                try:
                    answer = http.post(f"{service}/v1/redemptions", data=body, headers=headers, timeout=30)
                except requests.RequestException:
                    lost += 1
                    continue
                if answer.status_code == 503:
                    lost += 1
                    continue
                known = self.answered.setdefault(command.command_id, (answer.status_code, answer.content))
                assert known == (answer.status_code, answer.content), "the same answer as before"
                if len(self.answered) >= ENOUGH:
                    self.enough.set()
        return lost

    def must_be_whole(self) -> None:
        """Every command was carried out once or refused for ever, and the books are right."""
        assert len(self.answered) == COMMANDS
        taken = {key for key, (status, _) in self.answered.items() if status == 200}
        assert len(taken) == STOCK, "every piece was sold, and none twice"
        assert all(b"out_of_stock" in body for status, body in self.answered.values() if status != 200)
        context = app.open_context(central.settings_for(self.folder, self.url), self.device.clock)
        try:
            with context.db.read() as tx:
                done = tx.rows(select(redemptions.c.command, func.count()).group_by(redemptions.c.command))
                assert {row[0] for row in done if row[0] in self.answered} == taken
                assert all(row[1] == 1 for row in done if row[0] is not None)
                assert tx.scalar(select(rewards.c.stock).where(rewards.c.slug == "quick-wash")) == 0
                kept = tx.rows(select(idempotency.c.key, idempotency.c.status, idempotency.c.answer))
                assert {row.key: (row.status, row.answer.encode()) for row in kept} == self.answered
                assert ledger.faults(tx) == []
        finally:
            context.passwords.close()
            context.db.close()


def a_load(folder: Path, demo: central.DemoClub, url: str = "") -> Load:
    """The demo club with commands that wait to be sent; nobody serves yet."""
    clock = HandClock(central.DRAWN)
    with central.running(app.open_context(central.settings_for(folder, url), clock), clock, demo) as club:
        device = club.device()
        cheap_wash(club, stock=STOCK)
        return Load(folder, url, device, many_washes(club, device, COMMANDS))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def load(request: pytest.FixtureRequest, tmp_path: Path, demo_club: central.DemoClub) -> Iterator[Load]:
    """On each engine."""
    if request.param == "sqlite":
        central.copy_files(demo_club, tmp_path)
        yield a_load(tmp_path, demo_club)
        return
    cluster: postgres.Cluster = request.getfixturevalue("pg_cluster")
    demo: central.DemoClub = request.getfixturevalue("pg_demo_club")
    central.copy_files(demo, tmp_path)
    yield a_load(tmp_path, demo, cluster.create("killed_server", "demo_club"))
    cluster.drop("killed_server")


def database(load: Load) -> list[str]:
    return [f"database.url={load.url}"] if load.url else []


def test_the_service_killed_under_load_loses_and_doubles_nothing(load: Load) -> None:
    with served(load.folder, PINNED, *database(load)) as service:

        def kill_in_the_middle() -> None:
            assert load.enough.wait(60)
            service.process.kill()

        with ThreadPoolExecutor(1) as pool:
            killed = pool.submit(kill_in_the_middle)
            lost = load.send_all(service.url, load.commands)
            killed.result()
        service.ended()
    assert ENOUGH <= len(load.answered) < COMMANDS
    assert lost == COMMANDS - len(load.answered) > 0
    with served(load.folder, PINNED, *database(load)) as service:
        assert load.send_all(service.url, load.commands) == 0, "what was answered before is answered alike"
    load.must_be_whole()


@pytest.mark.postgres
def test_postgresql_killed_under_load_loses_and_doubles_nothing(tmp_path: Path) -> None:
    with postgres.cluster() as cluster:
        url = cluster.create("killed")
        load = a_load(tmp_path, central.load_demo_club(tmp_path, url), url)
        with served(tmp_path, PINNED, *database(load)) as service:

            def kill_in_the_middle() -> None:
                assert load.enough.wait(60)
                cluster.kill()

            with ThreadPoolExecutor(1) as pool:
                killed = pool.submit(kill_in_the_middle)
                lost = load.send_all(service.url, load.commands)
                killed.result()
            assert lost == COMMANDS - len(load.answered) > 0, "told that it may work later"
            cluster.start()
            assert load.send_all(service.url, load.commands) == 0, "the same process goes on with new connections"
        load.must_be_whole()

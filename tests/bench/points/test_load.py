"""The light client sends what it was given, each once, and times every answer; commands are the kiosks' own, and a real service takes them."""

import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from central_api.db import Database
from central_api.security.keyring import Keyring
from club.wire.rewards import Redeem
from tests.bench.points import audit, client, load
from tests.bench.points.club import Club
from tests.bench.points.conftest import MODELS, SMALL, filled
from tests.bench.points.service import service


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: list[str]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.seen.append(body)
        if body == "leave":
            self.close_connection = True
            return
        self.send_response(409 if body == "no" else 200)
        answer = b"x" * 100_000 if body == "large" else b"{}"
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """A server that answers 200, or 409 to "no"; its address and what it was asked."""
    seen: list[str] = []
    handler = type("Handler", (_Handler,), {"seen": seen})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", seen
        finally:
            server.shutdown()
            thread.join()


def request(body: str) -> bytes:
    return f"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def test_the_file_of_requests_is_read_as_it_was_written(tmp_path: Path) -> None:
    wanted = [b"", b"one", b"\x00\xff" * 1000]
    client.write(tmp_path / "requests", wanted)
    assert client.read(tmp_path / "requests") == wanted


@pytest.mark.parametrize("clients", [1, 4])
def test_every_request_is_sent_once_and_its_answer_stands_in_its_place(tmp_path: Path, clients: int) -> None:
    bodies = [*(str(number) for number in range(50)), "no", "large", "last"]
    with listening() as (url, seen):
        said = load.send(url, clients, 60, [request(body) for body in bodies], tmp_path)
    assert sorted(seen) == sorted(bodies)
    assert said["status"] == [409 if body == "no" else 200 for body in bodies]
    assert said["sent"] == len(bodies)
    times = said["ms"]
    assert isinstance(times, list)
    assert all(took > 0 for took in times)
    assert isinstance(said["odd"], list)
    assert [answer.split("\r\n")[0] for answer in said["odd"]] == ["HTTP/1.1 409 Conflict"]


def test_it_stops_when_the_time_is_over_and_waits_for_what_is_under_way(tmp_path: Path) -> None:
    with listening() as (url, seen):
        said = load.send(url, 2, 0.0, [request("x")] * 10, tmp_path)
    assert said["status"] == [200, 200]
    assert len(seen) == 2


def test_a_closed_connection_is_an_answer_that_never_came(tmp_path: Path) -> None:
    with listening() as (url, _):
        said = load.send(url, 1, 60, [request("a"), request("leave"), request("b")], tmp_path)
    assert said["status"] == [200, 0]


def test_rates_and_latencies_are_of_what_was_acknowledged() -> None:
    wanted = [load.Command(2, _a_redeem(number)) for number in range(4)]
    said: dict[str, object] = {
        "status": [200, 409, 200],
        "ms": [10.0, 1.0, 30.0],
        "elapsed_s": 0.5,
        "cpu_s": 0.1,
        "odd": ["no"],
    }
    ran = load.ran(said, wanted)
    assert (ran.per_s, ran.p50_ms, ran.p99_ms, ran.refused, ran.client_cpu_share) == (4.0, 10.0, 30.0, 1, 0.2)
    assert ran.acknowledged == ("command-0", "command-2")


def test_a_real_service_takes_the_commands_and_all_that_is_acknowledged_is_there(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'club.db'}")
    try:
        books = filled(db, tmp_path)
        wanted = load.commands(books.club, 20, random.Random(1), range(MODELS, SMALL.members), range(SMALL.rewards))
        prepared = load.requests(books.club, wanted, datetime.now(UTC))
        with service(tmp_path, f"sqlite:///{tmp_path / 'club.db'}") as running:
            assert state_of(running.pid) == "T"
            with running.awake():
                ran = load.ran(load.send(running.url, 4, 60, prepared, tmp_path), wanted)
            assert state_of(running.pid) == "T"
        assert (len(ran.acknowledged), ran.refused, ran.odd) == (20, 0, ())
        assert audit.counted(db, ran.acknowledged, 0) == []
    finally:
        db.close()


def state_of(pid: int) -> str:
    """R or S: it works; T: it is stopped."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]


def _a_redeem(number: int) -> Redeem:
    return Redeem(
        command_id=f"command-{number}", session_id="session-1", reward="reward-000", quantity=1, unit_points=100
    )


def _names(wanted: Sequence[load.Command]) -> list[str]:
    return [one.redeem.command_id for one in wanted]


def test_commands_are_never_the_same_and_draw_from_what_is_given() -> None:
    keys = filled_keys()
    wanted = load.commands(keys, 200, random.Random(3), [4, 9], [1])
    assert len(set(_names(wanted))) == 200
    assert {one.member for one in wanted} == {4, 9}
    assert {one.redeem.reward for one in wanted} == {"reward-001"}


def filled_keys() -> Club:
    """A club without a database: for drawing."""
    return Club(SMALL, Keyring(b"", b"", b"", "m0", {}), ())

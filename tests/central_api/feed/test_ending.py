"""A service that is told to stop ends within seconds, however many devices listen, come or go at that moment."""

import http.client
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
import uvicorn

from central_api import app
from central_api.feed.hub import Hub
from central_api.server import Server
from tests.support import central, postgres
from tests.support.crowd import Crowd
from tests.support.served import served

WITHIN_S = 60.0
DEVICES = 300
Kept = tuple[Path, str, Crowd]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    """A folder and a database in which a crowd is enrolled, on each engine."""
    if request.param == "sqlite":
        yield enrolled(tmp_path, f"sqlite:///{tmp_path / 'club.db'}")
        return
    cluster: postgres.Cluster = request.getfixturevalue("pg_cluster")
    yield enrolled(tmp_path, cluster.create("ending"))
    cluster.drop("ending")


def enrolled(tmp_path: Path, url: str) -> Kept:
    context = app.open_context(central.settings_for(tmp_path, url))
    try:
        return tmp_path, url, Crowd(tmp_path, context.db, DEVICES)
    finally:
        context.passwords.close()
        context.db.close()


def test_open_streams_are_ended_and_then_the_service(kept: Kept) -> None:
    folder, url, crowd = kept
    with served(folder, f"database.url={url}") as service, crowd.listening(service) as streams:
        service.process.terminate()
        for stream in streams:
            stream.read()  # IncompleteRead when it was cut off instead
        assert service.ended(WITHIN_S) == 0


def test_a_signal_does_not_wait_for_what_it_interrupts() -> None:
    hub, heard = Hub(), threading.Event()
    server = Server(uvicorn.Config(app=lambda: None), hub, "")

    def interrupt() -> None:
        server.handle_exit(signal.SIGTERM, None)
        heard.set()

    with hub._lock:  # the event loop is at taking a stream out, and goes on only when the handler is done
        threading.Thread(target=interrupt, daemon=True).start()
        assert heard.wait(WITHIN_S)
    assert server.should_exit


def test_devices_that_come_while_the_service_ends_do_not_hold_it_up(kept: Kept) -> None:
    folder, url, crowd = kept
    with served(folder, f"database.url={url}") as service, ExitStack() as opened:
        lines = [crowd.line(service, number, opened) for number in range(crowd.count)]
        assert lines[0].getresponse().status == 200, "the first is answered, and hundreds wait"
        service.process.terminate()
        for line in lines[1:]:
            with suppress(ConnectionError, http.client.RemoteDisconnected):
                answer = line.getresponse()
                opened.callback(answer.close)
                assert answer.status in (200, 503), answer.read()
                assert answer.status == 200 or answer.headers["Retry-After"]
                with suppress(http.client.IncompleteRead):
                    answer.read()
        assert service.ended(WITHIN_S) == 0

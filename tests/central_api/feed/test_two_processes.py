"""Two processes of the service on one PostgreSQL: what is published on one is on the streams of the other at once."""

import json
import logging
import queue
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from central_api import app
from central_api.feed.neighbours import CHANNEL, Neighbours, packed
from central_api.feed.notes import Closed, CommandHint, Nudge
from club.model import errors
from club.model.clock import HandClock
from tests.support import central, postgres
from tests.support.pages import Page
from tests.support.served import Served, served
from tests.support.wait import until

pytestmark = pytest.mark.postgres

PINNED = ("clock.pinned=2026-05-16T14:32:00+08:00", "clock.pinned_runs=true")
IN_TIME_S = 20


@dataclass
class Pair:
    """Two processes, a display of the store, and somebody who publishes."""

    first: Served
    second: Served
    screen: central.Device
    password: str
    conninfo: str

    def signed(self, target: str) -> dict[str, str]:
        return self.screen.identity.sign(method="GET", target=target, body=b"", at=self.screen.clock.now())


@pytest.fixture
def pair(tmp_path: Path, pg_cluster: postgres.Cluster, pg_demo_club: central.DemoClub) -> Iterator[Pair]:
    name = f"pair_{secrets.token_hex(6)}"
    url = pg_cluster.create(name, "demo_club")
    central.copy_files(pg_demo_club, tmp_path)
    clock = HandClock(central.DRAWN)
    try:
        with central.running(app.open_context(central.settings_for(tmp_path, url), clock), clock, pg_demo_club) as club:
            screen = club.device("tv-1")
        password = next(one["password"] for one in pg_demo_club.staff if one["number"] == "1001")
        with ExitStack() as running:
            arguments = (f"database.url={url}", *PINNED)
            first, second = (running.enter_context(served(tmp_path, *arguments)) for _ in range(2))
            yield Pair(first, second, screen, password, make_conninfo("", **pg_cluster.address, dbname=name))
    finally:
        pg_cluster.drop(name)


class Ear:
    """The event stream of a device, read on a thread of its own from a bare socket: it can be closed while it is read."""

    def __init__(self, pair: Pair, service: Served, last_id: str = "") -> None:
        target = "/v1/stream?run=run-00000001"
        headers = {"Host": "club.test", **pair.signed(target)} | ({"Last-Event-ID": last_id} if last_id else {})
        lines = [f"GET {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        found = urlsplit(service.url)
        self._socket = socket.create_connection((found.hostname, found.port), IN_TIME_S)
        self._socket.sendall("\r\n".join(lines).encode("ascii"))
        self._heard: queue.SimpleQueue[tuple[str, dict[str, Any], str]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def next(self, event: str = "", within_s: float = IN_TIME_S) -> tuple[dict[str, Any], str]:
        """Data and id of the next event, or of the next of a name; raises `queue.Empty` when none comes."""
        while True:
            name, data, told = self._heard.get(timeout=within_s)
            if not event or name == event:
                return data, told

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(IN_TIME_S)
        self._socket.close()

    def _listen(self) -> None:
        self._socket.settimeout(None)
        name = told = ""
        with self._socket.makefile("rb") as lines:
            for line in lines:
                field, _, value = line.decode("ascii").rstrip().partition(": ")
                match field:
                    case "event":
                        name = value
                    case "id":
                        told = value
                    case "data":
                        self._heard.put((name, json.loads(value), told))


def publish(pair: Pair, service: Served, title: str) -> None:
    """Edit a board and press Publish, as somebody does."""
    with httpx.Client(base_url=service.url, follow_redirects=True, timeout=IN_TIME_S) as browser:
        signed_in = browser.post("/console/sign-in", data={"number": "1001", "password": pair.password})
        assert signed_in.status_code == 200, signed_in.text
        form = Page(browser.get("/console/boards/b-lakeside")).form("editor")
        done = browser.post(form.action + "/publish", data={**form.fields, "zh.title": title})
        assert done.status_code == 200, done.text


_OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND "


def counted(link: psycopg.Connection[Any], which: str) -> int:
    """How many other connections to the database are such."""
    return int(link.execute(f"SELECT count(*) {_OTHERS}{which}").fetchone()[0])  # type: ignore[index]


def cut(link: psycopg.Connection[Any], which: str) -> int:
    """Cut all other connections to the database that are such; how many."""
    return int(link.execute(f"SELECT count(pg_terminate_backend(pid)) {_OTHERS}{which}").fetchone()[0])  # type: ignore[index]


def test_what_is_published_on_one_process_is_told_on_the_other_and_survives_the_loss_of_its_ear(pair: Pair) -> None:
    ear = Ear(pair, pair.second)
    hello, first_id = ear.next("hello")
    publish(pair, pair.first, "湖山三日自驾游")
    nudge, nudge_id = ear.next("nudge")
    assert nudge["feed"] == "store-east"
    assert nudge["seq"] > hello["cursors"]["store-east"]
    display, _ = ear.next("display")
    assert (display["slug"], display["revision"]) == ("tv-1", 2)

    # The connection that hears is cut: looking, and hearing anew, find what was told meanwhile.
    with psycopg.connect(pair.conninfo, autocommit=True) as link:
        # The first process told us nothing yet: it may only just begin to hear.
        until(lambda: counted(link, "query LIKE 'LISTEN %'") == 2, "each process to have an ear of its own")
        assert cut(link, "query LIKE 'LISTEN %'") == 2
    publish(pair, pair.first, "湖山四日自驾游")
    later, _ = ear.next("nudge")
    while later["feed"] != "store-east" or later["seq"] <= nudge["seq"]:
        later, _ = ear.next("nudge")
    ear.close()

    # Whoever comes back, to whichever process, says where it was and is told what has grown since.
    for last_id in (first_id, nudge_id):
        again = Ear(pair, pair.first, last_id)
        now, newest = again.next("hello")
        missed, _ = again.next("nudge")
        assert missed["seq"] == now["cursors"][missed["feed"]]
        assert newest.startswith(f"{now['epoch']}/")
        again.close()


def test_hints_that_no_look_finds_are_heard_after_every_connection_to_the_database_was_cut(pair: Pair) -> None:
    ear = Ear(pair, pair.second)
    ear.next("hello")
    with psycopg.connect(pair.conninfo, autocommit=True) as link:
        with psycopg.connect(pair.conninfo) as holder:
            # Both ears hear anew, and are at their look when everything is cut: the look is what fails, not the hearing.
            holder.execute("LOCK TABLE feeds IN ACCESS EXCLUSIVE MODE")
            cut(link, "query LIKE 'LISTEN %'")
            until(lambda: counted(link, "query LIKE 'LISTEN %'") == 2, "two ears")
            until(lambda: counted(link, "wait_event_type = 'Lock'") >= 3, "two ears' looks and the stream's own")
            assert cut(link, f"pid <> {holder.info.backend_pid}") > 2
        hint = packed([CommandHint(pair.screen.identity.device_id, 3)], "another process")[0]
        deadline = time.monotonic() + IN_TIME_S
        heard = None
        while heard is None and time.monotonic() < deadline:
            link.execute("SELECT pg_notify(%s, %s)", (CHANNEL, hint))
            with suppress(queue.Empty):
                heard = ear.next("command", within_s=0.5)
    ear.close()
    assert heard is not None, "no hint is heard any more"
    assert heard[0]["waiting"] == 3


def test_neither_thread_is_ended_by_what_goes_wrong_in_a_round(
    pg_cluster: postgres.Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    name = f"ears_{secrets.token_hex(6)}"
    url = pg_cluster.create(name)
    told: queue.SimpleQueue[object] = queue.SimpleQueue()
    faults: list[Exception] = [errors.Unavailable("the pool is dead"), KeyError("some name")]

    def look() -> None:
        if faults:
            raise faults.pop(0)

    hearer = Neighbours(url, told.put, look)
    teller = Neighbours(url, lambda _: None, lambda: None)
    try:
        with caplog.at_level(logging.WARNING):
            hearer.start()
            teller.start()
            assert hearer.hearing.wait(IN_TIME_S)
            teller.post([Nudge(b"no text", 1)])  # type: ignore[arg-type]  # cannot be packed
            until(lambda: "feed_not_told TypeError" in caplog.text, "a round of telling that failed")
            teller.post([Closed("device-0001")])
            assert told.get(timeout=IN_TIME_S) == [Closed("device-0001")]
        assert "feed_not_heard Unavailable" in caplog.text
        assert "feed_not_heard KeyError" in caplog.text
        assert "some name" not in caplog.text, "a message may hold what was in a row"
    finally:
        hearer.close()
        teller.close()
        pg_cluster.drop(name)

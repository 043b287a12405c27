"""A disk that is full, a server that answers nonsense: the programs go on, say so once, promise nothing they cannot keep, and recover."""

import http.server
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from demo.processes import Program
from tests.support.central import WANG
from tests.support.visit_house import NOBODY, Visitor

pytestmark = [pytest.mark.window, pytest.mark.reader, pytest.mark.timeout(180)]

ROOM_FOR_THE_LOG = 4096  # and less than one transaction takes


@contextmanager
def full_disk(program: Program, log: Path) -> Iterator[None]:
    """Have every file of a running program end where the disk of a full store computer would.

    The limit on a file's size works without root; writing past it fails as it does without room (Python ignores SIGXFSZ).
    """
    before = resource.prlimit(program.pid, resource.RLIMIT_FSIZE)
    room = log.stat().st_size + ROOM_FOR_THE_LOG
    resource.prlimit(program.pid, resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        if program.running:
            resource.prlimit(program.pid, resource.RLIMIT_FSIZE, before)


def a_new_log(program: Program, visitor: Visitor) -> Path:
    """Stop a program and put its log aside, so that a limit can lie between its log's end and the first page it writes."""
    program.stop()
    log = visitor.store.options.logs / f"{program.name}.log"
    log.replace(log.with_suffix(f".{len(list(log.parent.iterdir()))}.log"))
    return log


def test_a_kiosk_without_room_redeems_nothing_and_says_so(visitor: Visitor) -> None:
    member = visitor.spends_most()
    before = visitor.account(member)
    log = a_new_log(visitor.store.kiosk, visitor)
    visitor.restart_kiosk()
    visitor.to_the_sheet(member)
    with full_disk(visitor.store.kiosk, log):
        visitor.confirm(member)
        visitor.screen("error")
        assert visitor.outbox() == []
        assert visitor.account(member) == before
        visitor.leave()
    said = visitor.store.kiosk.output()
    assert said.count("was not stored, nothing is redeemed") == 1
    assert "Traceback" not in said
    assert "unforeseen" not in said
    visitor.rest()
    visitor.to_the_sheet(member)
    visitor.confirm(member)
    visitor.screen("success")
    assert visitor.account(member).once_more(before)
    visitor.leave()


def test_a_server_without_room_is_unavailable_until_there_is_some(visitor: Visitor) -> None:
    member = visitor.spends_most()
    before = visitor.account(member)
    log = a_new_log(visitor.store.server, visitor)
    visitor.start_server()
    visitor.rest()
    visitor.to_the_sheet(member)
    with full_disk(visitor.store.server, log):
        visitor.confirm(member)
        visitor.screen("error", "offline", "reward_detail", "pin")
        assert visitor.within(20, lambda _now: "unavailable: " in visitor.store.server.output())
        assert visitor.account(member) == before
        assert visitor.store.server.running
    said = visitor.store.server.output()
    assert "Traceback" not in said
    visitor.leave()
    visitor.until(lambda now: now["online"], "the server to be back")
    assert visitor.within(60, lambda _now: not visitor.on_its_way())
    if visitor.account(member) == before:  # the PIN could not be counted: nothing was promised
        visitor.to_the_sheet(member)
        visitor.confirm(member)
        visitor.screen("success")
        visitor.leave()
    assert visitor.account(member).once_more(before)
    visitor.books_are_right()


class _Nonsense(http.server.BaseHTTPRequestHandler):
    """Answers every request in one way that our server never would."""

    protocol_version = "HTTP/1.0"  # no connection outlives its answer, so that the server's return is met at once
    manner = ""
    over = threading.Event()

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.manner == "slowly":
            self.over.wait(60)
            self.close_connection = True
            return
        body = {"500": b"Internal Server Error", "junk": b'{"epoch": [[[', "a login page": b"<html>"}[self.manner]
        kind = {"500": "text/plain", "junk": "application/json", "a login page": "text/html"}[self.manner]
        self.send_response(500 if self.manner == "500" else 200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def __getattr__(self, name: str) -> object:
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: it is not what is tested."""


@contextmanager
def instead_of_the_server(port: int, manner: str) -> Iterator[None]:
    """Something else that answers at the central API's address."""
    over = threading.Event()
    handler = type("Handler", (_Nonsense,), {"manner": manner, "over": over})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        over.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("manner", ["500", "junk", "a login page", "slowly"])
def test_a_server_that_answers_nonsense_counts_as_gone_until_it_answers_again(visitor: Visitor, manner: str) -> None:
    member = WANG  # of this store: its kiosk knows the card by itself
    visitor.restart_kiosk()
    visitor.store.server.stop()
    with instead_of_the_server(visitor.store.port, manner):
        visitor.until(lambda now: not now["online"], f"the kiosk to notice a server that answers {manner}")
        visitor.lay(visitor.cards[member])
        visitor.until(
            lambda now: now["screen"] == "home" and now["settled"], "the page of a member whom the mirror knows"
        )
        visitor.leave()
        said = visitor.store.kiosk.output()
    assert said.count("does not answer as expected") == 1
    complaints = [line.split(" ", 2)[2] for line in said.splitlines() if "WARNING club.sync." in line]
    assert len(complaints) == len(set(complaints)), "each fault is told once"
    assert "Traceback" not in said
    assert "unforeseen" not in said
    visitor.start_server()
    assert visitor.within(60, lambda now: now["online"] and now["screen"] == NOBODY), visitor.state()
    visitor.at_home(member)
    visitor.leave()

"""A small honest HTTP server on a free port: each route is a function, and the cable can be pulled."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec

from club.model.errors import ClubError
from club.wire import codec, problems


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What to send. `pieces` sends in chunks without a length; `cut` closes after the headers' promise was broken."""

    status: int = 200
    body: bytes = b""
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    pieces: Iterator[bytes] | None = None
    cut: bool = False


class Hangup(Exception):  # an event, not a fault
    """Raised by a route: close the connection without an answer."""


Route = Callable[[Asked], Answer]


def a_value(value: msgspec.Struct, status: int = 200) -> Answer:
    return Answer(status, codec.encode(value))


def a_problem(error: ClubError, status: int = 409, **changes: str) -> Answer:
    problem = problems.Problem(
        title="Refused", status=status, code=changes.get("code", error.code), detail=str(error), facts=dict(error.facts)
    )
    return Answer(status, codec.encode(problem), problems.MEDIA_TYPE)


@dataclass
class SmallServer:
    """Routes by `METHOD /path` without the query; `asked` is what came, in order."""

    address: str
    routes: dict[str, Route] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def count(self, route: str) -> int:
        return sum(f"{one.method} {one.target.partition('?')[0]}" == route for one in self.asked)


@contextmanager
def serving() -> Iterator[SmallServer]:
    """Serve until the block ends; every connection is closed then."""
    open_sockets: set[socket.socket] = set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            open_sockets.add(self.request)
            super().setup()

        def log_message(self, format: str, *args: object) -> None:
            pass

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            asked = Asked(self.command, self.path, dict(self.headers), self.rfile.read(length))
            small.asked.append(asked)
            route = small.routes.get(f"{self.command} {self.path.partition('?')[0]}")
            try:
                answer = route(asked) if route else Answer(404, b"<h1>not here</h1>", "text/html")
            except Hangup:
                self.close_connection = True
                return
            self._send(answer)

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            for name, value in answer.headers:
                self.send_header(name, value)
            if answer.pieces is not None:
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for piece in answer.pieces:
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                self.wfile.write(b"0\r\n\r\n")
                return
            if answer.status not in (204, 304):
                self.send_header("Content-Length", str(len(answer.body) * (2 if answer.cut else 1)))
            self.end_headers()
            self.wfile.write(answer.body)
            self.close_connection = self.close_connection or answer.cut

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815  # the library's names

        def handle(self) -> None:
            try:
                super().handle()
            except (ConnectionError, ValueError):
                pass  # the client has gone, or the test is over
            finally:
                open_sockets.discard(self.request)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    small = SmallServer(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield small
    finally:
        server.shutdown()
        thread.join(10)
        for sock in list(open_sockets):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        server.server_close()

"""A receiver of webhooks holds nobody up and is believed nothing; a signature that is none breaks nothing (A15)."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pytest

from central_api.integrations.webhooks import signing
from central_api.integrations.webhooks.sending import Sender
from club.settings.central import Webhooks

NOW = datetime(2026, 5, 16, 6, 32, tzinfo=UTC)


@contextmanager
def answering(head: bytes, part: bytes) -> Iterator[int]:
    """A server that begins its answer with one thing, and then sends another now and then, for ever; its port."""
    stop, threads = threading.Event(), list[threading.Thread]()
    server = socket.create_server(("127.0.0.1", 0))

    def answer(line: socket.socket) -> None:
        with line, suppress(OSError):
            line.sendall(head)
            while not stop.wait(0.05):
                line.sendall(part)

    def serve() -> None:
        with suppress(OSError):
            while True:
                line, _ = server.accept()
                threads.append(threading.Thread(target=answer, args=(line,)))
                threads[-1].start()

    serving = threading.Thread(target=serve)
    serving.start()
    try:
        yield server.getsockname()[1]
    finally:
        stop.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        for thread in (serving, *threads):
            thread.join(10)


@pytest.fixture
def dribbler() -> Iterator[int]:
    """A server that answers one byte now and then, for ever; its port."""
    with answering(b"HTTP/1.1 200 OK\r\n", b"X") as port:
        yield port


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_receiver_that_sends_a_byte_now_and_then_is_cut_off(dribbler: int, scheme: str) -> None:
    sender = Sender(Webhooks(private_hosts=("localhost",), timeout_s=0.5))
    began = time.monotonic()
    outcome = sender.send(f"{scheme}://localhost:{dribbler}/club", b"{}", {})
    sender.close()
    assert not outcome.taken
    assert time.monotonic() - began < 10, "twice half a second, on a busy machine"


@pytest.mark.parametrize("status", [b"200 OK", b"302 Found", b"308 Permanent Redirect"])
def test_a_body_without_end_is_not_read_not_even_that_of_a_redirect(status: bytes) -> None:
    sender = Sender(Webhooks(private_hosts=("localhost",), timeout_s=5))
    with answering(b"HTTP/1.1 " + status + b"\r\nLocation: /elsewhere\r\n\r\n", b"X" * 65536) as port:
        outcome = sender.send(f"http://localhost:{port}/club", b"{}", {})
    sender.close()
    assert (outcome.taken, outcome.said) == (status == b"200 OK", f"status {status[:3].decode()}")


@pytest.mark.parametrize(
    "header", ["", "t=", "v1=", "t=1,v1=é", "t=٣,v1=a", "t=-1,v1=a", "t=1", "v1=a,v1=b", "t=1" * 5000, "=,=,=", "\0"]
)
def test_a_signature_that_is_none_is_wrong_and_breaks_nothing(header: str) -> None:
    assert not signing.is_right("secret", b"{}", header, NOW)
    assert signing.is_right("secret", b"{}", signing.sign("secret", b"{}", NOW), NOW)

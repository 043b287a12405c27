"""Thousands of listeners in one light process: raw sockets and epoll, so that their cost is small beside the server's.

Reads one JSON line with what to do, then one line for each round; answers each with one JSON line. Times are of the system's
monotonic clock, which all processes share.

    python -m tests.bench.push.ears
    {"speaks": "sse", "addresses": [["127.0.0.1", 8700]], "greetings": ["GET /v1/stream …"], "at_once": 64}
    {"mark": "\\"seq\\": 7}", "within_s": 20}
"""

import base64
import json
import select
import socket
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.bench.push import mqtt

_PIECE = 65_536


@dataclass
class Ear:
    """One connection: what it says first, how far it has come, and when it heard the mark of this round."""

    socket: socket.socket
    greeting: bytes
    said: int = 0
    ready: bool = False
    rest: bytes = b""
    heard_at: float = 0.0


@dataclass
class Ears:
    """All of them. `speaks` is `sse` or `mqtt`."""

    speaks: str
    ears: dict[int, Ear] = field(default_factory=dict)
    epoll: select.epoll = field(default_factory=select.epoll)

    def open(self, addresses: Sequence[tuple[str, int]], greetings: Sequence[bytes], at_once: int) -> None:
        """Connect one for each greeting, to the addresses in turn, a few at once; returns when all are ready."""
        waiting = list(enumerate(greetings))
        under_way = 0
        while waiting or under_way:
            while waiting and under_way < at_once:
                number, greeting = waiting.pop()
                self._connect(addresses[number % len(addresses)], greeting)
                under_way += 1
            for descriptor, _ in self._poll(30):
                ear = self.ears[descriptor]
                if not ear.ready and self._begin(ear):
                    under_way -= 1

    def hear(self, mark: bytes, within_s: float) -> list[float]:
        """Wait until everybody has heard a mark; when each did."""
        missing = set(self.ears)
        for ear in self.ears.values():
            ear.heard_at = 0.0
        end = time.monotonic() + within_s
        while missing and time.monotonic() < end:
            for descriptor, _ in self._poll(1):
                ear = self.ears[descriptor]
                piece = self._take(ear)
                if descriptor in missing and mark in piece:
                    ear.heard_at = time.monotonic()
                    missing.discard(descriptor)
        if missing:
            raise RuntimeError(
                f"expected {len(self.ears)} to hear {mark!r} within {within_s:g} s, {len(missing)} did not"
            )
        return [ear.heard_at for ear in self.ears.values()]

    def close(self) -> None:
        for ear in self.ears.values():
            ear.socket.close()
        self.epoll.close()

    def _connect(self, address: tuple[str, int], greeting: bytes) -> None:
        made = socket.create_connection((address[0], address[1]), 30)
        made.setblocking(False)
        ear = Ear(made, greeting)
        self.ears[made.fileno()] = ear
        self.epoll.register(made.fileno(), select.EPOLLIN)
        made.send(greeting)

    def _begin(self, ear: Ear) -> bool:
        """Read an ear's first answers; whether it is ready now."""
        ear.rest += ear.socket.recv(_PIECE)
        if self.speaks == "sse":
            if not ear.rest.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"expected a stream, found {ear.rest[:200]!r}")
            ear.ready = b"event: hello" in ear.rest and ear.rest.endswith(b"\n\n\r\n")
        else:
            ear.ready = mqtt.is_subscribed(ear.rest)
        if ear.ready:
            ear.rest = b""
        return ear.ready

    def _take(self, ear: Ear) -> bytes:
        piece = ear.socket.recv(_PIECE)
        if not piece:
            raise RuntimeError("expected an open connection, found one that was closed")
        if self.speaks == "mqtt":
            for packet in mqtt.acknowledgements(piece):
                ear.socket.send(packet)
        return piece

    def _poll(self, within_s: float) -> list[tuple[int, int]]:
        return self.epoll.poll(within_s)


def main(read: Callable[[], str], write: Callable[[str], Any]) -> None:
    """Do what the lines ask."""
    asked = json.loads(read())
    ears = Ears(asked["speaks"])
    greetings = [base64.b64decode(text) for text in asked["greetings"]]
    ears.open([(host, port) for host, port in asked["addresses"]], greetings, asked["at_once"])
    write(json.dumps({"ready": len(ears.ears)}))
    while line := read():
        round_ = json.loads(line)
        write(json.dumps({"heard_at": ears.hear(round_["mark"].encode(), round_["within_s"])}))
    ears.close()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.stdin.readline, _say)

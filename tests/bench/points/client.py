"""Sends prepared HTTP requests over keep-alive connections and times the answers; a program of its own that costs little.

    python client.py HOST PORT CLIENTS SECONDS FILE

FILE holds the requests, each behind its length (4 bytes, network order). Each client sends one request, waits for its whole
answer and sends the next in the file, until the time is over or the file is at its end; what is under way then is waited for.
Prints one JSON object: `elapsed_s`, `cpu_s` (this program's own, while it sends), `sent`, `status` and `ms` by the request's
place in the file (status 0: no answer came), and `odd`: the first answers that were not 200.

Nothing but the standard library is loaded, requests are not built here, answers are not parsed beyond their status and length.
"""

import json
import selectors
import socket
import struct
import sys
import time
from pathlib import Path

_LENGTH = b"content-length:"
_WAIT_S = 30.0  # for an answer that is under way when the time is over
_KEEP = 5


class Connection:
    """One client: its socket, the request under way, and what has come of the answer."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.place = -1
        self.began = 0.0
        self.came = b""

    def send(self, place: int, request: bytes) -> None:
        """Send a request; it is small and goes into the socket's buffer whole."""
        self.place, self.came = place, b""
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> int | None:
        """Take what has come; the status when the answer is whole, 0 when the connection was closed instead."""
        part = self.socket.recv(65536)
        if not part:
            return 0
        self.came += part
        end = self.came.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = self.came[:end].lower()
        at = head.find(_LENGTH)
        length = int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self.came) < end + 4 + length:
            return None
        return int(self.came[9:12])


def read(path: Path) -> list[bytes]:
    """The requests of a file."""
    content, found, at = path.read_bytes(), list[bytes](), 0
    while at < len(content):
        (length,) = struct.unpack_from("!I", content, at)
        found.append(content[at + 4 : at + 4 + length])
        at += 4 + length
    return found


def write(path: Path, requests: list[bytes]) -> None:
    """The file of requests."""
    path.write_bytes(b"".join(struct.pack("!I", len(request)) + request for request in requests))


def run(address: tuple[str, int], clients: int, seconds: float, requests: list[bytes]) -> dict[str, object]:
    """Send them; what came of it, as told above."""
    status, took, odd = [0] * len(requests), [0.0] * len(requests), list[str]()
    connections = [Connection(address) for _ in range(clients)]
    selector = selectors.DefaultSelector()
    for connection in connections:
        selector.register(connection.socket, selectors.EVENT_READ, connection)
    began, cpu = time.perf_counter(), time.process_time()
    until, ended, upto, busy = began + seconds, began, 0, 0
    for connection in connections[: len(requests)]:
        connection.send(upto, requests[upto])
        upto, busy = upto + 1, busy + 1
    while busy:
        ready = selector.select(_WAIT_S)
        if not ready:
            break
        for key, _ in ready:
            connection = key.data
            found = connection.receive()
            if found is None:
                continue
            ended = time.perf_counter()
            status[connection.place], took[connection.place] = found, (ended - connection.began) * 1000
            if found != 200 and len(odd) < _KEEP:
                odd.append(connection.came.decode("utf-8", "replace"))
            if ended < until and upto < len(requests) and found:
                connection.send(upto, requests[upto])
                upto += 1
                continue
            busy -= 1
            if not found:
                selector.unregister(connection.socket)
    used = time.process_time() - cpu
    selector.close()
    for connection in connections:
        connection.socket.close()
    return {
        "elapsed_s": ended - began,
        "cpu_s": used,
        "sent": upto,
        "status": status[:upto],
        "ms": [round(value, 3) for value in took[:upto]],
        "odd": odd,
    }


if __name__ == "__main__":
    host, port, clients, seconds, file = sys.argv[1:]
    print(json.dumps(run((host, int(port)), int(clients), float(seconds), read(Path(file)))))

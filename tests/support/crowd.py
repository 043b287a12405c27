"""Hundreds of enrolled devices in a database, and their streams as bare connections; all have one key."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

from sqlalchemy import insert

from central_api.db import Database
from central_api.devices.tables import devices, places, stores
from club.sync.identity import Identity
from tests.support.served import Served

PER_STORE = 5
_WITHIN_S = 60.0


class Crowd:
    """Devices by their numbers, enrolled in `db` as lounges, five in a store.

    Args:
        folder: where their key is kept.
        db: a database with its tables.
        count: how many they are.
    """

    def __init__(self, folder: Path, db: Database, count: int) -> None:
        self.count = count
        self._identity = Identity.load_or_create(folder / "device.json", new_id=lambda: "dev-00000")
        name, now = {"zh": "", "en": ""}, datetime.now(UTC)
        of_stores = range(-(-count // PER_STORE))
        with db.write() as tx:
            tx.execute(
                insert(stores),
                [
                    {"slug": f"s-{n}", "name": name, "time_zone": "Asia/Shanghai", "phone": "", "position": n}
                    for n in of_stores
                ],
            )
            tx.execute(
                insert(places),
                [{"slug": f"p-{n}", "kind": "lounge", "store": f"s-{n}", "name": name} for n in of_stores],
            )
            tx.execute(
                insert(devices),
                [
                    {
                        "id": f"dev-{n:05d}",
                        "public_key": self._identity.public_key,
                        "kind": "lounge",
                        "place": f"p-{n // PER_STORE}",
                        "store": f"s-{n // PER_STORE}",
                        "version": "crowd",
                        "enrolled_at": now,
                        "enrolled_by": "crowd",
                    }
                    for n in range(count)
                ],
            )

    def request(self, number: int, run: str = "") -> tuple[str, dict[str, str]]:
        """Target and headers of a device's request for its stream; `run` is the run of its program."""
        device = Identity(f"dev-{number:05d}", self._identity._key)
        target = f"/v1/stream?run={run or f'run-{number:08d}'}"
        return target, device.sign(method="GET", target=target, body=b"", at=datetime.now(UTC))

    def greeting(self, number: int) -> bytes:
        """The same as the bytes of a whole request."""
        target, headers = self.request(number)
        lines = [f"GET {target} HTTP/1.1", "Host: crowd", *(f"{name}: {value}" for name, value in headers.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    @contextmanager
    def listening(self, service: Served) -> Iterator[list[HTTPResponse]]:
        """The open streams of all devices, each of which has read `hello`; closed at the end."""
        with ExitStack() as opened:
            lines = [self.line(service, number, opened) for number in range(self.count)]
            answers = [line.getresponse() for line in lines]
            for answer in answers:
                opened.callback(answer.close)
                assert answer.status == 200, answer.read()
                while answer.readline() != b"event: hello\n":
                    assert not answer.isclosed(), "the stream ended before its first event"
            yield answers

    def line(self, service: Served, number: int, opened: ExitStack) -> HTTPConnection:
        """A connection on which a device has asked for its stream; closed with `opened`."""
        line = HTTPConnection(service.url.removeprefix("http://"), timeout=_WITHIN_S)
        opened.callback(line.close)
        target, headers = self.request(number)
        line.request("GET", target, headers=headers)
        return line

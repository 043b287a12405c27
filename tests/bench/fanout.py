"""One publish to thousands of connected devices: when it reaches them, and what they cost the service, beside Mosquitto.

What is compared, in turn, the order turned round with every round:

- **1p, 2p**: one and two real processes of the service on one PostgreSQL. Every device is enrolled, signs its request for the
  stream and has read `hello`; five stand in a store, and all follow the global feed. A third process commits a change to that
  feed and says so by NOTIFY, as a process of the service does; the clock runs from before its transaction until a device has the bytes.
- **mosquitto**: the broker alone, the same number of subscribers of one topic by QoS 1, each of which acknowledges; the publisher is
  outside too, and the message is as long as our event. It stores nothing, checks no signature, and knows of no feed.

All listeners are one light process (`push/ears.py`), the same for both. CPU is the server processes' own (all threads, by the
scheduler's count) from before the publish until all have received, without PostgreSQL's; memory is what their resident size grew by
while the devices connected. Weakness: listeners and servers share the machine's cores, there is no network and no TLS, and a
broadcast to everybody is the rarest case: a store's feed reaches ten devices.
"""

import argparse
import base64
import json
import math
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from central_api import app
from central_api.db import Database
from central_api.feed import service as feed
from central_api.feed.neighbours import Neighbours
from club.model.text import Text
from club.wire.changes import RewardCategoryEntity
from tests.bench.push import mqtt
from tests.bench.report import Aim, last_line, percentile
from tests.support import central, postgres, wait
from tests.support.crowd import Crowd
from tests.support.served import Served, served

AIMS = {
    "all_received_ms_p50_5000": Aim(1000),
    "kb_per_connection": Aim(20),
    "cpu_vs_mosquitto": Aim(1.2),
}
_AT_ONCE = 64
_WITHIN_S = 30.0
_TOPIC = "club/global"
_PUBLISHER = "bench-publisher"


@dataclass
class Cell:
    """What was measured of one kind of server with so many devices; times in ms, CPU in ms an event."""

    received: list[float] = field(default_factory=list)
    all_received: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    kb: list[float] = field(default_factory=list)


def main(arguments: Sequence[str]) -> int:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(prog="./dev bench fanout")
    parser.add_argument("--rounds", type=int, default=3, help="each kind of server is started anew so often")
    parser.add_argument("--events", type=int, default=10, help="publishes in each of them")
    parser.add_argument("--devices", type=int, nargs="+", default=[1000, 5000])
    parser.add_argument("--quick", action="store_true", help="one round with 100 devices: whether it works")
    given = parser.parse_args(arguments)
    if given.quick:
        given.rounds, given.events, given.devices = 1, 3, [100]
    print(last_line("fanout", measure(given.rounds, given.events, given.devices), aims(given.devices)), flush=True)
    return 0


def aims(counts: Sequence[int]) -> dict[str, Aim]:
    """The aims; they are of 5,000 devices, and a run with fewer keeps none that is named for them."""
    return AIMS if 5000 in counts else {name: aim for name, aim in AIMS.items() if not name.endswith("_5000")}


def measure(rounds: int, events: int, counts: Sequence[int]) -> dict[str, float]:
    """Everything; the figures."""
    cells: dict[tuple[str, int], Cell] = {}
    broker = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if broker is None:
        _say("mosquitto is not installed (Debian package mosquitto): what is set against it stays empty")
    with tempfile.TemporaryDirectory(prefix="bench-fanout-") as name, postgres.cluster() as cluster:
        folder = Path(name)
        url = cluster.create("fanout")
        house = House(folder, url, max(counts))
        for turn in range(rounds):
            runs: list[tuple[str, Callable[[int, Cell], None]]] = [
                ("1p", lambda count, cell: house.run(1, count, events, cell)),
                ("2p", lambda count, cell: house.run(2, count, events, cell)),
            ]
            if broker is not None:
                runs.append(("mosquitto", lambda count, cell: _mosquitto(str(broker), folder, count, events, cell)))
            for kind, run in runs if turn % 2 == 0 else reversed(runs):
                for count in counts:
                    cell = cells.setdefault((kind, count), Cell())
                    run(count, cell)
                    _say(
                        f"round {turn + 1} {kind} {count}: all within {percentile(cell.all_received, 50):.0f} ms, "
                        f"CPU {percentile(cell.cpu, 50):.0f} ms an event, {cell.kb[-1]:.1f} KB a connection"
                    )
    return figures(cells, max(counts))


def figures(cells: dict[tuple[str, int], Cell], most: int) -> dict[str, float]:
    """The figures of all cells, and the named ones: one process with the most devices; NaN for what was not measured."""
    found: dict[str, float] = {}
    for (kind, count), cell in cells.items():
        found[f"received_ms_p50_{count}_{kind}"] = percentile(cell.received, 50)
        found[f"received_ms_p99_{count}_{kind}"] = percentile(cell.received, 99)
        found[f"all_received_ms_p50_{count}_{kind}"] = percentile(cell.all_received, 50)
        found[f"all_received_ms_max_{count}_{kind}"] = max(cell.all_received)
        found[f"cpu_ms_per_event_{count}_{kind}"] = percentile(cell.cpu, 50)
        found[f"kb_per_connection_{count}_{kind}"] = percentile(cell.kb, 50)
    found[f"all_received_ms_p50_{most}"] = found[f"all_received_ms_p50_{most}_1p"]
    found["kb_per_connection"] = found[f"kb_per_connection_{most}_1p"]
    ours, theirs = found[f"cpu_ms_per_event_{most}_1p"], found.get(f"cpu_ms_per_event_{most}_mosquitto", math.nan)
    found["cpu_vs_mosquitto"] = ours / theirs
    return found


class House:
    """A database with so many enrolled devices; all have one key, which changes nothing of what is measured."""

    def __init__(self, folder: Path, url: str, most: int) -> None:
        self._folder, self._url = folder, url
        context = app.open_context(central.settings_for(folder, url))
        try:
            self._crowd = Crowd(folder, context.db, most)
        finally:
            context.passwords.close()
            context.db.close()

    def run(self, processes: int, count: int, events: int, cell: Cell) -> None:
        """Start the service, connect the devices, publish, and measure."""
        with ExitStack() as running:
            found = [running.enter_context(served(self._folder, f"database.url={self._url}")) for _ in range(processes)]
            publisher = running.enter_context(self._publisher())
            pids = [one.process.pid for one in found]
            addresses = [_address(one.url) for one in found]
            running.enter_context(_logs_kept(found))
            before = sum(_resident_kb(pid) for pid in pids)
            ears = running.enter_context(_listeners("sse", addresses, [self._crowd.greeting(n) for n in range(count)]))
            cell.kb.append((sum(_resident_kb(pid) for pid in pids) - before) / count)
            for _ in range(events):
                seq = publisher.next
                _event(cell, ears, pids, f'"feed": "global", "seq": {seq}}}', publisher)

    @contextmanager
    def _publisher(self) -> Iterator["Publisher"]:
        db = Database(self._url)
        neighbours = Neighbours(self._url, lambda _: None, lambda: None)
        db.after_commit(neighbours.post)
        neighbours.start()
        try:
            assert neighbours.hearing.wait(_WITHIN_S)
            yield Publisher(db)
        finally:
            neighbours.close()
            db.close()


class Publisher:
    """Commits a change to the global feed each time it is called."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @property
    def next(self) -> int:
        """The number the next change will have."""
        with self._db.read() as tx:
            return feed.cursors(tx, (feed.GLOBAL,))[feed.GLOBAL] + 1

    def __call__(self) -> None:
        with self._db.write() as tx:
            entity = RewardCategoryEntity(slug="bench", name=Text("洗车券"), order=1)
            feed.publish(tx, feed.GLOBAL, "reward_category", "bench", entity, now=datetime.now(UTC))


def _event(cell: Cell, ears: "Listeners", pids: Sequence[int], mark: str, publish: Callable[[], None]) -> None:
    ears.ask(mark)
    spent, began = sum(_cpu_ms(pid) for pid in pids), time.monotonic()
    publish()
    heard = [(at - began) * 1000 for at in ears.heard()]
    cell.cpu.append(sum(_cpu_ms(pid) for pid in pids) - spent)
    cell.received += heard
    cell.all_received.append(max(heard))


class Listeners:
    """The light process with all the ears, while it runs."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ask(self, mark: str) -> None:
        """Have it listen for a mark."""
        self.tell({"mark": mark, "within_s": _WITHIN_S})

    def heard(self) -> list[float]:
        """When each heard it."""
        found: list[float] = self.answer()["heard_at"]
        return found

    def tell(self, line: dict[str, Any]) -> None:
        """One line to it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """One line of it.

        Raises:
            RuntimeError: it has ended; what it said last.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            said = self._process.stderr.read() if self._process.stderr else ""
            raise RuntimeError(f"expected an answer of the listeners, found them ended: {said[-2000:]}")
        found: dict[str, Any] = json.loads(line)
        return found


@contextmanager
def _logs_kept(services: Sequence[Served]) -> Iterator[None]:
    """What goes wrong while the services run is told with the end of their logs, which are gone with them."""
    try:
        yield
    except Exception as fault:
        for one in services:
            one.process.kill()
            one.ended()
        logs = "".join(f"\n--- the end of the log of process {one.process.pid}:\n{one.last_said()}" for one in services)
        raise RuntimeError(f"{fault}{logs}") from fault


@contextmanager
def _listeners(speaks: str, addresses: Sequence[tuple[str, int]], greetings: Sequence[bytes]) -> Iterator[Listeners]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.push.ears"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        found = Listeners(process)
        found.tell(
            {
                "speaks": speaks,
                "addresses": addresses,
                "greetings": [base64.b64encode(one).decode() for one in greetings],
                "at_once": _AT_ONCE,
            }
        )
        assert found.answer()["ready"] == len(greetings)
        yield found
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def _mosquitto(program: str, folder: Path, count: int, events: int, cell: Cell) -> None:
    """The same with the broker."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = free.getsockname()[:2]
    config = folder / "mosquitto.conf"
    config.write_text(
        f"listener {address[1]} 127.0.0.1\nallow_anonymous true\npersistence false\nmax_connections -1\nset_tcp_nodelay true\n",
        encoding="ascii",
    )
    process = subprocess.Popen([program, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait.until(lambda: _answers(address), "the broker to answer")
        before = _resident_kb(process.pid)
        greetings = [mqtt.greeting(f"dev-{n:05d}", _TOPIC) for n in range(count)]
        with _listeners("mqtt", [address], greetings) as ears, socket.create_connection(address) as link:
            cell.kb.append((_resident_kb(process.pid) - before) / count)
            link.sendall(mqtt.greeting(_PUBLISHER, "club/nothing"))
            for number in range(1, events + 1):
                mark = f'"feed": "global", "seq": {number}}}'
                event = f"id: {'0' * 16}/global:{number},store-s-1:1\nevent: nudge\ndata: {{{mark}\n\n".encode()
                _event(cell, ears, [process.pid], mark, partial(link.sendall, mqtt.publish(_TOPIC, event, number)))
    finally:
        process.terminate()
        process.wait()


def _answers(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, 1).close()
    except OSError:
        return False
    return True


def _address(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("http://").partition(":")
    return host, int(port)


def _resident_kb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("VmRSS:")))


def _cpu_ms(pid: int) -> float:
    """What a process's threads have run, by the scheduler's count in nanoseconds."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text(encoding="ascii").split()[0])
        except OSError:
            continue  # a thread that ended meanwhile
    return total / 1e6


def _say(text: str) -> None:
    print(f"  {text}", flush=True)

"""Redemptions a second through the whole service, beside the floor of its own procedure and beside other ledgers, in one run.

What is compared, in turn, the order turned round with every round; figures are medians over the rounds, ratios are taken within
a round, where both sides met the same machine:

- **HTTP**: the real service as its own process, on PostgreSQL and on SQLite, 1, 4 and 16 kiosks at once. Each command is signed by
  its kiosk's key and carries its idempotency key; the service proves the one, keeps the other, and answers with the voucher.
- **floor** (`points/floor.py`): pgbench calling the very procedure with the very texts, without HTTP and Python.
- **hot**: 16 kiosks at one member, and 16 at one reward; each beside the procedure's floor for that case.
- **peers** (`peers/ledgers/`): django-hordak's row-locked redemption, by 4 and by 16 processes, and a ledger of bare sums, by 4: in
  process, no HTTP, no signatures, no lots, no vouchers. `hordak_ratio_c4` sets ours at its 16 kiosks against hordak's 4 processes, as
  the aim says; `hordak_ratio_alike_c4` and `_c16` set as many kiosks against as many processes.
- **empty**: the same server and framework, reading the command and doing nothing: what the load client and HTTP leave room for.

Load client, service, pgbench and PostgreSQL share the machine's cores; what is not being measured is stopped (SIGSTOP). PostgreSQL
waits for the disk at each commit, SQLite too. After the run both databases are looked over: every acknowledged command is
there once and nothing else is (`violations`), `central-api ledger verify` proves the books, and then finds ten corruptions planted in a
copy. Weakness: one machine, no network, no TLS, and a few seconds a cell; ratios say more than figures.
"""

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select

from central_api.db import Database
from central_api.feed.tables import feed_due
from tests.bench.peers.ledgers import environment
from tests.bench.points import audit, clones, club, floor, load, planting
from tests.bench.points.club import Club, Size
from tests.bench.points.load import Ran
from tests.bench.points.service import Service, service
from tests.bench.report import Aim, last_line, percentile
from tests.support import postgres, wait
from tests.support.postgres import Cluster

CLIENTS = (1, 4, 16)
PEERS = {"hordak": (4, 16), "sums": (4,)}
"""The peers, and by how many processes each redeems."""
AIMS = {
    "pg_http_floor_ratio_c16": Aim(0.5, at_least=True),
    "hordak_ratio_c4": Aim(4, at_least=True),
    "sqlite_http_per_s": Aim(1000, at_least=True),
    "hot_member_floor_ratio": Aim(0.6, at_least=True),
    "hot_reward_floor_ratio": Aim(0.6, at_least=True),
    "violations": Aim(0),
    "verify_proved": Aim(1, at_least=True),
    "planted_found": Aim(len(planting.PLANTED), at_least=True),
}
RATIOS = {
    **{f"pg_http_floor_ratio_c{clients}": (f"pg_http_c{clients}", f"floor_c{clients}") for clients in CLIENTS},
    "hot_member_floor_ratio": ("pg_http_hot_member", "floor_hot_member"),
    "hot_reward_floor_ratio": ("pg_http_hot_reward", "floor_hot_reward"),
    "hordak_ratio_c4": ("pg_http_c16", "hordak_c4"),
    "hordak_ratio_alike_c4": ("pg_http_c4", "hordak_c4"),
    "hordak_ratio_alike_c16": ("pg_http_c16", "hordak_c16"),
    "sums_ratio_c4": ("pg_http_c16", "sums_c4"),
}
"""Each ratio with what is above and what is below its line."""

_MODELS = 2
_RICH = 1  # the member with points for a whole run
_FASTEST = 3_000  # commands a second that are signed beforehand; nothing here comes near it
_WARM_S = 1.5
_SYNCS = 200


@dataclass(frozen=True, slots=True)
class Plan:
    """How long it takes: rounds, seconds a cell, how large the club is."""

    rounds: int
    seconds: float
    size: Size


@dataclass
class Side:
    """One database with the service over it, and what was acknowledged."""

    name: str
    url: str
    db: Database
    club: Club
    folder: Path
    running: Service
    acknowledged: list[str] = field(default_factory=list)
    past_service: int = 0
    told_after_s: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Case:
    """Who redeems what: how many kiosks at once, members and rewards drawn with equal chances."""

    name: str
    clients: int
    members: Sequence[int]
    rewards: Sequence[int]


Cell = tuple[str, Callable[[], float]]
"""A name, and what measures it once; a rate a second."""


def main(arguments: Sequence[str]) -> int:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(prog="./dev bench redeem")
    parser.add_argument("--rounds", type=int, default=3, help="the figures are medians over them")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long each cell is measured")
    parser.add_argument("--quick", action="store_true", help="one short round at a small club: whether it works")
    given = parser.parse_args(arguments)
    plan = Plan(1, 1.0, Size(2_000, 50, 20)) if given.quick else Plan(given.rounds, given.seconds, Size())
    with (
        tempfile.TemporaryDirectory(prefix="bench-redeem-") as name,
        postgres.cluster(durable=True) as cluster,
    ):
        print(last_line("redeem", Bench(plan, cluster, Path(name)).run(), AIMS), flush=True)
    return 0


class Bench:
    """One run."""

    def __init__(self, plan: Plan, cluster: Cluster, folder: Path) -> None:
        self._plan, self._cluster, self._folder = plan, cluster, folder
        self._luck = random.Random(4)
        self._ran: dict[str, list[Ran]] = {}
        self._rates: dict[str, list[float]] = {}
        self._peer_p99_ms: dict[str, list[float]] = {}
        self._odd: list[str] = []

    def run(self) -> dict[str, float]:
        """Fill, measure, look everything over; the figures."""
        syncs = _sync_ms(self._folder)
        for peer in PEERS:
            self._cluster.create(peer)
            self._peer(peer, "fill", str(self._plan.size.members), str(self._plan.size.rewards))
        with self._side("pg") as pg, self._side("sqlite") as sqlite, empty() as nothing:
            self._rounds(self._cells(pg, sqlite, nothing), (pg, sqlite))
        found = self._figures(pg, sqlite)
        for line in self._odd:
            _say(f"ODD {line}")
        return {
            **found,
            **self._audits(pg, sqlite),
            "sync_ms_p50": percentile(syncs, 50),
            "load_at_end": os.getloadavg()[0],
        }

    # -- before ----------------------------------------------------------------------------------------------------

    @contextmanager
    def _side(self, name: str) -> Iterator[Side]:
        """A filled database with its service at rest; both are closed at the end, the database stays."""
        folder = self._folder / name
        folder.mkdir()
        url = self._cluster.create("club") if name == "pg" else f"sqlite:///{folder / 'club.db'}"
        db = Database(url)
        try:
            began = time.monotonic()
            lives = [club.three_lots, club.rich]
            made = club.fill(db, folder, self._plan.size, datetime.now(UTC), lives)
            clones.wait_for_seals(db)
            sealed = audit.seal(db)
            _say(f"{name}: {made.size.members:,} members, {sealed:,} entries sealed, {time.monotonic() - began:.0f} s")
            with service(folder, url) as running:
                yield Side(name, url, db, made, folder, running)
        finally:
            db.close()

    def _peer(self, peer: str, what: str, *numbers: str) -> dict[str, Any]:
        address = self._cluster.address
        return environment.run(f"{peer}_run", what, address["host"], address["user"], peer, *numbers)

    # -- the cells -------------------------------------------------------------------------------------------------

    def _cells(self, pg: Side, sqlite: Side, nothing: str) -> list[Cell]:
        """Everything of one round, floors beside what is set against them."""
        everybody, everything = range(_MODELS, self._plan.size.members), range(self._plan.size.rewards)
        cells: list[Cell] = []
        for clients in reversed(CLIENTS):
            case = Case(f"c{clients}", clients, everybody, everything)
            cells += [self._http(pg, case), self._floor(pg, case), self._http(sqlite, case)]
        for case in (Case("hot_member", 16, [_RICH], everything), Case("hot_reward", 16, everybody, [0])):
            cells += [self._http(pg, case), self._floor(pg, case)]
        cells += [self._of_peer(peer, workers) for peer, counts in PEERS.items() for workers in counts]
        return [*cells, self._empty(nothing, pg.club)]

    def _rounds(self, cells: list[Cell], sides: Sequence[Side]) -> None:
        everybody, everything = range(_MODELS, self._plan.size.members), range(self._plan.size.rewards)
        for side in sides:  # compiled, cached, connected: not counted
            self._send(side, Case("warm", 4, everybody, everything), _WARM_S)
        for number in range(self._plan.rounds):
            for name, cell in cells if number % 2 == 0 else reversed(cells):
                rate = cell()
                self._rates.setdefault(name, []).append(rate)
                _say(f"round {number + 1} of {self._plan.rounds}: {name} {rate:.0f}/s (load {os.getloadavg()[0]:.1f})")

    def _http(self, side: Side, case: Case) -> Cell:
        name = f"{side.name}_http_{case.name}"

        def cell() -> float:
            ran = self._send(side, case, self._plan.seconds)
            self._ran.setdefault(name, []).append(ran)
            return ran.per_s

        return name, cell

    def _send(self, side: Side, case: Case, seconds: float) -> Ran:
        wanted = load.commands(side.club, int(_FASTEST * seconds), self._luck, case.members, case.rewards)
        prepared = load.requests(side.club, wanted, datetime.now(UTC))
        with side.running.awake():
            ran = load.ran(load.send(side.running.url, case.clients, seconds, prepared, side.folder), wanted)
            began = time.monotonic()  # devices are told soon after; what is left to tell is not on the next cell's bill
            wait.until(lambda: not _unpublished(side.db), "the service to tell of what has changed", within_s=300)
            side.told_after_s.append(time.monotonic() - began)
        side.acknowledged += ran.acknowledged
        self._odd += [f"{side.name}: {answer[:400]}" for answer in ran.odd]
        return ran

    def _floor(self, side: Side, case: Case) -> Cell:
        name = f"floor_{case.name}"

        def cell() -> float:
            count = floor.wanted(case.clients, self._plan.seconds)
            wanted = load.commands(side.club, count, self._luck, case.members, case.rewards)
            now, seconds = datetime.now(UTC), self._plan.seconds
            ran = floor.redeem(self._cluster, side.db, side.club, case.clients, seconds, wanted, now)
            with side.db.write() as tx:
                tx.execute(delete(feed_due))  # nobody is told of these
            side.past_service += ran.made
            self._ran.setdefault(name, []).append(ran)
            return ran.per_s

        return name, cell

    def _of_peer(self, peer: str, workers: int) -> Cell:
        name = f"{peer}_c{workers}"

        def cell() -> float:
            size = self._plan.size
            numbers = (str(size.members), str(size.rewards), str(workers), str(self._plan.seconds))
            found = self._peer(peer, "run", *numbers)
            if not found["right"] or found["refused"]:
                raise RuntimeError(f"expected {peer} to redeem all and its books to be right, found {found}")
            self._peer_p99_ms.setdefault(name, []).append(float(found["p99_ms"]))
            return float(found["per_s"])

        return name, cell

    def _empty(self, url: str, of: Club) -> Cell:
        name = "empty_c16"

        def cell() -> float:
            wanted = load.commands(of, int(3 * _FASTEST * self._plan.seconds), self._luck, [_MODELS], [0])
            prepared = load.requests(of, wanted, datetime.now(UTC))
            ran = load.ran(load.send(url, 16, self._plan.seconds, prepared, self._folder), wanted)
            self._ran.setdefault(name, []).append(ran)
            return ran.per_s

        return name, cell

    # -- after -----------------------------------------------------------------------------------------------------

    def _figures(self, *sides: Side) -> dict[str, float]:
        found: dict[str, float] = {}
        for name, (ours, theirs) in RATIOS.items():
            each = [one / other for one, other in zip(self._rates[ours], self._rates[theirs], strict=True)]
            found |= {name: statistics.median(each), f"{name}_min": min(each), f"{name}_max": max(each)}
        found |= {f"{name}_per_s": statistics.median(each) for name, each in self._rates.items()}
        found["sqlite_http_per_s"] = found["sqlite_http_c16_per_s"]
        for name, rounds in self._ran.items():
            found[f"{name}_p50_ms"] = statistics.median(one.p50_ms for one in rounds)
            found[f"{name}_p99_ms"] = statistics.median(one.p99_ms for one in rounds)
        for name in ("pg_http_c16", "sqlite_http_c16", "empty_c16"):
            found[f"{name}_client_cpu"] = statistics.median(one.client_cpu_share for one in self._ran[name])
        found |= {f"{name}_p99_ms": statistics.median(each) for name, each in self._peer_p99_ms.items()}
        found["refused"] = float(sum(one.refused for rounds in self._ran.values() for one in rounds))
        found |= {f"{side.name}_told_after_s": max(side.told_after_s) for side in sides}
        return found

    def _audits(self, *sides: Side) -> dict[str, float]:
        violations, proved, planted = 0, True, list[int]()
        for side in sides:
            db = Database(side.url)
            try:
                began = time.monotonic()
                wrong = audit.counted(db, side.acknowledged, side.past_service)
                sealed = audit.seal(db)
                right, faults = audit.proof(side.url)
                wrong += [f"{code}: {said}" for code, said in faults]
                _say(f"{side.name}: {len(wrong)} violations, {sealed:,} sealed, {time.monotonic() - began:.0f} s")
                violations, proved = violations + len(wrong), proved and right
                for line in wrong[:20]:
                    _say(f"VIOLATION {side.name}: {line}")
                chosen = planting.plants(db)
            finally:
                db.close()
            planted.append(self._planted(side, chosen))
        return {"violations": float(violations), "verify_proved": float(proved), "planted_found": float(min(planted))}

    def _planted(self, side: Side, chosen: Sequence[planting.Plant]) -> int:
        """How many of the corruptions a proof finds in a copy."""
        if side.name == "pg":
            url = self._cluster.create("planted", "club")
        else:
            copy = side.folder / "planted.db"
            shutil.copy2(side.folder / "club.db", copy)
            url = f"sqlite:///{copy}"
        db = Database(url)
        try:
            planting.plant(db, url, chosen)
        finally:
            db.close()
        _, faults = audit.proof(url)
        found = planting.found(chosen, faults)
        for name in sorted({one.name for one in chosen} - set(found)):
            _say(f"NOT FOUND in {side.name}: {name}")
        for line in planting.strange(chosen, faults):
            _say(f"STRANGE in {side.name}: {line}")
        return len(found)


@contextmanager
def empty() -> Iterator[str]:
    """The service that does nothing; its address."""
    command = [sys.executable, "-m", "tests.bench.points.empty"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            if not said.startswith("ready on "):
                raise RuntimeError(f"expected the empty service to get ready, found {said!r}")
            yield said.removeprefix("ready on ").strip()
        finally:
            process.terminate()


def _unpublished(db: Database) -> float:
    with db.read() as tx:
        return float(tx.scalar(select(func.count()).select_from(feed_due)))


def _sync_ms(folder: Path) -> list[float]:
    """How long the disk takes to keep four kilobytes, ms: what a commit waits for at least."""
    found, file = [], folder / "sync"
    with file.open("wb", buffering=0) as out:
        for _ in range(_SYNCS):
            out.write(b"\0" * 4096)
            began = time.perf_counter()
            os.fdatasync(out.fileno())
            found.append((time.perf_counter() - began) * 1000)
    file.unlink()
    return found


def _say(what: str) -> None:
    print(f"  {what}", flush=True)

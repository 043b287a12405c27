"""The floor of a redemption on PostgreSQL: pgbench calling the service's own procedure, prepared, one statement a redemption.

What it is given is what the service would have sent, to the byte: the service's own caller of the procedure writes each call, for one
command, and the texts wait in a table. A transaction looks its text up by the primary key and calls the procedure with it. So
the floor leaves out HTTP, the proof of the device's signature and Python, and nothing that the database does.

Its weakness: it pays for a commit each, as pgbench does, and the service may put several commands into one; the lookup costs it some
microseconds. Sessions warm up first and are not counted.
"""

import hashlib
import math
import secrets
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import psycopg

from central_api.db import Database, Tx
from central_api.rewards.body_postgresql import Procedure
from central_api.rewards.commands import Ask, Desk
from club.model import voucher
from club.model.ids import new_id
from club.wire import codec
from tests.bench.points.club import Club
from tests.bench.points.load import Command, Ran
from tests.bench.points.service import SESSION_MIN
from tests.bench.report import percentile
from tests.support.postgres import Cluster

TABLE = "bench_commands"
WARM_S = 0.5
_FASTEST = 5_000  # calls a second for which texts are prepared; nothing here comes near it
_CREATE = f"CREATE UNLOGGED TABLE {TABLE} (id bigint PRIMARY KEY, batch text NOT NULL)"
_SCRIPT = r"""\set n :n + 1
\set id :client_id * :share + :n
{select} FROM {table} c, LATERAL {call} AS answer WHERE c.id = :id;
"""


class _Recorder:
    """Stands where the service has its database: keeps each call's text, and answers as if all had gone well."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.statement = ""
        self.texts: list[str] = []

    def read(self) -> AbstractContextManager[Tx]:
        """What is read beforehand is read."""
        return self._db.read()

    def call(self, statement: str, parameters: Sequence[Any]) -> list[tuple[int, int, str]]:
        """A call of the procedure with one command."""
        self.statement = statement
        self.texts.append(str(parameters[0]))
        return [(0, 200, "{}")]


def wanted(clients: int, seconds: float) -> int:
    """For how many redemptions texts must wait, so that no client comes to their end."""
    return clients * math.ceil(_FASTEST * (seconds + WARM_S) / clients)


def calls(db: Database, club: Club, commands: Sequence[Command], at: datetime) -> tuple[str, list[str]]:
    """The statement with which the service calls its procedure, and the text it would give it for each command alone."""
    recorder = _Recorder(db)
    procedure = Procedure(
        cast("Database", recorder), Desk(new_id, lambda: voucher.make(secrets.randbelow), SESSION_MIN)
    )
    for one in commands:
        kiosk = club.kiosk_of(one.member)
        digest = hashlib.sha256(codec.encode(one.redeem)).hexdigest()
        procedure.redeem([Ask(one.redeem, kiosk.device_id, kiosk.public_key, digest, at)], at)
    return recorder.statement, recorder.texts


def redeem(
    cluster: Cluster, db: Database, club: Club, clients: int, seconds: float, commands: Sequence[Command], at: datetime
) -> Ran:
    """Call the procedure for these commands (`wanted` tells how many it takes).

    Raises:
        RuntimeError: pgbench failed, or what it counted is not what is in the database.
    """
    statement, texts = calls(db, club, commands, at)
    select, _, call = statement.partition(" FROM ")
    script = _SCRIPT.format(select=select, table=TABLE, call=call.replace("%s", "c.batch"))
    name = str(db.engine.url.database)
    with psycopg.connect(**cluster.address, dbname=name, autocommit=True) as link:  # type: ignore[arg-type]
        link.execute(f"DROP TABLE IF EXISTS {TABLE}".encode())
        link.execute(_CREATE.encode())
        with link.cursor() as cursor, cursor.copy(f"COPY {TABLE} FROM STDIN".encode()) as copy:
            for place, one in enumerate(texts, start=1):
                copy.write_row((place, one))
        link.execute(f"VACUUM (ANALYZE) {TABLE}".encode())
        before = _redemptions(link)
        times = _bench(cluster, name, clients, seconds, len(texts) // clients, script)
        done = _redemptions(link) - before
        link.execute(f"DROP TABLE {TABLE}".encode())
    if done != len(times):
        raise RuntimeError(f"expected a redemption for each of {len(times)} transactions of pgbench, found {done}")
    return _counted(times)


def _redemptions(link: "psycopg.Connection[Any]") -> int:
    row = link.execute("SELECT count(*) FROM redemptions").fetchone()
    assert row is not None
    return int(row[0])


def _bench(
    cluster: Cluster, name: str, clients: int, seconds: float, share: int, script: str
) -> list[tuple[float, float]]:
    """Run pgbench; when each transaction ended (s, Unix) and how long it took (ms)."""
    with tempfile.TemporaryDirectory(prefix="club-floor-") as folder:
        file = Path(folder) / "script.sql"
        file.write_text(script, encoding="ascii")
        command = [str(cluster.programs / "pgbench"), "--no-vacuum", "-M", "prepared", "-f", str(file), "--log"]
        command += ["-c", str(clients), "-j", str(min(2, clients)), "-T", str(math.ceil(seconds + WARM_S))]
        command += [
            "-D",
            "n=0",
            "-D",
            f"share={share}",
            "-h",
            cluster.address["host"],
            "-U",
            cluster.address["user"],
            name,
        ]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"pgbench ended with {done.returncode}: {done.stderr[-2000:]}")
        found = []
        for log in Path(folder).glob("pgbench_log.*"):
            for line in log.read_text(encoding="ascii").splitlines():
                _, _, micros, _, second, micro = line.split()[:6]
                found.append((int(second) + int(micro) / 1e6, int(micros) / 1000))
        return sorted(found)


def _counted(times: Sequence[tuple[float, float]]) -> Ran:
    """Rate and latencies of what ended after the warming up."""
    began = times[0][0] + WARM_S
    counted = [took for ended, took in times if ended > began]
    elapsed = times[-1][0] - began
    return Ran(
        per_s=len(counted) / elapsed,
        p50_ms=percentile(counted, 50),
        p99_ms=percentile(counted, 99),
        acknowledged=(),
        refused=0,
        elapsed_s=elapsed,
        client_cpu_share=0.0,
        made=len(times),
    )

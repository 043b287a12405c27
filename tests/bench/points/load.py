"""Prepares signed redemptions before the clock starts, has the light client send them, and says what came of them."""

import json
import random
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from club.model.ids import new_id
from club.wire import codec
from club.wire.rewards import Redeem
from tests.bench.points import client
from tests.bench.points.club import PRICE, Club, reward_slug, session_id
from tests.bench.report import percentile

TARGET = "/v1/redemptions"


@dataclass(frozen=True, slots=True)
class Command:
    """One redemption of a member, by number, at the member's kiosk."""

    member: int
    redeem: Redeem


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a cell: redemptions a second, latencies (ms), what was acknowledged and refused, and the client's own cost.

    `made` counts all redemptions, also those while it warmed up.
    """

    per_s: float
    p50_ms: float
    p99_ms: float
    acknowledged: tuple[str, ...]
    refused: int
    elapsed_s: float
    client_cpu_share: float
    made: int = 0
    odd: tuple[str, ...] = ()


def commands(
    club: Club, count: int, luck: random.Random, members: Sequence[int], rewards: Sequence[int]
) -> list[Command]:
    """Redemptions of one piece each, members and rewards drawn with equal chances."""
    return [
        Command(
            member,
            Redeem(
                command_id=new_id(),
                session_id=session_id(member),
                reward=reward_slug(luck.choice(rewards)),
                quantity=1,
                unit_points=PRICE,
            ),
        )
        for member in (luck.choice(members) for _ in range(count))
    ]


def requests(club: Club, wanted: Iterable[Command], at: datetime) -> list[bytes]:
    """The commands as they go over the wire, each signed by its kiosk."""
    found = []
    for one in wanted:
        body = codec.encode(one.redeem)
        kiosk = club.kiosk_of(one.member)
        headers = kiosk.sign(method="POST", target=TARGET, body=body, at=at, key=one.redeem.command_id)
        lines = [f"POST {TARGET} HTTP/1.1", "Host: central", "Content-Type: application/json"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(body)}", "", ""]
        found.append("\r\n".join(lines).encode("ascii") + body)
    return found


def send(url: str, clients: int, seconds: float, prepared: Sequence[bytes], folder: Path) -> dict[str, object]:
    """Have the client send requests; what it says (see `client`)."""
    address, file = urlsplit(url), folder / "requests"
    client.write(file, list(prepared))
    command = [sys.executable, "-S", "-E", client.__file__, str(address.hostname), str(address.port)]
    command += [str(clients), str(seconds), str(file)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + 120)
    finally:
        file.unlink()
    if done.returncode:
        raise RuntimeError(f"the load client ended with {done.returncode}: {done.stderr[-2000:]}")
    found: dict[str, object] = json.loads(done.stdout)
    return found


def redeem(
    club: Club, url: str, clients: int, seconds: float, wanted: Sequence[Command], at: datetime, folder: Path
) -> Ran:
    """Send redemptions over HTTP; what is not sent in time is thrown away."""
    return ran(send(url, clients, seconds, requests(club, wanted, at), folder), wanted)


def ran(said: dict[str, object], wanted: Sequence[Command]) -> Ran:
    """What the client said, with the commands it was said of."""
    status, ms, elapsed = said["status"], said["ms"], said["elapsed_s"]
    assert isinstance(status, list)
    assert isinstance(ms, list)
    assert isinstance(elapsed, float)
    good = [place for place, found in enumerate(status) if found == 200]
    odd, cpu = said["odd"], said["cpu_s"]
    assert isinstance(odd, list)
    assert isinstance(cpu, float)
    times = [ms[place] for place in good]
    return Ran(
        per_s=len(good) / elapsed if elapsed else 0.0,
        p50_ms=percentile(times, 50),
        p99_ms=percentile(times, 99),
        acknowledged=tuple(wanted[place].redeem.command_id for place in good),
        refused=len(status) - len(good),
        elapsed_s=elapsed,
        client_cpu_share=cpu / elapsed if elapsed else 0.0,
        made=len(good),
        odd=tuple(odd),
    )

"""A club of real processes with a wire between: a central API and a kiosk without a window, that can be killed, stopped and started."""

import collections
import json
import queue
import resource
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update

from central_api import app
from central_api.db import Tx
from central_api.devices import service as devices
from central_api.ledger import service as ledger
from central_api.ledger.tables import accounts
from central_api.rewards.tables import redemptions, rewards, vouchers
from club.model.clock import HandClock
from tests.support import central
from tests.support.bad_wire import BadWire, bad_wire
from tests.support.served import Served, served
from tests.support.wait import until

REWARD, PRICE = "detail-wash", 600
_POINTS = 1_000_000
_TAPS = 8


class Kiosk:
    """A running `tests.support.headless_kiosk`; `seen` counts what it said."""

    def __init__(self, folder: Path, port: int, drawn: datetime, since: datetime) -> None:
        self.seen: collections.Counter[tuple[str, object]] = collections.Counter()
        self._touched: list[str] = []
        self._said: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        line = [sys.executable, "-m", "tests.support.headless_kiosk", str(folder), f"http://127.0.0.1:{port}"]
        line += [drawn.isoformat(), since.isoformat()]
        with (folder / "said.txt").open("ab") as said:
            self.process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True)
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()
        self.hears("ready")

    def tell(self, do: str, **what: object) -> None:
        """One order; nothing when it is dead."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps({"do": do, **what}) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass

    def submit(self, command: str) -> None:
        """The touch of the last button."""
        self._touched.append(command)
        self.tell("submit", command_id=command)

    def wait_promised(self) -> None:
        """Wait until it said of each touch whether it is kept."""
        until(
            lambda: all(self.look()["promised", each] or self.seen["not_kept", each] for each in self._touched),
            "the kiosk to say what it keeps",
            within_s=60,
        )

    def hears(self, what: str, value: object = True, within_s: float = 60.0) -> None:
        """Wait until it said so."""
        until(lambda: self.look()[what, value], f"the kiosk to say {what}: {value}", within_s=within_s)

    def hears_either(self, good: tuple[str, str], bad: tuple[str, str]) -> None:
        """Wait until it said the one or the other."""
        until(lambda: self.look()[good] or self.seen[bad], f"{good} or {bad}", within_s=60)

    def look(self) -> "collections.Counter[tuple[str, object]]":
        """What it said so far."""
        while not self._said.empty():
            for name, value in self._said.get().items():
                self.seen[name, value] += 1
        return self.seen

    def signal(self, number: int) -> None:
        """Stop it, let it go on, kill it."""
        self.process.send_signal(number)

    def end(self) -> None:
        """It is gone, and all it said was heard."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._listening.join(10)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.stdout.close()
        self.look()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._said.put(json.loads(line))


@dataclass
class ProcessHouse:
    """The club: files, wire, server and kiosk; `promised` are the commands that the kiosk said it keeps."""

    folder: Path
    demo: central.DemoClub
    card: central.Card
    wire: BadWire
    since: datetime
    server: Served
    kiosk: Kiosk
    seen: "collections.Counter[tuple[str, object]]"
    _server_runs: ExitStack
    ready: list[str] = field(default_factory=list)  # prepared with the kiosk's present life, and not touched yet

    # -- its processes ---------------------------------------------------------------------------------------------

    def restart_server(self) -> None:
        """Kill it, wherever it is, and start it on what its disk holds."""
        self.server.process.kill()
        self.server.ended()
        self._server_runs.close()
        self.server = self._server_runs.enter_context(served(self.folder, *pinned(self.since)))
        self.wire.target = port_of(self.server)

    def restart_kiosk(self) -> None:
        """The same with the kiosk."""
        self.kiosk.signal(signal.SIGKILL)
        self.kiosk.end()
        self.seen += self.kiosk.seen
        self.ready.clear()
        self.kiosk = Kiosk(self.folder / "kiosk", self.wire.port, central.DRAWN, self.since)

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        """No file of the kiosk grows: the limit works without root, and a write past it fails as without room."""
        before = resource.prlimit(self.kiosk.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.kiosk.process.pid, resource.RLIMIT_FSIZE, (4096, before[1]))
        try:
            yield
        finally:
            resource.prlimit(self.kiosk.process.pid, resource.RLIMIT_FSIZE, before)

    def set_clock(self, wrong: timedelta) -> None:
        """The machine's clock of the kiosk is set."""
        made = self.folder / "kiosk" / "clock.new"
        made.write_text(str(wrong.total_seconds()), encoding="utf-8")
        made.replace(self.folder / "kiosk" / "clock")

    # -- what members do -------------------------------------------------------------------------------------------

    def prepare(self) -> str:
        """A tap and a right PIN, while all is well; the command. A tap that failed is made again, with the card laid on anew."""
        kiosk = self.kiosk
        for _ in range(_TAPS):
            command, evidence = central.new_id(), self.card.tap()
            shown = {"uid": evidence.uid, "family": evidence.family, "sun_url": evidence.sun_url}
            kiosk.tell(
                "prepare",
                command_id=command,
                evidence=shown,
                reward=REWARD,
                unit_points=PRICE,
                pin=self.demo.pins[central.WANG],
            )
            kiosk.hears_either(("prepared", command), ("failed", command))
            if kiosk.seen["prepared", command]:
                return command
        raise AssertionError(f"expected a session within {_TAPS} taps; {dict(kiosk.seen)}")

    def heard(self, what: str) -> set[str]:
        """The commands of which a kiosk of any life said so."""
        return {str(value) for name, value in (self.seen + self.kiosk.look()) if name == what}

    def mirrored(self, uid: str) -> int | None:
        """The points of a card's member in the kiosk's mirror."""
        kiosk = self.kiosk
        asked = sum(times for (name, _), times in kiosk.look().items() if name == "points")
        before = collections.Counter({key: times for key, times in kiosk.seen.items() if key[0] == "points"})
        kiosk.tell("points", uid=uid)
        until(
            lambda: sum(times for (name, _), times in kiosk.look().items() if name == "points") > asked,
            "the kiosk to say the points",
            within_s=60,
        )
        now = collections.Counter({key: times for key, times in kiosk.seen.items() if key[0] == "points"})
        ((_, points),) = now - before
        return points if isinstance(points, int) else None

    def kiosk_said(self) -> str:
        """The end of its standard error, for a test that failed."""
        return (self.folder / "kiosk" / "said.txt").read_text(encoding="utf-8")[-4000:]

    # -- what came of it -------------------------------------------------------------------------------------------

    def comes_to_rest(self, within_s: float = 120.0) -> None:
        """All is well again: wait until each promised command has an answer on the kiosk's disk or from it."""
        until(
            lambda: self.heard("promised") <= self.heard("settled") | self.heard("refused"),
            "every promised command to be answered",
            within_s=within_s,
        )

    def books(self) -> tuple["collections.Counter[str]", int]:
        """How often each command was carried out, and the member's balance; everything else is proved on the way."""
        context = app.open_context(central.settings_for(self.folder), HandClock(central.DRAWN))
        try:
            with context.db.read() as tx:
                assert ledger.faults(tx) == []
                done = collections.Counter(
                    {
                        row.command: row.pieces
                        for row in tx.rows(
                            select(redemptions.c.command, func.count(vouchers.c.code).label("pieces"))
                            .join(vouchers, vouchers.c.redemption == redemptions.c.id)
                            .where(redemptions.c.member == central.WANG, redemptions.c.command.is_not(None))
                            .group_by(redemptions.c.command)
                        )
                    }
                )
                return done, balance_of(tx, central.WANG)
        finally:
            context.passwords.close()
            context.db.close()


def pinned(since: datetime) -> tuple[str, str]:
    """The server's clock: the drawn day, running, and further on by as long as the house stands."""
    at = central.DRAWN + (datetime.now(UTC) - since)
    return (f"clock.pinned={at.isoformat()}", "clock.pinned_runs=true")


def port_of(server: Served) -> int:
    """Where it listens."""
    return int(server.url.rpartition(":")[2])


def balance_of(tx: Tx, member: str) -> int:
    """The points that a member holds."""
    return int(tx.scalar(select(accounts.c.balance).where(accounts.c.id == ledger.member_account(member, "points"))))


def _furnish(folder: Path, demo: central.DemoClub) -> tuple[central.Card, str]:
    """The demo club with a member who has points for thousands of pieces of a reward without limits; his card, an enrolment code."""
    central.copy_files(demo, folder)
    clock, digits = HandClock(central.DRAWN), f"{secrets.randbelow(10**6):06d}"
    with central.running(app.open_context(central.settings_for(folder), clock), clock, demo) as club:
        with club.context.db.write() as tx:
            tx.execute(update(rewards).where(rewards.c.slug == REWARD).values(stock=None, limit_per="", limit_times=0))
            ledger.lock_member(tx, central.WANG)
            occasion = ledger.Occasion(kind="bill", at=central.DRAWN, store="east")
            expires = (central.DRAWN + timedelta(days=300)).date()
            ledger.earn(tx, central.WANG, _POINTS, 0, expires, occasion, new_id=central.new_id)
            devices.make_code(
                tx,
                club.context.keyring,
                place="kiosk-1",
                now=central.DRAWN,
                minutes=60,
                digits=digits,
                code_id=central.new_id(),
            )
        return club.card(), digits


@contextmanager
def process_house(folder: Path, demo: central.DemoClub) -> Iterator[ProcessHouse]:
    """A house whose kiosk is enrolled and in step."""
    card, digits = _furnish(folder, demo)
    (folder / "kiosk").mkdir()
    since = datetime.now(UTC)
    with ExitStack() as runs:
        server = runs.enter_context(served(folder, *pinned(since)))
        with bad_wire(port_of(server)) as wire:
            kiosk = Kiosk(folder / "kiosk", wire.port, central.DRAWN, since)
            house = ProcessHouse(folder, demo, card, wire, since, server, kiosk, collections.Counter(), runs)
            try:
                kiosk.tell("enrol", code=digits)
                kiosk.hears("mirror")
                yield house
            finally:
                house.server.process.send_signal(signal.SIGCONT)
                house.kiosk.end()

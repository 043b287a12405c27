"""A kiosk without a window as a program of its own: its real store, sync and outbox, driven by lines of JSON.

Each line on standard input is an order (`enrol`, `prepare`, `submit`, `points`); what happens is said on standard output, a line each.
"""

import json
import os
import sqlite3
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from club.model.errors import ClubError
from club.model.ids import new_id
from club.sync import events
from club.sync.client import ApiClient
from club.sync.errors import ServerUnreachable
from club.sync.identity import Identity
from club.sync.steady_clock import SteadyClock
from club.sync.store import DeviceStore
from club.sync.worker import SyncWorker
from club.wire.cards import Evidence, OpenCardSession, StepUp
from club.wire.rewards import Redeem, step_up_digest

TOO_SOON = "HEADLESS_KIOSK_PROMISES_TOO_SOON"
"""Set in its environment: it says that a command is kept before it is, and never keeps it; to see that this is found."""

_CALLS = (1.0, 5.0)  # seconds to connect and to be answered: a server that was stopped is given up soon


class HeadlessKiosk:
    """The kiosk.

    Args:
        folder: what it keeps: key, store, media, and in `clock` by how many seconds its machine's clock is wrong.
        address: of the central API.
        drawn: what the machine's clock says at `since`, an instant of this machine.
    """

    def __init__(self, folder: Path, address: str, drawn: datetime, since: datetime) -> None:
        self._folder, self._ahead = folder, drawn - since
        clock = self._clock = SteadyClock(self._machine)
        self._say_lock = threading.Lock()
        self._store = DeviceStore(folder / "store.db")
        self._client = ApiClient(address, Identity.load_or_create(folder / "identity.json"), clock, timeouts=_CALLS)
        self._worker = SyncWorker(
            self._store, self._client, clock, self._told, kind="kiosk", media_dir=folder / "media", version="0.1.0"
        )
        self._prepared: dict[str, tuple[Redeem, str]] = {}

    def run(self) -> None:
        """Do what is asked until standard input ends."""
        self._worker.start()
        self._say(ready=True)
        for line in sys.stdin:
            order = json.loads(line)
            try:
                getattr(self, f"_{order.pop('do')}")(**order)
            except (ClubError, ServerUnreachable, sqlite3.Error) as error:
                self._say(failed=order.get("command_id"), why=f"{type(error).__name__}: {error}")
        self._worker.close()
        self._store.close()

    def _enrol(self, code: str) -> None:
        self._worker.enrol(code)

    def _prepare(self, command_id: str, evidence: dict[str, Any], reward: str, unit_points: int, pin: str) -> None:
        """Everything up to the touch of the last button: session and grant; nothing is kept on the disk."""
        shown = msgspec.convert(evidence, Evidence)
        opened = OpenCardSession(session_id=new_id(), evidence=shown, tapped_at=self._clock.now())
        session = self._client.open_card_session(opened)
        bare = Redeem(
            command_id=command_id, session_id=session.session_id, reward=reward, quantity=1, unit_points=unit_points
        )
        ask = StepUp(command_id=command_id, session_id=session.session_id, body_sha256=step_up_digest(bare), pin=pin)
        granted = msgspec.structs.replace(bare, grant=self._client.step_up(ask).grant)
        self._prepared[command_id] = (granted, session.member.member_id)
        self._say(prepared=command_id)

    def _submit(self, command_id: str) -> None:
        command, member = self._prepared.pop(command_id)
        if os.environ.get(TOO_SOON):
            self._say(promised=command_id)
            threading.Event().wait()
        try:
            self._worker.submit(command, member_id=member)
        except sqlite3.Error as error:
            self._say(not_kept=command_id, why=str(error))
        else:
            self._say(promised=command_id)

    def _points(self, uid: str) -> None:
        """What the mirror has of a member."""
        known = self._worker.mirror.member(self._worker.mirror.card_hash(uid) or "")
        self._say(points=known.points if known else None)

    def _told(self, event: events.SyncEvent) -> None:
        match event:
            case events.CommandSettled(command_id, _):
                self._worker.acknowledge(command_id)
                self._say(settled=command_id)
            case events.CommandRefused(command_id, error):
                self._say(refused=command_id, code=error.code)
            case events.DeviceEnrolled():
                self._say(enrolled=True)
            case events.MirrorChanged():
                self._say(mirror=True)
            case _:
                pass

    def _machine(self) -> datetime:
        """The machine's own clock, which somebody may have set to anything."""
        try:
            wrong_s = float((self._folder / "clock").read_text(encoding="utf-8"))
        except FileNotFoundError:
            wrong_s = 0.0
        return datetime.now(UTC) + self._ahead + timedelta(seconds=wrong_s)

    def _say(self, **what: object) -> None:
        with self._say_lock:
            print(json.dumps(what), flush=True)


if __name__ == "__main__":
    place, where, says, at = sys.argv[1:]
    HeadlessKiosk(Path(place), where, datetime.fromisoformat(says), datetime.fromisoformat(at)).run()

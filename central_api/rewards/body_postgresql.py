"""Redeems a batch of commands on PostgreSQL: one call of the procedure in `migrations/sql/redeem_v4.sql`, one round trip (A12).

What `body_sqlite` does for SQLite; tests/central_api/rewards/conformance holds the two together (ADR 0011).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from central_api import faults, texts
from central_api.db import Database
from central_api.devices import repository as stores
from central_api.rewards import windows
from central_api.rewards.commands import Answer, Ask, Desk, DeviceChanged, Outcome, final_problems
from club.model import errors, voucher
from club.wire.rewards import step_up_digest
from club.wire.signing import FRESH_S

CALL = "SELECT command_n, answer_status, answer_body FROM club_redeem_v4(%s::text::jsonb)"


class _Again(errors.Unavailable):
    """What was given in did not do: no calendar for the store's zone, or a voucher code that is taken (one of 2^40)."""


class Procedure:
    """Calls the procedure; remembers the stores' time zones, whose calendar goes with each call."""

    def __init__(self, db: Database, desk: Desk) -> None:
        self._db, self._desk = db, desk
        self._zones: frozenset[str] = frozenset()
        self._final = msgspec.Raw(msgspec.json.encode(final_problems()))

    def redeem(self, asks: Sequence[Ask], now: datetime) -> list[Outcome]:
        """Carry out commands of different keys in one transaction; an outcome each."""
        faults.point("redeem.before-transaction")
        found = self._call(asks, now)
        faults.point("redeem.after-commit")
        again = [n for n, outcome in enumerate(found) if isinstance(outcome, _Again)]
        if again:
            self._learn_zones()
            for n, outcome in zip(again, self._call([asks[n] for n in again], now), strict=True):
                found[n] = outcome
        return found

    def batch(self, asks: Sequence[Ask], now: datetime) -> str:
        """What the procedure is given: JSON as `redeem_v4.sql` says."""
        if not self._zones:
            self._learn_zones()
        found = {
            "now": now,
            "session_minutes": self._desk.session_minutes,
            "fresh_s": FRESH_S,
            "qr": voucher.qr_text(""),
            "zones": {zone: _days(now, zone) for zone in self._zones},
            "final": self._final,
            "commands": [_command(n, ask, self._desk) for n, ask in enumerate(asks)],
        }
        return msgspec.json.encode(found).decode()

    def _call(self, asks: Sequence[Ask], now: datetime) -> list[Outcome]:
        rows = self._db.call(CALL, [self.batch(asks, now)])
        outcomes: dict[int, Outcome] = {n: _outcome(status, body) for n, status, body in rows}
        return [outcomes[n] for n in range(len(asks))]

    def _learn_zones(self) -> None:
        with self._db.read() as tx:
            self._zones = frozenset(row.time_zone for row in stores.all_stores(tx))


def _command(n: int, ask: Ask, desk: Desk) -> Mapping[str, Any]:
    command = ask.command
    return {
        "n": n,
        "key": command.command_id,
        "device": ask.device,
        "public_key": ask.public_key,
        "body_sha256": ask.body_sha256,
        "session": command.session_id,
        "reward": command.reward,
        "quantity": command.quantity,
        "unit_points": command.unit_points,
        "grant_id": command.grant,
        "digest": step_up_digest(command) if command.grant is not None else None,
        "signed_at": ask.signed_at,
        "redemption": desk.new_id(),
        "entry": desk.new_id(),
        "voucher_ids": _several(desk.new_id, command.quantity),
        "codes": _several(desk.new_code, command.quantity),
    }


def _several(make: Callable[[], str], count: int) -> list[str]:
    return [make() for _ in range(count)]


def _days(now: datetime, time_zone: str) -> Mapping[str, str]:
    today = texts.local_day(now, time_zone).isoformat()
    return {"today": today, **{per: windows.start(per, now, time_zone).isoformat() for per in windows.ALL}}


def _outcome(status: int, body: str) -> Outcome:
    if status:
        return Answer(status, body.encode())
    said: dict[str, Any] = msgspec.json.decode(body)
    match said["code"]:
        case "stale_device":
            return DeviceChanged()
        case "again":
            return _Again(said["detail"])
        case "fault":
            return RuntimeError(f"expected the procedure to carry out a command, found {said['detail']}")
        case code:
            return errors.revive(code, said["detail"], said.get("facts", {}))

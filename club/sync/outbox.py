"""Commands on their way: written down before they are sent, with the points they hold, until the club has answered (A12)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

import msgspec
from msgspec import Struct

from club.model import errors
from club.sync import faults
from club.sync.client import SignedRequest
from club.sync.store import DeviceStore
from club.wire import codec
from club.wire.offline import OfflineRedeem, OfflineSettled
from club.wire.rewards import Redeem, Redeemed

Command = Redeem | OfflineRedeem
Settled = Redeemed | OfflineSettled
KINDS: Mapping[str, tuple[type[Command], type[Settled]]] = {
    "redeem": (Redeem, Redeemed),
    "offline": (OfflineRedeem, OfflineSettled),
}
"""What travels under each kind: the command, and what the club answers."""
State = Literal["waiting", "sent", "settled", "refused"]
_OPEN = "state IN ('waiting', 'sent')"


class _Refused(msgspec.Struct):
    code: str
    message: str
    facts: dict[str, int | str]


class Pending(Struct, frozen=True):
    """A command that the club has not answered yet; `member_id` is whose, empty when that is not known."""

    command_id: str
    member_id: str
    state: State
    made_at: datetime


class Outbox:
    """The device's promise: what was confirmed at the glass reaches the club, once, whatever fails in between.

    A row is the intention and the hold at once, so they cannot part. Its signed request is stored as it goes out: a repeat
    is the same to the byte. `waiting` was never sent, `sent` may have been carried out; `settled` and `refused` keep their
    answer only until the kiosk has shown it (`acknowledge`, `forget_answered`): then the row is gone from the disk (K13).
    """

    def __init__(self, store: DeviceStore) -> None:
        self._store = store

    def add(
        self, command: Command, request: SignedRequest, *, member_id: str, hold_points: int, made_at: datetime
    ) -> bool:
        """Write the command and its hold down, durable when this returns; True when it is new. Sends nothing.

        Adding the same command again changes nothing.

        Raises:
            IdempotencyConflict: the id was used before with another body.
        """
        with self._store.transaction() as db:
            known = db.execute("SELECT body FROM command WHERE id = ?", (command.command_id,)).fetchone()
            if known is not None:
                if bytes(known[0]) != request.body:
                    raise errors.IdempotencyConflict(f"command {command.command_id} is in the outbox with another body")
                return False
            db.execute(
                "INSERT INTO command (id, kind, method, target, headers, body, state, member_id, hold_points, made_at) "
                "VALUES (?, ?, ?, ?, ?, ?, 'waiting', ?, ?, ?)",
                (
                    command.command_id,
                    _kind_of(command),
                    request.method,
                    request.target,
                    codec.encode(dict(request.headers)),
                    request.body,
                    member_id,
                    hold_points,
                    made_at.astimezone(UTC).isoformat(),
                ),
            )
        faults.reach("outbox.after-add")
        return True

    def pending(self) -> tuple[Pending, ...]:
        """What is unsettled, in the order it was made."""
        rows = self._store.read(f"SELECT id, member_id, state, made_at FROM command WHERE {_OPEN} ORDER BY position")  # noqa: S608
        return tuple(
            Pending(command_id, member_id, state, datetime.fromisoformat(made))
            for command_id, member_id, state, made in rows
        )

    def unsettled(self, kind: str) -> int:
        """How many commands of a kind are not answered yet."""
        return int(self._store.read(f"SELECT count(*) FROM command WHERE kind = ? AND {_OPEN}", kind)[0][0])  # noqa: S608

    def held(self, member_id: str) -> int:
        """Whole points of a member that unsettled commands hold (A13)."""
        rows = self._store.read(f"SELECT sum(hold_points) FROM command WHERE member_id = ? AND {_OPEN}", member_id)  # noqa: S608
        return int(rows[0][0] or 0)

    def take(self, command_id: str) -> SignedRequest | None:
        """The request to send now, marked as sent; None when the command is settled or gone."""
        with self._store.transaction() as db:
            row = db.execute(
                f"SELECT method, target, headers, body FROM command WHERE id = ? AND {_OPEN}",  # noqa: S608
                (command_id,),
            ).fetchone()
            if row is None:
                return None
            db.execute("UPDATE command SET state = 'sent' WHERE id = ? AND state = 'waiting'", (command_id,))
        method, target, headers, body = row
        return SignedRequest(method, target, codec.decode(headers, dict[str, str]), body)

    def command(self, command_id: str) -> Command | None:
        """The command itself while it is unsettled; None otherwise."""
        rows = self._store.read(f"SELECT kind, body FROM command WHERE id = ? AND {_OPEN}", command_id)  # noqa: S608
        return codec.decode(rows[0][1], KINDS[rows[0][0]][0]) if rows else None

    def resign(self, command_id: str, headers: Mapping[str, str]) -> None:
        """Replace an unsettled command's signature: the server refused its time. Body and key stay as they are."""
        with self._store.transaction() as db:
            db.execute(
                f"UPDATE command SET headers = ? WHERE id = ? AND {_OPEN}",  # noqa: S608
                (codec.encode(dict(headers)), command_id),
            )

    def settle(self, command_id: str, answer: bytes) -> None:
        """Keep the club's answer and free the hold, in one transaction."""
        self._close(command_id, "settled", answer)
        faults.reach("outbox.after-settle")

    def refuse(self, command_id: str, error: errors.ClubError) -> None:
        """Keep the club's no and free the hold, in one transaction."""
        self._close(command_id, "refused", codec.encode(_Refused(error.code, str(error), dict(error.facts))))

    def answer(self, command_id: str) -> Settled | errors.ClubError | None:
        """What the club said; None while it is open, or after it was acknowledged."""
        rows = self._store.read(
            "SELECT kind, state, answer FROM command WHERE id = ? AND answer IS NOT NULL", command_id
        )
        if not rows:
            return None
        kind, state, answer = rows[0]
        if state == "settled":
            return codec.decode(answer, KINDS[kind][1])
        refused = codec.decode(answer, _Refused)
        return errors.revive(refused.code, refused.message, refused.facts)

    def acknowledge(self, command_id: str) -> None:
        """The member has seen the answer: take it off the disk. An unsettled command stays."""
        with self._store.transaction() as db:
            gone = db.execute(f"DELETE FROM command WHERE id = ? AND NOT {_OPEN}", (command_id,)).rowcount  # noqa: S608
        if gone:
            self._store.scrub()

    def forget_answered(self) -> None:
        """The session is over: take every answer off the disk. Unsettled commands stay (X1)."""
        with self._store.transaction() as db:
            gone = db.execute(f"DELETE FROM command WHERE NOT {_OPEN}").rowcount  # noqa: S608
        if gone:
            self._store.scrub()

    def _close(self, command_id: str, state: State, answer: bytes) -> None:
        with self._store.transaction() as db:
            db.execute(
                f"UPDATE command SET state = ?, answer = ?, hold_points = 0, member_id = '' WHERE id = ? AND {_OPEN}",  # noqa: S608
                (state, answer, command_id),
            )


def _kind_of(command: Command) -> str:
    return next(kind for kind, (of, _) in KINDS.items() if isinstance(command, of))

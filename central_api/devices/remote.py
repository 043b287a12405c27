"""What staff have a device do from afar: a closed list, asked once, answered once, on the record (C9).

A command is kept until the device has fetched and answered it, or until its time is over. The push says only that one waits;
a device asks also after each heartbeat that says so, so that a lost push costs half a minute.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any, get_args

from PIL import Image, UnidentifiedImageError

from central_api.db import Tx
from central_api.devices import repository
from central_api.devices.enrolled import Device
from central_api.feed.notes import CommandHint
from central_api.staff import audit
from club.model import errors
from club.wire.devices import CommandKind

KINDS: tuple[CommandKind, ...] = get_args(CommandKind)
LIFE = timedelta(minutes=10)
WIPE_LIFE = timedelta(days=30)
"""A kiosk that was carried away is wiped when it next finds a network."""
SHOT_LIFE = timedelta(days=1)
LARGEST_SHOT = 1024 * 1024  # bytes
_LARGEST_SIDE = 8192  # px
_MOST_OPEN = 20
_FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png"}


def ask(tx: Tx, device_id: str, kind: str, *, command_id: str, by: str, now: datetime) -> Any:
    """Ask a device to do something; the same id with the same wish is the same command.

    Args:
        tx: a unit of work that writes.
        device_id: who is to do it.
        kind: one of `KINDS`.
        command_id: made by whoever asks, before asking.
        by: who asks, such as `staff:1001`.
        now: the instant.

    Returns:
        The command's row.

    Raises:
        Malformed: no such kind.
        NotFound: no such device is let in.
        IdempotencyConflict: the id was used for something else.
        Unavailable: too many wait for that device.
    """
    if kind not in KINDS:
        raise errors.Malformed(f"expected one of {', '.join(KINDS)}, found {kind[:32]!r}", field="kind")
    device = repository.lock_device(tx, device_id)
    if device is None or device.revoked_at is not None:
        raise errors.NotFound(
            f"expected a device that is let in, found {device_id[:64]!r}", kind="device", id=device_id[:64]
        )
    known = repository.command(tx, command_id)
    if known is not None:
        if (known.device, known.kind) != (device_id, kind):
            raise errors.IdempotencyConflict("this command's id was used for another one")
        return known
    waiting = len(open_for(tx, device_id, now))
    if waiting >= _MOST_OPEN:
        raise errors.Unavailable(f"expected fewer than {_MOST_OPEN} commands waiting for this device; wait for them")
    values: dict[str, object] = {
        "id": command_id,
        "device": device_id,
        "kind": kind,
        "state": "open",
        "asked_by": by,
        "asked_at": now,
        "expires_at": now + (WIPE_LIFE if kind == "wipe" else LIFE),
    }
    repository.add_command(tx, values)
    audit.record(
        tx,
        actor=by,
        act="device.command",
        subject=f"place:{device.place}",
        now=now,
        facts={"device": device_id, "kind": kind, "command": command_id},
    )
    tx.notes.append(CommandHint(device_id, waiting + 1))
    return repository.command(tx, command_id)


def open_for(tx: Tx, device_id: str, now: datetime) -> Sequence[Any]:
    """The commands that wait for a device, oldest first. Reads only."""
    return repository.open_commands(tx, device_id, now)


def fetch(tx: Tx, device: Device, now: datetime) -> Sequence[Any]:
    """The commands that wait for a device, which has them now; oldest first."""
    found = open_for(tx, device.id, now)
    fresh = [row.id for row in found if row.sent_at is None]
    if fresh:
        repository.mark_sent(tx, fresh, now)
    return found


def answer(tx: Tx, device: Device, command_id: str, state: str, detail: str, now: datetime) -> str:
    """Note what became of a command; said again, or too late, it changes nothing.

    Args:
        tx: a unit of work that writes.
        device: who answers.
        command_id: of the command.
        state: `done` or `refused`.
        detail: for staff, such as why not; no personal data.
        now: the instant.

    Returns:
        How the command ended.

    Raises:
        NotFound: it has no such command.
    """
    row = _own(tx, device, command_id)
    if row.state != "open":
        return str(row.state)
    if row.expires_at <= now:  # its time is over, though nobody has written that down yet
        repository.end_command(tx, command_id, "expired", "", now)
        return "expired"
    repository.end_command(tx, command_id, state, detail, now)
    audit.record(
        tx,
        actor=f"device:{device.id}",
        act=f"device.command-{state}",
        subject=f"place:{device.place}",
        now=now,
        facts={"kind": row.kind, "command": command_id},
    )
    return state


def keep_shot(tx: Tx, device: Device, command_id: str, data: bytes, now: datetime) -> None:
    """Keep the picture of a screen that a command asked for, for a day; the first one stays.

    Raises:
        NotFound: it has no such command, or that one asked for no picture.
        Malformed: it is no JPEG or PNG, or too large.
    """
    row = _own(tx, device, command_id)
    if row.kind != "screenshot" or row.state != "open":
        raise errors.NotFound(
            "expected an open command that asks for a picture, found none", kind="command", id=command_id
        )
    repository.add_shot(tx, command_id, _media_type(data), data, now)


def shot(tx: Tx, device_id: str, command_id: str, *, by: str, now: datetime) -> Any:
    """The picture a device's command brought, or None; looking at it is on the record. Writes the record."""
    row = repository.command(tx, command_id)
    if row is None or row.device != device_id:
        return None
    found = repository.shot(tx, command_id)
    if found is not None:
        facts: dict[str, int | str] = {"device": device_id, "command": command_id}
        audit.record(tx, actor=by, act="device.look", subject=f"device:{device_id}", now=now, facts=facts)
    return found


def cancel_all(tx: Tx, device_id: str, now: datetime) -> None:
    """End what waits for a device that is let in no longer."""
    for row in open_for(tx, device_id, now):
        repository.end_command(tx, row.id, "cancelled", "", now)


def tend(tx: Tx, now: datetime) -> None:
    """End the commands whose time is over, and forget pictures of yesterday."""
    repository.expire_commands(tx, now)
    repository.forget_shots(tx, now - SHOT_LIFE)


def _own(tx: Tx, device: Device, command_id: str) -> Any:
    repository.lock_device(tx, device.id)
    row = repository.command(tx, command_id)
    if row is None or row.device != device.id:
        raise errors.NotFound("expected a command of this device, found none", kind="command", id=command_id[:64])
    return row


def _media_type(data: bytes) -> str:
    try:
        with Image.open(BytesIO(data), formats=tuple(_FORMATS)) as picture:
            found, size = str(picture.format), picture.size
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as fault:
        raise errors.Malformed("expected a JPEG or PNG of the screen, found something else") from fault
    if max(size) > _LARGEST_SIDE:
        raise errors.Malformed(f"expected a picture of at most {_LARGEST_SIDE} px a side, found {size[0]} x {size[1]}")
    return _FORMATS[found]

"""Remembers in which stores a device stood and by which keys it was known, for what it made there and brings later (A14)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from central_api.db import Tx
from central_api.devices.tables import device_pasts, devices
from central_api.feed import due


@dataclass(frozen=True, slots=True)
class Stay:
    """A time in which a device was let in in a store; `until` is None while it is."""

    store: str
    since: datetime
    until: datetime | None = None


def let_in_anew(tx: Tx, known: Any, now: datetime) -> None:
    """A device that was let in before is let in once more: keep how it stood until now. Call it before its row changes.

    Args:
        tx: a unit of work that writes.
        known: its row as it is.
        now: the instant.
    """
    _keep(tx, known, known.revoked_at or now, known.revoked_at or now)


def key_changes(tx: Tx, known: Any, now: datetime, until: datetime) -> None:
    """A device has another key from now on: keep the one it has, which is taken until then. Call it before its row changes."""
    _keep(tx, known, now, until)


def key_ended(tx: Tx, known: Any, key: str) -> None:
    """Staff have ended a key before its time, for it may have been copied: it proves nothing any more, here or elsewhere."""
    past = device_pasts.c
    tx.execute(update(device_pasts).where(past.device == known.id, past.public_key == key).values(public_key=None))
    tell(tx, known.id)


def tell(tx: Tx, device: str) -> None:
    """Have the stores that a device stands or stood in told anew by which keys they know it."""
    for store in sorted({stay.store for stay in stays(tx, device)}):
        due.mark(tx, due.OFFLINE, store)


def stays(tx: Tx, device: str) -> list[Stay]:
    """Where a device stands, and where it stood before, the latest first."""
    past, now = device_pasts.c, devices.c
    before = tx.rows(
        select(past.store, past.since, past.until)
        .where(past.device == device)
        .order_by(past.until.desc(), past.id.desc())
    )
    current = tx.rows(
        select(now.store, now.enrolled_at.label("since"), now.revoked_at.label("until")).where(now.id == device)
    )
    return [Stay(row.store, row.since, row.until) for row in (*current, *before)]


def former_keys(tx: Tx, store: str, since: datetime) -> Sequence[Any]:
    """Device, key, and from when until when it was known by it in a store, of kiosks that are let in today, here or elsewhere.

    Args:
        tx: a unit of work.
        store: its slug.
        since: what ended before is left out.
    """
    past = device_pasts.c
    return tx.rows(
        select(past.device, past.public_key, past.since, past.until)
        .join(devices, devices.c.id == past.device)
        .where(past.store == store, past.public_key.is_not(None), past.until >= since)
        .where(devices.c.kind == "kiosk", devices.c.revoked_at.is_(None))
        .order_by(past.device, past.until.desc(), past.id.desc())
    )


def _keep(tx: Tx, known: Any, now: datetime, until: datetime) -> None:
    """Keep how a device stood; a key before the one it has is taken no longer than until now."""
    past = device_pasts.c
    tx.execute(update(device_pasts).where(past.device == known.id, past.until > now).values(until=now))
    values = {
        "device": known.id,
        "place": known.place,
        "store": known.store,
        "public_key": known.public_key,
        "since": known.enrolled_at,
        "until": until,
    }
    tx.execute(insert(device_pasts).values(**values))
    tell(tx, known.id)

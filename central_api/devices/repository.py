"""Queries of stores, places, devices and enrolment codes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from central_api.db import Tx
from central_api.devices.tables import devices, enrol_codes, enrol_guesses, places, stores

# Statements of every request are built once.
_CALLER = select(
    devices.c.id, devices.c.public_key, devices.c.kind, devices.c.place, devices.c.store, devices.c.revoked_at
).where(devices.c.id == bindparam("device"))
_STORES = select(stores).order_by(stores.c.position)


def caller(tx: Tx, device_id: str) -> Any:
    """What is needed to know a device by its signature: id, public key, kind, place, store, when revoked; or None."""
    return tx.first(_CALLER, {"device": device_id})


def device(tx: Tx, device_id: str) -> Any:
    """The row of a device, or None."""
    return tx.first(select(devices).where(devices.c.id == device_id))


def standing(tx: Tx, stores: Sequence[str]) -> Sequence[Any]:
    """The devices of these stores that are let in, kiosks first, by their places."""
    query = select(devices).where(devices.c.store.in_(stores), devices.c.revoked_at.is_(None))
    return tx.rows(query.order_by(devices.c.kind, devices.c.place, devices.c.id))


def add_device(tx: Tx, values: dict[str, object]) -> None:
    """Write a new device."""
    tx.execute(insert(devices).values(**values))


def change_device(tx: Tx, device_id: str, values: dict[str, object]) -> None:
    """Change a device's row."""
    tx.execute(update(devices).where(devices.c.id == device_id).values(**values))


def place(tx: Tx, slug: str) -> Any:
    """The row of a place, or None."""
    return tx.first(select(places).where(places.c.slug == slug))


def all_places(tx: Tx) -> Sequence[Any]:
    """Every place, by its slug."""
    return tx.rows(select(places).order_by(places.c.slug))


def store(tx: Tx, slug: str) -> Any:
    """The row of a store, or None."""
    return tx.first(select(stores).where(stores.c.slug == slug))


def all_stores(tx: Tx) -> Sequence[Any]:
    """Every store in its order."""
    return tx.rows(_STORES)


def code(tx: Tx, code_hash: str) -> Any:
    """The newest code of that hash, used or not; its row is locked until the end."""
    query = (
        select(enrol_codes).where(enrol_codes.c.code_hash == code_hash).order_by(enrol_codes.c.made_at.desc()).limit(1)
    )
    return tx.first(query.with_for_update())


def add_code(tx: Tx, values: dict[str, object]) -> None:
    """Write a new code."""
    tx.execute(insert(enrol_codes).values(**values))


def use_code(tx: Tx, code_id: str, device_id: str, now: datetime) -> None:
    """Mark a code as used."""
    tx.execute(update(enrol_codes).where(enrol_codes.c.id == code_id).values(used_at=now, used_by=device_id))


def begin_guesses(tx: Tx, source: str, now: datetime) -> None:
    """Make the row of an address that guesses at codes, when there is none."""
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    tx.execute(make(enrol_guesses).values(source=source, wrong=0, since=now).on_conflict_do_nothing())


def guesses(tx: Tx, source: str) -> Any:
    """The row of an address that guesses at codes, locked until the end."""
    return tx.first(select(enrol_guesses).where(enrol_guesses.c.source == source).with_for_update())


def put_guesses(tx: Tx, source: str, wrong: int, since: datetime) -> None:
    """Note how many wrong guesses an address has sent since when."""
    tx.execute(update(enrol_guesses).where(enrol_guesses.c.source == source).values(wrong=wrong, since=since))


def forget_guesses(tx: Tx, before: datetime) -> None:
    """Clear away addresses whose first wrong guess is older."""
    tx.execute(delete(enrol_guesses).where(enrol_guesses.c.since < before))

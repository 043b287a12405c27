"""Queries of stores, places, devices, the codes that let devices in, their incidents and commands."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from central_api.db import Tx, among
from central_api.devices.tables import device_commands as commands
from central_api.devices.tables import device_incidents as incidents
from central_api.devices.tables import device_shots as shots
from central_api.devices.tables import devices, enrol_codes, enrol_guesses, pairings, places, stores
from central_api.devices.tables import pairing_tries as tries

# Statements of every request are built once.
_CALLER = (
    select(
        devices.c.id,
        devices.c.public_key,
        devices.c.other_key,
        devices.c.other_key_until,
        devices.c.kind,
        devices.c.place,
        devices.c.store,
        devices.c.revoked_at,
        stores.c.in_group,
    )
    .join(stores, stores.c.slug == devices.c.store)
    .where(devices.c.id == bindparam("device"))
)
_STORES = select(stores).order_by(stores.c.position)


def caller(tx: Tx, device_id: str) -> Any:
    """What is needed to know a device by its signature: id, keys, kind, place, store and its group, when revoked; or None."""
    return tx.first(_CALLER, {"device": device_id})


def device(tx: Tx, device_id: str) -> Any:
    """The row of a device, or None."""
    return tx.first(select(devices).where(devices.c.id == device_id))


def kiosk_at(tx: Tx, place_slug: str) -> Any:
    """The kiosk that stands at a place and was not shut out, or None."""
    here = (devices.c.place == place_slug, devices.c.kind == "kiosk", devices.c.revoked_at.is_(None))
    return tx.first(select(devices).where(*here).order_by(devices.c.enrolled_at.desc()).limit(1))


def lock_device(tx: Tx, device_id: str) -> Any:
    """The row of a device, locked until the end; or None."""
    return tx.first(select(devices).where(devices.c.id == device_id).with_for_update())


def standing_in(tx: Tx, place: str) -> Any:
    """The device that stands in a place, locked until the end; or None."""
    query = select(devices).where(devices.c.place == place, devices.c.revoked_at.is_(None))
    return tx.first(query.order_by(devices.c.enrolled_at.desc()).limit(1).with_for_update())


def revoked_since(tx: Tx, moment: datetime) -> Sequence[str]:
    """The devices that were shut out since then."""
    return [row.id for row in tx.rows(select(devices.c.id).where(devices.c.revoked_at >= moment))]


def silent(tx: Tx, since: datetime) -> Sequence[Any]:
    """The devices that are let in, were heard once, and not since then; without those whose silence is known."""
    known = select(incidents.c.device).where(incidents.c.kind == "offline", incidents.c.closed_at.is_(None))
    query = select(devices.c.id, devices.c.place).where(
        devices.c.revoked_at.is_(None), devices.c.seen_at < since, devices.c.id.not_in(known)
    )
    return tx.rows(query.order_by(devices.c.id))


def set_group(tx: Tx, store: str, group: str) -> None:
    """Put a store into a group; empty: into none."""
    tx.execute(update(stores).where(stores.c.slug == store).values(in_group=group))


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


def more_stores_than(tx: Tx, count: int) -> bool:
    """Whether the club has more stores than so many; reads no more of them."""
    return tx.first(select(stores.c.slug).limit(1).offset(count)) is not None


def zones_of(tx: Tx, slugs: Collection[str]) -> dict[str, str]:
    """The time zones of some stores."""
    wanted = select(stores.c.slug, stores.c.time_zone).where(among(tx, stores.c.slug, sorted(slugs)))
    return {row.slug: row.time_zone for row in tx.rows(wanted)}


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


def forget_guesses(tx: Tx, before: datetime, *, besides: Sequence[str]) -> None:
    """Clear away addresses whose first wrong guess is older, but for those named."""
    old = enrol_guesses.c.since < before
    tx.execute(delete(enrol_guesses).where(old, enrol_guesses.c.source.not_in(besides)))


def pairing(tx: Tx, device_id: str) -> Any:
    """The row of a device's code on its screen, or None."""
    return tx.first(select(pairings).where(pairings.c.device == device_id))


def pairing_by_code(tx: Tx, code: str, now: datetime) -> Any:
    """The row of a code that stands on a screen now, locked until the end; or None."""
    query = select(pairings).where(pairings.c.code == code, pairings.c.expires_at > now)
    return tx.first(query.with_for_update())


def add_pairing(tx: Tx, values: dict[str, object]) -> bool:
    """Write a code on a screen; False when it is taken or the device has one, and nothing was written."""
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    statement = make(pairings).values(**values).on_conflict_do_nothing()
    return tx.first(statement.returning(pairings.c.code)) is not None


def forget_pairings(tx: Tx, now: datetime) -> None:
    """Clear away the codes that are over."""
    tx.execute(delete(pairings).where(pairings.c.expires_at <= now))


def waiting_by_source(tx: Tx) -> dict[str, int]:
    """How many screens wait for their code to be entered, by the network address they asked from."""
    query = select(pairings.c.source, func.count().label("waiting")).group_by(pairings.c.source)
    return {row.source: int(row.waiting) for row in tx.rows(query)}


def pairing_tries(tx: Tx, staff: str) -> Any:
    """The row of somebody's wrong codes, made when there is none and locked until the end."""
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    tx.execute(make(tries).values(staff=staff, wrong=0, paused_until=None).on_conflict_do_nothing())
    return tx.first(select(tries).where(tries.c.staff == staff).with_for_update())


def put_pairing_tries(tx: Tx, staff: str, wrong: int, paused_until: datetime | None) -> None:
    """Note somebody's wrong codes in a row, and until when they wait."""
    tx.execute(update(tries).where(tries.c.staff == staff).values(wrong=wrong, paused_until=paused_until))


def lock_place(tx: Tx, slug: str) -> Any:
    """The row of a place, locked until the end: of two who choose it the second finds it taken. Or None."""
    return tx.first(select(places).where(places.c.slug == slug).with_for_update())


def free_places(tx: Tx, stores: Sequence[str]) -> Sequence[Any]:
    """The places of these stores in which no device stands, by kind and slug."""
    taken = select(devices.c.place).where(devices.c.revoked_at.is_(None))
    query = select(places).where(places.c.store.in_(stores), places.c.slug.not_in(taken))
    return tx.rows(query.order_by(places.c.kind, places.c.slug))


def open_incidents(tx: Tx, device_id: str) -> Sequence[Any]:
    """What is wrong with a device now."""
    query = select(incidents).where(incidents.c.device == device_id, incidents.c.closed_at.is_(None))
    return tx.rows(query.order_by(incidents.c.opened_at, incidents.c.id))


def open_incidents_of(tx: Tx, device_ids: Sequence[str]) -> Sequence[Any]:
    """What is wrong with these devices now, longest first."""
    query = select(incidents).where(incidents.c.device.in_(device_ids), incidents.c.closed_at.is_(None))
    return tx.rows(query.order_by(incidents.c.opened_at, incidents.c.id))


def incidents_of(tx: Tx, place: str, limit: int) -> Sequence[Any]:
    """The newest incidents of a place, those still open first."""
    query = select(incidents).where(incidents.c.place == place)
    newest = (incidents.c.closed_at.is_not(None), incidents.c.opened_at.desc(), incidents.c.id.desc())
    return tx.rows(query.order_by(*newest).limit(limit))


def open_incident(tx: Tx, device_id: str, place: str, kind: str, facts: dict[str, int | str], now: datetime) -> bool:
    """Write that something is wrong; False when that is known, and nothing was written."""
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    values = {"device": device_id, "place": place, "kind": kind, "opened_at": now, "facts": facts}
    statement = make(incidents).values(**values).on_conflict_do_nothing()
    return tx.first(statement.returning(incidents.c.id)) is not None


def close_incident(tx: Tx, device_id: str, kind: str, now: datetime) -> bool:
    """Write that something is not wrong any more; False when it was not."""
    query = update(incidents).where(
        incidents.c.device == device_id, incidents.c.kind == kind, incidents.c.closed_at.is_(None)
    )
    return int(tx.execute(query.values(closed_at=now)).rowcount) > 0


def command(tx: Tx, command_id: str) -> Any:
    """The row of a command, or None."""
    return tx.first(select(commands).where(commands.c.id == command_id))


def add_command(tx: Tx, values: dict[str, object]) -> None:
    """Write a new command."""
    tx.execute(insert(commands).values(**values))


def open_commands(tx: Tx, device_id: str, now: datetime) -> Sequence[Any]:
    """The commands that wait for a device and whose time is not over, oldest first."""
    query = select(commands).where(
        commands.c.device == device_id, commands.c.state == "open", commands.c.expires_at > now
    )
    return tx.rows(query.order_by(commands.c.asked_at, commands.c.id))


def commands_of(tx: Tx, device_id: str, limit: int) -> Sequence[Any]:
    """The newest commands of a device, with whether a picture came of them."""
    query = (
        select(commands, shots.c.taken_at.label("shot_at"))
        .outerjoin(shots, shots.c.command == commands.c.id)
        .where(commands.c.device == device_id)
    )
    return tx.rows(query.order_by(commands.c.asked_at.desc(), commands.c.id).limit(limit))


def mark_sent(tx: Tx, ids: Sequence[str], now: datetime) -> None:
    """Note that a device has been told these commands."""
    tx.execute(update(commands).where(commands.c.id.in_(ids)).values(sent_at=now))


def end_command(tx: Tx, command_id: str, state: str, detail: str, now: datetime) -> None:
    """Write how a command ended."""
    values = {"state": state, "detail": detail, "ended_at": now}
    tx.execute(update(commands).where(commands.c.id == command_id).values(values))


def expire_commands(tx: Tx, now: datetime) -> None:
    """End the commands whose time is over."""
    query = update(commands).where(commands.c.state == "open", commands.c.expires_at <= now)
    tx.execute(query.values(state="expired", ended_at=now))


def add_shot(tx: Tx, command_id: str, media_type: str, picture: bytes, now: datetime) -> None:
    """Keep the picture of a screen; the first one stays."""
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    values = {"command": command_id, "media_type": media_type, "picture": picture, "taken_at": now}
    tx.execute(make(shots).values(**values).on_conflict_do_nothing())


def shot(tx: Tx, command_id: str) -> Any:
    """The picture a command brought, or None."""
    return tx.first(select(shots).where(shots.c.command == command_id))


def forget_shots(tx: Tx, moment: datetime) -> None:
    """Forget pictures taken before then."""
    tx.execute(delete(shots).where(shots.c.taken_at < moment))

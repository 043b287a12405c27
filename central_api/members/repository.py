"""Queries of members, their details, vehicles, consents and lookups."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from central_api.db import Tx, among
from central_api.members.tables import (
    consent_texts,
    consents,
    member_details,
    member_lookups,
    members,
    vehicles,
)

_SHOWN = tuple(members.c[name] for name in ("id", "home_store", "surname", "title", "tier"))


def member(tx: Tx, member_id: str) -> Any:
    """The row of a member; it exists, for cards and accounts point to it."""
    return tx.connection.execute(select(members).where(members.c.id == member_id)).one()


def homes_of(tx: Tx, ids: Sequence[str]) -> frozenset[str]:
    """The home stores of these members."""
    query = select(members.c.home_store).where(among(tx, members.c.id, ids)).distinct()
    return frozenset(row.home_store for row in tx.rows(query))


def shown(tx: Tx, ids: Sequence[str]) -> Sequence[Any]:
    """Of these members what stands in the devices' mirror: id, home store, surname, title, tier."""
    return tx.rows(select(*_SHOWN).where(among(tx, members.c.id, ids)))


def known(tx: Tx, member_id: str) -> Any:
    """The row of a member, or None: an id that came from outside."""
    return tx.first(select(members).where(members.c.id == member_id))


def at_home(tx: Tx, ids: Collection[str], stores: Collection[str]) -> frozenset[str]:
    """Which of these members have one of these stores as their home."""
    query = select(members.c.id).where(members.c.id.in_(ids), members.c.home_store.in_(stores))
    return frozenset(tx.connection.execute(query).scalars())


def find(tx: Tx, member_id: str, *, lock: bool = False) -> Any:
    """The row of a member, or None; locked until the end when asked for."""
    query = select(members).where(members.c.id == member_id)
    return tx.first(query.with_for_update(key_share=True) if lock else query)


def of_ids(tx: Tx, ids: Collection[str]) -> Sequence[Any]:
    """The rows of these members, by id."""
    return tx.rows(select(members).where(members.c.id.in_(list(ids))).order_by(members.c.id))


def family(tx: Tx, member_id: str) -> tuple[str, ...]:
    """A member and everybody who was merged into them, also by way of another; their own id first."""
    return families(tx, [member_id])[member_id]


def families(tx: Tx, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Each of these members with everybody who was merged into them, as `family`."""
    above = (
        select(members.c.id.label("head"), members.c.id.label("id"))
        .where(among(tx, members.c.id, ids))
        .cte("families", recursive=True)
    )
    found = above.union(select(above.c.head, members.c.id).join(above, members.c.merged_into == above.c.id))
    others: dict[str, list[str]] = {head: [] for head in ids}
    for row in tx.rows(select(found.c.head, found.c.id).where(found.c.id != found.c.head)):
        others[row.head].append(row.id)
    return {head: (head, *sorted(merged)) for head, merged in others.items()}


def add(tx: Tx, values: Mapping[str, object]) -> None:
    """Write a new member."""
    tx.execute(insert(members).values(**values))


def change(tx: Tx, member_id: str, values: Mapping[str, object]) -> None:
    """Change a member's row."""
    tx.execute(update(members).where(members.c.id == member_id).values(**values))


def details(tx: Tx, ids: Collection[str]) -> dict[str, Any]:
    """The rows of sealed details, by member."""
    rows = tx.rows(select(member_details).where(member_details.c.member.in_(list(ids))))
    return {row.member: row for row in rows}


def put_details(tx: Tx, values: Mapping[str, object]) -> None:
    """Write a member's sealed details anew."""
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    statement = make(member_details).values(**values)
    tx.execute(statement.on_conflict_do_update(index_elements=[member_details.c.member], set_=dict(values)))


def forget_details(tx: Tx, member_id: str) -> None:
    """Remove details, vehicles and lookups of a member."""
    for table in (member_lookups, vehicles, member_details):
        tx.execute(delete(table).where(table.c.member == member_id))


def vehicles_of(tx: Tx, ids: Collection[str]) -> Sequence[Any]:
    """The vehicles of these members, in the order in which they were added."""
    return tx.rows(
        select(vehicles).where(vehicles.c.member.in_(list(ids))).order_by(vehicles.c.added_at, vehicles.c.id)
    )


def vehicle(tx: Tx, vehicle_id: str) -> Any:
    """The row of a vehicle, or None."""
    return tx.first(select(vehicles).where(vehicles.c.id == vehicle_id))


def put_vehicle(tx: Tx, values: Mapping[str, object]) -> None:
    """Write a vehicle anew."""
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    statement = make(vehicles).values(**values)
    tx.execute(statement.on_conflict_do_update(index_elements=[vehicles.c.id], set_=dict(values)))


def remove_vehicle(tx: Tx, vehicle_id: str) -> None:
    """Remove a vehicle and its lookups."""
    tx.execute(delete(member_lookups).where(member_lookups.c.vehicle == vehicle_id))
    tx.execute(delete(vehicles).where(vehicles.c.id == vehicle_id))


def put_lookups(
    tx: Tx, member_id: str, kinds: Collection[str], vehicle: str, hashes: Sequence[tuple[str, str]]
) -> None:
    """Write the lookups (kind, hash) of a member, or of one of their vehicles, in place of all of these `kinds`."""
    own = (member_lookups.c.member == member_id, member_lookups.c.vehicle == vehicle)
    tx.execute(delete(member_lookups).where(*own, member_lookups.c.kind.in_(list(kinds))))
    if hashes:
        rows = [{"kind": kind, "hash": digest, "member": member_id, "vehicle": vehicle} for kind, digest in hashes]
        tx.execute(insert(member_lookups), rows)


def lookups_follow_vehicles(tx: Tx, member_id: str) -> None:
    """Give the lookups of vehicles that are no longer a member's to whose the vehicles are now."""
    holder = select(vehicles.c.member).where(vehicles.c.id == member_lookups.c.vehicle).scalar_subquery()
    moved = select(vehicles.c.id).where(vehicles.c.id == member_lookups.c.vehicle, vehicles.c.member != member_id)
    mine = (member_lookups.c.member == member_id, member_lookups.c.vehicle != "", moved.exists())
    tx.execute(update(member_lookups).where(*mine).values(member=holder))


def found_by(tx: Tx, wanted: Collection[tuple[str, str]], limit: int) -> list[str]:
    """Members of any of these (kind, hash), at most `limit`, by id."""
    found: set[str] = set()
    for kind, digest in wanted:
        query = select(member_lookups.c.member).where(member_lookups.c.kind == kind, member_lookups.c.hash == digest)
        found.update(tx.connection.execute(query.distinct().order_by(member_lookups.c.member).limit(limit)).scalars())
    return sorted(found)[:limit]


def text_of(tx: Tx, document: str, version: str) -> Any:
    """A version of a consent's text, or None."""
    return tx.first(
        select(consent_texts).where(consent_texts.c.document == document, consent_texts.c.version == version)
    )


def texts(tx: Tx) -> Sequence[Any]:
    """Every version of every text, oldest first."""
    return tx.rows(select(consent_texts).order_by(consent_texts.c.effective_from, consent_texts.c.version))


def add_text(tx: Tx, values: Mapping[str, object]) -> None:
    """Write a version of a text."""
    tx.execute(insert(consent_texts).values(**values))


def add_consent(tx: Tx, values: Mapping[str, object]) -> None:
    """Write one line of the consent log."""
    tx.execute(insert(consents).values(**values))


def consents_of(tx: Tx, ids: Collection[str]) -> Sequence[Any]:
    """The consent log of these members, oldest first."""
    return tx.rows(select(consents).where(consents.c.member.in_(list(ids))).order_by(consents.c.id))

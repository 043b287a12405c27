"""Queries of moves, grants, payments and vehicles."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from central_api.db import Tx, among, not_sought
from central_api.members.tables import members
from central_api.tiers.tables import tier_changes, tier_grants, tier_payments, tier_vehicles


def changes(tx: Tx, member_id: str) -> Sequence[Any]:
    """Every move of a member's tier, the first first."""
    query = select(tier_changes).where(tier_changes.c.member == member_id)
    return tx.rows(query.order_by(tier_changes.c.id))


def changes_of(tx: Tx, ids: Sequence[str]) -> dict[str, list[Any]]:
    """Of each of these members every move of the tier, the first first."""
    query = select(tier_changes).where(among(tx, tier_changes.c.member, ids)).order_by(tier_changes.c.id)
    return _by_member(tx, query, ids)


def add_change(tx: Tx, values: Mapping[str, object]) -> int:
    """Write a move and let the member hold the new tier; the move's number."""
    tx.execute(update(members).where(members.c.id == values["member"]).values(tier=values["to_tier"]))
    return int(tx.scalar(insert(tier_changes).values(**values).returning(tier_changes.c.id)))


def grants_of(tx: Tx, ids: Sequence[str]) -> dict[str, list[Any]]:
    """Of each of these members the tiers given by staff."""
    query = select(tier_grants).where(among(tx, tier_grants.c.member, ids)).order_by(tier_grants.c.at)
    return _by_member(tx, query, ids)


def add_grant(tx: Tx, values: Mapping[str, object]) -> None:
    """Write a grant."""
    tx.execute(insert(tier_grants).values(**values))


def payments_of(tx: Tx, ids: Sequence[str]) -> dict[str, list[Any]]:
    """Of each of these members the points paid for tiers and not taken back."""
    query = select(tier_payments).where(among(tx, tier_payments.c.member, ids), tier_payments.c.reversed_at.is_(None))
    return _by_member(tx, query.order_by(tier_payments.c.at), ids)


def payment(tx: Tx, payment_id: str) -> Any:
    """The row of a payment, or None."""
    return tx.first(select(tier_payments).where(tier_payments.c.id == payment_id))


def add_payment(tx: Tx, values: Mapping[str, object]) -> None:
    """Write a payment."""
    tx.execute(insert(tier_payments).values(**values))


def reverse_payment(tx: Tx, payment_id: str, now: datetime) -> None:
    """Say that a payment was taken back."""
    tx.execute(update(tier_payments).where(tier_payments.c.id == payment_id).values(reversed_at=now))


def vehicles_of(tx: Tx, ids: Sequence[str]) -> dict[str, list[Any]]:
    """Of each of these members the vehicles they own, as far as the billing system told."""
    query = select(tier_vehicles).where(among(tx, tier_vehicles.c.member, ids)).order_by(tier_vehicles.c.vehicle)
    return _by_member(tx, query, ids)


def vehicle(tx: Tx, number: str) -> Any:
    """The row of a vehicle, or None."""
    return tx.first(select(tier_vehicles).where(tier_vehicles.c.vehicle == number))


def put_vehicle(tx: Tx, values: Mapping[str, object]) -> None:
    """Write a vehicle, in place of what was known of it."""
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    statement = make(tier_vehicles).values(**values)
    others = {name: statement.excluded[name] for name in values if name != "vehicle"}
    tx.execute(statement.on_conflict_do_update(index_elements=[tier_vehicles.c.vehicle], set_=others))


def remove_vehicle(tx: Tx, number: str, member_id: str) -> None:
    """Forget that a vehicle is a member's."""
    mine = delete(tier_vehicles).where(tier_vehicles.c.vehicle == number, tier_vehicles.c.member == member_id)
    tx.execute(mine)


def members_after(tx: Tx, after: str, most: int, of_stores: Collection[str]) -> Sequence[Any]:
    """The next members of these home stores behind an id, without those who have left."""
    query = select(members).where(
        members.c.id > after,
        not_sought(members.c.home_store).in_(of_stores),
        members.c.status.in_(("active", "expired")),
    )
    return tx.rows(query.order_by(members.c.id).limit(most))


def _by_member(tx: Tx, query: Select[Any], ids: Sequence[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {member: [] for member in ids}
    for row in tx.rows(query):
        found[row.member].append(row)
    return found

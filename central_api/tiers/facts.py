"""Gathers what is known of a member for the tier rules: spend net of refunds, vehicles, payments, grants, the last move (A5)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from central_api import texts
from central_api.db import Tx
from central_api.ledger import repository as books
from central_api.ledger import service as ledger
from central_api.programme.content import Counting
from central_api.programme.earn_rules import EarnRules
from central_api.programme.tier_facts import Facts, Fall, Grant, Payment, Purchase, Vehicle
from central_api.tiers import repository


@dataclass(frozen=True, slots=True)
class Standing:
    """A tier as it is held: since when, and which fall is not made good. `change` is the move that led here; None: none did."""

    tier: str
    since: datetime
    fall: Fall | None
    change: Any = None


def standing(member: Any, changes: Sequence[Any], time_zone: str) -> Standing:
    """How a member stands after these moves (rows of `members` and `tier_changes`)."""
    if not changes:
        return Standing(member.tier, texts.day_starts(member.joined, time_zone), None)
    last = changes[-1]
    return Standing(last.to_tier, last.since, _fall(last.fall), last)


def held_at(member: Any, changes: Sequence[Any], at: datetime) -> str:
    """The tier a member held just before an instant, as far as it was known then: a move counts from when it was booked."""
    before = [one for one in changes if one.at < at]
    if before:
        return str(before[-1].to_tier)
    return str(changes[0].from_tier if changes else member.tier)


def gather(
    tx: Tx, found: Sequence[Any], standings: Mapping[str, Standing], rules: Counting, zones: Mapping[str, str]
) -> dict[str, Facts]:
    """All that the rules ask of each of these members, by as many queries for hundreds as for one. Reads only.

    Args:
        tx: a unit of work.
        found: rows of `members`.
        standings: how each stands, by id.
        rules: of categories, groups and exclusions.
        zones: the time zone of each store.
    """
    ids = [member.id for member in found]
    purchases = _purchases(tx, ids, rules.earn)
    vehicles, payments = repository.vehicles_of(tx, ids), repository.payments_of(tx, ids)
    grants = repository.grants_of(tx, ids)
    accounts = {member: ledger.member_account(member, "tier") for member in ids}
    points = books.balances_of(tx, list(accounts.values()))
    return {
        member.id: Facts(
            member=member.id,
            tier=standings[member.id].tier,
            tier_since=standings[member.id].since,
            joined=texts.day_starts(member.joined, zones[member.home_store]),
            tier_points=points.get(accounts[member.id], 0),
            purchases=purchases[member.id],
            vehicles=tuple(
                Vehicle(row.vehicle, row.owned_since, row.mileage_km, row.bought_here) for row in vehicles[member.id]
            ),
            payments=tuple(Payment(row.at, row.tier, row.from_tier, row.points) for row in payments[member.id]),
            grants=tuple(Grant(row.at, row.tier, row.by, row.reason) for row in grants[member.id]),
            fall=standings[member.id].fall,
        )
        for member in found
    }


def _purchases(tx: Tx, ids: Sequence[str], earn: EarnRules | None) -> dict[str, tuple[Purchase, ...]]:
    groups, excluded = _groups(earn)
    return {
        member: tuple(
            Purchase(
                at=row.at,
                bill=row.bill,
                group=groups.get(row.category, ""),
                category=row.category,
                paid_fen=row.paid_fen - int(row.refunded_fen),  # a sum is no int on PostgreSQL
                vehicle=str(row.facts.get("vehicle", "")),
            )
            for row in rows
            if row.paid_fen > row.refunded_fen and not row.facts.get("excluded") and row.category not in excluded
        )
        for member, rows in books.purchases(tx, ids).items()
    }


def fall_column(fall: Fall | None) -> dict[str, object] | None:
    """The JSON of a fall."""
    return None if fall is None else {**asdict(fall), "at": fall.at.isoformat()}


def _fall(column: Mapping[str, Any] | None) -> Fall | None:
    if column is None:
        return None
    return Fall(datetime.fromisoformat(column["at"]), column["first_from"], column["to"], int(column["tier_points"]))


def _groups(rules: EarnRules | None) -> tuple[Mapping[str, str], frozenset[str]]:
    """The group of each category, and the categories that are excluded whoever pays and whatever is bought."""
    if rules is None:
        return {}, frozenset()
    excluded = frozenset(
        category for one in rules.exclusions if not (one.payers or one.goods) for category in one.categories
    )
    return {one.slug: one.group for one in rules.categories}, excluded

"""Merges two members who are one person, and undoes it: points, history, cards, vouchers and vehicles change hands (A9).

The books only grow: points go by two entries that name the merge, lots keep their last days, and what somebody had spent or
earned stays where it was booked. Undoing gives back what of it is still there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Table

from central_api.bills.tables import bills
from central_api.cards import repository as card_queries
from central_api.cards.tables import cards
from central_api.db import Tx
from central_api.entitlements.tables import entitlement_grants
from central_api.inbox.tables import member_messages, staff_tasks
from central_api.ledger import debts, moves
from central_api.ledger.service import Occasion
from central_api.lifecycle import mirroring, repository
from central_api.members import repository as members
from central_api.members.tables import vehicles
from central_api.programme.content import Programme
from central_api.programme.tables import benefit_uses
from central_api.rewards import holds
from central_api.rewards.tables import redemptions, vouchers
from central_api.security.keyring import Keyring
from central_api.staff import audit
from central_api.tiers.tables import tier_grants, tier_payments, tier_vehicles
from central_api.visits.tables import service_jobs
from club.model import errors

MERGED = "merged"
CHANGE_HANDS: tuple[tuple[Table, Column[Any]], ...] = (
    (bills, bills.c.member),
    (cards, cards.c.member),
    (vehicles, vehicles.c.member),
    (vouchers, vouchers.c.member),
    (redemptions, redemptions.c.member),
    (benefit_uses, benefit_uses.c.member),
    (service_jobs, service_jobs.c.member),
    (entitlement_grants, entitlement_grants.c.member),
    (tier_grants, tier_grants.c.member),
    (tier_payments, tier_payments.c.member),
    (tier_vehicles, tier_vehicles.c.member),
    (member_messages, member_messages.c.member),
    (staff_tasks, staff_tasks.c.member),
)
"""Tables whose rows go to whom a member is merged into."""
STAY: Mapping[str, str] = {
    "accounts": "the source's own, empty afterwards",
    "card_issues": "whom a card was issued to stays on the record",
    "ledger_entries": "what was booked stays; histories are read with those who were merged in",
    "lots": "what was earned stays; the target has new lots that go on what is left",
    "card_sessions": "open ones are ended",
    "member_details": "needed to undo; erased with the target",
    "member_lookups": "those of a person stay, found by them; those of vehicles go with the vehicle",
    "point_debts": "the target's own; a source that owes is not merged, or its debt would be nobody's",
    "member_codes": "theirs leads to the target, and ends with the target's",
    "consents": "each agreed for themselves",
    "member_links": "other programs go on by their numbers, and are led to the target",
    "holds": "none is open: a merge waits for it; what was paid counts by the line of its card, whose ever it is",
    "tier_changes": "how each of them rose and fell; the target goes on from where it stood",
    "renewals": "what renewed each of them; the later end counts",
    "birthdays": "the target has its own",
    "birthday_gifts": "who was given one keeps it",
    "referral_codes": "a code belongs to whoever gave it to friends",
    "referral_links": "who recommended whom",
    "referrals": "as they were counted",
    "ranking_places": "as they were reached",
    "registrations": "how each of them came",
    "merges": "the merge itself",
    "offline_redemptions": "as they were settled; the vouchers they made go with the member",
}
"""Tables that name members and stay as they are, and why. A test holds every table to one of the two."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a merge is worked on with: keys that name cards in mirrors, who does it (`staff:1001`), the instant, the source of ids."""

    keyring: Keyring
    by: str
    now: datetime
    new_id: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge, or its undoing, moved."""

    merge: str
    points: int
    tier_points: int


def merge(tx: Tx, desk: Desk, programme: Programme, source: str, target: str, *, reason: str) -> Merged:
    """Merge a member into another; the source is closed and found as the target from now on.

    Run it by `Database.run`: both members are locked, in the order of their ids.

    Args:
        tx: a unit of work that writes.
        desk: what it is worked on with.
        programme: the rules in force; of two tiers the higher one stays.
        source, target: ids.
        reason: a slug, such as `two-cards`.

    Raises:
        NotFound: one of them is not there.
        MergeRefused: reasons same, closed (one of them), pending (one waits for its activation, and would lapse), kind (a person and a company), hold (a payment of the source is
            under way at a till; it ends within minutes), debt (the source owes points: merge the other into it).
    """
    if source == target:
        raise errors.MergeRefused("expected two members, found one twice", reason="same")
    for member in (source, target):
        if members.find(tx, member) is None:
            raise errors.NotFound("expected a member, found none under this id", kind="member", id=member[:64])
    moves.lock(tx, (source, target))
    rows = {member: members.find(tx, member, lock=True) for member in sorted((source, target))}
    old, new = rows[source], rows[target]
    if "closed" in (old.status, new.status):
        raise errors.MergeRefused("expected two open memberships, found a closed one", reason="closed")
    if "pending" in (old.status, new.status):
        raise errors.MergeRefused("expected two memberships, found one that waits for its activation", reason="pending")
    if old.kind != new.kind:
        raise errors.MergeRefused("expected two persons or two companies, found one of each", reason="kind")
    if holds.held(tx, source, desk.now):
        raise errors.MergeRefused("expected no payment under way, found points held for one", reason="hold")
    if debts.owed(tx, source):
        raise errors.MergeRefused("expected a source that owes nothing, found one that owes points", reason="debt")
    name = desk.new_id()
    occasion = Occasion(kind="adjust", at=desk.now, store=new.home_store, facts={"merge": name})
    moved = moves.move_all(tx, source, target, occasion, new_id=desk.new_id)
    after = _together(programme, old, new)
    values = {
        "id": name,
        "source": source,
        "target": target,
        "points": moved.points,
        "tier_points": moved.tier_points,
        "before": {"source": _kept(old), "target": _kept(new), "after": after},
        "reason": reason,
        "made_at": desk.now,
        "made_by": desk.by,
    }
    repository.add_merge(tx, values)
    _hand_over(tx, desk, name, old, new)
    members.change(tx, target, _read(after))
    members.change(tx, source, {"status": "closed", "closed_at": desk.now, "closed_for": MERGED, "merged_into": target})
    repository.end_sessions(tx, desk.now, member_id=source)
    repository.void_grants(tx, [source])
    mirroring.publish(tx, desk.keyring, target, desk.now)
    _note(tx, desk, "member.merge", name, source, target, moved)
    return Merged(name, moved.points, moved.tier_points)


def undo(tx: Tx, desk: Desk, merge_id: str) -> Merged:
    """Undo a merge: what is left of what came from the source goes back, points into the very lots they came from.

    What was spent meanwhile stays spent, what was earned meanwhile stays the target's. Cards go back by their lines (ADR 20): one that took
    the place of the source's is the source's, one of theirs that came back into stock and was given to the target is the target's.

    Raises:
        NotFound: no such merge.
        MergeRefused: reasons undone (it was before), closed (the target left, or was merged on: undo that first), hold
            (a payment of the target is under way at a till).
    """
    row = repository.merge(tx, merge_id)
    if row is None:
        raise errors.NotFound("expected a merge, found none under this id", kind="merge", id=merge_id[:64])
    if row.undone_at is not None:
        raise errors.MergeRefused("this merge was undone before", reason="undone")
    moves.lock(tx, (row.source, row.target))
    rows = {member: members.find(tx, member, lock=True) for member in sorted((row.source, row.target))}
    target = rows[row.target]
    if target.status == "closed":
        raise errors.MergeRefused(f"the member it was merged into is closed: {target.closed_for}", reason="closed")
    if holds.held(tx, row.target, desk.now):
        raise errors.MergeRefused("expected no payment under way, found points held for one", reason="hold")
    occasion = Occasion(kind="adjust", at=desk.now, store=target.home_store, facts={"merge": merge_id})
    moved = moves.move_back(tx, row.source, row.target, row.tier_points, occasion, new_id=desk.new_id)
    for table, holder in CHANGE_HANDS:
        if table is not cards:
            repository.hand_back(tx, merge_id, table, holder, row.source, row.target)
    repository.hand_cards_back(tx, merge_id, row.made_at, row.source, row.target)
    members.lookups_follow_vehicles(tx, row.target)
    # Only what nobody has changed since is put back: a tier that was reached meanwhile stays.
    kept, after = _kept(target), row.before["after"]
    unchanged = {name: value for name, value in row.before["target"].items() if kept[name] == after[name]}
    if unchanged:
        members.change(tx, row.target, _read(unchanged))
    reopened = {**_read(row.before["source"]), "closed_at": None, "closed_for": "", "merged_into": None}
    members.change(tx, row.source, reopened)
    repository.change_merge(tx, merge_id, {"undone_at": desk.now, "undone_by": desk.by})
    repository.end_sessions(tx, desk.now, member_id=row.target)
    repository.void_grants(tx, [row.target])
    _settle_mirrors(tx, desk, rows[row.source], target)
    _note(tx, desk, "member.undo-merge", merge_id, row.source, row.target, moved)
    return Merged(merge_id, moved.points, moved.tier_points)


def _hand_over(tx: Tx, desk: Desk, merge_id: str, old: Any, new: Any) -> None:
    uids = _uids(tx, old.id)
    repository.note_lines(tx, merge_id, old.id)
    for table, holder in CHANGE_HANDS:
        repository.hand_over(tx, merge_id, table, holder, old.id, new.id)
    members.lookups_follow_vehicles(tx, old.id)
    if old.home_store != new.home_store:
        mirroring.withdraw(tx, desk.keyring, old.home_store, uids, desk.now)


def _settle_mirrors(tx: Tx, desk: Desk, source: Any, target: Any) -> None:
    if source.home_store != target.home_store:
        mirroring.withdraw(tx, desk.keyring, target.home_store, _uids(tx, source.id), desk.now)
    for member in (source, target):
        mirroring.publish(tx, desk.keyring, member.id, desk.now)


def _uids(tx: Tx, member: str) -> list[str]:
    return [row.uid for row in card_queries.cards_of(tx, member) if row.uid is not None]


def _kept(row: Any) -> dict[str, str]:
    """What of a member's row a merge changes, as JSON keeps it."""
    return {
        "status": row.status,
        "tier": row.tier,
        "joined": row.joined.isoformat(),
        "valid_to": row.valid_to.isoformat(),
    }


def _together(programme: Programme, old: Any, new: Any) -> dict[str, str]:
    """The better of both: the higher tier, the earlier joining, the later end."""
    ranks = {tier.slug: tier.rank for tier in programme.tiers}
    tier = max((new.tier, old.tier), key=lambda slug: ranks.get(slug, -1))
    return {
        "status": "active" if "active" in (old.status, new.status) else new.status,
        "tier": tier,
        "joined": min(old.joined, new.joined).isoformat(),
        "valid_to": max(old.valid_to, new.valid_to).isoformat(),
    }


def _read(kept: Mapping[str, str]) -> dict[str, object]:
    days = ("joined", "valid_to")
    return {name: date.fromisoformat(value) if name in days else value for name, value in kept.items()}


def _note(tx: Tx, desk: Desk, act: str, merge_id: str, source: str, target: str, moved: moves.Moved) -> None:
    facts: dict[str, int | str] = {
        "merge": merge_id,
        "source": source,
        "points": moved.points,
        "tier_points": moved.tier_points,
    }
    audit.record(tx, actor=desk.by, act=act, subject=f"member:{target}", now=desk.now, facts=facts)

"""Moves tiers: up at once, back when the bill behind an upgrade is refunded, by staff, by points (A5, A11).

A move counts from the instant at which it is booked. So a bill earns at the tier that was held, as far as anybody knew, in its own
hour, and bills that arrive together earn the same in whatever order they come.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

import msgspec

from central_api import texts
from central_api.db import Tx
from central_api.devices import repository as stores
from central_api.entitlements import service as entitlements
from central_api.feed import due
from central_api.inbox import service as inbox
from central_api.ledger import debts, returns
from central_api.ledger import service as ledger
from central_api.ledger.service import Occasion
from central_api.members import repository as members
from central_api.programme import paid_upgrade, tiers
from central_api.programme import service as programmes
from central_api.programme.content import Counting
from central_api.programme.tier_facts import Facts, Payment
from central_api.programme.tier_rules import PointsPaid, StaffGrant, TierRules
from central_api.programme.tiers import Verdict
from central_api.tiers import facts as known
from central_api.tiers import repository
from central_api.tiers.facts import Standing
from club.model import errors
from club.model.clock import PinnedClock

Kind = Literal["up", "down", "undone"]


@dataclass(frozen=True, slots=True)
class Moved:
    """From which tier to which; `before` and `after` are the same where nothing moved."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Case:
    """A member as the rules in force see them now."""

    member: Any
    rules: Counting
    ladder: TierRules
    changes: Sequence[Any]
    stands: Standing
    facts: Facts
    now: datetime
    time_zone: str

    @property
    def verdict(self) -> Verdict:
        """What the rules say."""
        return tiers.judge(self.ladder, self.facts, PinnedClock(self.now), self.time_zone)


def case(tx: Tx, member_id: str, now: datetime) -> Case | None:
    """A member's case; None where the club has no tier rules. Reads only."""
    return next(iter(cases(tx, [members.member(tx, member_id)], now)), None)


def cases(tx: Tx, found: Sequence[Any], now: datetime) -> list[Case]:
    """The cases of these members (rows of `members`), in their order; none where the club has no tier rules. Reads only.

    By as many queries for hundreds as for one.
    """
    rules = programmes.counting(tx, now)
    if rules.ladder is None:
        return []
    zones = {row.slug: row.time_zone for row in stores.all_stores(tx)}
    changes = repository.changes_of(tx, [member.id for member in found])
    stands = {member.id: known.standing(member, changes[member.id], zones[member.home_store]) for member in found}
    facts = known.gather(tx, found, stands, rules, zones)
    return [
        Case(
            member,
            rules,
            rules.ladder,
            changes[member.id],
            stands[member.id],
            facts[member.id],
            now,
            zones[member.home_store],
        )
        for member in found
    ]


def held_at(tx: Tx, member_id: str, at: datetime) -> str:
    """The tier that a bill of that instant earns at."""
    return known.held_at(members.member(tx, member_id), repository.changes(tx, member_id), at)


def raise_tier(tx: Tx, member_id: str, now: datetime, *, new_id: Callable[[], str], quiet: bool = False) -> Moved:
    """Move a member up as far as the rules say; staff get the task to congratulate, unless it is `quiet`.

    Args:
        tx: a unit of work in which the member is locked.
        member_id: whom.
        now: the instant.
        new_id: makes ids of entitlements.
        quiet: a part of an upgrade that is left when the rest was undone.
    """
    found = case(tx, member_id, now)
    if found is None:
        tier = members.member(tx, member_id).tier
        return Moved(tier, tier)
    verdict = found.verdict
    if verdict.move != "up":
        return Moved(found.stands.tier, found.stands.tier)
    move(tx, found, verdict, new_id=new_id, quiet=quiet)
    return Moved(verdict.held, verdict.tier)


def move(tx: Tx, found: Case, verdict: Verdict, *, new_id: Callable[[], str], quiet: bool = False) -> None:
    """Carry a verdict out: the move with its reasons, what the new tier brings, and who is to be told."""
    member, now = found.member, found.now
    kind: Kind = "up" if verdict.move == "up" else "down"
    fall = tiers.fall_after(found.ladder, found.facts, verdict, now)
    reasons = [{"kind": one.kind, **one.facts} for one in verdict.reasons]
    number = _record(tx, found, kind, Standing(verdict.tier, now, fall), reasons)
    if kind == "up":
        _grant(tx, found, verdict.tier, new_id=new_id)
        if not quiet:
            facts: inbox.Facts = {"from": verdict.held, "to": verdict.tier}
            inbox.ask_staff(tx, f"congratulate:{number}", "congratulate", member.home_store, member.id, facts, now)
    if not quiet:
        told = {"from": verdict.held, "to": verdict.tier}
        inbox.tell(tx, f"tier-{kind}:{number}", f"tier-{kind}", member.id, told, now)


def undo_unearned(tx: Tx, member_id: str, now: datetime, *, new_id: Callable[[], str]) -> Moved:
    """Take upgrades back that nothing carries any more, because the bills behind them were refunded.

    The last upgrade is looked at first. It stays when its tier is met by what is known now, of the day it was made on or of
    today; else it is undone and the one before is looked at. Whatever is met above that is held.

    Args:
        tx: a unit of work in which the member is locked.
        member_id: whom.
        now: the instant.
        new_id: makes ids of entitlements.
    """
    found = case(tx, member_id, now)
    if found is None:
        tier = members.member(tx, member_id).tier
        return Moved(tier, tier)
    before = found.stands.tier
    base: Standing | None = None
    for place in reversed(_upgrades(found.ladder, found.changes)):
        change, earlier = found.changes[place], found.changes[:place]
        was = replace(known.standing(found.member, earlier, found.time_zone), tier=change.from_tier)
        if _carried(found, was, change):
            break
        base = was
    if base is None:
        return Moved(before, before)
    number = _record(tx, found, "undone", base, [])
    moved = raise_tier(tx, member_id, now, new_id=new_id, quiet=True)
    _lower_entitlements(tx, found, moved.after)
    if moved.after != before:
        inbox.tell(tx, f"tier-undone:{number}", "tier-undone", member_id, {"from": before, "to": moved.after}, now)
    return Moved(before, moved.after)


def grant(
    tx: Tx, member_id: str, tier: str, *, by: str, reason: str, now: datetime, new_id: Callable[[], str]
) -> Moved:
    """Give a member a tier, by staff.

    Args:
        tx: a unit of work that writes.
        member_id: whom.
        tier: slug.
        by: id of the member of staff.
        reason: why, in their own words.
        now: the instant.
        new_id: makes ids.

    Raises:
        Malformed: the club wants a reason, and there is none.
        RewardNotOffered: the ladder lets nobody be given this tier. Facts: reward.
    """
    ledger.lock_member(tx, member_id)
    found = case(tx, member_id, now)
    ways = [] if found is None else [one for one in found.ladder.rung(tier).any_of if isinstance(one, StaffGrant)]
    if found is None or found.ladder.rung(tier).slug != tier or not ways:
        raise errors.RewardNotOffered(f"expected a tier that staff may give, {tier} is none", reward=tier)
    if not reason.strip() and all(way.reason_required for way in ways):
        raise errors.Malformed("expected the reason for which the tier is given, found none", field="reason")
    values = {
        "id": new_id(),
        "member": member_id,
        "at": now,
        "tier": tier,
        "by": by,
        "reason": reason.strip(),
    }
    repository.add_grant(tx, values)
    due.mark(tx, due.MEMBER, member_id)
    return raise_tier(tx, member_id, now, new_id=new_id)


def pay(tx: Tx, member_id: str, tier: str, *, command: str, now: datetime, new_id: Callable[[], str]) -> Moved:
    """Pay points for a tier. The same command again changes nothing.

    Args:
        tx: a unit of work that writes.
        member_id: whose.
        tier: slug.
        command: what asks for it; it pays once.
        now: the instant.
        new_id: makes ids.

    Raises:
        RewardNotOffered, TierTooLow, LimitReached: as `paid_upgrade.price`.
        NotEnoughPoints: the member has fewer.
        IdempotencyConflict: the command paid for something else.
    """
    ledger.lock_member(tx, member_id)
    before = repository.payment(tx, command)
    if before is not None:
        if (before.member, before.tier) != (member_id, tier):
            raise errors.IdempotencyConflict("this command paid for another tier, or another member's")
        return Moved(before.from_tier, tier)
    found = case(tx, member_id, now)
    if found is None:
        raise errors.RewardNotOffered(f"expected tier rules, the club has none; {tier} cannot be paid for", reward=tier)
    way = paid_upgrade.price(found.ladder, found.facts, tier, PinnedClock(now), found.time_zone)
    home = found.member.home_store
    # Without a reference, which may not be as long as a command with a name before it: the payment is kept once by its id.
    occasion = Occasion(kind="redeem", at=now, store=home, facts={"tier": tier})
    today = texts.local_day(now, found.time_zone)
    entry = ledger.spend(tx, member_id, way.points, today, occasion, new_id=new_id)
    values = {
        "id": command,
        "member": member_id,
        "at": now,
        "tier": tier,
        "from_tier": found.stands.tier,
        "points": way.points,
        "entry": entry,
        "reversed_at": None,
    }
    repository.add_payment(tx, values)
    due.mark(tx, due.MEMBER, member_id)
    return raise_tier(tx, member_id, now, new_id=new_id)


def take_payment_back(tx: Tx, command: str, *, now: datetime, new_id: Callable[[], str]) -> Moved:
    """Undo a payment for a tier within its hours: the points go back into their lots, the tier goes.

    Raises:
        NotFound: there is no such payment, or it was taken back.
        LimitReached: its hours are over. Facts: reward, hours.
    """
    row = repository.payment(tx, command)
    if row is None:
        raise errors.NotFound("expected a payment for a tier, found none", kind="payment", id=command)
    ledger.lock_member(tx, row.member)
    found = case(tx, row.member, now)
    if found is None or repository.payment(tx, command).reversed_at is not None:
        raise errors.NotFound("expected a payment that stands, found it taken back", kind="payment", id=command)
    paid = Payment(row.at, row.tier, row.from_tier, row.points)
    way = _way(found.ladder, paid)
    if way is None or not paid_upgrade.reversible(way, paid, PinnedClock(now)):
        hours = 0 if way is None else way.reversible_hours
        raise errors.LimitReached(f"{row.tier} could be given back for {hours} hours", reward=row.tier, hours=hours)
    today = texts.local_day(now, found.time_zone)
    occasion = Occasion(kind="reverse", at=now, store=found.member.home_store, facts={"tier": row.tier})
    back = returns.give_back(tx, row.entry, today, occasion, new_id=new_id)
    debts.settle_returned(tx, back, today, occasion, new_id=new_id)
    repository.reverse_payment(tx, command, now)
    due.mark(tx, due.MEMBER, row.member)
    return undo_unearned(tx, row.member, now, new_id=new_id)


def vehicle_seen(
    tx: Tx, number: str, member_id: str, *, at: datetime, mileage_km: int = 0, bought_here: bool = False
) -> None:
    """Keep what a bill or a job told of a vehicle: whose it is, since when, how far it was driven. Order does not matter.

    Args:
        tx: a unit of work that writes.
        number: the billing system's own, never a plate.
        member_id: whose.
        at: when it was seen.
        mileage_km: whole kilometres; 0: not read.
        bought_here: it was sold to this member by the club's own stores.
    """
    known_one = repository.vehicle(tx, number)
    if known_one is not None and known_one.member == member_id:
        at = min(at, known_one.owned_since)
        bought_here = bought_here or known_one.bought_here
    if known_one is not None:
        if known_one.member != member_id and known_one.owned_since > at:
            return  # told late: it has gone to another member since
        mileage_km = max(mileage_km, known_one.mileage_km)
    values = {
        "vehicle": number,
        "member": member_id,
        "owned_since": at,
        "mileage_km": mileage_km,
        "bought_here": bought_here,
    }
    repository.put_vehicle(tx, values)


def vehicle_gone(tx: Tx, number: str, member_id: str) -> None:
    """Forget a vehicle whose purchase was given back."""
    repository.remove_vehicle(tx, number, member_id)


def _way(ladder: TierRules, paid: Payment) -> PointsPaid | None:
    """The way by which a payment was made, as the ladder has it now."""
    ways = [one for one in ladder.rung(paid.tier).any_of if isinstance(one, PointsPaid)]
    return next((one for one in ways if one.from_tier in ("", paid.from_tier)), None)


def _record(tx: Tx, found: Case, kind: Kind, stands: Standing, reasons: Sequence[object]) -> int:
    values = {
        "member": found.member.id,
        "at": found.now,
        "kind": kind,
        "from_tier": found.stands.tier,
        "to_tier": stands.tier,
        "since": stands.since,
        "reasons": msgspec.to_builtins(reasons),
        "fall": known.fall_column(stands.fall),
    }
    return repository.add_change(tx, values)


def _upgrades(ladder: TierRules, changes: Sequence[Any]) -> list[int]:
    """The places of the upgrades that still stand, the first first."""
    standing: list[int] = []
    for place, change in enumerate(changes):
        if change.kind == "up":
            standing.append(place)
        elif change.kind == "down":
            standing.clear()  # what was lost by time is lost, whatever is refunded later
        else:
            rank = ladder.rung(change.to_tier).rank
            while standing and ladder.rung(changes[standing[-1]].to_tier).rank > rank:
                standing.pop()
    return standing


def _carried(found: Case, was: Standing, change: Any) -> bool:
    """Whether the tier of an upgrade is met by what is known now, of its own day or of today."""
    wanted = found.ladder.rung(change.to_tier).rank
    facts = replace(found.facts, tier=was.tier, tier_since=was.since, fall=was.fall)
    for instant in (change.at, found.now):
        verdict = tiers.judge(found.ladder, facts, PinnedClock(instant), found.time_zone)
        if verdict.move == "up" and found.ladder.rung(verdict.tier).rank >= wanted:
            return True
    return False


def _grant(tx: Tx, found: Case, tier: str, *, new_id: Callable[[], str]) -> None:
    if found.rules.entitlements is not None:
        today: date = texts.local_day(found.now, found.time_zone)
        entitlements.ensure(tx, found.rules.entitlements, found.member, tier, today, found.now, new_id=new_id)


def _lower_entitlements(tx: Tx, found: Case, tier: str) -> None:
    if found.rules.entitlements is not None:
        today: date = texts.local_day(found.now, found.time_zone)
        entitlements.lower(tx, found.rules.entitlements, found.member, tier, today)

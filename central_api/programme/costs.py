"""Names what a new set of rules takes from members, whatever they bought: tiers, entitlements, gifts, renewals, debts (C5). Pure.

What a bill earns is judged on real bills (`preview`); this compares the rules themselves, and asks for notice whenever it cannot
be sure: a condition of a tier that was changed is taken for a harder one unless its numbers say that it is easier.
"""

from typing import Any

import msgspec

from central_api.programme.content import Counting
from central_api.programme.tier_rules import Condition, Downgrade, TierRules

_LOWER_IS_EASIER = ("at_least", "at_least_fen", "each_at_least_fen", "years", "mileage_km", "points", "once_per_days")
_HIGHER_IS_EASIER = ("within_days", "gap_days")


def of(before: Counting, after: Counting) -> tuple[str, ...]:
    """What members would have less of, by name, in a fixed order; empty: nothing."""
    named = {
        "earn": before.earn is not None and after.earn is None,
        "tiers": _tiers(before.ladder, after.ladder),
        "renewal": _renewal(before, after),
        "birthday": _birthday(before, after),
        "referral": _referral(before, after),
        "rankings": _rankings(before, after),
        "entitlements": _entitlements(before, after),
        "debt": _owes(after) > _owes(before),
        "warnings": not set(before.expiry_warn_days) <= set(after.expiry_warn_days),
        "notice": after.notice_days < before.notice_days,
    }
    return tuple(name for name, costs in named.items() if costs)


def _owes(rules: Counting) -> int:
    """How much a member may owe in all."""
    return rules.debt.most_points if rules.debt.rule == "owe" else 0


def _tiers(before: TierRules | None, after: TierRules | None) -> bool:
    if before is None or before == after:
        return False
    if after is None:
        return True
    rungs = {rung.slug: rung for rung in after.rungs}
    for rung in before.rungs:
        now = rungs.get(rung.slug)
        if now is None or not all(any(_as_easy(way, other) for other in now.any_of) for way in rung.any_of):
            return True
    return _falls_sooner(before.downgrade, after.downgrade)


def _as_easy(way: Condition, other: Condition) -> bool:
    """Whether whoever meets `way` meets `other`."""
    if type(way) is not type(other):
        return False
    old, new = msgspec.structs.asdict(way), msgspec.structs.asdict(other)
    return all(_easier(name, value, new[name]) for name, value in old.items())


def _easier(name: str, old: Any, new: Any) -> bool:
    if old == new or name in ("reason_required", "reversible_hours"):
        return True
    if name in _LOWER_IS_EASIER:
        return bool(new < old)
    if name in _HIGHER_IS_EASIER:
        return not new or bool(old and new > old)  # a window of 0 is for ever
    # Without groups every purchase counts, without a tier one may come from any, and cars may be bought elsewhere.
    return name in ("groups", "from_tier", "bought_here") and not new


def _falls_sooner(before: Downgrade | None, after: Downgrade | None) -> bool:
    if after is None or before == after:
        return False
    if before is None:
        return True
    same = (before.rule, before.never_below) == (after.rule, after.never_below)
    sooner = any(getattr(after, name) < getattr(before, name) for name in ("after_days", "grace_days", "keep_days"))
    return sooner or not same or not set(before.warn_days) <= set(after.warn_days)


def _renewal(before: Counting, after: Counting) -> bool:
    old, new = before.renewal, after.renewal
    if old is None or new is None:
        return old is not None
    dearer = any(
        was is not None and (now is None or now > was)
        for was, now in (
            (old.fee_fen, new.fee_fen),
            (old.points, new.points),
            (old.insurance_at_least_fen, new.insurance_at_least_fen),
        )
    )
    shorter = new.months < old.months or new.lapsed_grace_days < old.lapsed_grace_days
    return dearer or shorter or new.insurance_group != old.insurance_group


def _birthday(before: Counting, after: Counting) -> bool:
    old, new = before.birthday, after.birthday
    if old is None or new is None:
        return old is not None
    gifts = {gift.tier: gift for gift in new.gifts}
    for gift in old.gifts:
        now = gifts.get(gift.tier)
        if now is None or now.points < gift.points or (gift.reward and now.reward != gift.reward):
            return True
    return old.claim == "month" and new.claim == "day"


def _referral(before: Counting, after: Counting) -> bool:
    old, new = before.referral, after.referral
    if old is None or new is None:
        return old is not None
    return (
        new.first_visit_points < old.first_visit_points
        or new.vehicle_points < old.vehicle_points
        or new.cap_per_year < old.cap_per_year
        or new.delay_days > old.delay_days
    )


def _rankings(before: Counting, after: Counting) -> bool:
    now = {one.slug: one for one in after.rankings}
    return any(
        one.slug not in now
        or now[one.slug].rewards[: len(one.rewards)] != one.rewards
        or now[one.slug].at_least_fen > one.at_least_fen
        or now[one.slug].per != one.per
        for one in before.rankings
    )


def _entitlements(before: Counting, after: Counting) -> bool:
    if before.entitlements is None:
        return False
    for old in before.entitlements.entitlements:
        new = None if after.entitlements is None else after.entitlements.of(old.slug)
        if new is None or (old.per == "month" and new.per == "year"):
            return True
        for tier, count in old.counts.items():
            now = new.counts.get(tier)
            if now is None or (now and (not count or now < count)):
                return True
    return False

"""Decides whether a member may pay reward points for a tier, and until when that can be taken back (A5, A11)."""

from datetime import timedelta

from central_api import texts
from central_api.programme.tier_facts import Facts, Payment
from central_api.programme.tier_rules import PointsPaid, TierRules
from club.model import errors
from club.model.clock import Clock


def price(rules: TierRules, facts: Facts, tier: str, clock: Clock, time_zone: str) -> PointsPaid:
    """What the member pays for `tier`, of several ways the cheapest. Whether the points are there is the ledger's to say.

    Raises:
        RewardNotOffered: the tier has no price in points. Facts: reward.
        TierTooLow: it is not above the tier held, or is sold to holders of another one. Facts: reward, tier, needs.
        LimitReached: it was paid for too short a time ago. Facts: reward, again_on.
    """
    held, wanted = rules.rung(facts.tier), rules.rung(tier)
    ways = sorted((one for one in wanted.any_of if isinstance(one, PointsPaid)), key=lambda one: one.points)
    if not ways or wanted.slug != tier:
        raise errors.RewardNotOffered(
            f"expected a tier that is sold for points, {tier} has no price in points", reward=tier
        )
    open_ways = [one for one in ways if one.from_tier in ("", held.slug) and held.rank < wanted.rank]
    if not open_ways:
        raise errors.TierTooLow(
            f"expected a holder of {ways[0].from_tier or 'a lower tier'} for {tier}, found {held.slug}",
            reward=tier,
            tier=held.slug,
            needs=ways[0].from_tier,
        )
    way = open_ways[0]
    today = texts.local_day(clock.now(), time_zone)
    paid_on = [texts.local_day(one.at, time_zone) for one in facts.payments if one.tier == tier]
    if way.once_per_days and paid_on and today < max(paid_on) + timedelta(days=way.once_per_days):
        again_on = (max(paid_on) + timedelta(days=way.once_per_days)).isoformat()
        raise errors.LimitReached(
            f"expected {way.once_per_days} days since {tier} was last paid for; again on {again_on}",
            reward=tier,
            again_on=again_on,
        )
    return way


def reversible(way: PointsPaid, payment: Payment, clock: Clock) -> bool:
    """Whether a payment can still be taken back: `reversible_hours` from it on, the last moment included."""
    return clock.now() - payment.at <= timedelta(hours=way.reversible_hours)

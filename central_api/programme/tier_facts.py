"""What is known of a member when the tier is judged: spend, vehicles, payments, grants, and when the tier last moved (A5)."""

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Purchase:
    """One line of a bill, net of refunds. `paid_fen` is what the member paid, in fen; `vehicle` what it was for, if known."""

    at: datetime
    bill: str
    group: str
    category: str
    paid_fen: int
    vehicle: str = ""


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle the member owns now, with the last mileage read."""

    id: str
    owned_since: datetime
    mileage_km: int
    bought_here: bool


@dataclass(frozen=True, slots=True)
class Payment:
    """Reward points paid for a tier and not taken back."""

    at: datetime
    tier: str
    from_tier: str
    points: int


@dataclass(frozen=True, slots=True)
class Grant:
    """A tier given by staff; `by` is a staff slug."""

    at: datetime
    tier: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Fall:
    """A fall that is not made good yet: it is, once `first_from` or a higher tier is held again.

    Args:
        at: when the tier last went down.
        first_from: slug of the highest tier lost since one was last held again.
        to: slug of the tier it last went down to; tier points count from its threshold on.
        tier_points: what they were then.
    """

    at: datetime
    first_from: str
    to: str
    tier_points: int


@dataclass(frozen=True, slots=True)
class Facts:
    """All of one member.

    Args:
        member: id.
        tier: slug of the tier held.
        tier_since: when it was reached, or fallen to.
        joined: when the membership began.
        tier_points: ever earned; only grow.
        fall: the one that is not made good, as `tiers.fall_after` says at each move; a move up by some rungs leaves it.
    """

    member: str
    tier: str
    tier_since: datetime
    joined: datetime
    tier_points: int = 0
    purchases: tuple[Purchase, ...] = ()
    vehicles: tuple[Vehicle, ...] = ()
    payments: tuple[Payment, ...] = ()
    grants: tuple[Grant, ...] = ()
    fall: Fall | None = None


def since_fall(facts: Facts) -> Facts:
    """The facts that speak for a higher tier: after a fall only what came after it, or the member would be up again the next day."""
    if facts.fall is None:
        return facts
    fell = facts.fall.at
    purchases = tuple(one for one in facts.purchases if one.at > fell)
    return replace(
        facts,
        purchases=purchases,
        # Years and mileage cannot be earned a second time: they count again from the first spend on.
        vehicles=facts.vehicles if any(one.paid_fen > 0 for one in purchases) else (),
        payments=tuple(one for one in facts.payments if one.at > fell),
        grants=tuple(one for one in facts.grants if one.at > fell),
    )

"""Answers whether a member meets one condition of a tier on a day, and with what figures (A5)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from dateutil.relativedelta import relativedelta

from central_api import texts
from central_api.programme import tier_rules as rules
from central_api.programme.tier_facts import Facts, Purchase


@dataclass(frozen=True, slots=True)
class Met:
    """A condition that is met: its kind, and the figures that meet it (numbers and slugs, to be said by the catalogue)."""

    kind: str
    facts: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Day:
    """The store's day on which is judged."""

    today: date
    time_zone: str

    def of(self, fact: Purchase) -> date:
        """The store's day of a purchase."""
        return texts.local_day(fact.at, self.time_zone)

    def within(self, purchases: Iterable[Purchase], days: int) -> list[Purchase]:
        """Those of the last `days` days: what happened that many days ago still counts, what is yet to come does not."""
        return [one for one in purchases if 0 <= (self.today - self.of(one)).days <= days]


def met(condition: rules.AnyCondition, tier: str, facts: Facts, tier_points: int, day: Day) -> Met | None:
    """How `facts` meet `condition` for `tier`, or None.

    Args:
        condition: of the tier.
        tier: slug of the tier it is a way to.
        facts: those that count (`tier_facts.since_fall`).
        tier_points: those that count.
        day: on which is judged.
    """
    match condition:
        case rules.Join():
            return Met("join")
        case rules.TierPoints(at_least=wanted):
            return Met("tier-points", {"points": tier_points, "at_least": wanted}) if tier_points >= wanted else None
        case rules.Spend(at_least_fen=wanted, within_days=days, groups=groups):
            spent = sum(one.paid_fen for one in day.within(facts.purchases, days) if not groups or one.group in groups)
            return Met("spend", {"fen": spent, "at_least_fen": wanted, "days": days}) if spent >= wanted else None
        case rules.ServiceVisits(at_least=wanted, within_days=days, group=group):
            visits = len({day.of(one) for one in day.within(facts.purchases, days) if one.group == group})
            return Met("service-visits", {"visits": visits, "at_least": wanted}) if visits >= wanted else None
        case rules.RenewalsInARow():
            return _renewals(condition, facts, day)
        case rules.SingleRepair():
            return _repair(condition, facts, day)
        case rules.Ownership():
            return _ownership(condition, facts, day)
        case rules.VehiclesOwned(at_least=wanted, bought_here=here):
            count = sum(1 for one in facts.vehicles if one.bought_here or not here)
            return Met("vehicles-owned", {"vehicles": count, "at_least": wanted}) if count >= wanted else None
        case rules.PointsPaid():
            return _paid(condition, tier, facts, day)
        case rules.StaffGrant(reason_required=required):
            return _granted(tier, facts, day, required)


def _renewals(condition: rules.RenewalsInARow, facts: Facts, day: Day) -> Met | None:
    by_vehicle: dict[str, list[Purchase]] = {}
    for one in facts.purchases:
        if one.group == condition.group and day.of(one) <= day.today:
            by_vehicle.setdefault(one.vehicle, []).append(one)
    longest = max((_row(condition, bought, day) for bought in by_vehicle.values()), default=0)
    if longest < condition.at_least:
        return None
    return Met("insurance-renewals-in-a-row", {"renewals": longest, "at_least": condition.at_least})


def _row(condition: rules.RenewalsInARow, bought: Sequence[Purchase], day: Day) -> int:
    """How many renewals in a row one vehicle has behind it today."""
    years: list[tuple[date, int]] = []
    for one in sorted(bought, key=day.of):
        on = day.of(one)
        if years and (on - years[-1][0]).days < condition.same_year_days:
            years[-1] = (years[-1][0], years[-1][1] + one.paid_fen)
        else:
            years.append((on, one.paid_fen))
    row, before = 0, None
    for on, paid in years:
        unbroken = before is not None and (on - before).days <= condition.gap_days
        row = (row + 1 if unbroken else 1) if paid >= condition.each_at_least_fen else 0
        before = on
    return row if before is not None and (day.today - before).days <= condition.gap_days else 0


def _repair(condition: rules.SingleRepair, facts: Facts, day: Day) -> Met | None:
    bills: dict[str, int] = {}
    for one in day.within(facts.purchases, condition.within_days or (day.today - date.min).days):
        if one.category in condition.categories:
            bills[one.bill] = bills.get(one.bill, 0) + one.paid_fen
    largest = max(bills.values(), default=0)
    wanted = condition.at_least_fen
    return Met("single-repair", {"fen": largest, "at_least_fen": wanted}) if bills and largest >= wanted else None


def _ownership(condition: rules.Ownership, facts: Facts, day: Day) -> Met | None:
    for one in sorted(facts.vehicles, key=lambda vehicle: vehicle.id):
        since = texts.local_day(one.owned_since, day.time_zone)
        if one.mileage_km >= condition.mileage_km and since + relativedelta(years=condition.years) <= day.today:
            return Met("ownership", {"years": relativedelta(day.today, since).years, "km": one.mileage_km})
    return None


def _paid(condition: rules.PointsPaid, tier: str, facts: Facts, day: Day) -> Met | None:
    for one in facts.payments:
        from_right_tier = condition.from_tier in ("", one.from_tier)
        done = texts.local_day(one.at, day.time_zone) <= day.today
        if one.tier == tier and one.points >= condition.points and from_right_tier and done:
            return Met("points-paid", {"points": one.points})
    return None


def _granted(tier: str, facts: Facts, day: Day, reason_required: bool) -> Met | None:
    for one in facts.grants:
        reasoned = bool(one.reason.strip()) or not reason_required
        if one.tier == tier and reasoned and texts.local_day(one.at, day.time_zone) <= day.today:
            return Met("staff-grant", {"by": one.by, "reason": one.reason})
    return None

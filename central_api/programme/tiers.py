"""Decides which tier a member should hold today, who is warned, and lists who would move (A5).

Up at once, as many rungs as are met. Down only by time: a year without spending, warned before, a grace after; never because
a window has moved on. The end of that year is told to the member (`keep_until`); the grace behind it is not.
After a fall only what came after it counts, and tier points from the threshold of the tier fallen to, until the tier first
fallen from is held again; then everything counts, at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from central_api import texts
from central_api.programme import conditions, tier_facts
from central_api.programme.conditions import Day, Met
from central_api.programme.tier_facts import Facts, Fall
from central_api.programme.tier_rules import Downgrade, Rung, TierPoints, TierRules
from club.model.clock import Clock

Move = Literal["up", "down", "stay"]


@dataclass(frozen=True, slots=True)
class TierWarning:
    """A member is to be told that the tier goes. `key` is one for each end and number of days: told once, however often the job runs."""

    member: str
    days: int
    keep_until: date
    tier: str
    to: str

    @property
    def key(self) -> str:
        """What makes this warning the same warning."""
        return f"tier-warning:{self.member}:{self.keep_until.isoformat()}:{self.days}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of one member today.

    Args:
        tier: the tier to hold; the present one unless `move` says otherwise.
        reasons: for a move up, every condition of the new tier that is met.
        keep_until: the last day on which a spend keeps the tier, as told to the member; None where nothing can be lost.
        warning: the one that is due; the nearest where several were missed, none once `keep_until` is over.
    """

    member: str
    held: str
    tier: str
    move: Move
    reasons: tuple[Met, ...] = ()
    keep_until: date | None = None
    warning: TierWarning | None = None

    @property
    def congratulate(self) -> bool:
        """Whether staff get the task to congratulate in person."""
        return self.move == "up"


@dataclass(frozen=True, slots=True)
class DryRun:
    """Who would move or be told today, and why; nothing is done."""

    up: tuple[Verdict, ...]
    down: tuple[Verdict, ...]
    warned: tuple[Verdict, ...]
    staying: int


def judge(rules: TierRules, facts: Facts, clock: Clock, time_zone: str) -> Verdict:
    """What the rules say of a member now, by the calendar of the store's zone (IANA).

    The same facts give the same verdict all day: a job that runs twice, or late, does nothing different.
    """
    day = Day(texts.local_day(clock.now(), time_zone), time_zone)
    held = rules.rung(facts.tier)
    higher = _higher(rules, held, facts, day)
    if higher is not None:
        rung, reasons = higher
        return Verdict(facts.member, facts.tier, rung.slug, "up", reasons)
    lower = _lower(rules, held)
    if rules.downgrade is None or lower is None:
        return Verdict(facts.member, facts.tier, facts.tier, "stay")
    keep_until = _keep_until(rules.downgrade, facts, day)
    if day.today > keep_until + timedelta(days=rules.downgrade.grace_days):
        return Verdict(facts.member, facts.tier, lower.slug, "down", keep_until=keep_until)
    left = (keep_until - day.today).days
    due = min((days for days in rules.downgrade.warn_days if 0 <= left <= days), default=None)
    warning = TierWarning(facts.member, due, keep_until, held.slug, lower.slug) if due is not None else None
    return Verdict(facts.member, facts.tier, facts.tier, "stay", keep_until=keep_until, warning=warning)


def fall_after(rules: TierRules, facts: Facts, verdict: Verdict, at: datetime) -> Fall | None:
    """What is to be kept as `facts.fall` once `verdict`, judged on these facts, is carried out at `at`."""
    before = facts.fall
    lost = rules.rung(verdict.held) if before is None else rules.rung(before.first_from)
    if verdict.move == "down":
        first = max(lost, rules.rung(verdict.held), key=lambda rung: rung.rank)
        return Fall(at, first.slug, verdict.tier, facts.tier_points)
    return None if rules.rung(verdict.tier).rank >= lost.rank else before


def dry_run(rules: TierRules, members: Iterable[Facts], clock: Clock, time_zone: str) -> DryRun:
    """Judge everybody and list who would move or be warned, in the order given."""
    verdicts = [judge(rules, facts, clock, time_zone) for facts in members]
    return DryRun(
        up=tuple(one for one in verdicts if one.move == "up"),
        down=tuple(one for one in verdicts if one.move == "down"),
        warned=tuple(one for one in verdicts if one.warning is not None),
        staying=sum(1 for one in verdicts if one.move == "stay"),
    )


def _higher(rules: TierRules, held: Rung, facts: Facts, day: Day) -> tuple[Rung, tuple[Met, ...]] | None:
    """The highest rung above `held` that is met, with why."""
    found = None
    for rung in reversed(rules.ladder()):
        if rung.rank <= held.rank:
            break
        reasons = _reasons(rules, rung, facts, day)
        if reasons:
            found = rung, reasons
            break
    reached = held if found is None else found[0]
    if facts.fall is None or reached.rank < rules.rung(facts.fall.first_from).rank:
        return found
    # The fall is made good: what lies above is judged on everything now, or the next run would move the member once more.
    return _higher(rules, reached, replace(facts, fall=None), day) or found


def _reasons(rules: TierRules, rung: Rung, facts: Facts, day: Day) -> tuple[Met, ...]:
    counting = tier_facts.since_fall(facts)
    points = _counting_points(rules, facts)
    found = (conditions.met(condition, rung.slug, counting, points, day) for condition in rung.any_of)
    return tuple(sorted((one for one in found if one is not None), key=lambda one: one.kind))


def _counting_points(rules: TierRules, facts: Facts) -> int:
    fall = facts.fall
    if fall is None:
        return facts.tier_points
    thresholds = [one.at_least for one in rules.rung(fall.to).any_of if isinstance(one, TierPoints)]
    base = min(fall.tier_points, min(thresholds, default=0))
    return base + max(0, facts.tier_points - fall.tier_points)


def _lower(rules: TierRules, held: Rung) -> Rung | None:
    """The tier a member would fall to, or None from the lowest that the rules allow."""
    if rules.downgrade is None:
        return None
    ladder = rules.ladder()
    floor = rules.rung(rules.downgrade.never_below) if rules.downgrade.never_below else ladder[0]
    if held.rank <= floor.rank:
        return None
    return floor if rules.downgrade.rule == "to-lowest" else ladder[held.rank - 2]


def _keep_until(downgrade: Downgrade, facts: Facts, day: Day) -> date:
    """The last day of the year without spending; a spend on it still keeps the tier."""
    since = texts.local_day(facts.tier_since, day.time_zone)
    spent = [day.of(one) for one in facts.purchases if one.paid_fen > 0 and day.of(one) <= day.today]
    quiet = max([texts.local_day(facts.joined, day.time_zone), *spent])
    if facts.fall is not None:
        quiet = max(quiet, texts.local_day(facts.fall.at, day.time_zone))
    return max(quiet + timedelta(days=downgrade.after_days), since + timedelta(days=downgrade.keep_days))

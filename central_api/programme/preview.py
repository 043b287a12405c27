"""Works the same bills out under two versions of the rules: what would have changed (A5, C5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from central_api.programme import earning
from central_api.programme.earn_rules import EarnRules
from central_api.programme.earning import Bill, Earned
from club.model import errors


@dataclass(frozen=True, slots=True)
class Sum:
    """Points of all bills under one version."""

    points: int
    tier_points: int


@dataclass(frozen=True, slots=True)
class Change:
    """A bill that would have earned something else, or lived for another time; both sides say why."""

    bill: Bill
    before: Earned
    after: Earned

    @property
    def points(self) -> int:
        """How many reward points more (negative: fewer)."""
        return self.after.points - self.before.points

    @property
    def tier_points(self) -> int:
        """How many tier points more (negative: fewer)."""
        return self.after.tier_points - self.before.tier_points


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A bill that one of the versions cannot judge (a category it lacks); it is in no sum."""

    bill: Bill
    why: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a new version would have meant. `costs_members` asks for the notice period (C5): somebody would have got less."""

    bills: int
    before: Sum
    after: Sum
    changes: tuple[Change, ...]
    unreadable: tuple[Unreadable, ...]

    @property
    def members_gaining(self) -> frozenset[str]:
        """Members with more reward points over all their bills."""
        return frozenset(member for member, points in self._by_member().items() if points > 0)

    @property
    def members_losing(self) -> frozenset[str]:
        """Members with fewer reward points over all their bills."""
        return frozenset(member for member, points in self._by_member().items() if points < 0)

    @property
    def costs_members(self) -> bool:
        """Whether any bill earns fewer tier points, or leaves fewer reward points alive on some day."""
        return any(change.tier_points < 0 or _fewer_on_some_day(change.before, change.after) for change in self.changes)

    def _by_member(self) -> dict[str, int]:
        sums: dict[str, int] = {}
        for change in self.changes:
            sums[change.bill.member] = sums.get(change.bill.member, 0) + change.points
        return sums


def preview(bills: Iterable[Bill], before: EarnRules, after: EarnRules) -> Preview:
    """Judge `bills` (last month's, say) under both versions; dates of effect play no part. Nothing is written.

    Each bill keeps the tier it came with: a preview does not replay how other points would have changed it.
    """
    sums = [0, 0, 0, 0]
    count = 0
    changes: list[Change] = []
    unreadable: list[Unreadable] = []
    for bill in bills:
        try:
            old, new = earning.earn(before, bill), earning.earn(after, bill)
        except errors.Malformed as error:
            unreadable.append(Unreadable(bill, str(error)))
            continue
        count += 1
        sums = [
            total + part
            for total, part in zip(sums, (old.points, old.tier_points, new.points, new.tier_points), strict=True)
        ]
        if (old.points, old.tier_points, old.lots) != (new.points, new.tier_points, new.lots):
            changes.append(Change(bill, old, new))
    return Preview(count, Sum(sums[0], sums[1]), Sum(sums[2], sums[3]), tuple(changes), tuple(unreadable))


def _fewer_on_some_day(before: Earned, after: Earned) -> bool:
    # Lots are not matched one by one: a bonus may be given, and end, for other categories than before. Between two
    # last days of `before` its points stay as many, and those of `after` only become fewer: to look on its last days is enough.
    return any(_alive(after, lot.expires) < _alive(before, lot.expires) for lot in before.lots)


def _alive(earned: Earned, day: date) -> int:
    return sum(lot.points for lot in earned.lots if lot.expires >= day)

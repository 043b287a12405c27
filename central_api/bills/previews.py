"""Works last month's bills out under a set of rules that is not in force: what would have changed, and whether it costs members (C5).

Reads only. Beside the bills it looks at what members are told they have: tiers, entitlements, ways to renew.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from central_api.bills import repository
from central_api.bills.schemas import Bill
from central_api.db import Database, Tx
from central_api.devices import repository as stores
from central_api.programme import costs, earning
from central_api.programme import preview as previews
from central_api.programme.content import Counting
from central_api.programme.earn_rules import EarnRules
from central_api.programme.preview import Preview

BATCH = 500


@dataclass(frozen=True, slots=True)
class Effect:
    """What a new set of rules would have meant. `costs` names each thing of which somebody would have had less."""

    preview: Preview
    costs: tuple[str, ...]

    @property
    def costs_members(self) -> bool:
        """Whether the notice period is asked for."""
        return bool(self.costs)


def effect(db: Database, before: Counting, after: Counting, since: datetime, until: datetime) -> Effect:
    """Judge the bills made between two instants (the first included) under both sets of rules.

    Args:
        db: the database; read in moments of their own, for a month of a group is long.
        before: the rules in force.
        after: those that are proposed.
        since: from when on.
        until: until when.
    """
    old, new = before.earn or _NOTHING, after.earn or _NOTHING
    found = previews.preview(_bills(db, since, until), old, new)
    named = costs.of(before, after)
    if found.costs_members:
        named = ("earn", *(one for one in named if one != "earn"))
    if found.unreadable:
        named = (*named, "categories")
    return Effect(found, named)


def _bills(db: Database, since: datetime, until: datetime) -> Iterator[earning.Bill]:
    after = (since, "")
    zones: dict[str, str] = {}
    while True:
        with db.read() as tx:
            rows = repository.told_between(tx, since, until, after, BATCH)
            for row in rows:
                if row.store not in zones:
                    zones[row.store] = _zone(tx, row.store)
        for row in rows:
            yield _judged(row.content, row.tier, zones[row.store])
        if len(rows) < BATCH:
            return
        after = (rows[-1].at, rows[-1].id)


def _zone(tx: Tx, store: str) -> str:
    return str(stores.store(tx, store).time_zone)


def _judged(bill: Bill, tier: str, time_zone: str) -> earning.Bill:
    lines = tuple(
        earning.Line(one.line, one.category, one.paid_fen, one.points, one.goods, one.payer) for one in bill.lines
    )
    return earning.Bill(bill.number, bill.at, time_zone, tier, lines, bill.member)


_NOTHING = EarnRules(categories=())

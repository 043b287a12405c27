"""Takes back what a refund leaves nothing for, and keeps what could not be taken as the programme says (A4)."""

from typing import Any

from central_api import texts
from central_api.bills import repository, shares
from central_api.bills.desk import Desk
from central_api.bills.schemas import BookedRefund, Refund
from central_api.db import Tx
from central_api.devices import repository as stores
from central_api.ledger import debts, returns
from central_api.ledger import repository as books
from central_api.ledger.service import Occasion
from central_api.programme import service as programmes
from central_api.tiers import service as tiers
from club.model import errors

SALES = "sales"  # the group of categories by which cars are sold


def take_back(tx: Tx, desk: Desk, bill: Any, refund_id: str, refund: Refund) -> BookedRefund:
    """Take the refund's share out of each part; the member is locked, tier and mirror are the caller's.

    Raises:
        Malformed: a line the bill has not, or more than is left of one.
    """
    named: dict[str, int] = {}
    for line in refund.lines:
        if line.line in named:
            raise errors.Malformed(f"expected each line of refund {refund.number} once, found {line.line!r} twice")
        named[line.line] = line.paid_fen
    parts = repository.parts(tx, bill.id)
    entries = {part.number: entry for part, entry in parts}
    store = stores.store(tx, bill.store)
    today = texts.local_day(desk.now, store.time_zone)
    debt = programmes.counting(tx, bill.at).debt
    most = debt.most_points if debt.rule == "owe" else 0
    points = tier_points = expired = owed = borne = 0
    for number, one in enumerate(shares.back([part for part, _ in parts], named, refund.bill), start=1):
        occasion = Occasion(
            kind="adjust",
            at=max(refund.at, bill.at),
            store=bill.store,
            bill=refund_id,  # so the history shows a refund's lines as one movement
            paid_fen=one.fen if one.part.line else 0,
            reference=f"refund:{refund_id}:{number}",
            facts={"refund": bill.id},
        )
        found = returns.take_back(
            tx, entries[one.part.number], one.points, one.tier_points, today, occasion, new_id=desk.new_id
        )
        repository.take(tx, bill.id, one)
        points, tier_points, expired = points + found.points, tier_points + found.tier_points, expired + found.expired
        if found.short:
            mine, stores_part = debts.keep(tx, found.entry, found.short, most, occasion, new_id=desk.new_id)
            owed, borne = owed + mine, borne + stores_part
    _vehicles_back(tx, bill)
    return BookedRefund(
        refund_id=refund_id,
        source=refund.source,
        number=refund.number,
        state="booked",
        points=points,
        tier_points=tier_points,
        expired=expired,
        owed=owed,
        borne=borne,
    )


def _vehicles_back(tx: Tx, bill: Any) -> None:
    """A car whose price was given back whole is not the member's any more, unless it was billed to the member anew."""
    earn = programmes.counting(tx, bill.at).earn
    sales = {one.slug for one in earn.categories if one.group == SALES} if earn is not None else set()
    gone = {
        part.line for part, _ in repository.parts(tx, bill.id) if part.paid_fen and part.refunded_fen == part.paid_fen
    }
    back = {
        line["vehicle"]
        for line in bill.content["lines"]
        if line["vehicle"] and line["line"] in gone and line["category"] in sales
    }
    if not back:
        return
    bought = {
        row.facts.get("vehicle")
        for row in books.purchases_of(tx, bill.member)
        if row.category in sales and row.paid_fen > row.refunded_fen
    }
    for vehicle in sorted(back - bought):
        tiers.vehicle_gone(tx, vehicle, bill.member)

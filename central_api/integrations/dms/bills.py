"""Passes the DMS's bills and refunds on to the programme, under the sender's own numbers, and tells other programs of them."""

import msgspec
from sqlalchemy import select

from central_api.bills import repository, service
from central_api.bills.schemas import Bill, Refund
from central_api.bills.tables import bill_refunds
from central_api.db import Tx
from central_api.integrations.dms import members
from central_api.integrations.dms.batches import Booked
from central_api.integrations.dms.members import Desk
from central_api.integrations.dms.schemas import BillRow, RefundRow
from central_api.integrations.keys.service import Client
from central_api.outbox import service as outbox
from central_api.staff import audit


def book(tx: Tx, desk: Desk, client: Client, row: BillRow) -> Booked:
    """Book a bill of a member, or answer as before; refunds that came before it are booked with it.

    Raises:
        NotFound: no such store, or nobody is linked to the member's number.
        NotAllowed: the store is not the key's.
        IdempotencyConflict: the number was used for another bill.
        Malformed: a category the rules lack, an instant that cannot be.
        CardNotActive: the membership was closed.
    """
    members.store_of(tx, client, row.store)
    repository.lock_number(
        tx, client.source, row.number
    )  # sent twice at once, the second finds what the first has booked
    member: str = members.behind(tx, client, row.member).id
    known = repository.bill(tx, client.source, row.number) is not None
    bill = Bill(source=client.source, number=row.number, member=member, store=row.store, at=row.at, lines=row.lines)
    found = service.book(tx, bill, desk.now, desk.new_id, keyring=desk.keyring)
    if not known:
        facts: dict[str, int | str] = {
            "bill": row.number,
            "source": client.source,
            "points": found.points,
            "tier_points": found.tier_points,
        }
        outbox.tell(tx, "bill.booked", f"bill-{found.bill_id}", desk.now, member=member, store=row.store, facts=facts)
        waited = select(bill_refunds.c.id, bill_refunds.c.number).where(
            bill_refunds.c.source == client.source,
            bill_refunds.c.bill == row.number,
            bill_refunds.c.state == "booked",
        )
        for refunded in tx.rows(waited):
            _tell_refund(tx, desk, client, refunded.id, refunded.number, row.number, member, row.store)
        _log(tx, desk, client, "dms.bill", f"bill:{client.source}:{row.number}")
    return Booked(
        result="same" if known else "booked", member=member, points=found.points, tier_points=found.tier_points
    )


def refund(tx: Tx, desk: Desk, client: Client, row: RefundRow) -> Booked:
    """Take back what a refunded bill earned, keep the refund until its bill comes, or answer as before.

    `points` and `tier_points` are what was taken back.

    Raises:
        NotAllowed: the bill is of another store than the key's. Of one that comes later staff are told instead.
        IdempotencyConflict: the number was used for another refund.
        Malformed: a line the bill has not, or more than is left of it.
    """
    repository.lock_number(tx, client.source, row.bill)  # what is read here of the bill is what the refund is booked on
    bill = repository.bill(tx, client.source, row.bill)
    if bill is not None:
        client.must_serve(bill.store)
    before = repository.refund(tx, client.source, row.number)
    wish = Refund(
        source=client.source,
        number=row.number,
        bill=row.bill,
        at=row.at,
        lines=row.lines,
        store=client.store or msgspec.UNSET,
    )
    found = service.refund(tx, wish, desk.now, desk.new_id, keyring=desk.keyring)
    member = "" if bill is None else str(bill.member)
    known = before is not None and before.state == found.state
    if not known:
        if found.state == "booked":
            _tell_refund(tx, desk, client, found.refund_id, row.number, row.bill, member, bill.store)
        _log(tx, desk, client, "dms.refund", f"refund:{client.source}:{row.number}")
    if found.state == "waiting":
        return Booked(result="waiting")
    return Booked(
        result="same" if known else "booked", member=member, points=found.points, tier_points=found.tier_points
    )


def _tell_refund(
    tx: Tx, desk: Desk, client: Client, refund_id: str, number: str, bill: str, member: str, store: str
) -> None:
    facts = {"refund": number, "bill": bill, "source": client.source}
    outbox.tell(tx, "bill.refunded", f"refund-{refund_id}", desk.now, member=member, store=store, facts=facts)


def _log(tx: Tx, desk: Desk, client: Client, act: str, subject: str) -> None:
    audit.record(tx, actor=client.actor, act=act, subject=subject[:128], now=desk.now)

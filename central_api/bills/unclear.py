"""Has staff look at refunds that cannot be right, and takes that back when the billing system books the right one (A4, A15)."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from central_api.bills import repository
from central_api.bills.schemas import Refund
from central_api.db import Tx
from central_api.inbox import service as inbox

KIND = "refund-unclear"
_BY = "system"


def ask(tx: Tx, refund_id: str, refund: Refund, bill: Any, now: datetime) -> None:
    """Put a refund on the list of its bill's store, once."""
    facts: inbox.Facts = {"source": refund.source, "refund": refund.number, "bill": refund.bill}
    inbox.ask_staff(tx, _key(refund_id), KIND, bill.store, bill.member, facts, now)


def settle(tx: Tx, bill: Any, refunds: Collection[str], now: datetime) -> None:
    """Take off the list what one of these refunds makes right: it is booked, came later, and is of the same lines.

    Of the bill's other lines it says nothing, and what stands there stays for staff.

    Args:
        tx: a unit of work that writes.
        bill: the row of their bill.
        refunds: the ids of those that have just been looked at.
        now: the instant.
    """
    booked = [row for row in repository.refunds(tx, refunds) if row.state == "booked"]
    tasks = inbox.open_of(tx, bill.store, KIND) if booked else ()
    own = [task for task in tasks if (task.facts["source"], task.facts["bill"]) == (bill.source, bill.number)]
    lines = {part.line for part, _ in repository.parts(tx, bill.id)} if own else set()
    for task in own:
        wrong = repository.refund(tx, bill.source, str(task.facts["refund"]))
        if any(_stands_for(row, wrong, lines) for row in booked):
            inbox.finish(tx, task.key, _BY, now)


def makes_right(unclear: Refund, booked: Refund, lines: Collection[str]) -> bool:
    """Whether a booked refund stands for one of the same bill that could not be right.

    Args:
        unclear: the one that was refused.
        booked: the one that came after it.
        lines: the numbers of the bill's lines.
    """
    meant, given = ({one.line for one in refund.lines} for refund in (unclear, booked))
    if not meant or not given:  # of all that is left
        return True
    # One that named lines the bill has not may have meant any.
    return bool(meant & given) or not meant <= set(lines)


def _stands_for(booked: Any, wrong: Any, lines: Collection[str]) -> bool:
    if booked.id == wrong.id:
        return True
    # Ids begin with their time: they order what came at the same instant.
    came_later = (booked.came_at, booked.id) > (wrong.came_at, wrong.id)
    return came_later and makes_right(repository.read_refund(wrong), repository.read_refund(booked), lines)


def _key(refund_id: str) -> str:
    return f"{KIND}:{refund_id}"

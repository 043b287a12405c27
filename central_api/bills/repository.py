"""Queries of bills, their parts and refunds."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import func, insert, select, text, update

from central_api.bills.schemas import Bill, BookedBill, BookedRefund, Refund
from central_api.bills.shares import Back, Part
from central_api.bills.tables import bill_parts, bill_refunds, bills
from central_api.columns import content
from central_api.db import Tx

_BILL = content(bills.c.content, Bill)
_WHOLE = "bills.source"  # in a unit of work's state: the source of whose bills it is alone with all numbers
_OF_BILLS = frozenset({"bill", "refund"})


def lock_number(tx: Tx, source: str, number: str, kind: str = "bill") -> None:
    """Let everything about one bill of the billing system happen one after the other: it, its repetitions, its refunds.

    A refund's own number is locked after that of its bill, for it may be told of two bills. Numbers of other kinds are locked
    likewise, and wait for no file of bills.
    """
    if tx.dialect != "postgresql":
        return
    keys = {"key": _lock_key(f"{kind} {source} {number}")}
    if kind not in _OF_BILLS:
        tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), keys)
    elif tx.state.get(_WHOLE) != source:
        keys["whole"] = _lock_key(f"source {source}")
        tx.execute(text("SELECT pg_advisory_xact_lock_shared(:whole), pg_advisory_xact_lock(:key)"), keys)


def lock_source(tx: Tx, source: str) -> None:
    """Let everything about all bills of a billing system wait for this unit of work: it books a file of them.

    A server keeps some thousand locks at once, so a long file cannot have one for each number.
    """
    if tx.dialect == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:whole)"), {"whole": _lock_key(f"source {source}")})
    tx.state[_WHOLE] = source


def _lock_key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)


def bill(tx: Tx, source: str, number: str) -> Any:
    """The row of a bill by the billing system's number, or None."""
    return tx.first(select(bills).where(bills.c.source == source, bills.c.number == number))


def add_bill(tx: Tx, values: Mapping[str, object], parts: Sequence[Mapping[str, object]]) -> None:
    """Write a bill and its parts."""
    tx.execute(insert(bills).values(**values))
    tx.execute(insert(bill_parts), list(parts))


def set_bill_answer(tx: Tx, bill_id: str, answer: BookedBill) -> None:
    """Keep what a bill was answered with."""
    tx.execute(update(bills).where(bills.c.id == bill_id).values(answer=msgspec.to_builtins(answer)))


def parts(tx: Tx, bill_id: str) -> list[tuple[Part, str]]:
    """The parts of a bill in their order, each with the entry it became."""
    rows = tx.rows(select(bill_parts).where(bill_parts.c.bill == bill_id).order_by(bill_parts.c.number))
    return [
        (
            Part(
                row.number,
                row.line,
                tuple(row.lines),
                row.paid_fen,
                row.refunded_fen,
                row.points,
                row.tier_points,
                row.taken_points,
                row.taken_tier_points,
            ),
            row.entry,
        )
        for row in rows
    ]


def take(tx: Tx, bill_id: str, back: Back) -> None:
    """Keep what was given back of a part, and taken back."""
    statement = update(bill_parts).where(bill_parts.c.bill == bill_id, bill_parts.c.number == back.part.number)
    tx.execute(
        statement.values(
            refunded_fen=bill_parts.c.refunded_fen + back.fen,
            taken_points=bill_parts.c.taken_points + back.points,
            taken_tier_points=bill_parts.c.taken_tier_points + back.tier_points,
        )
    )


def refund(tx: Tx, source: str, number: str, *, lock: bool = False) -> Any:
    """The row of a refund by the billing system's number, or None; locked until the end when asked for."""
    query = select(bill_refunds).where(bill_refunds.c.source == source, bill_refunds.c.number == number)
    return tx.first(query.with_for_update() if lock else query)


def refunds(tx: Tx, ids: Collection[str]) -> Sequence[Any]:
    """The rows of refunds by their own ids."""
    return tx.rows(select(bill_refunds).where(bill_refunds.c.id.in_(sorted(ids)))) if ids else ()


def waiting(tx: Tx, source: str, bill_number: str) -> Sequence[Any]:
    """The refunds that wait for a bill, in the order of their instants; locked until the end."""
    query = select(bill_refunds).where(
        bill_refunds.c.source == source, bill_refunds.c.bill == bill_number, bill_refunds.c.state == "waiting"
    )
    return tx.rows(query.order_by(bill_refunds.c.at, bill_refunds.c.number).with_for_update())


def add_refund(tx: Tx, values: Mapping[str, object]) -> None:
    """Write a refund."""
    tx.execute(insert(bill_refunds).values(**values))


def change_refund(tx: Tx, refund_id: str, values: Mapping[str, object]) -> None:
    """Write a refund over one that is not booked."""
    tx.execute(update(bill_refunds).where(bill_refunds.c.id == refund_id).values(**values))


def set_refund_answer(tx: Tx, answer: BookedRefund) -> None:
    """Keep what became of a refund."""
    statement = update(bill_refunds).where(bill_refunds.c.id == answer.refund_id)
    tx.execute(statement.values(state=answer.state, answer=msgspec.to_builtins(answer)))


def read_refund(row: Any) -> Refund:
    """The refund of a row as it was told."""
    return msgspec.convert(row.content, Refund)


def told_between(tx: Tx, since: datetime, until: datetime, after: tuple[datetime, str], most: int) -> Sequence[Any]:
    """The next bills made between two instants (the first included) behind a place, by instant and id.

    Each with its id, instant, member, store, tier and content.
    """
    query = (
        select(bills.c.id, bills.c.at, bills.c.member, bills.c.store, bills.c.tier, _BILL)
        .where(bills.c.at >= since, bills.c.at < until)
        .where((bills.c.at > after[0]) | ((bills.c.at == after[0]) & (bills.c.id > after[1])))
    )
    return tx.rows(query.order_by(bills.c.at, bills.c.id).limit(most))


def paid_of(tx: Tx, bill_id: str, categories: Collection[str]) -> int:
    """What the member paid on a bill for some categories, net of refunds, in fen."""
    query = select(func.sum(bill_parts.c.paid_fen - bill_parts.c.refunded_fen)).where(
        bill_parts.c.bill == bill_id, bill_parts.c.counts == 1, bill_parts.c.category.in_(categories)
    )
    return int(tx.scalar(query) or 0)


def bills_of(tx: Tx, member_id: str, since: datetime) -> Sequence[Any]:
    """Id and instant of each of a member's bills since an instant, the first first."""
    query = select(bills.c.id, bills.c.at).where(bills.c.member == member_id, bills.c.at >= since)
    return tx.rows(query.order_by(bills.c.at, bills.c.id))


def paid_categories(tx: Tx, member_id: str, since: datetime) -> Sequence[Any]:
    """Of a member's bills since an instant what was paid for and not given back: bill's id, its instant, a category each."""
    query = (
        select(bills.c.id, bills.c.at, bill_parts.c.category)
        .join(bill_parts, bill_parts.c.bill == bills.c.id)
        .where(bills.c.member == member_id, bills.c.at >= since)
        .where(bill_parts.c.counts == 1, bill_parts.c.paid_fen > bill_parts.c.refunded_fen)
        .distinct()
    )
    return tx.rows(query.order_by(bills.c.at, bills.c.id, bill_parts.c.category))


def spenders(tx: Tx, since: datetime, until: datetime, most: int) -> Sequence[Any]:
    """Who paid most between two instants (the first included): member, fen net of refunds, and the last bill's instant."""
    # Each bill asks for its own parts: joined, SQLite would read the parts of all bills there ever were.
    paid = (
        select(func.sum(bill_parts.c.paid_fen - bill_parts.c.refunded_fen))
        .where(bill_parts.c.bill == bills.c.id, bill_parts.c.counts == 1)
        .scalar_subquery()
    )
    told = select(bills.c.member, bills.c.at, paid.label("fen")).where(bills.c.at >= since, bills.c.at < until)
    one = told.subquery()
    fen, last = func.sum(one.c.fen), func.max(one.c.at)
    query = (
        select(one.c.member, fen.label("fen"), last.label("last"))
        .where(one.c.fen.is_not(None))
        .group_by(one.c.member)
        .having(fen > 0)
        .order_by(fen.desc(), last, one.c.member)
    )
    return tx.rows(query.limit(most))

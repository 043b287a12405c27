"""Queries of accounts, entries and lots."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from central_api.db import Tx
from central_api.ledger.tables import accounts, ledger_entries, ledger_postings, lot_uses, lots
from club.model.points import Lot, Taken

# Statements of every tap are built once.
_BALANCE = select(accounts.c.balance).where(accounts.c.id == bindparam("account"))
_LOTS = select(lots.c.id, lots.c.expires, lots.c.earned_at, lots.c.left).where(
    lots.c.member == bindparam("member"), lots.c.left > 0
)
_LOTS_LOCKED = _LOTS.with_for_update()


def lock_account(tx: Tx, account: str) -> int:
    """The balance of a member's account, its row locked until the end: whoever spends waits here."""
    query = select(accounts.c.balance).where(accounts.c.id == account).with_for_update(key_share=True)
    return int(tx.connection.execute(query).scalar_one())


def balance(tx: Tx, account: str) -> int:
    """The balance of a member's account; 0 for one that was never booked on."""
    return int(tx.scalar(_BALANCE, {"account": account}) or 0)


def change_balance(tx: Tx, account: str, by: int) -> None:
    """Move a member's balance."""
    tx.execute(update(accounts).where(accounts.c.id == account).values(balance=accounts.c.balance + by))


def add_entry(tx: Tx, values: Mapping[str, object], postings: Sequence[Mapping[str, object]]) -> None:
    """Write an entry and its postings."""
    tx.execute(insert(ledger_entries).values(**values))
    if postings:
        tx.execute(insert(ledger_postings), list(postings))


def lots_of(tx: Tx, member_id: str, *, lock: bool = False) -> list[Lot]:
    """A member's lots with points left, unsorted; locked until the end when asked for."""
    rows = tx.rows(_LOTS_LOCKED if lock else _LOTS, {"member": member_id})
    return [Lot(row.id, row.expires, row.earned_at, int(row.left)) for row in rows]


def add_lot(tx: Tx, values: Mapping[str, object]) -> None:
    """Write a new lot."""
    tx.execute(insert(lots).values(**values))


def take(tx: Tx, entry: str, taken: Sequence[Taken]) -> None:
    """Take points out of lots and record which; a lot that would go below zero ends the transaction."""
    amounts = [{"lot_id": part.lot, "by": part.points} for part in taken]
    tx.execute(update(lots).where(lots.c.id == bindparam("lot_id")).values(left=lots.c.left - bindparam("by")), amounts)
    tx.execute(insert(lot_uses), [{"lot": part.lot, "entry": entry, "points": part.points} for part in taken])


def unbalanced_entries(tx: Tx) -> list[str]:
    """Entries whose postings do not sum to zero in each track; there are none."""
    query = (
        select(ledger_postings.c.entry)
        .join(accounts, accounts.c.id == ledger_postings.c.account)
        .group_by(ledger_postings.c.entry, accounts.c.track)
        .having(func.sum(ledger_postings.c.amount) != 0)
    )
    return [row.entry for row in tx.rows(query)]


def wrong_balances(tx: Tx) -> list[str]:
    """Members' accounts whose kept balance is not the sum of their postings; there are none."""
    query = (
        select(accounts.c.id)
        .outerjoin(ledger_postings, ledger_postings.c.account == accounts.c.id)
        .where(accounts.c.member.is_not(None))
        .group_by(accounts.c.id, accounts.c.balance)
        .having(func.coalesce(func.sum(ledger_postings.c.amount), 0) != accounts.c.balance)
    )
    return [row.id for row in tx.rows(query)]


def wrong_lots(tx: Tx) -> list[str]:
    """Lots whose remainder is not what was earned less what was taken; there are none."""
    query = (
        select(lots.c.id)
        .outerjoin(lot_uses, lot_uses.c.lot == lots.c.id)
        .group_by(lots.c.id, lots.c.earned, lots.c.left)
        .having(lots.c.earned - func.coalesce(func.sum(lot_uses.c.points), 0) != lots.c.left)
    )
    return [row.id for row in tx.rows(query)]


def lots_against_balances(tx: Tx) -> list[str]:
    """Members whose lots do not sum to their points account; there are none."""
    in_lots = select(lots.c.member, func.sum(lots.c.left).label("points")).group_by(lots.c.member).subquery()
    query = (
        select(accounts.c.member)
        .outerjoin(in_lots, in_lots.c.member == accounts.c.member)
        .where(accounts.c.track == "points", accounts.c.member.is_not(None))
        .where(func.coalesce(in_lots.c.points, 0) != accounts.c.balance)
    )
    return [row.member for row in tx.rows(query)]


def entry(tx: Tx, entry_id: str) -> Any:
    """The row of an entry, or None."""
    return tx.first(select(ledger_entries).where(ledger_entries.c.id == entry_id))

"""Queries of accounts, entries and lots."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, literal_column, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from central_api.db import Tx, among
from central_api.ledger.tables import accounts, holds, ledger_entries, ledger_postings, lot_uses, lots, point_debts
from central_api.members import repository as members
from club.model.points import Lot, Taken

# Statements of every tap are built once.
_BALANCE = select(accounts.c.balance).where(accounts.c.id == bindparam("account"))
_LOTS = select(lots.c.id, lots.c.expires, lots.c.earned_at, lots.c.left).where(
    lots.c.member == bindparam("member"), lots.c.left > 0
)
_HOLDS = lots.c.left > literal_column("0")  # written out: only then SQLite takes the index of lots that hold something
_LOTS_LOCKED = _LOTS.with_for_update()


def lock_account(tx: Tx, account: str) -> int:
    """The balance of a member's account, its row locked until the end: whoever spends waits here."""
    query = select(accounts.c.balance).where(accounts.c.id == account).with_for_update(key_share=True)
    return int(tx.connection.execute(query).scalar_one())


def balance(tx: Tx, account: str) -> int:
    """The balance of a member's account; 0 for one that was never booked on."""
    return int(tx.scalar(_BALANCE, {"account": account}) or 0)


def usable_points(tx: Tx, members: Sequence[str], today: date) -> dict[str, int]:
    """The points that each of these members can spend on `today`; who has none is not named."""
    query = (
        select(lots.c.member, func.sum(lots.c.left).label("points"))
        .where(among(tx, lots.c.member, members), lots.c.left > 0, lots.c.expires >= today)
        .group_by(lots.c.member)
    )
    return {row.member: int(row.points) for row in tx.rows(query)}


def balances_of(tx: Tx, ids: Sequence[str]) -> dict[str, int]:
    """The balances of these accounts; one that was never booked on is not named."""
    query = select(accounts.c.id, accounts.c.balance).where(among(tx, accounts.c.id, ids))
    return {row.id: int(row.balance) for row in tx.rows(query)}


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


def held(tx: Tx, member: str, now: datetime) -> int:
    """Whole points of a member that open holds keep at an instant (A13)."""
    query = select(func.sum(holds.c.points)).where(
        holds.c.member == member, holds.c.state == literal_column("'open'"), holds.c.until > now
    )
    return int(tx.scalar(query) or 0)


def add_lot(tx: Tx, values: Mapping[str, object]) -> None:
    """Write a new lot."""
    tx.execute(insert(lots).values(**values))


def take(tx: Tx, entry: str, taken: Sequence[Taken]) -> None:
    """Take points out of lots and record which; a lot that would go below zero ends the transaction."""
    amounts = [{"lot_id": part.lot, "by": part.points} for part in taken]
    tx.execute(update(lots).where(lots.c.id == bindparam("lot_id")).values(left=lots.c.left - bindparam("by")), amounts)
    tx.execute(insert(lot_uses), [{"lot": part.lot, "entry": entry, "points": part.points} for part in taken])


def all_lots_of(tx: Tx, member_id: str) -> list[tuple[Lot, str]]:
    """A member's lots, empty ones too, each with the entry that made it; locked until the end."""
    query = select(lots).where(lots.c.member == member_id).with_for_update()
    return [(Lot(row.id, row.expires, row.earned_at, int(row.left)), row.entry) for row in tx.rows(query)]


def held_by(tx: Tx, entry_id: str) -> list[Taken]:
    """What a spending still holds of each lot, less what was given back of it, in the order in which it ate them."""
    behind = select(ledger_entries.c.id).where(
        ledger_entries.c.reverses == entry_id, ledger_entries.c.kind == "reverse"
    )
    query = (
        select(lot_uses.c.lot, func.sum(lot_uses.c.points).label("points"))
        .where((lot_uses.c.entry == entry_id) | lot_uses.c.entry.in_(behind))
        .group_by(lot_uses.c.lot)
        .order_by(func.min(lot_uses.c.id))
    )
    return [Taken(row.lot, int(row.points)) for row in tx.rows(query) if row.points]


def made_by(tx: Tx, entry_id: str) -> list[str]:
    """The lots that an entry made."""
    return list(tx.connection.execute(select(lots.c.id).where(lots.c.entry == entry_id)).scalars())


def makers_of(tx: Tx, ids: Collection[str]) -> list[str]:
    """The entries that made these lots, by id."""
    query = select(lots.c.entry).where(lots.c.id.in_(sorted(ids))).distinct()
    return sorted(tx.connection.execute(query).scalars())


def expired_of(tx: Tx, ids: Collection[str]) -> int:
    """How many points of these lots have expired."""
    query = (
        select(func.sum(lot_uses.c.points))
        .join(ledger_entries, ledger_entries.c.id == lot_uses.c.entry)
        .where(lot_uses.c.lot.in_(sorted(ids)), ledger_entries.c.kind == "expire")
    )
    return int(tx.scalar(query) or 0)


def reversing(tx: Tx, entry_id: str) -> list[Any]:
    """The entries that reverse an entry."""
    return list(tx.rows(select(ledger_entries).where(ledger_entries.c.reverses == entry_id)))


def moved(tx: Tx, entry_id: str, account: str) -> int:
    """By how much an entry moved an account."""
    query = select(func.sum(ledger_postings.c.amount))
    return int(tx.scalar(query.where(ledger_postings.c.entry == entry_id, ledger_postings.c.account == account)) or 0)


def entry(tx: Tx, entry_id: str) -> Any:
    """The row of an entry, or None."""
    return tx.first(select(ledger_entries).where(ledger_entries.c.id == entry_id))


def lapsing(tx: Tx, before: date, after: tuple[date, str], most: int) -> list[tuple[date, str]]:
    """Members who hold points whose last day lies before a day: the next `most` behind `after`, a last day and a member.

    Each with that last day, in the order of days and members, which is the order of the index of lots that hold something:
    nothing else is looked at. A member comes once for each such day.
    """
    query = (
        select(lots.c.expires, lots.c.member)
        .distinct()
        .where(lots.c.expires < before, _HOLDS, tuple_(lots.c.expires, lots.c.member) > tuple_(*after))
        .order_by(lots.c.expires, lots.c.member)
        .limit(most)
    )
    return [(row.expires, row.member) for row in tx.rows(query)]


def ensure_account(tx: Tx, account: str, track: str) -> None:
    """Make one of the club's own accounts, unless it is there."""
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    values = {"id": account, "track": track, "member": None, "balance": None}
    tx.execute(make(accounts).values(**values).on_conflict_do_nothing(index_elements=[accounts.c.id]))


def debts_of(tx: Tx, member: str) -> Sequence[Any]:
    """What a member still owes, oldest first. Whoever changes it has locked the member."""
    query = select(point_debts).where(point_debts.c.member == member, point_debts.c.left > literal_column("0"))
    return tx.rows(query.order_by(point_debts.c.at, point_debts.c.entry))


def debts_kept(tx: Tx, refunds: Collection[str]) -> int:
    """How many points of these refunds were kept as debts, paid since or not."""
    return int(tx.scalar(select(func.sum(point_debts.c.points)).where(point_debts.c.entry.in_(sorted(refunds)))) or 0)


def add_debt(tx: Tx, refund: str, member: str, points: int, at: datetime) -> None:
    """Write what a refund left a member owing."""
    values = {"entry": refund, "member": member, "at": at, "points": points, "left": points}
    tx.execute(insert(point_debts).values(**values))


def pay_debt(tx: Tx, refund: str, points: int) -> None:
    """Take points off a debt."""
    statement = update(point_debts).where(point_debts.c.entry == refund)
    tx.execute(statement.values(left=point_debts.c.left - points))


def purchases_of(tx: Tx, member: str) -> Sequence[Any]:
    """A member's lines of bills, oldest first: as `purchases`."""
    return purchases(tx, [member])[member]


def purchases(tx: Tx, of: Sequence[str]) -> dict[str, list[Any]]:
    """Of each of these members the lines of bills, oldest first, with those of whoever was merged into them.

    Rows of member, id, at, bill, category, facts, paid, and what of that was given back, in fen.
    """
    heads = {merged: head for head, family in members.families(tx, of).items() for merged in family}
    mine = among(tx, ledger_entries.c.member, sorted(heads))
    refunded = (
        select(ledger_entries.c.reverses, func.sum(ledger_entries.c.paid_fen).label("fen"))
        .where(mine, ledger_entries.c.kind == "adjust", ledger_entries.c.reverses.is_not(None))
        .group_by(ledger_entries.c.reverses)
        .subquery()
    )
    columns = (ledger_entries.c[name] for name in ("member", "id", "at", "bill", "category", "facts", "paid_fen"))
    query = (
        select(*columns, func.coalesce(refunded.c.fen, 0).label("refunded_fen"))
        .outerjoin(refunded, refunded.c.reverses == ledger_entries.c.id)
        .where(mine, ledger_entries.c.kind == "bill", ledger_entries.c.paid_fen > 0)
    )
    found: dict[str, list[Any]] = {head: [] for head in of}
    for row in tx.rows(query.order_by(ledger_entries.c.at, ledger_entries.c.id)):
        found[heads[row.member]].append(row)
    return found

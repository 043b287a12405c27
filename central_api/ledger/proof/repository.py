"""Queries that seal entries and prove the books: each of a small range, so that memory and locks stay small.

A range goes from `after` (left out) to `upto` (taken in) of the table's own key.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select, text

from central_api.db import Tx, among, each
from central_api.ledger.proof.canonical import Content
from central_api.ledger.tables import (
    accounts,
    ledger_entries,
    ledger_postings,
    ledger_seals,
    ledger_unsealed,
    lot_uses,
    lots,
    point_debts,
)

_LOCK = 0x78_7A_6C_65_64  # any number, the same in every process
_KEYS: Mapping[str, ColumnElement[Any]] = {
    "entries": ledger_entries.c.id,
    "postings": ledger_postings.c.id,
    "accounts": accounts.c.id,
    "lots": lots.c.id,
    "uses": lot_uses.c.id,
    "unsealed": ledger_unsealed.c.arrival,
    "debts": point_debts.c.entry,
}
_ADD_SEALS = (
    "INSERT INTO ledger_seals (store, sequence, entry, hash, previous) "
    "SELECT r.store, r.sequence, r.entry, r.hash, r.previous FROM json_to_recordset(%s::text::json) "
    "AS r (store text, sequence bigint, entry text, hash text, previous text)"
)


# Sealing.


def waiting(tx: Tx, most: int) -> Sequence[Any]:
    """Entries that wait for their seal, in the order of their arrival: rows of entry and store."""
    query = select(ledger_unsealed.c.entry, ledger_unsealed.c.store)
    query = query.join(ledger_entries, ledger_entries.c.id == ledger_unsealed.c.entry)
    return tx.rows(query.order_by(ledger_unsealed.c.arrival).limit(most))


def heads(tx: Tx, stores: Collection[str]) -> dict[str, tuple[int, str] | None]:
    """Sequence and hash of the last seal of each store, in one query; None: it has none."""
    of, newest = each(tx, sorted(stores)), ledger_seals.alias()
    last = select(func.max(newest.c.sequence)).where(newest.c.store == of).scalar_subquery()
    ends = and_(ledger_seals.c.store == of, ledger_seals.c.sequence == last)
    query = select(of.label("of"), ledger_seals.c.sequence, ledger_seals.c.hash)
    query = query.select_from(of.table).outerjoin(ledger_seals, ends)
    return {row.of: None if row.hash is None else (int(row.sequence), row.hash) for row in tx.rows(query)}


def lock_sealing(tx: Tx) -> None:
    """Let one process seal at a time, until the end of the unit of work; SQLite has one writer anyway."""
    if tx.dialect == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def add_seals(tx: Tx, rows: Sequence[Mapping[str, object]]) -> None:
    """Write seals; their entries wait no longer."""
    if tx.dialect == "sqlite":
        tx.execute(insert(ledger_seals), list(rows))
    else:  # the driver would send as many statements as there are rows
        tx.connection.exec_driver_sql(_ADD_SEALS, (msgspec.json.encode(rows).decode(),))
    tx.execute(delete(ledger_unsealed).where(among(tx, ledger_unsealed.c.entry, [str(row["entry"]) for row in rows])))


def contents(tx: Tx, entries: Sequence[str]) -> dict[str, Content]:
    """What is sealed of entries, by id; one that is missing is left out.

    Raises:
        ValueError, TypeError: a column holds what it is not for: SQLite keeps a fraction or a text wherever it is put.
    """
    if tx.dialect == "postgresql":
        # A plan that is kept is the one of when the table was small: it would read all of `lot_uses`, until that is next analysed.
        tx.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
    moves: dict[str, list[tuple[str, int]]] = {}
    for row in tx.rows(select(ledger_postings).where(among(tx, ledger_postings.c.entry, entries))):
        moves.setdefault(row.entry, []).append((row.account, _whole(row.amount)))
    uses: dict[str, list[tuple[str, int]]] = {}
    for row in tx.rows(select(lot_uses).where(among(tx, lot_uses.c.entry, entries))):
        uses.setdefault(row.entry, []).append((row.lot, _whole(row.points)))
    made: dict[str, list[tuple[str, Any, Any, int]]] = {}
    for row in tx.rows(select(lots).where(among(tx, lots.c.entry, entries))):
        made.setdefault(row.entry, []).append((row.id, row.expires, row.earned_at, _whole(row.earned)))
    return {
        row.id: Content(
            row._mapping,  # noqa: SLF001 -- a row's columns by name: its documented way
            tuple(moves.get(row.id, ())),
            tuple(uses.get(row.id, ())),
            tuple(made.get(row.id, ())),
        )
        for row in tx.rows(select(ledger_entries).where(among(tx, ledger_entries.c.id, entries)))
    }


def _whole(found: Any) -> int:
    if type(found) is not int:
        raise ValueError(f"expected a whole number, found {found!r}")
    return found


# Proving.


def step(tx: Tx, table: str, after: Any, size: int) -> tuple[Any, int]:
    """The end of the range of at most `size` rows behind `after`, and how many rows it has; 0: none are left."""
    key = _KEYS[table]
    some = select(key.label("key")).order_by(key).limit(size)
    if after is not None:
        some = some.where(key > after)
    found = some.subquery()
    row = tx.rows(select(func.max(found.c.key).label("upto"), func.count().label("rows")).select_from(found))[0]
    return row.upto, int(row.rows)


def unbalanced(tx: Tx, after: Any, upto: Any) -> Sequence[Any]:
    """Entries whose postings do not sum to zero in a track: rows of entry, track and total."""
    total = func.sum(ledger_postings.c.amount)
    query = (
        select(ledger_postings.c.entry, accounts.c.track, total.label("total"))
        .join(accounts, accounts.c.id == ledger_postings.c.account)
        .where(_in_range(ledger_postings.c.entry, after, upto))
        .group_by(ledger_postings.c.entry, accounts.c.track)
        .having(total != 0)
    )
    return tx.rows(query)


def lots_against_postings(tx: Tx, after: Any, upto: Any) -> Sequence[Any]:
    """Entries that move lots by another number than members' points: rows of id, moved and lots."""
    moved = (
        select(func.coalesce(func.sum(ledger_postings.c.amount), 0))
        .join(accounts, accounts.c.id == ledger_postings.c.account)
        .where(ledger_postings.c.entry == ledger_entries.c.id)
        .where(accounts.c.track == "points", accounts.c.member.is_not(None))
        .scalar_subquery()
    )
    made = (
        select(func.coalesce(func.sum(lots.c.earned), 0)).where(lots.c.entry == ledger_entries.c.id).scalar_subquery()
    )
    used = (
        select(func.coalesce(func.sum(lot_uses.c.points), 0))
        .where(lot_uses.c.entry == ledger_entries.c.id)
        .scalar_subquery()
    )
    query = select(ledger_entries.c.id, moved.label("moved"), (made - used).label("lots"))
    return tx.rows(query.where(_in_range(ledger_entries.c.id, after, upto), moved != made - used))


def unsealed(tx: Tx, after: Any, upto: Any) -> Sequence[Any]:
    """Entries without a seal: rows of id, and whether each waits for one."""
    query = (
        select(ledger_entries.c.id, ledger_unsealed.c.entry.is_not(None).label("waits"))
        .outerjoin(ledger_seals, ledger_seals.c.entry == ledger_entries.c.id)
        .outerjoin(ledger_unsealed, ledger_unsealed.c.entry == ledger_entries.c.id)
        .where(_in_range(ledger_entries.c.id, after, upto), ledger_seals.c.entry.is_(None))
    )
    return tx.rows(query)


def reversals(tx: Tx, after: Any, upto: Any) -> Sequence[Any]:
    """Entries that reverse another, or should: rows of id, reverses (None: it names none), and whether that one is there."""
    target = ledger_entries.alias()
    query = (
        select(ledger_entries.c.id, ledger_entries.c.reverses, target.c.id.is_not(None).label("there"))
        .outerjoin(target, target.c.id == ledger_entries.c.reverses)
        .where(_in_range(ledger_entries.c.id, after, upto))
        .where(or_(ledger_entries.c.reverses.is_not(None), ledger_entries.c.kind == "reverse"))
    )
    return tx.rows(query)


def given_back_too_much(tx: Tx, spent: Collection[str]) -> Sequence[Any]:
    """Spendings of which more went back into a lot than came out: rows of entry, lot and points (below zero)."""
    origin = func.coalesce(ledger_entries.c.reverses, ledger_entries.c.id)
    total = func.sum(lot_uses.c.points)
    gave_back = and_(ledger_entries.c.reverses.in_(spent), ledger_entries.c.kind == "reverse")
    query = (
        select(origin.label("entry"), lot_uses.c.lot, total.label("points"))
        .join(ledger_entries, ledger_entries.c.id == lot_uses.c.entry)
        .where(or_(gave_back, and_(ledger_entries.c.id.in_(spent), ledger_entries.c.reverses.is_(None))))
        .group_by(origin, lot_uses.c.lot)
        .having(total < 0)
    )
    return tx.rows(query)


def stray_postings(tx: Tx, after: Any, upto: Any) -> Sequence[Any]:
    """Postings whose entry or account is missing, or whose account is another member's than the entry's.

    Rows of id, entry, account, no_entry and no_account; where neither is said the account is another's.
    """
    query = (
        select(
            ledger_postings.c.id,
            ledger_postings.c.entry,
            ledger_postings.c.account,
            ledger_entries.c.id.is_(None).label("no_entry"),
            accounts.c.id.is_(None).label("no_account"),
        )
        .outerjoin(ledger_entries, ledger_entries.c.id == ledger_postings.c.entry)
        .outerjoin(accounts, accounts.c.id == ledger_postings.c.account)
        .where(_in_range(ledger_postings.c.id, after, upto))
        .where(
            or_(
                ledger_entries.c.id.is_(None),
                accounts.c.id.is_(None),
                and_(accounts.c.member.is_not(None), accounts.c.member.is_distinct_from(ledger_entries.c.member)),
            )
        )
    )
    return tx.rows(query)


def lost_uses(tx: Tx, after: Any, upto: Any) -> Sequence[Any]:
    """Lot uses whose entry or lot is missing: rows of id, entry, lot and no_entry."""
    query = (
        select(lot_uses.c.id, lot_uses.c.entry, lot_uses.c.lot, ledger_entries.c.id.is_(None).label("no_entry"))
        .outerjoin(ledger_entries, ledger_entries.c.id == lot_uses.c.entry)
        .outerjoin(lots, lots.c.id == lot_uses.c.lot)
        .where(_in_range(lot_uses.c.id, after, upto))
        .where(or_(ledger_entries.c.id.is_(None), lots.c.id.is_(None)))
    )
    return tx.rows(query)


def lost_waiting(tx: Tx, after: Any, upto: Any) -> list[str]:
    """Entries that wait for a seal and are missing."""
    query = (
        select(ledger_unsealed.c.entry)
        .outerjoin(ledger_entries, ledger_entries.c.id == ledger_unsealed.c.entry)
        .where(_in_range(ledger_unsealed.c.arrival, after, upto), ledger_entries.c.id.is_(None))
    )
    return [row.entry for row in tx.rows(query)]


def waiting_though_sealed(tx: Tx, after: Any, upto: Any) -> list[str]:
    """Entries that wait for a seal and have one."""
    query = (
        select(ledger_unsealed.c.entry)
        .join(ledger_seals, ledger_seals.c.entry == ledger_unsealed.c.entry)
        .where(_in_range(ledger_unsealed.c.arrival, after, upto))
    )
    return [row.entry for row in tx.rows(query)]


def members_accounts(tx: Tx, after: Any, upto: Any) -> Sequence[Any]:
    """Members' accounts: rows of id, member, track, balance, booked (their postings) and in_lots (the member's lots).

    Postings are found by the member's entries: an index by account would be one more page that each booking waits for. That no
    posting stands on the account of another member than its entry's is proved by `stray_postings`.
    """
    booked = (
        select(func.coalesce(func.sum(ledger_postings.c.amount), 0))
        .join(ledger_entries, ledger_entries.c.id == ledger_postings.c.entry)
        .where(ledger_entries.c.member == accounts.c.member, ledger_postings.c.account == accounts.c.id)
        .scalar_subquery()
    )
    in_lots = (
        select(func.coalesce(func.sum(lots.c.left), 0)).where(lots.c.member == accounts.c.member).scalar_subquery()
    )
    query = select(
        accounts.c.id,
        accounts.c.member,
        accounts.c.track,
        accounts.c.balance,
        booked.label("booked"),
        in_lots.label("in_lots"),
    ).where(_in_range(accounts.c.id, after, upto), accounts.c.member.is_not(None))
    return tx.rows(query)


def lots_with_uses(tx: Tx, after: Any, upto: Any) -> Sequence[Any]:
    """Lots: rows of id, earned, left, used, no_entry (the one that made it is missing) and no_account (its member has none)."""
    used = select(func.coalesce(func.sum(lot_uses.c.points), 0)).where(lot_uses.c.lot == lots.c.id).scalar_subquery()
    account = select(accounts.c.id).where(accounts.c.member == lots.c.member, accounts.c.track == "points").exists()
    query = (
        select(
            lots.c.id,
            lots.c.entry,
            lots.c.earned,
            lots.c.left,
            used.label("used"),
            ledger_entries.c.id.is_(None).label("no_entry"),
            (~account).label("no_account"),
        )
        .outerjoin(ledger_entries, ledger_entries.c.id == lots.c.entry)
        .where(_in_range(lots.c.id, after, upto))
    )
    return tx.rows(query)


def postings_of_entries(tx: Tx, after: Any, upto: Any) -> int:
    """How many postings the entries of a range have."""
    query = select(func.count()).select_from(ledger_postings)
    return int(tx.scalar(query.where(_in_range(ledger_postings.c.entry, after, upto))))


def next_store(tx: Tx, after: str | None) -> str | None:
    """The first store behind `after` that has seals."""
    query = select(func.min(ledger_seals.c.store))
    found: str | None = tx.scalar(query if after is None else query.where(ledger_seals.c.store > after))
    return found


def seals(tx: Tx, store: str, after: int, size: int) -> Sequence[Any]:
    """At most `size` seals of a store behind a sequence, in their order."""
    query = select(ledger_seals).where(ledger_seals.c.store == store, ledger_seals.c.sequence > after)
    return tx.rows(query.order_by(ledger_seals.c.sequence).limit(size))


def _in_range(key: ColumnElement[Any], after: Any, upto: Any) -> ColumnElement[bool]:
    return key <= upto if after is None else and_(key > after, key <= upto)


def debts(tx: Tx, after: Any, upto: Any) -> Sequence[Any]:
    """What refunds left members owing: rows of entry, member, points, left, and the refund's facts (None: it is missing)."""
    query = (
        select(
            point_debts.c.entry, point_debts.c.member, point_debts.c.points, point_debts.c.left, ledger_entries.c.facts
        )
        .outerjoin(ledger_entries, ledger_entries.c.id == point_debts.c.entry)
        .where(_in_range(point_debts.c.entry, after, upto))
    )
    return tx.rows(query)


def debts_paid(tx: Tx, members: Collection[str]) -> dict[str, tuple[int, int]]:
    """Of each of these members: by how much their debts have become less, and how much their entries paid for debts."""
    kept = (
        select(point_debts.c.member, func.sum(point_debts.c.points - point_debts.c.left).label("less"))
        .where(point_debts.c.member.in_(members))
        .group_by(point_debts.c.member)
    )
    paid = dict.fromkeys(members, 0)
    query = select(ledger_entries.c.member, ledger_entries.c.facts).where(
        ledger_entries.c.member.in_(members), ledger_entries.c.kind == "adjust", ledger_entries.c.reverses.is_(None)
    )
    for row in tx.rows(query):
        paid[row.member] += int(row.facts.get("debt", 0))
    return {row.member: (int(row.less), paid[row.member]) for row in tx.rows(kept)}

"""Moves points from one member to another when staff merge them, and back: two entries, lots with their own last days (A9).

What was booked stays: the entry of the source takes its lots, the entry of the target makes new ones that are good just as
long, and `lot_moves` says which goes on which. Moving back fills the very lots of the source with what is left of theirs;
what was made to live longer meanwhile comes back as new lots.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from central_api.db import Tx
from central_api.ledger import repository, service
from central_api.ledger.service import Occasion, Track
from central_api.ledger.tables import accounts, lot_moves, lots
from central_api.members import repository as members
from club.model.points import Lot, Taken

MERGE, UNDO = "merge", "merge-undo"
"""The categories of both entries, by which histories leave them out."""
_TRACKS: tuple[Track, ...] = ("points", "tier")


@dataclass(frozen=True, slots=True)
class Moved:
    """What went from one member to another."""

    points: int
    tier_points: int


def lock_with_holders(tx: Tx, member: str) -> str:
    """Lock a member's account and those of whoever they were merged into, in the order of ids; who holds their points now.

    Whoever merges meanwhile is waited for, and then counted in.
    """
    locked: set[str] = set()
    while True:
        chain = _chain(tx, member)
        missing = sorted(set(chain) - locked)
        if not missing:
            return chain[-1]
        lock(tx, missing)
        locked.update(missing)


def lock(tx: Tx, ids: Collection[str]) -> None:
    """Lock the accounts of several members in the order of their ids, in which everybody locks them."""
    for member in sorted(set(ids)):
        service.lock_member(tx, member)


def move_all(tx: Tx, source: str, target: str, occasion: Occasion, *, new_id: Callable[[], str]) -> Moved:
    """Move everything that a member holds, on both tracks, to another. Both are locked.

    Args:
        tx: a unit of work that writes.
        source: whose.
        target: to whom.
        occasion: what for; its kind is `adjust` and its category `merge`, whatever it says.
        new_id: makes the ids of entries and lots.
    """
    held = sorted(repository.lots_of(tx, source, lock=True), key=lambda lot: (lot.expires, lot.earned_at, lot.id))
    points = sum(lot.left for lot in held)
    tier = repository.balance(tx, service.member_account(source, "tier"))
    if not points and not tier:
        return Moved(0, 0)
    taken = [Taken(lot.id, lot.left) for lot in held]
    entry = _book(
        tx, source, target, {"points": points, "tier": tier}, replace(occasion, category=MERGE), new_id, taken
    )
    for lot in held:
        _go_on(tx, lot, target, entry, new_id())
    return Moved(points, tier)


def move_back(
    tx: Tx, source: str, target: str, tier_points: int, occasion: Occasion, *, new_id: Callable[[], str]
) -> Moved:
    """Move back what is left of a member's lots with another. Both are locked.

    It goes into the same lots, but for what ends later by now: that goes into new ones, and keeps its last day.

    Args:
        tx: a unit of work that writes.
        source: whose points they were.
        target: who holds them now.
        tier_points: of the tier track, as far as the target has as many.
        occasion: what for; its kind is `adjust` and its category `merge-undo`, whatever it says.
        new_id: makes the ids of entries and lots.
    """
    held = {lot.id: lot for lot in repository.lots_of(tx, target, lock=True)}
    query = select(lot_moves.c.source, lot_moves.c.target, lots.c.expires).join(lots, lots.c.id == lot_moves.c.source)
    # What was made to live longer with the target is a lot that goes on the one that came.
    came = {
        lot: row
        for row in tx.rows(query.where(lots.c.member == source).order_by(lot_moves.c.id))
        for lot in sorted(going_on(tx, [row.target]))
        if lot in held
    }
    taken = [Taken(lot, held[lot].left) for lot in came]
    points = sum(part.points for part in taken)
    tier = min(tier_points, repository.balance(tx, service.member_account(target, "tier")))
    if not points and not tier:
        return Moved(0, 0)
    moved: Mapping[Track, int] = {"points": points, "tier": tier}
    entry = _book(tx, target, source, moved, replace(occasion, category=UNDO), new_id, taken)
    given: dict[str, int] = {}
    for lot, own in came.items():
        if held[lot].expires > own.expires:
            _go_on(tx, held[lot], source, entry, new_id())
        else:
            given[own.source] = given.get(own.source, 0) + held[lot].left
    if given:
        repository.take(tx, entry, [Taken(lot, -amount) for lot, amount in given.items()])
    return Moved(points, tier)


def carry_on(tx: Tx, member: str, occasion: Occasion, *, new_id: Callable[[], str]) -> None:
    """Move on what came to a member after they had been merged into another, such as a cancelled redemption's points.

    They and their holders are locked (`lock_with_holders`).
    """
    said = replace(occasion, bill="", paid_fen=0, reference=None, reverses=None, facts={})
    chain = _chain(tx, member)
    for source, target in pairwise(chain):
        move_all(tx, source, target, said, new_id=new_id)


def going_on(tx: Tx, ids: Collection[str]) -> frozenset[str]:
    """These lots and all that go on what they held."""
    found, fresh = set(ids), set(ids)
    while fresh:
        query = select(lot_moves.c.target).where(lot_moves.c.source.in_(sorted(fresh)))
        fresh = set(tx.connection.execute(query).scalars()) - found
        found |= fresh
    return frozenset(found)


def coming_from(tx: Tx, ids: Collection[str]) -> frozenset[str]:
    """These lots and all that they go on."""
    found, fresh = set(ids), set(ids)
    while fresh:
        query = select(lot_moves.c.source).where(lot_moves.c.target.in_(sorted(fresh)))
        fresh = set(tx.connection.execute(query).scalars()) - found
        found |= fresh
    return frozenset(found)


def _chain(tx: Tx, member: str) -> list[str]:
    """A member and whoever they were merged into, one after the other."""
    chain = [member]
    while True:
        row: Any = members.find(tx, chain[-1])
        if row is None or row.merged_into is None:
            return chain
        chain.append(row.merged_into)


def _book(
    tx: Tx,
    giver: str,
    taker: str,
    moved: Mapping[Track, int],
    occasion: Occasion,
    new_id: Callable[[], str],
    taken: Sequence[Taken],
) -> str:
    """Both entries: out of the giver's lots, to the taker; the taker's entry, for whose lots the caller sees."""
    _have_accounts(tx)
    said = replace(occasion, kind="adjust")
    out, into = new_id(), new_id()
    for entry, member, other, sign in ((out, giver, taker, -1), (into, taker, giver, 1)):
        mine = {service.member_account(member, track): sign * amount for track, amount in moved.items()}
        club = {_moved_account(track): -sign * amount for track, amount in moved.items()}
        facts = {**occasion.facts, "with": other}
        service.book(tx, entry, member, replace(said, facts=facts), mine, club)
    if taken:
        repository.take(tx, out, taken)
    return into


def _go_on(tx: Tx, lot: Lot, member: str, entry: str, made: str) -> None:
    """Make a lot of another member, of an entry, that goes on what one held, and is good just as long."""
    values = {"id": made, "member": member, "entry": entry, "earned_at": lot.earned_at, "expires": lot.expires}
    repository.add_lot(tx, {**values, "earned": lot.left, "left": lot.left})
    tx.execute(insert(lot_moves).values(source=lot.id, target=made, points=lot.left))


def _moved_account(track: Track) -> str:
    """The club's account through which points change hands: over both entries it stays as it was."""
    side: Literal["moved"] = "moved"
    return f"club:{track}:{side}"


def _have_accounts(tx: Tx) -> None:
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    for track in _TRACKS:
        values = {"id": _moved_account(track), "track": track, "member": None, "balance": None}
        tx.execute(make(accounts).values(**values).on_conflict_do_nothing(index_elements=[accounts.c.id]))

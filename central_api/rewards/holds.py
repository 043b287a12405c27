"""Holds: points kept for a spending that somebody still confirms, such as a payment at a till; they free themselves (A13).

A held point stays in the balance and cannot be spent by anything else: what a redemption or another hold may take is the
balance less the open holds. A hold picks no lots; when it is confirmed it takes those that expire first then. It keeps the
points from other spendings only: points that expire or go back with a refunded bill meanwhile are gone, and confirming a
hold that the balance no longer covers is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import literal_column, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from central_api.cards import lines
from central_api.db import Tx
from central_api.feed import due
from central_api.ledger import repository as books
from central_api.ledger import service as ledger
from central_api.ledger.service import Occasion
from central_api.ledger.tables import holds
from central_api.rewards import limits
from club.model import errors


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold as it is kept. `state`: open | confirmed | released | expired; `entry`: what it was spent by, once confirmed."""

    id: str
    member: str
    points: int
    state: str
    store: str
    reference: str
    until: datetime
    entry: str | None
    card: str | None


def place(  # noqa: PLR0913 -- a hold's whole row
    tx: Tx,
    member: str,
    points: int,
    *,
    reference: str,
    store: str,
    today: date,
    now: datetime,
    until: datetime,
    new_id: Callable[[], str],
    card: str | None = None,
) -> Hold:
    """Keep points of a member until an instant; asked again under the same reference, the same hold.

    Args:
        tx: a unit of work that writes.
        member: id.
        points: whole points, more than 0.
        reference: the caller's own number for it, such as an API key's id with a till's receipt.
        store: where.
        today: the store's day, on which lots must still be good.
        now: the instant.
        until: from then on nothing is kept any more.
        new_id: makes the hold's id.
        card: whose limit it counts towards, one of the member's own; None: no card pays.

    Raises:
        ValueError: `points` is not positive, or `until` is over.
        IdempotencyConflict: the reference was used for another member, card or store or other points, perhaps at this moment.
        CardLimitReached: the card may spend less.
        NotEnoughPoints: the usable lots, less what is held already, hold less.
    """
    if points <= 0 or until <= now:
        raise ValueError(f"expected a positive number of points until a later instant, found {points} until {until}")
    ledger.lock_member(tx, member)
    known = _by(tx, holds.c.reference == reference)
    if known is not None:
        return _same(known, member, points, store, card)
    if card is not None:
        limits.must_allow(tx, card, points, now, store)
    free = available(tx, member, today, now)
    if free < points:
        raise errors.NotEnoughPoints(
            f"expected at least {points} free points, found {free}", balance=free, price=points
        )
    found = Hold(new_id(), member, points, "open", store, reference, until, None, card)
    values = {
        "id": found.id,
        "member": member,
        "points": points,
        "state": "open",
        "store": store,
        "reference": reference,
        "placed_at": now,
        "until": until,
        "card": card,
        "line": lines.kept(card),
    }
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    statement = make(holds).values(**values).on_conflict_do_nothing(index_elements=[holds.c.reference])
    if tx.first(statement.returning(holds.c.id)) is None:  # somebody placed one for another member meanwhile
        taken = _by(tx, holds.c.reference == reference)
        if taken is None:
            raise AssertionError("holds are never deleted")
        return _same(taken, member, points, store, card)
    return found


def confirm(tx: Tx, hold_id: str, occasion: Occasion, *, today: date, now: datetime, new_id: Callable[[], str]) -> Hold:
    """Spend what a hold keeps, out of the lots that expire first; confirmed again, the same answer.

    Args:
        tx: a unit of work that writes.
        hold_id: the hold.
        occasion: what for, as it is booked; its instant is `now`, whatever it says.
        today: the store's day.
        now: the instant.
        new_id: makes the entry's id.

    Raises:
        NotFound: there is no such hold.
        EditConflict: it was released, or its time is over.
        NotEnoughPoints: the points it kept have expired or gone back meanwhile.
    """
    found = _locked(tx, hold_id)
    if found.state == "confirmed":
        return found
    if found.state != "open" or found.until <= now:
        state = "expired" if found.state == "open" else found.state
        raise errors.EditConflict(f"expected an open hold, found one that is {state}", expected="open", found=state)
    booked = replace(occasion, at=now)
    entry = ledger.spend(tx, found.member, found.points, today, booked, new_id=new_id, own_hold=found.points)
    _close(tx, hold_id, "confirmed", now, entry)
    due.mark(tx, due.MEMBER, found.member)
    return _locked(tx, hold_id)


def release(tx: Tx, hold_id: str, *, now: datetime) -> Hold:
    """Free what a hold keeps; of one that is over already nothing changes.

    Raises:
        NotFound: there is no such hold.
        EditConflict: it was confirmed.
    """
    found = _locked(tx, hold_id)
    if found.state == "confirmed":
        raise errors.EditConflict(
            "expected an open hold, found one that is confirmed", expected="open", found="confirmed"
        )
    if found.state == "open":
        _close(tx, hold_id, "expired" if found.until <= now else "released", now, None)
    return _locked(tx, hold_id)


def expire_due(tx: Tx, now: datetime, limit: int = 500) -> int:
    """Mark the holds whose time is over; how many. They keep nothing since then, whether or not this has been called."""
    # Written out, and in the order of the index of open holds: only then SQLite takes it, and leaves those of years ago alone.
    still_open = holds.c.state == literal_column("'open'")
    over = select(holds.c.id).where(still_open, holds.c.until <= now).order_by(holds.c.member).limit(limit)
    ids = [row.id for row in tx.rows(over.with_for_update(skip_locked=True))]
    tx.execute(update(holds).where(holds.c.id.in_(ids)).values(state="expired", closed_at=now))
    return len(ids)


def held(tx: Tx, member: str, now: datetime) -> int:
    """Whole points of a member that open holds keep. Reads only."""
    return books.held(tx, member, now)


def available(tx: Tx, member: str, today: date, now: datetime) -> int:
    """Whole points a member can spend: the balance less what is held. Reads only."""
    return max(0, ledger.balances(tx, member, today).points - held(tx, member, now))


def _same(known: Hold, member: str, points: int, store: str, card: str | None) -> Hold:
    if (known.member, known.points, known.store, known.card) != (member, points, store, card):
        raise errors.IdempotencyConflict(
            "this hold's reference was used before for another member, card or store or other points"
        )
    return known


def _by(tx: Tx, condition: Any) -> Hold | None:
    row = tx.first(select(holds).where(condition))
    if row is None:
        return None
    return Hold(row.id, row.member, row.points, row.state, row.store, row.reference, row.until, row.entry, row.card)


def _locked(tx: Tx, hold_id: str) -> Hold:
    """The hold, its member locked: holds and spendings of one member come one after the other."""
    found = _by(tx, holds.c.id == hold_id)
    if found is None:
        raise errors.NotFound(f"expected a hold's id, found {hold_id!r}", kind="hold", id=hold_id)
    ledger.lock_member(tx, found.member)
    again = _by(tx, holds.c.id == hold_id)
    if again is None:
        raise AssertionError("holds are never deleted")
    return again


def _close(tx: Tx, hold_id: str, state: str, now: datetime, entry: str | None) -> None:
    tx.execute(update(holds).where(holds.c.id == hold_id).values(state=state, closed_at=now, entry=entry))

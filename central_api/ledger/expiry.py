"""Books points off whose last day is over (A3)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import groupby

from central_api.db import Tx
from central_api.ledger import repository, service
from central_api.ledger.service import Occasion
from club.model import points as model
from club.model.points import Taken

LEFT = "left"
"""The category of what expired because somebody left the club (A10)."""


def expire(
    tx: Tx, member: str, today: date, *, at: datetime, new_id: Callable[[], str], store: str = ""
) -> tuple[str, ...]:
    """Book off everything of a member whose last day lies before `today`, one entry for each last day.

    Doing it twice does nothing the second time, and after days of downtime it catches up.

    Args:
        tx: a unit of work that writes.
        member: id.
        today: the store's day.
        at: the instant of the booking.
        new_id: makes the ids of the entries.
        store: whose chain the entries belong to; empty: none's.

    Returns:
        The entries' ids, first last day first.
    """
    service.lock_member(tx, member)
    over = model.lapsed(repository.lots_of(tx, member, lock=True), today)
    days = [[Taken(lot.id, lot.left) for lot in same] for _, same in groupby(over, key=lambda lot: lot.expires)]
    occasion = Occasion(kind="expire", at=at, store=store)
    return tuple(book_off(tx, member, taken, occasion, new_id=new_id) for taken in days)


def book_off(tx: Tx, member: str, taken: Sequence[Taken], occasion: Occasion, *, new_id: Callable[[], str]) -> str:
    """Book these points of these lots as expired; the entry's id. The member is locked."""
    entry, points = new_id(), sum(part.points for part in taken)
    mine: Mapping[str, int] = {service.member_account(member, "points"): -points}
    club: Mapping[str, int] = {service.club_account("points", "expired"): points}
    service.book(tx, entry, member, replace(occasion, kind="expire"), mine, club)
    repository.take(tx, entry, taken)
    return entry


def book_off_all(tx: Tx, member: str, occasion: Occasion, *, new_id: Callable[[], str]) -> str | None:
    """Book off all that a member holds, also what is over already: they have left. The entry's id; None: they held nothing.

    Args:
        tx: a unit of work in which the member is locked.
        member: id.
        occasion: when, and in which store; its category is `left`, and it tells of nothing else.
        new_id: makes the entry's id.
    """
    rest = [Taken(lot.id, lot.left) for lot in repository.lots_of(tx, member, lock=True)]
    if not rest:
        return None
    leaving = Occasion(kind="expire", at=occasion.at, store=occasion.store, category=LEFT)
    return book_off(tx, member, rest, leaving, new_id=new_id)

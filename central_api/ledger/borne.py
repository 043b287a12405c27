"""What stores bear of refunded points that members had spent, and get back when such a spending is undone (A4).

Forgiven is what was spent. Points that come back into the lots of the refunded bill are spent no more: they are what the
refund asked for, and go to the store. Whoever else's points come back, and whatever is earned later, stays the member's.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from central_api.db import Tx
from central_api.ledger import moves, repository, service
from central_api.ledger.returns import GivenBack
from central_api.ledger.service import Occasion
from club.model import points as model


def account(store: str) -> str:
    """The account of what a store bears."""
    return f"store:{store}:points:borne"


def bear(tx: Tx, member: str, points: int, occasion: Occasion, *, new_id: Callable[[], str]) -> None:
    """Let the occasion's store bear what a refund could not take of a member.

    Both sides are the club's: what the store bears stays issued to the member, and stands against the store.
    """
    repository.ensure_account(tx, account(occasion.store), "points")
    booked = replace(
        occasion, kind="adjust", bill="", paid_fen=0, reference=None, reverses=None, facts={"borne": points}
    )
    others = {service.club_account("points", "issued"): points, account(occasion.store): -points}
    service.book(tx, new_id(), member, booked, {}, others)


def make_good(tx: Tx, back: GivenBack, most: int, today: date, occasion: Occasion, *, new_id: Callable[[], str]) -> int:
    """Give stores what came back into the lots of bills whose refunds they bear; whole points.

    It is booked as one more taking back of the bill, `short` by so much less, for the store of the newest refund that is borne.

    Args:
        tx: a unit of work in which the member is locked.
        back: what giving back booked.
        most: whole points that came back and can be spent.
        today: the store's day.
        occasion: when, and whose chain.
        new_id: makes the ids of entries.
    """
    done = 0
    for earned in repository.makers_of(tx, moves.coming_from(tx, back.lots)):
        behind = [entry for entry in repository.reversing(tx, earned) if entry.kind == "adjust"]
        short = [entry for entry in behind if entry.facts.get("short", 0) > 0]
        owed = {entry.id: repository.debts_kept(tx, [entry.id]) for entry in short}
        left = sum(int(entry.facts.get("short", 0)) for entry in behind) - sum(owed.values())
        if left <= 0:
            continue
        of_bill = moves.going_on(tx, repository.made_by(tx, earned))
        lots = [lot for lot in repository.lots_of(tx, back.member, lock=True) if lot.id in of_bill]
        points = min(left, most - done, model.balance(lots, today))
        if points <= 0:
            continue
        bearing = (entry for entry in short if entry.facts["short"] > owed[entry.id])
        refund = max(bearing, key=lambda entry: (entry.at, entry.id))
        repository.ensure_account(tx, account(refund.store), "points")
        facts = {"refund": refund.facts.get("refund", ""), "points": 0, "expired": 0, "short": -points}
        booked = Occasion(kind="adjust", at=occasion.at, store=occasion.store, reverses=earned, facts=facts)
        entry = new_id()
        mine = {service.member_account(back.member, "points"): -points}
        service.book(tx, entry, back.member, booked, mine, {account(refund.store): points})
        repository.take(tx, entry, model.spend(lots, points, today))
        done += points
    return done

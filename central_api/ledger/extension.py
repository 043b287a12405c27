"""Lets points live longer: one entry takes them out of their lots and makes lots with a later last day (A3).

The old lots say for ever what they were. The new ones go on what those held (`lot_moves`), so a refunded bill finds its points.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import insert

from central_api.db import Tx
from central_api.ledger import repository, service
from central_api.ledger.service import Occasion
from central_api.ledger.tables import lot_moves
from club.model import errors
from club.model.points import Taken

CATEGORY = "extension"


@dataclass(frozen=True, slots=True)
class Extended:
    """Whose points live longer now, how many, and by which entry."""

    member: str
    points: int
    entry: str


def extend(
    tx: Tx, member: str, ending: date, until: date, today: date, occasion: Occasion, *, new_id: Callable[[], str]
) -> Extended:
    """Give all points of a member that end on one day a later last day.

    Args:
        tx: a unit of work in which the member is locked.
        member: who holds them.
        ending: their last day so far.
        until: their last day from now on.
        today: the store's day; points that are over by now are not brought back.
        occasion: when, where and why; its kind is `adjust` and its category `extension`, whatever it says.
        new_id: makes the ids of entry and lots.

    Raises:
        Malformed: `ending` is over, or `until` does not lie behind it.
        NotFound: no points of theirs end on that day. Facts: kind.
    """
    if ending < today or until <= ending:
        raise errors.Malformed(f"expected a day from {today} on and a later one, found {ending} and {until}")
    held = [lot for lot in repository.lots_of(tx, member, lock=True) if lot.expires == ending]
    if not held:
        raise errors.NotFound(f"expected points that end on {ending}, found none", kind="lot")
    points, entry = sum(lot.left for lot in held), new_id()
    facts = {**occasion.facts, "extended": points, "from": ending.isoformat(), "to": until.isoformat()}
    service.book(tx, entry, member, replace(occasion, kind="adjust", category=CATEGORY, facts=facts), {}, {})
    repository.take(tx, entry, [Taken(lot.id, lot.left) for lot in held])
    for lot in sorted(held, key=lambda one: (one.earned_at, one.id)):
        made = new_id()
        values = {"id": made, "member": member, "entry": entry, "earned_at": lot.earned_at, "expires": until}
        repository.add_lot(tx, {**values, "earned": lot.left, "left": lot.left})
        tx.execute(insert(lot_moves).values(source=lot.id, target=made, points=lot.left))
    return Extended(member, points, entry)

"""Books points, both tracks, double-entry: earning makes a lot, spending eats the lots that expire first (A1, A3)."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from central_api.db import Tx
from central_api.ledger import repository
from central_api.ledger.proof import verify
from club.model import errors
from club.model import points as model
from club.model.points import Expiry, Lot

Track = Literal["points", "tier"]
Source = Literal["issued", "redeemed", "expired", "carried"]
_SYSTEM: Sequence[tuple[Track, Source]] = (
    ("points", "issued"),
    ("points", "redeemed"),
    ("points", "expired"),
    ("tier", "issued"),
    ("tier", "carried"),
)


def member_account(member: str, track: Track) -> str:
    """The id of a member's account."""
    return f"member:{member}:{track}"


def club_account(track: Track, source: Source) -> str:
    """The id of one of the club's own accounts, the other side of every booking."""
    return f"club:{track}:{source}"


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a booking is for.

    `reference` (a command, a bill line) books once only; `reverses` is the entry it gives back or takes back; `facts` are
    slugs and whole numbers, or a bill's own title.
    """

    kind: str
    at: datetime
    category: str = ""
    store: str = ""
    bill: str = ""
    paid_fen: int = 0
    reference: str | None = None
    reverses: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Balances:
    """What a member has on a day: points that can be spent, tier points, and what expires next."""

    points: int
    tier_points: int
    expiries: tuple[Expiry, ...]


def club_accounts() -> list[dict[str, object]]:
    """The rows of the club's own accounts."""
    return [
        {"id": club_account(track, source), "track": track, "member": None, "balance": None}
        for track, source in _SYSTEM
    ]


def earn(
    tx: Tx,
    member: str,
    points: int,
    tier_points: int,
    expires: date | None,
    occasion: Occasion,
    *,
    new_id: Callable[[], str],
) -> str:
    """Give a member points on both tracks by one entry.

    Args:
        tx: a unit of work that writes.
        member: id.
        points: whole reward points, 0 or more; they become a lot.
        tier_points: whole tier points, 0 or more.
        expires: the lot's last day (store time); needed when there are points.
        occasion: what for.
        new_id: makes the ids of entry and lot.

    Returns:
        The entry's id.

    Raises:
        ValueError: a negative number, or points without their last day.
    """
    if points < 0 or tier_points < 0 or (points > 0 and expires is None):
        raise ValueError(
            f"expected points and tier points of 0 or more, with a last day, found {points}, {tier_points}, {expires}"
        )
    entry = new_id()
    moves = {member_account(member, "points"): points, member_account(member, "tier"): tier_points}
    others = {club_account("points", "issued"): -points, club_account("tier", "issued"): -tier_points}
    book(tx, entry, member, occasion, moves, others)
    if points:
        lot = {
            "id": new_id(),
            "member": member,
            "entry": entry,
            "earned_at": occasion.at,
            "expires": expires,
            "earned": points,
            "left": points,
        }
        repository.add_lot(tx, lot)
    return entry


def spend(
    tx: Tx,
    member: str,
    points: int,
    today: date,
    occasion: Occasion,
    *,
    new_id: Callable[[], str],
    own_hold: int = 0,
) -> str:
    """Take reward points from the lots that expire first, by one entry that records which.

    What open holds keep at the occasion's instant is not free (A13), whoever spends.

    Args:
        tx: a unit of work in which the member is locked (`lock_member`).
        member: id.
        points: whole points, more than 0.
        today: the store's day, on which lots must still be good.
        occasion: what for.
        new_id: makes the entry's id.
        own_hold: whole points that an open hold keeps for this very spending.

    Returns:
        The entry's id.

    Raises:
        NotEnoughPoints: the usable lots hold less.
    """
    found = repository.lots_of(tx, member, lock=True)
    kept = max(0, repository.held(tx, member, occasion.at) - own_hold)
    free = max(0, model.balance(found, today) - kept)
    if free < points:
        raise errors.NotEnoughPoints(
            f"expected at least {points} free points, found {free}", balance=free, price=points
        )
    taken = model.spend(found, points, today)
    entry = new_id()
    moves = {member_account(member, "points"): -points}
    book(tx, entry, member, occasion, moves, {club_account("points", "redeemed"): points})
    repository.take(tx, entry, taken)
    return entry


def lock_member(tx: Tx, member: str) -> None:
    """Make every other spending of this member wait until this unit of work has ended."""
    repository.lock_account(tx, member_account(member, "points"))


def balances(tx: Tx, member: str, today: date, show: int = 3) -> Balances:
    """What a member has on `today`, and the next `show` days on which points expire. Reads only."""
    found: Sequence[Lot] = repository.lots_of(tx, member)
    return Balances(
        model.balance(found, today),
        repository.balance(tx, member_account(member, "tier")),
        model.next_expiries(found, today, show),
    )


def faults(tx: Tx) -> list[str]:
    """Everything that should never be, each in a sentence; empty when the books are right. Reads only, and all of it.

    For an operator's database, which is large and in use: `proof.verify.run`.
    """
    return [str(fault) for fault in verify.run(lambda: nullcontext(tx), verify.Proved())]


def book(
    tx: Tx, entry: str, member: str, occasion: Occasion, moves: Mapping[str, int], others: Mapping[str, int]
) -> None:
    """Write one entry, for the modules beside this one.

    Args:
        tx: a unit of work that writes.
        entry: its id.
        member: whose.
        occasion: what for.
        moves: whole points by account of the member.
        others: the same by account of the club; together they sum to zero.
    """
    if sum(moves.values()) + sum(others.values()) != 0:
        raise AssertionError(f"an entry sums to zero, found {moves} and {others}")
    values = {
        "id": entry,
        "member": member,
        "kind": occasion.kind,
        "category": occasion.category,
        "at": occasion.at,
        "store": occasion.store,
        "bill": occasion.bill,
        "paid_fen": occasion.paid_fen,
        "reference": occasion.reference,
        "reverses": occasion.reverses,
        "facts": dict(occasion.facts),
    }
    amounts = [(account, amount) for account, amount in {**moves, **others}.items() if amount]
    repository.add_entry(
        tx, values, [{"entry": entry, "account": account, "amount": amount} for account, amount in amounts]
    )
    for account, amount in moves.items():
        if amount:
            repository.change_balance(tx, account, amount)

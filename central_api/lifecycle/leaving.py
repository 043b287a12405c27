"""Leaving the club 退会: closes the membership, gives out and erases personal data, keeps the anonymous ledger (A10)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from central_api import texts
from central_api.cards import repository as cards
from central_api.db import Tx
from central_api.devices import repository as stores
from central_api.ledger import expiry, moves
from central_api.ledger import service as ledger
from central_api.lifecycle import erasure, mirroring, repository
from central_api.members import consents
from central_api.members import repository as members
from central_api.rewards import holds
from central_api.security.keyring import Keyring
from central_api.staff import audit
from club.model import errors

LEFT = expiry.LEFT
"""Why a membership was closed, its last points expired and its cards blocked."""


@dataclass(frozen=True, slots=True)
class Left:
    """What somebody gave up by leaving."""

    points: int
    vouchers: int


def leave(
    tx: Tx,
    keyring: Keyring,
    member: str,
    *,
    gives_up: bool,
    by: str,
    now: datetime,
    new_id: Callable[[], str],
) -> Left:
    """Close a membership and erase what is personal of it, all at once. Export before: afterwards there is nothing to give out.

    Points that are left expire in the same transaction, by entries of their own; vouchers are cancelled; cards stay
    blocked, held by nobody, until they are brought back; devices forget them.

    Args:
        tx: a unit of work that writes.
        keyring: names the cards in mirrors.
        member: id.
        gives_up: the member knows that points and vouchers go.
        by: who does it, such as `staff:1001`.
        now: the instant.
        new_id: makes the entries' ids.

    Raises:
        NotFound: no such member, or the membership is closed.
        StillHolds: points or vouchers are left, and `gives_up` is not said; or points are held for a payment under way.
    """
    row = members.find(tx, member)
    if row is None or row.status == "closed":
        raise errors.NotFound("expected a member, found none under this id", kind="member", id=member[:64])
    moves.lock_with_holders(tx, member)
    row = members.find(tx, member, lock=True)
    if row.status == "closed":
        raise errors.NotFound("expected a member, found a closed membership", kind="member", id=member[:64])
    today = texts.local_day(now, stores.store(tx, row.home_store).time_zone)
    points, vouchers = ledger.balances(tx, member, today).points, repository.open_vouchers(tx, member)
    held = holds.held(tx, member, now)
    if held or ((points or vouchers) and not gives_up):
        raise errors.StillHolds("points or vouchers are left", points=points, vouchers=vouchers, held=held)
    # Also what is over and not booked off yet: nobody will come back for it.
    expiry.book_off_all(tx, member, ledger.Occasion(kind="expire", at=now, store=row.home_store), new_id=new_id)
    repository.cancel_vouchers(tx, member, now, LEFT)
    repository.end_sessions(tx, now, member_id=member)
    _take_cards(tx, keyring, member, row.home_store, now, today)
    for document, version in sorted(consents.standing(tx, member).items()):
        consents.record(tx, member, document, version, given=False, now=now, by=by)
    erasure.erase(tx, member)
    members.change(tx, member, {"status": "closed", "closed_at": now, "closed_for": LEFT})
    facts = {"points": points, "vouchers": vouchers}
    audit.record(tx, actor=by, act="member.leave", subject=f"member:{member}", now=now, facts=facts)
    return Left(points, vouchers)


def _take_cards(tx: Tx, keyring: Keyring, member: str, store: str, now: datetime, today: object) -> None:
    held = cards.cards_of(tx, member)
    for card in held:
        values: dict[str, object] = {"member": None, "driver": None, "good_until": None}
        if card.state == "active":
            values |= {"state": "blocked", "reason": LEFT, "blocked_since": today}
        cards.set_state(tx, card.id, values)
        repository.forget_pin(tx, card.id)
    mirroring.withdraw(tx, keyring, store, [card.uid for card in held if card.uid is not None], now)

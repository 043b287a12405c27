"""Renews memberships by fee, points or an insurance bill, once for each; and ends those that nobody renewed (A6)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from central_api import texts
from central_api.db import Tx
from central_api.devices import repository as stores
from central_api.feed import due
from central_api.inbox import service as inbox
from central_api.ledger import service as ledger
from central_api.ledger.service import Occasion
from central_api.members import repository as members
from central_api.membership import repository
from central_api.programme import renewal
from central_api.programme import service as programmes
from central_api.programme.renewal import Offer, RenewalRules
from club.model import errors
from club.model.clock import PinnedClock


@dataclass(frozen=True, slots=True)
class Renewed:
    """The membership's new last day; `new` is False when this offer had renewed it before."""

    valid_to: date
    new: bool


def renew(tx: Tx, member_id: str, offer: Offer, *, by: str, now: datetime, new_id: Callable[[], str]) -> Renewed:
    """Renew a membership, or say until when the same offer renewed it before.

    Args:
        tx: a unit of work that writes.
        member_id: whose.
        offer: what is brought; its reference makes it once.
        by: staff id, desk or device, for the books.
        now: the instant.
        new_id: makes ids of entries.

    Raises:
        RewardNotOffered, LimitReached, CardNotActive: as `programme.renewal.renew`.
        NotEnoughPoints: the member has fewer points.
    """
    ledger.lock_member(tx, member_id)
    rules = programmes.counting(tx, now).renewal
    if rules is None:
        raise errors.RewardNotOffered("expected rules of renewal, the club has none", reward="renewal")
    return _renew(tx, rules, member_id, offer, by, now, new_id=new_id)


def renew_by_insurance(
    tx: Tx, member_id: str, reference: str, paid_fen: int, now: datetime, *, new_id: Callable[[], str]
) -> bool:
    """Renew by a bill of insurance when that is due and enough, and say nothing when it is not; whether it renewed.

    Args:
        tx: a unit of work in which the member is locked.
        member_id: whose.
        reference: the bill.
        paid_fen: what the member paid for insurance on it, net of refunds.
        now: the instant.
        new_id: makes ids of entries.
    """
    rules = programmes.counting(tx, now).renewal
    if rules is None or rules.insurance_at_least_fen is None or paid_fen < rules.insurance_at_least_fen:
        return False
    offer = Offer("insurance", reference, paid_fen, rules.insurance_group)
    try:
        return _renew(tx, rules, member_id, offer, "bill", now, new_id=new_id).new
    except (errors.LimitReached, errors.CardNotActive, errors.RewardNotOffered):
        return False  # a bill is a bill: that it renews nothing is no fault of it


def take_insurance_back(tx: Tx, member_id: str, reference: str, left_fen: int, now: datetime) -> bool:
    """Take a renewal back whose insurance bill was refunded below what it took then, if it is the last; whether it went."""
    row = repository.renewal(tx, _key(member_id, reference))
    member = members.member(tx, member_id)
    if row is None or row.undone_at is not None or row.way != "insurance" or row.valid_to != member.valid_to:
        return False
    rules = programmes.counting(tx, row.at).renewal
    if rules is not None and left_fen >= (rules.insurance_at_least_fen or 0):
        return False
    today = texts.local_day(now, stores.store(tx, member.home_store).time_zone)
    end = row.starts - timedelta(days=1)
    repository.undo(tx, row.key, now)
    repository.set_end(tx, member_id, end, _status(member.status, end, today))
    return True


def remind(tx: Tx, rules: RenewalRules, member: Any, now: datetime, time_zone: str) -> bool:
    """Tell a member that the membership ends soon, once for each of the programme's days; whether it was told now."""
    found = renewal.reminder(rules, member.id, member.valid_to, PinnedClock(now), time_zone)
    if found is None:
        return False
    facts: inbox.Facts = {"days": found.days, "valid_to": found.valid_to.isoformat()}
    return inbox.tell(tx, found.key, "renewal-reminder", member.id, facts, now)


def end(tx: Tx, member_id: str, today: date, now: datetime) -> bool:
    """Let a membership be expired whose last day is over; whether it was. Its points stay, and it can still be renewed."""
    ledger.lock_member(tx, member_id)
    member = members.member(tx, member_id)
    if member.status != "active" or member.valid_to >= today:
        return False
    repository.set_end(tx, member_id, member.valid_to, "expired")
    facts: inbox.Facts = {"valid_to": member.valid_to.isoformat()}
    key = f"membership-ended:{member_id}:{member.valid_to.isoformat()}"
    inbox.tell(tx, key, "membership-ended", member_id, facts, now)
    return True


def _renew(
    tx: Tx,
    rules: RenewalRules,
    member_id: str,
    offer: Offer,
    by: str,
    now: datetime,
    *,
    new_id: Callable[[], str],
) -> Renewed:
    before = repository.renewal(tx, _key(member_id, offer.reference))
    if before is not None and before.undone_at is None:
        return Renewed(before.valid_to, new=False)
    member = members.member(tx, member_id)
    if member.status == "closed":
        raise errors.CardNotActive("expected a membership that stands, found it closed", reason="membership")
    time_zone = stores.store(tx, member.home_store).time_zone
    found = renewal.renew(rules, member_id, member.valid_to, offer, PinnedClock(now), time_zone)
    entry = None
    if found.points:
        facts = {"renewal": found.valid_to.isoformat(), "by": by}
        # Not the key itself, which may be longer than a reference is.
        occasion = Occasion(kind="redeem", at=now, store=member.home_store, facts=facts)
        entry = ledger.spend(tx, member_id, found.points, texts.local_day(now, time_zone), occasion, new_id=new_id)
        due.mark(tx, due.MEMBER, member_id)
    values = {
        "member": member_id,
        "way": found.way,
        "at": now,
        "starts": found.starts,
        "valid_to": found.valid_to,
        "paid_fen": offer.paid_fen,
        "points": found.points,
        "entry": entry,
    }
    if before is None:
        repository.add(tx, {"key": found.key, **values, "undone_at": None})
    else:
        repository.redo(tx, found.key, values)
    return Renewed(found.valid_to, new=True)


def _key(member_id: str, reference: str) -> str:
    return f"renewal:{member_id}:{reference}"


def _status(status: str, end: date, today: date) -> str:
    """Whether a membership with that last day stands; one that was closed or never begun stays so."""
    return ("active" if end >= today else "expired") if status in ("active", "expired") else status

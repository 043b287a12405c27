"""Who recommended whom, which occasions came of it, and what they pay: late, capped, and back when the car goes back (A8).

Occasions are read from the bills each time, so it does not matter in which order bills and refunds came.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from central_api import texts
from central_api.bills import repository as bills
from central_api.db import Tx, not_sought
from central_api.devices import repository as stores
from central_api.gifts import desk as giving
from central_api.gifts.desk import Desk
from central_api.gifts.tables import referral_codes, referral_links, referrals
from central_api.inbox import service as inbox
from central_api.ledger import debts, returns
from central_api.ledger import repository as books
from central_api.ledger import service as ledger
from central_api.ledger.service import Occasion
from central_api.members import repository as members
from central_api.members.tables import members as member_rows
from central_api.programme import referral as rules
from central_api.programme import service as programmes
from central_api.programme.content import Counting
from central_api.programme.referral import Referral, Step
from central_api.tiers import service as tiers
from club.model import errors
from club.model.clock import Clock

_TRIES = 8


@dataclass(frozen=True, slots=True)
class Settled:
    """What was done for one referrer: points paid, and points taken back."""

    paid: int
    taken_back: int


def code_of(tx: Tx, member_id: str, new_code: Callable[[], str]) -> str:
    """A member's code to recommend with; made at the first call."""
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    query = select(referral_codes.c.code).where(referral_codes.c.member == member_id)
    for _ in range(_TRIES):
        found = tx.scalar(query)
        if found is not None:
            return str(found)
        tx.execute(make(referral_codes).values(member=member_id, code=new_code()).on_conflict_do_nothing())
    raise RuntimeError(f"expected an unused code within {_TRIES} tries, found none")


def join(tx: Tx, friend: str, code: str, now: datetime) -> str:
    """Keep that a member came by another's code; the referrer's id. Saying it again changes nothing.

    Raises:
        NotFound: nobody has this code.
        LimitReached: the code is the member's own, or the member came by another one.
    """
    referrer = tx.scalar(select(referral_codes.c.member).where(referral_codes.c.code == code))
    if referrer is None:
        raise errors.NotFound("expected the code of a member, found none", kind="referral-code", id=code)
    if referrer == friend:
        raise errors.LimitReached("expected somebody else's code, found the member's own", reward="referral")
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    link = make(referral_links).values(friend=friend, referrer=referrer, at=now)
    tx.execute(link.on_conflict_do_nothing(index_elements=[referral_links.c.friend]))
    kept = tx.scalar(select(referral_links.c.referrer).where(referral_links.c.friend == friend))
    if kept != referrer:
        raise errors.LimitReached(
            "expected a member whom nobody recommended, found one who came by a code", reward="referral"
        )
    return str(referrer)


def referrers_after(tx: Tx, after: str, most: int, of_stores: Collection[str]) -> list[str]:
    """The next members of these home stores who recommended somebody, behind an id."""
    query = (
        select(referral_links.c.referrer)
        .distinct()
        .join(member_rows, member_rows.c.id == referral_links.c.referrer)
        .where(referral_links.c.referrer > after, not_sought(member_rows.c.home_store).in_(of_stores))
    )
    return list(tx.connection.execute(query.order_by(referral_links.c.referrer).limit(most)).scalars())


def steps(tx: Tx, referrer: str, clock: Clock) -> tuple[Step, ...]:
    """What is to be done about each occasion of a referrer now. Reads only."""
    found = programmes.counting(tx, clock.now()).referral
    if found is None:
        return ()
    time_zone = stores.store(tx, members.member(tx, referrer).home_store).time_zone
    kept = {row.id: row for row in tx.rows(select(referrals).where(referrals.c.referrer == referrer))}
    occasions = _occasions(tx, referrer, kept, clock.now())
    paid = {name: row.paid for name, row in kept.items() if row.paid is not None}
    return rules.settle(found, occasions, paid, clock, time_zone)


def settle(tx: Tx, desk: Desk, referrer: str, clock: Clock) -> Settled:
    """Pay what is due to a referrer, and take back what was paid for nothing; again it does nothing more.

    Args:
        tx: a unit of work that writes.
        desk: what it is worked on with.
        referrer: whom.
        clock: for the day.
    """
    ledger.lock_member(tx, referrer)
    paid = back = 0
    for step in steps(tx, referrer, clock):
        occasion = step.referral
        if step.outcome == "pay":
            _keep(tx, occasion)
            facts = {"occasion": occasion.occasion}
            found = giving.pay_points(tx, desk, referrer, "referral", step.points, occasion.at, facts)
            _set(tx, occasion, desk.now, paid=found.points, entry=found.entry)
            told: inbox.Facts = {"points": found.points, "occasion": occasion.occasion}
            inbox.tell(tx, step.key, "referral", referrer, told, desk.now)
            paid += found.points
        elif step.outcome == "take-back":
            _take_back(tx, desk, step)
            back -= step.points
    if back:
        giving.publish(tx, desk, referrer)
    return Settled(paid, back)


def _occasions(tx: Tx, referrer: str, kept: dict[str, Any], now: datetime) -> list[Referral]:
    """What the friends' bills say: the first visit that was paid for, and each car that was not given back.

    What is a car is said by the rules of each bill's own hour: new rules take back nothing.
    """
    found: dict[str, Referral] = {}
    links = tx.rows(
        select(referral_links).where(referral_links.c.referrer == referrer).order_by(referral_links.c.friend)
    )
    for link in links:
        paid = bills.paid_categories(tx, link.friend, link.at)
        if paid:
            name = f"visit:{link.friend}"
            found[name] = Referral(name, referrer, link.friend, "first-visit", paid[0].at)
        for row in paid:
            if row.category in _sales(programmes.counting(tx, row.at)):
                name = f"vehicle:{row.id}"
                found[name] = Referral(name, referrer, link.friend, "vehicle", row.at)
    for name, row in kept.items():
        if name not in found:  # what it was paid for was given back
            found[name] = Referral(name, referrer, row.friend, row.occasion, row.at, row.reversed_at or now)
    return list(found.values())


def _take_back(tx: Tx, desk: Desk, step: Step) -> None:
    one = step.referral
    row: Any = tx.first(select(referrals).where(referrals.c.id == one.id))
    home = members.member(tx, one.referrer).home_store
    today = texts.local_day(desk.now, stores.store(tx, home).time_zone)
    facts = {"refund": one.id}
    occasion = Occasion(kind="adjust", at=desk.now, category="referral", store=home, facts=facts)
    tier_points = books.moved(tx, row.entry, ledger.member_account(one.referrer, "tier"))
    found = returns.take_back(tx, row.entry, -step.points, tier_points, today, occasion, new_id=desk.new_id)
    if found.short:
        debt = programmes.counting(tx, desk.now).debt
        most = debt.most_points if debt.rule == "owe" else 0
        debts.keep(tx, found.entry, found.short, most, occasion, new_id=desk.new_id)
    _set(tx, one, desk.now, paid=0, entry=row.entry, reversed_at=one.reversed_at)
    if tier_points:
        tiers.undo_unearned(tx, one.referrer, desk.now, new_id=desk.new_id)


def _sales(rules: Counting) -> frozenset[str]:
    """The categories that are cars."""
    return frozenset() if rules.earn is None else frozenset(c.slug for c in rules.earn.categories if c.group == "sales")


def _keep(tx: Tx, one: Referral) -> None:
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    values = {
        "id": one.id,
        "referrer": one.referrer,
        "friend": one.friend,
        "occasion": one.occasion,
        "at": one.at,
    }
    tx.execute(make(referrals).values(**values).on_conflict_do_nothing(index_elements=[referrals.c.id]))


def _set(tx: Tx, one: Referral, now: datetime, **values: Any) -> None:
    tx.execute(update(referrals).where(referrals.c.id == one.id).values(settled_at=now, **values))


def kept_of(tx: Tx, referrer: str) -> Sequence[Any]:
    """The occasions that were paid, or taken back, the first first."""
    query = select(referrals).where(referrals.c.referrer == referrer)
    return tx.rows(query.order_by(referrals.c.at, referrals.c.id))

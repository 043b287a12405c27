"""What gifts are worked on with, and the two ways of giving: points by the earn rules, and a voucher (A8)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from central_api import texts
from central_api.db import Tx
from central_api.devices import repository as stores
from central_api.ledger import debts, mirror
from central_api.ledger import service as ledger
from central_api.ledger.service import Occasion
from central_api.members import repository as members
from central_api.programme import earning
from central_api.programme import service as programmes
from central_api.rewards import repository as rewards
from central_api.rewards import voucher_life
from central_api.security.keyring import Keyring
from central_api.tiers import service as tiers
from club.model import errors


@dataclass(frozen=True, slots=True)
class Desk:
    """Keys for the devices' mirror, the sources of ids and voucher codes, and the instant of what is booked."""

    keyring: Keyring
    new_id: Callable[[], str]
    new_code: Callable[[], str]
    now: datetime


@dataclass(frozen=True, slots=True)
class Paid:
    """Points that were given: how many, and by which entry."""

    points: int
    entry: str


def pay_points(
    tx: Tx, desk: Desk, member_id: str, category: str, points: int, at: datetime, facts: Mapping[str, int | str]
) -> Paid:
    """Give points of an event, which live as long as its category says; what the member owes is paid first.

    Args:
        tx: a unit of work in which the member is locked.
        desk: what it is worked on with.
        member_id: whose.
        category: of the programme, by event.
        points: what the occasion is worth.
        at: the occasion's own instant: the rules of then decide, and the life of the points begins.
        facts: slugs and numbers for the history.

    Raises:
        Malformed: the rules have no such category by event.
        Unavailable: the club has no earn rules.
    """
    rules = programmes.counting(tx, at).earn
    if rules is None:
        raise errors.Unavailable("expected earn rules in the programme, found none; put a version in that has them")
    member = members.member(tx, member_id)
    time_zone = stores.store(tx, member.home_store).time_zone
    line = earning.Line("1", category, points=points)
    earned = earning.earn(
        rules, earning.Bill(f"{category}-{member_id}", at, time_zone, member.tier, (line,), member_id)
    )
    occasion = Occasion(kind="bonus", at=desk.now, category=category, store=member.home_store, facts=dict(facts))
    expires = earned.lots[0].expires if earned.lots else None
    entry = ledger.earn(tx, member_id, earned.points, earned.tier_points, expires, occasion, new_id=desk.new_id)
    today = texts.local_day(desk.now, time_zone)
    debts.settle_new(tx, member_id, [entry], today, desk.now, member.home_store, new_id=desk.new_id)
    if earned.tier_points:
        tiers.raise_tier(tx, member_id, desk.now, new_id=desk.new_id)
    publish(tx, desk, member_id)
    return Paid(earned.points, entry)


def give_voucher(tx: Tx, desk: Desk, member_id: str, reward: str) -> None:
    """Give a voucher for a reward of the catalogue; no points and no stock are taken.

    Raises:
        NotFound: the catalogue has no such reward. Facts: kind, id.
    """
    row = rewards.reward(tx, reward)
    if row is None:
        raise errors.NotFound("expected a reward of the catalogue", kind="reward", id=reward)
    member = members.member(tx, member_id)
    today = texts.local_day(desk.now, stores.store(tx, member.home_store).time_zone)
    voucher_life.give(
        tx,
        member_id=member_id,
        reward=reward,
        valid_to=today + timedelta(days=row.valid_days),
        now=desk.now,
        new_id=desk.new_id,
        new_code=desk.new_code,
    )


def publish(tx: Tx, desk: Desk, member_id: str) -> None:
    """Tell the devices how the member stands."""
    home = members.member(tx, member_id).home_store
    mirror.publish_member(tx, desk.keyring, member_id, desk.now, stores.store(tx, home).time_zone)

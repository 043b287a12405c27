"""Redeems: limits, lots, ledger, vouchers, stock and changes in one transaction, under any number of kiosks (A12)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from central_api import faults, texts
from central_api.cards import pins, sessions
from central_api.cards import repository as cards
from central_api.cards.sessions import Session
from central_api.db import Tx
from central_api.devices import repository as stores
from central_api.devices.service import Device
from central_api.ledger import mirror
from central_api.ledger import service as ledger
from central_api.members import repository as members
from central_api.programme import service as programmes
from central_api.programme.content import Programme
from central_api.rewards import catalogue, repository, vouchers, windows
from central_api.rewards.content import RewardContent
from central_api.security.keyring import Keyring
from club.model import errors
from club.wire.rewards import Redeem, Redeemed, step_up_digest
from club.wire.signing import FRESH_S


@dataclass(frozen=True, slots=True)
class Desk:
    """What a redemption is worked on with: keys, the sources of ids and voucher codes, how long a card session lives."""

    keyring: Keyring
    new_id: Callable[[], str]
    new_code: Callable[[], str]
    session_minutes: int


@dataclass(frozen=True, slots=True)
class _Case:
    """One redemption with all it is judged by (rows of the database as they are in this transaction)."""

    command: Redeem
    session: Session
    member: Any
    reward: Any
    content: RewardContent
    programme: Programme
    time_zone: str
    now: datetime

    @property
    def points(self) -> int:
        return self.command.quantity * self.command.unit_points


def redeem(tx: Tx, desk: Desk, device: Device, command: Redeem, *, signed_at: datetime, now: datetime) -> Redeemed:
    """Take the points and issue the vouchers, or refuse and change nothing.

    Args:
        tx: a unit of work in which the command's key is taken (`commands.answer_once`).
        desk: what it is worked on with.
        device: who sent the command.
        command: what the member confirmed.
        signed_at: when the device signed it; a command may arrive long after its session.
        now: the instant.

    Raises:
        SessionEnded, CardBlocked, StepUpRequired, GrantWrong: the card or its PIN do not let it through.
        RewardNotOffered, TierTooLow, OutOfStock, LimitReached, DailyCapReached, NotEnoughPoints: the club's rules.
    """
    programme = programmes.current(tx, now)
    session = sessions.get(tx, command.session_id, device)
    sessions.must_not_be_blocked(cards.card_by_id(tx, session.card))
    grant = _let_through(tx, desk, programme, session, command, signed_at, now)
    ledger.lock_member(tx, session.member)
    case = _case(tx, command, session, programme, now)
    _judge(tx, case)
    redemption, entry = desk.new_id(), _take_points(tx, desk, case)
    _write(tx, desk, case, redemption, entry)
    faults.point("redeem.after-voucher")
    if grant is not None:
        cards.use_grant(tx, grant, now)
    _take_stock(tx, case)
    faults.point("redeem.after-stock")
    mirror.publish_member(tx, desk.keyring, session.member, now, case.time_zone)
    return _answer(tx, case, redemption)


def _let_through(
    tx: Tx, desk: Desk, programme: Programme, session: Session, command: Redeem, signed_at: datetime, now: datetime
) -> str | None:
    """The grant's id; None when the card itself is enough."""
    rules = programme.redeem
    points = command.quantity * command.unit_points
    by_card = session.assurance == "cryptogram" and (
        rules.pin == "never" or (rules.pin == "by-value" and points < rules.pin_from_points)
    )
    if not by_card or command.grant is not None:
        return pins.check_grant(
            tx,
            grant_id=command.grant,
            command_id=command.command_id,
            session_id=session.id,
            body_sha256=step_up_digest(command),
            rules=pin_rules(programme, desk.session_minutes),
            now=now,
        )
    ends = session.ended_at or session.used_at + timedelta(minutes=desk.session_minutes)
    if signed_at > ends + timedelta(seconds=FRESH_S):
        raise errors.SessionEnded("the command was confirmed after its session had ended; tap again")
    return None


def pin_rules(programme: Programme, session_minutes: int) -> pins.PinRules:
    """The programme's numbers as PINs are judged by."""
    found = programme.pin
    return pins.PinRules(found.tries, found.lock_minutes, found.grant_hours, session_minutes)


def _case(tx: Tx, command: Redeem, session: Session, programme: Programme, now: datetime) -> _Case:
    row = repository.reward(tx, command.reward)
    if row is None:
        raise errors.RewardNotOffered(f"there is no reward {command.reward}", reward=command.reward)
    time_zone = stores.store(tx, session.store).time_zone
    member = members.member(tx, session.member)
    return _Case(command, session, member, row, row.content, programme, time_zone, now)


def _judge(tx: Tx, case: _Case) -> None:
    row, content, command, now = case.reward, case.content, case.command, case.now
    slug = row.slug
    if row.starts > now or (row.ends is not None and row.ends <= now):
        raise errors.RewardNotOffered(f"{slug} is not offered now", reward=slug)
    if content.stores and case.session.store not in content.stores:
        raise errors.RewardNotOffered(f"{slug} is not offered in store {case.session.store}", reward=slug)
    tiers = content.open_tiers(now)
    if (content.tiers or content.opens) and case.member.tier not in tiers:
        raise errors.TierTooLow(f"{slug} is for {', '.join(tiers)}", reward=slug, needs=", ".join(tiers))
    price = content.price(row.points, case.member.tier)
    if price != command.unit_points:
        raise errors.RewardNotOffered(f"{slug} costs {price} points, the member saw {command.unit_points}", reward=slug)
    left = 0 if row.sold_out else row.stock
    if left is not None and left < command.quantity:
        raise errors.OutOfStock(f"{left} of {slug} are left", reward=slug, left=left, wanted=command.quantity)
    if row.limit_per:
        taken = repository.taken_since(tx, case.member.id, slug, windows.start(row.limit_per, now, case.time_zone))
        if taken + command.quantity > row.limit_times:
            may = max(0, row.limit_times - taken)
            raise errors.LimitReached(
                f"{taken} of {slug} taken this {row.limit_per}",
                reward=slug,
                per=row.limit_per,
                times=row.limit_times,
                left=may,
            )
    if case.session.assurance != "cryptogram":
        cap = case.programme.redeem.uid_daily_cap
        spent = repository.spent_by_card(tx, case.session.card, windows.start("day", now, case.time_zone))
        if spent + case.points > cap:
            raise errors.DailyCapReached(f"this card spends at most {cap} points a day", cap=cap, spent=spent)


def _take_points(tx: Tx, desk: Desk, case: _Case) -> str:
    command = case.command
    occasion = ledger.Occasion(
        kind="redeem",
        at=case.now,
        store=case.session.store,
        reference=command.command_id,
        facts={"reward": command.reward, "quantity": command.quantity},
    )
    entry = ledger.spend(
        tx,
        case.member.id,
        case.points,
        texts.local_day(case.now, case.time_zone),
        occasion,
        new_id=desk.new_id,
        between=lambda: faults.point("redeem.after-ledger"),
    )
    faults.point("redeem.after-lots")
    return entry


def _write(tx: Tx, desk: Desk, case: _Case, redemption: str, entry: str) -> None:
    command, session = case.command, case.session
    values = {
        "id": redemption,
        "command": command.command_id,
        "member": case.member.id,
        "reward": command.reward,
        "quantity": command.quantity,
        "unit_points": command.unit_points,
        "points": case.points,
        "state": "done",
        "entry": entry,
        "device": session.device,
        "session": session.id,
        "card": session.card,
        "assurance": session.assurance,
        "store": session.store,
        "at": case.now,
    }
    repository.add_redemption(tx, values)
    valid_to = texts.local_day(case.now, case.time_zone) + timedelta(days=case.reward.valid_days)
    for number in range(1, command.quantity + 1):
        vouchers.issue(
            tx,
            member_id=case.member.id,
            reward=command.reward,
            redemption=redemption,
            number=number,
            valid_to=valid_to,
            now=case.now,
            new_id=desk.new_id,
            new_code=desk.new_code,
        )


def _take_stock(tx: Tx, case: _Case) -> None:
    """Last but the feed: many members meet at this row, so it is held for the shortest time."""
    if case.reward.stock is None:
        return
    slug = case.command.reward
    if repository.take_stock(tx, slug, case.command.quantity) is None:
        left = repository.reward(tx, slug).stock
        raise errors.OutOfStock(f"{left} of {slug} are left", reward=slug, left=left, wanted=case.command.quantity)
    catalogue.publish_reward(tx, slug, case.now)


def _answer(tx: Tx, case: _Case, redemption: str) -> Redeemed:
    today = texts.local_day(case.now, case.time_zone)
    balances = ledger.balances(tx, case.member.id, today)
    names = catalogue.store_names(tx)
    return Redeemed(
        command_id=case.command.command_id,
        redemption_id=redemption,
        reward=case.command.reward,
        quantity=case.command.quantity,
        points_taken=case.points,
        points=balances.points,
        tier_points=balances.tier_points,
        vouchers=tuple(vouchers.view(row, names, today) for row in repository.vouchers_of_redemption(tx, redemption)),
        at=case.now,
    )

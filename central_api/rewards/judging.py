"""The club's rules on a redemption, as the SQLite body judges by them; `migrations/sql/redeem_v4.sql` has the same. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from central_api.programme.content import Programme
from central_api.rewards.content import RewardContent
from club.model import errors
from club.wire.rewards import Redeem, step_up_digest
from club.wire.signing import FRESH_S


@dataclass(frozen=True, slots=True)
class Tap:
    """The session a command belongs to, with its card, member and the grant of the command (empty: there is none).

    `holder` is whose the card is by now, empty for nobody's; `limit_points` what it may spend in a `limit_per`, None: whatever
    its member has; `line` as on the card.
    """

    used_at: datetime
    ended_at: datetime | None
    granted_at: datetime | None
    store: str
    time_zone: str
    card: str
    card_state: str
    blocked_since: str
    holder: str
    limit_points: int | None
    limit_per: str
    member: str
    tier: str
    assurance: str
    grant: str
    grant_session: str
    grant_digest: str
    line: str | None


@dataclass(frozen=True, slots=True)
class Offer:
    """A reward's row."""

    content: RewardContent
    starts: datetime
    ends: datetime | None
    category: str
    points: int
    stock: int | None
    sold_out: bool
    limit_per: str
    limit_times: int
    valid_days: int


def must_be_let_through(
    tap: Tap, command: Redeem, programme: Programme, signed_at: datetime, now: datetime, minutes: int
) -> None:
    """The card is enough for this command, or its PIN was given for exactly this one (N4).

    Raises:
        CardBlocked, StepUpRequired, GrantWrong, SessionEnded.
    """
    if tap.holder != tap.member:
        raise errors.SessionEnded("this card was taken back, or is somebody else's now; tap again")
    if tap.card_state in ("blocked", "replaced"):
        raise errors.CardBlocked(
            f"card {tap.card} is {tap.card_state} since {tap.blocked_since or 'long ago'}",
            since=tap.blocked_since,
            reason="replaced" if tap.card_state == "replaced" else "lost",
        )
    rules = programme.redeem
    by_card = tap.assurance == "cryptogram" and (
        rules.pin == "never"
        or (rules.pin == "by-value" and command.quantity * command.unit_points < rules.pin_from_points)
    )
    if by_card and command.grant is None:
        ends = tap.ended_at or tap.used_at + timedelta(minutes=minutes)
        if signed_at > ends + timedelta(seconds=FRESH_S):
            raise errors.SessionEnded("the command was confirmed after its session had ended; tap again")
        return
    if command.grant is None:
        raise errors.StepUpRequired("this needs the PIN first: ask for a step-up for this command")
    fits = (
        tap.granted_at is not None
        and (tap.grant, tap.grant_session, tap.grant_digest)
        == (command.grant, command.session_id, step_up_digest(command))
        and now - tap.granted_at <= timedelta(hours=programme.pin.grant_hours)
    )
    if not fits:
        raise errors.GrantWrong("the grant belongs to another command or another body")


def must_be_offered(offer: Offer, tap: Tap, command: Redeem, now: datetime) -> None:
    """The reward is to be had now, here, by this tier, at this price, and is there.

    Raises:
        RewardNotOffered, TierTooLow, OutOfStock.
    """
    slug, content = command.reward, offer.content
    if offer.starts > now or (offer.ends is not None and offer.ends <= now):
        raise errors.RewardNotOffered(f"{slug} is not offered now", reward=slug)
    if content.stores and tap.store not in content.stores:
        raise errors.RewardNotOffered(f"{slug} is not offered in store {tap.store}", reward=slug)
    if content.tiers or content.opens:
        tiers = content.open_tiers(now)
        if tap.tier not in tiers:
            raise errors.TierTooLow(f"{slug} is for {', '.join(tiers)}", reward=slug, needs=", ".join(tiers))
    price = content.price(offer.points, tap.tier)
    if price != command.unit_points or price <= 0:
        raise errors.RewardNotOffered(f"{slug} costs {price} points, the member saw {command.unit_points}", reward=slug)
    left = 0 if offer.sold_out else offer.stock
    if left is not None and left < command.quantity:
        raise out_of_stock(command, left)


def out_of_stock(command: Redeem, left: int) -> errors.OutOfStock:
    """The refusal when only so many pieces are left."""
    return errors.OutOfStock(
        f"{left} of {command.reward} are left", reward=command.reward, left=left, wanted=command.quantity
    )


def must_be_within_limit(offer: Offer, command: Redeem, taken: int) -> None:
    """The member took `taken` pieces in the reward's window so far.

    Raises:
        LimitReached.
    """
    if taken + command.quantity > offer.limit_times:
        raise errors.LimitReached(
            f"{taken} of {command.reward} taken this {offer.limit_per}",
            reward=command.reward,
            per=offer.limit_per,
            times=offer.limit_times,
            left=max(0, offer.limit_times - taken),
        )


def must_be_within_cap(programme: Programme, command: Redeem, spent: int) -> None:
    """A card that can be copied spent `spent` points today so far.

    Raises:
        DailyCapReached.
    """
    cap = programme.redeem.uid_daily_cap
    if spent + command.quantity * command.unit_points > cap:
        raise errors.DailyCapReached(f"this card spends at most {cap} points a day", cap=cap, spent=spent)


def must_be_within_card_limit(limit: int, per: str, points: int, spent: int) -> None:
    """A card that may spend `limit` points in a window spent `spent` of them so far (N4).

    Raises:
        CardLimitReached.
    """
    if spent + points > limit:
        raise errors.CardLimitReached(
            f"this card spends at most {limit} points a {per}", cap=limit, spent=spent, per=per
        )


def must_be_free(price: int, balance: int, held: int) -> None:
    """The lots hold `balance` points, of which `held` are kept for others (A13).

    Raises:
        NotEnoughPoints.
    """
    free = max(0, balance - held)
    if free < price:
        raise errors.NotEnoughPoints(f"expected at least {price} free points, found {free}", balance=free, price=price)

"""Decides what a member may take of the catalogue, and what is missing where not (K4, A11)."""

from collections.abc import Iterable
from datetime import datetime
from enum import IntEnum

from msgspec import Struct

from club.model.errors import OfflineRefused
from club.wire.changes import RewardEntity
from kiosk_app.flow.state import Catalogue, Session

MOST_AT_ONCE = 20  # club.wire.limits.Quantity


class Standing(IntEnum):
    """Whether a member may take a reward; in the order in which rewards are listed."""

    OPEN = 0
    WAITS = 1  # for the network
    SHORT = 2
    LIMIT = 3
    TIER = 4
    SOLD_OUT = 5


class Figures(Struct, frozen=True):
    """A member's numbers as best known: the session's, else the mirror's with their time."""

    points: int
    tier_points: int
    tier: str
    as_of: datetime
    fresh: bool


class Offer(Struct, frozen=True):
    """A reward as it stands for one member.

    `price` is of one piece; `missing` points for one; `limit_left` pieces in the window, None without a limit or while it is
    unknown; `most` pieces can be taken now; `needs` is the slug of the lowest tier that may. `refused` is the limit by which
    it waits for the network, `later` whether it is handed out now and paid once the club is reached (A14).
    """

    reward: RewardEntity
    price: int
    standing: Standing
    missing: int = 0
    limit_left: int | None = None
    most: int = 0
    needs: str = ""
    refused: OfflineRefused | None = None
    later: bool = False


def figures(session: Session | None) -> Figures | None:
    """The numbers to show; None while nobody is known."""
    if session is None:
        return None
    unbooked = session.terms.unbooked if session.terms else 0  # handed out here: the club will take them
    if session.home is not None:
        home = session.home
        return Figures(max(0, home.points - unbooked), home.tier_points, home.tier, home.as_of, fresh=True)
    if session.mirror is not None:
        known = session.mirror
        return Figures(max(0, known.points - unbooked), known.tier_points, known.tier, known.as_of, fresh=False)
    return None


def price_for(reward: RewardEntity, tier: str) -> int:
    """Points for one piece at a tier."""
    return reward.points_by_tier.get(tier, reward.points)


def limit_left(reward: RewardEntity, session: Session) -> int | None:
    """Pieces left in the window; None without a limit, or while only the mirror is known."""
    if not reward.limit_times or session.home is None:
        return None
    left = {limit.reward: limit.left for limit in session.home.limits}
    return left.get(reward.slug, reward.limit_times)


def offer(catalogue: Catalogue, session: Session, reward: RewardEntity, *, online: bool = True) -> Offer:
    """How a reward stands for the member of `session`; who is not known yet may take nothing.

    Without the network, and where the store hands rewards out all the same, one piece at a time of those within its limits.
    """
    own = figures(session)
    price = price_for(reward, own.tier if own else "")
    left = limit_left(reward, session)
    if own is None:
        return Offer(reward, price, Standing.SHORT, missing=price)
    if reward.tiers and own.tier not in reward.tiers:
        return Offer(reward, price, Standing.TIER, needs=_lowest(catalogue, reward.tiers))
    if reward.sold_out or reward.stock_left == 0:
        return Offer(reward, price, Standing.SOLD_OUT, limit_left=left)
    if left == 0:
        return Offer(reward, price, Standing.LIMIT, limit_left=0)
    if own.points < price:
        return Offer(reward, price, Standing.SHORT, missing=price - own.points, limit_left=left)
    if not online and session.terms is not None and session.terms.handing_out:
        against = session.terms.against(reward.slug)
        if against is not None:
            return Offer(reward, price, Standing.WAITS, limit_left=left, refused=against)
        return Offer(reward, price, Standing.OPEN, limit_left=left, most=1, later=True)
    bounds = [MOST_AT_ONCE]
    if price:
        bounds.append(own.points // price)
    bounds += [bound for bound in (left, reward.stock_left) if bound is not None]
    return Offer(reward, price, Standing.OPEN, limit_left=left, most=min(bounds))


def here_and_now(catalogue: Catalogue, session: Session, reward: RewardEntity, quantity: int = 1) -> bool:
    """Whether a kiosk without the network hands so much of a reward out to the member."""
    found = offer(catalogue, session, reward, online=False)
    return found.later and quantity <= found.most


def offers(catalogue: Catalogue, session: Session, category: str = "", *, online: bool = True) -> tuple[Offer, ...]:
    """The rewards of a category (empty: all), those that can be taken first, then those that are nearest (K4)."""
    found = (offer(catalogue, session, reward, online=online) for reward in _of(catalogue.rewards, category))
    return tuple(sorted(found, key=_place))


def _of(rewards: Iterable[RewardEntity], category: str) -> Iterable[RewardEntity]:
    return (reward for reward in rewards if not category or reward.category == category)


def _place(each: Offer) -> tuple[int, int, int, str]:
    return each.standing, each.missing, each.reward.order, each.reward.slug


def _lowest(catalogue: Catalogue, tiers: tuple[str, ...]) -> str:
    ladder = catalogue.programme.tiers if catalogue.programme else ()
    ranks = {tier.slug: tier.rank for tier in ladder}
    return min(tiers, key=lambda slug: ranks.get(slug, 1_000))

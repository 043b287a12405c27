"""Queries of the catalogue, redemptions and vouchers; what a redemption itself asks stands in its two bodies."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from central_api.db import Tx, content
from central_api.rewards.content import RewardContent
from central_api.rewards.tables import redemptions, reward_categories, rewards, vouchers

_CONTENT = content(rewards.c.content, RewardContent)
_REWARDS = select(*(column for column in rewards.c if column is not rewards.c.content), _CONTENT)

_SHOWN = (
    *(vouchers.c[name] for name in ("id", "code", "reward", "state", "issued_at", "valid_to", "closed_at")),
    rewards.c.category,
    _CONTENT,
)

# Statements of every tap are built once.
_LIMITED = (
    select(rewards.c.slug, rewards.c.limit_per, rewards.c.limit_times)
    .where(rewards.c.limit_per != "")
    .order_by(rewards.c.position)
)
_TAKEN = select(redemptions.c.reward, redemptions.c.at, redemptions.c.quantity).where(
    redemptions.c.member == bindparam("member"), redemptions.c.state == "done", redemptions.c.at >= bindparam("since")
)
_VOUCHERS = (
    select(*_SHOWN)
    .join(rewards, rewards.c.slug == vouchers.c.reward)
    .where(vouchers.c.member == bindparam("member"))
    .order_by(vouchers.c.valid_to, vouchers.c.issued_at, vouchers.c.id)
)

_BOUGHT = (
    select(redemptions.c.entry, redemptions.c.quantity, _CONTENT, vouchers.c.code)
    .join(rewards, rewards.c.slug == redemptions.c.reward)
    .outerjoin(vouchers, vouchers.c.redemption == redemptions.c.id)
    .where(redemptions.c.member == bindparam("member"), redemptions.c.at >= bindparam("since"))
    .order_by(redemptions.c.entry, vouchers.c.number)
)


def reward(tx: Tx, slug: str) -> Any:
    """The row of a reward, or None; here and below its `content` is a `RewardContent`."""
    return tx.first(_REWARDS.where(rewards.c.slug == slug))


def some_rewards(tx: Tx, slugs: Sequence[str]) -> Sequence[Any]:
    """The rows of these rewards."""
    return tx.rows(_REWARDS.where(rewards.c.slug.in_(slugs)))


def all_rewards(tx: Tx) -> Sequence[Any]:
    """Every reward in its order."""
    return tx.rows(_REWARDS.order_by(rewards.c.position))


def limited(tx: Tx) -> Sequence[Any]:
    """Slug and limit of every reward that has one, in their order."""
    return tx.rows(_LIMITED)


def categories(tx: Tx) -> Sequence[Any]:
    """The catalogue's tabs in their order."""
    return tx.rows(select(reward_categories).order_by(reward_categories.c.position))


def taken_by_day(tx: Tx, member_id: str, since: datetime) -> Sequence[Any]:
    """Reward, instant and quantity of everything a member took since then."""
    return tx.rows(_TAKEN, {"member": member_id, "since": since})


def vouchers_of(tx: Tx, member_id: str) -> Sequence[Any]:
    """A member's vouchers as they are shown, with their reward's category and content, by their last day."""
    return tx.rows(_VOUCHERS, {"member": member_id})


def bought_since(tx: Tx, member_id: str, since: datetime) -> Sequence[Any]:
    """Entry, quantity, the reward's content and each voucher's code of what a member redeemed since then."""
    return tx.rows(_BOUGHT, {"member": member_id, "since": since})

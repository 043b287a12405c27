"""Queries of the catalogue, redemptions, vouchers and idempotency keys."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from central_api.db import Tx, content
from central_api.rewards.content import RewardContent
from central_api.rewards.tables import idempotency, redemptions, reward_categories, rewards, vouchers

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


def all_rewards(tx: Tx) -> Sequence[Any]:
    """Every reward in its order."""
    return tx.rows(_REWARDS.order_by(rewards.c.position))


def limited(tx: Tx) -> Sequence[Any]:
    """Slug and limit of every reward that has one, in their order."""
    return tx.rows(_LIMITED)


def categories(tx: Tx) -> Sequence[Any]:
    """The catalogue's tabs in their order."""
    return tx.rows(select(reward_categories).order_by(reward_categories.c.position))


def take_stock(tx: Tx, slug: str, quantity: int) -> int | None:
    """Take pieces off the stock; what is left then, or None when there were fewer and nothing changed."""
    statement = update(rewards).where(rewards.c.slug == slug, rewards.c.stock >= quantity)
    left = tx.scalar(statement.values(stock=rewards.c.stock - quantity).returning(rewards.c.stock))
    return None if left is None else int(left)


def taken_since(tx: Tx, member_id: str, reward_slug: str, since: datetime) -> int:
    """How many pieces of a reward a member took since then, not counting those given back."""
    query = select(func.sum(redemptions.c.quantity)).where(
        redemptions.c.member == member_id,
        redemptions.c.reward == reward_slug,
        redemptions.c.state == "done",
        redemptions.c.at >= since,
    )
    return int(tx.scalar(query) or 0)


def taken_by_day(tx: Tx, member_id: str, since: datetime) -> Sequence[Any]:
    """Reward, instant and quantity of everything a member took since then."""
    return tx.rows(_TAKEN, {"member": member_id, "since": since})


def spent_by_card(tx: Tx, card_id: str, since: datetime) -> int:
    """Points a card spent since then by its UID alone."""
    query = select(func.sum(redemptions.c.points)).where(
        redemptions.c.card == card_id,
        redemptions.c.assurance != "cryptogram",
        redemptions.c.state == "done",
        redemptions.c.at >= since,
    )
    return int(tx.scalar(query) or 0)


def add_redemption(tx: Tx, values: Mapping[str, object]) -> None:
    """Write a redemption."""
    tx.execute(insert(redemptions).values(**values))


def add_voucher(tx: Tx, values: Mapping[str, object]) -> bool:
    """Write a voucher; False when its code is taken, and nothing was written."""
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    statement = make(vouchers).values(**values).on_conflict_do_nothing(index_elements=[vouchers.c.code])
    return tx.first(statement.returning(vouchers.c.id)) is not None


def vouchers_of(tx: Tx, member_id: str) -> Sequence[Any]:
    """A member's vouchers as they are shown, with their reward's category and content, by their last day."""
    return tx.rows(_VOUCHERS, {"member": member_id})


def vouchers_of_redemption(tx: Tx, redemption_id: str) -> Sequence[Any]:
    """The vouchers of a redemption with their reward's row, in their order."""
    query = (
        select(*_SHOWN).join(rewards, rewards.c.slug == vouchers.c.reward).where(vouchers.c.redemption == redemption_id)
    )
    return tx.rows(query.order_by(vouchers.c.number))


def bought_since(tx: Tx, member_id: str, since: datetime) -> Sequence[Any]:
    """Entry, quantity, the reward's content and each voucher's code of what a member redeemed since then."""
    return tx.rows(_BOUGHT, {"member": member_id, "since": since})


def begin_key(tx: Tx, key: str, device_id: str, body_sha256: str, now: datetime) -> bool:
    """Take an idempotency key; False when it is taken. Waits for a transaction that is just taking it."""
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    values = {"key": key, "device": device_id, "body_sha256": body_sha256, "at": now}
    statement = make(idempotency).values(**values).on_conflict_do_nothing(index_elements=[idempotency.c.key])
    # The count of rows says nothing on PostgreSQL after ON CONFLICT DO NOTHING; the returned row does.
    return tx.first(statement.returning(idempotency.c.key)) is not None


def key(tx: Tx, name: str) -> Any:
    """The row of an idempotency key, or None."""
    return tx.first(select(idempotency).where(idempotency.c.key == name))


def finish_key(tx: Tx, name: str, status: int, answer: str) -> None:
    """Store a key's answer."""
    tx.execute(update(idempotency).where(idempotency.c.key == name).values(status=status, answer=answer))

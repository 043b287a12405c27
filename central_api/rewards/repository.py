"""Queries of the catalogue, redemptions and vouchers; what a redemption itself asks stands in its two bodies."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from central_api.columns import content
from central_api.db import Tx, among
from central_api.members.tables import members
from central_api.rewards.content import RewardContent
from central_api.rewards.tables import redemptions, reward_categories, rewards, vouchers

_CONTENT = content(rewards.c.content, RewardContent)
_REWARDS = select(*(column for column in rewards.c if column is not rewards.c.content), _CONTENT)

_SHOWN = (
    *(vouchers.c[name] for name in ("id", "code", "reward", "state", "issued_at", "valid_to", "closed_at")),
    rewards.c.category,
    _CONTENT,
)

_NONE: ColumnElement[str] = literal_column("''")  # written out: only then SQLite takes the index of those with a number

# Statements of every tap are built once.
_LIMITED = (
    select(rewards.c.slug, rewards.c.limit_per, rewards.c.limit_times)
    .where(rewards.c.limit_per != "")
    .order_by(rewards.c.position)
)
_KEPT = (redemptions.c.quantity - redemptions.c.cancelled).label("quantity")
_TAKEN = select(redemptions.c.reward, redemptions.c.at, _KEPT).where(
    redemptions.c.member == bindparam("member"), redemptions.c.state == "done", redemptions.c.at >= bindparam("since")
)
_VOUCHERS = (
    select(*_SHOWN)
    .join(rewards, rewards.c.slug == vouchers.c.reward)
    .where(vouchers.c.member == bindparam("member"))
    .order_by(vouchers.c.valid_to, vouchers.c.issued_at, vouchers.c.id)
)

_BY_CODE = (
    select(
        vouchers,
        redemptions.c.entry,
        redemptions.c.unit_points,
        members.c.home_store,
        _CONTENT,
    )
    .join(rewards, rewards.c.slug == vouchers.c.reward)
    .join(members, members.c.id == vouchers.c.member)
    .outerjoin(redemptions, redemptions.c.id == vouchers.c.redemption)
    .where(vouchers.c.code == bindparam("code"))
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
    return tx.rows(_REWARDS.where(among(tx, rewards.c.slug, slugs)))


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


def add_voucher(tx: Tx, values: Mapping[str, object]) -> bool:
    """Write a voucher; False when its code is taken, and nothing was written."""
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    statement = make(vouchers).values(**values).on_conflict_do_nothing(index_elements=[vouchers.c.code])
    return tx.first(statement.returning(vouchers.c.id)) is not None


def voucher_of_code(tx: Tx, code: str) -> Any:
    """The voucher of a code with its reward's content, and the entry and price of a piece it was bought by; or None."""
    return tx.first(_BY_CODE, {"code": code})


def closed_under(tx: Tx, by: str, reference: str) -> Any:
    """The voucher that somebody closed under a number of theirs: code and store; or None."""
    mine = (vouchers.c.closed_by == by, vouchers.c.closed_reference == reference, vouchers.c.closed_reference != _NONE)
    return tx.first(
        select(vouchers.c.code, vouchers.c.closed_store).where(*mine).order_by(vouchers.c.closed_at).limit(1)
    )


def close_voucher(  # noqa: PLR0913 -- all that is kept of it
    tx: Tx,
    voucher_id: str,
    state: str,
    now: datetime,
    by: str,
    store: str,
    reference: str,
    *,
    points: int = 0,
    expired: int = 0,
) -> None:
    """End a voucher's life."""
    values = {
        "state": state,
        "closed_at": now,
        "closed_by": by,
        "closed_store": store,
        "closed_reference": reference,
        "back_points": points,
        "back_expired": expired,
    }
    tx.execute(update(vouchers).where(vouchers.c.id == voucher_id).values(**values))


def cancel_piece(tx: Tx, redemption_id: str) -> None:
    """Count one more piece of a redemption as given back; with the last one it is cancelled."""
    now_cancelled = redemptions.c.cancelled + 1
    state = case((now_cancelled == redemptions.c.quantity, "cancelled"), else_=redemptions.c.state)
    statement = update(redemptions).where(redemptions.c.id == redemption_id)
    tx.execute(statement.values(cancelled=now_cancelled, state=state))


def put_back(tx: Tx, slug: str, quantity: int) -> bool:
    """Put pieces back into a stock; False when the reward has none to count."""
    statement = update(rewards).where(rewards.c.slug == slug, rewards.c.stock.is_not(None))
    return tx.scalar(statement.values(stock=rewards.c.stock + quantity).returning(rewards.c.stock)) is not None

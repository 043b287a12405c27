"""Queries of redeeming offline."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from central_api.cards.tables import card_sessions
from central_api.db import Tx
from central_api.devices.tables import device_pasts, devices, places
from central_api.rewards.offline.tables import offline_redemptions, offline_rules
from central_api.rewards.tables import idempotency, redemptions, rewards, vouchers


def add_rule(tx: Tx, values: Mapping[str, object]) -> None:
    """Write a rule down."""
    tx.execute(insert(offline_rules).values(**values))


def rules_of(tx: Tx, store: str) -> Sequence[Any]:
    """Every rule of a store by its beginning; of two that begin at once the later written one comes last."""
    return tx.rows(
        select(offline_rules)
        .where(offline_rules.c.store == store)
        .order_by(offline_rules.c.starts, offline_rules.c.at, offline_rules.c.id)
    )


def device_keys(tx: Tx, store: str) -> Sequence[Any]:
    """Id and public key of a store's kiosks that are not revoked."""
    return tx.rows(
        select(devices.c.id, devices.c.public_key)
        .where(devices.c.store == store, devices.c.kind == "kiosk", devices.c.revoked_at.is_(None))
        .order_by(devices.c.id)
    )


def answered(tx: Tx, key: str) -> Any:
    """What a key was answered, or None."""
    return tx.first(select(idempotency).where(idempotency.c.key == key))


def keep_answer(tx: Tx, values: Mapping[str, object]) -> None:
    """Keep a key's answer for ever."""
    tx.execute(insert(idempotency).values(**values))


def add(tx: Tx, values: Mapping[str, object]) -> None:
    """Write down how a piece ended."""
    tx.execute(insert(offline_redemptions).values(**values))


def add_redemption(tx: Tx, values: Mapping[str, object]) -> None:
    """Write the redemption that a member paid for."""
    tx.execute(insert(redemptions).values(**values))


def is_replayed(tx: Tx, *, card: str, counter: int, tap: str, device: str, evidence_sha256: str) -> bool:
    """Whether a cryptogram's counter was used before by another tap, here or at another device online."""
    used = offline_redemptions.c
    other_tap = select(used.command).where(
        used.card == card, used.counter == counter, (used.tap != tap) | (used.device != device)
    )
    elsewhere = select(card_sessions.c.id).where(
        card_sessions.c.card == card,
        card_sessions.c.evidence_sha256 == evidence_sha256,
        card_sessions.c.device != device,
    )
    return tx.first(other_tap.limit(1)) is not None or tx.first(elsewhere.limit(1)) is not None


def take_piece(tx: Tx, slug: str) -> bool:
    """Take one piece out of a stock; False when none is left. A stock that is not counted always has one."""
    row = tx.first(
        update(rewards)
        .where(rewards.c.slug == slug, rewards.c.stock.is_(None) | (rewards.c.stock > 0))
        .values(stock=rewards.c.stock - 1)
        .returning(rewards.c.slug)
    )
    return row is not None


def taken_since(tx: Tx, member: str, reward: str, since: datetime) -> int:
    """Pieces of a reward that a member took since then."""
    kept = func.coalesce(func.sum(redemptions.c.quantity - redemptions.c.cancelled), 0)
    statement = select(kept).where(
        redemptions.c.member == member,
        redemptions.c.reward == reward,
        redemptions.c.state == "done",
        redemptions.c.at >= since,
    )
    return int(tx.scalar(statement))


def paid_in_outage(tx: Tx, device: str, outage: str, card: str, tap: str) -> int:
    """Points a card paid in a device's outage so far. One tap is of one outage, whatever the device calls it."""
    found = offline_redemptions.c
    statement = select(func.coalesce(func.sum(found.taken), 0)).where(
        found.card == card, found.device == device, (found.outage == outage) | (found.tap == tap)
    )
    return int(tx.scalar(statement))


def pieces_in_outage(tx: Tx, device: str, outage: str, reward: str) -> int:
    """Pieces of a reward that a device handed out in an outage, as far as they are settled."""
    found = offline_redemptions.c
    statement = select(func.count()).where(found.device == device, found.outage == outage, found.reward == reward)
    return int(tx.scalar(statement))


def account(tx: Tx, store: str) -> int:
    """Whole points that a store bears in all."""
    total = func.coalesce(func.sum(offline_redemptions.c.shortfall), 0)
    return int(tx.scalar(select(total).where(offline_redemptions.c.store == store)))


def unseen(tx: Tx, store: str) -> Sequence[Any]:
    """What staff of a store have to look into, the oldest first."""
    found = offline_redemptions.c
    return tx.rows(
        select(offline_redemptions, vouchers.c.state.label("voucher_state"))
        .outerjoin(vouchers, vouchers.c.id == found.voucher)
        .where(found.store == store, found.reason != "", found.seen_at.is_(None))
        .order_by(found.settled_at, found.command)
    )


def kiosks(tx: Tx, ids: Collection[str]) -> list[Any]:
    """Id, store and place (its name in both languages) of these devices: where they stood before by time, then where they stand."""
    past = device_pasts.c
    before = (
        select(past.device.label("id"), past.store, places.c.name)
        .join(places, places.c.slug == past.place)
        .where(past.device.in_(sorted(ids)))
        .order_by(past.until, past.id)
    )
    now = (
        select(devices.c.id, devices.c.store, places.c.name)
        .join(places, places.c.slug == devices.c.place)
        .where(devices.c.id.in_(sorted(ids)))
    )
    return [*tx.rows(before), *tx.rows(now)]


def seen(tx: Tx, stores: Collection[str], most: int, skip: int) -> Sequence[Any]:
    """What staff of these stores have looked into, the latest first, with who it was; at most so many, behind the first `skip`."""
    found = offline_redemptions.c
    return tx.rows(
        select(offline_redemptions, vouchers.c.state.label("voucher_state"))
        .outerjoin(vouchers, vouchers.c.id == found.voucher)
        .where(found.store.in_(sorted(stores)), found.reason != "", found.seen_at.is_not(None))
        .order_by(found.seen_at.desc(), found.command)
        .limit(most)
        .offset(skip)
    )


def is_case_of(tx: Tx, command: str, stores: Collection[str]) -> bool:
    """Whether it is one that staff of these stores look into, or have."""
    found = offline_redemptions.c
    statement = select(found.command).where(
        found.command == command, found.store.in_(sorted(stores)), found.reason != ""
    )
    return tx.first(statement) is not None


def mark_seen(tx: Tx, command: str, by: str, now: datetime) -> bool:
    """Note who looked into it; False when somebody had, or there is nothing to look into."""
    found = offline_redemptions.c
    statement = (
        update(offline_redemptions)
        .where(found.command == command, found.reason != "", found.seen_at.is_(None))
        .values(seen_at=now, seen_by=by)
        .returning(found.command)
    )
    return tx.first(statement) is not None

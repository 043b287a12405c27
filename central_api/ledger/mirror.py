"""Keeps the devices' mirror of members: a row for each card in the feed of the member's home store, keyed hash and all (X2)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from central_api import texts
from central_api.cards import repository as cards
from central_api.db import Tx
from central_api.devices import repository as stores
from central_api.feed import service as feed
from central_api.ledger import repository
from central_api.ledger import service as ledger
from central_api.members import repository as members
from central_api.security.keyring import Keyring
from club.wire.changes import MemberEntity


def publish_member(tx: Tx, keyring: Keyring, member_id: str, now: datetime, time_zone: str) -> None:
    """Tell the home store's devices how a member and the member's cards now stand; a card without a UID has no row."""
    member = members.member(tx, member_id)
    balances = ledger.balances(tx, member_id, texts.local_day(now, time_zone))
    for card in cards.shown(tx, [member_id]):
        found = entity(keyring, member, card, balances.points, balances.tier_points, now)
        feed.publish(tx, feed.store_feed(member.home_store), "member", found.card_hash, found, now=now)


def publish_members(tx: Tx, keyring: Keyring, ids: Sequence[str], now: datetime) -> None:
    """As `publish_member` for many at once, each by the calendar of the home store; asks as often for many as for one."""
    found = {row.id: row for row in members.shown(tx, ids)}
    zones = stores.zones_of(tx, {row.home_store for row in found.values()})
    by_day: dict[date, list[str]] = {}
    for row in found.values():
        by_day.setdefault(texts.local_day(now, zones[row.home_store]), []).append(row.id)
    points: dict[str, int] = {}
    for today, same in by_day.items():
        points |= repository.usable_points(tx, same, today)
    tiers = repository.balances_of(tx, [ledger.member_account(member, "tier") for member in found])
    changes = []
    for card in cards.shown(tx, list(found)):
        member = found[card.member]
        tier_points = tiers.get(ledger.member_account(member.id, "tier"), 0)
        shown = entity(keyring, member, card, points.get(member.id, 0), tier_points, now)
        changes.append((feed.store_feed(member.home_store), "member", shown.card_hash, shown))
    feed.publish_all(tx, changes, now=now)


def entity(keyring: Keyring, member: Any, card: Any, points: int, tier_points: int, now: datetime) -> MemberEntity:
    """The mirror's row of a card (rows of `members` and `cards`)."""
    return MemberEntity(
        card_hash=keyring.card_hash(member.home_store, card.uid),
        surname=texts.text(member.surname),
        title=texts.text(member.title),
        tier=member.tier,
        points=points,
        tier_points=tier_points,
        as_of=now,
        card_state=card.state,
        blocked_since=card.blocked_since,
        assurance=card.assurance,
    )

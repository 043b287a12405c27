"""Keeps the devices' mirror of members: a row for each card in the feed of the member's home store, keyed hash and all (X2)."""

from datetime import datetime
from typing import Any

from central_api import texts
from central_api.cards import repository as cards
from central_api.db import Tx
from central_api.feed import service as feed
from central_api.ledger import service as ledger
from central_api.members import repository as members
from central_api.security.keyring import Keyring
from club.wire.changes import MemberEntity


def publish_member(tx: Tx, keyring: Keyring, member_id: str, now: datetime, time_zone: str) -> None:
    """Tell the home store's devices how a member and the member's cards now stand; a card without a UID has no row."""
    member = members.member(tx, member_id)
    balances = ledger.balances(tx, member_id, texts.local_day(now, time_zone))
    for card in cards.cards_of(tx, member_id):
        if card.uid is None or card.state == "stock":
            continue
        found = entity(keyring, member, card, balances.points, balances.tier_points, now)
        feed.publish(tx, feed.store_feed(member.home_store), "member", found.card_hash, found, now=now)


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
    )

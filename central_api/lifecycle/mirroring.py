"""Tells devices of a member's cards, and lets them forget cards that are nobody's any more (N5, X2)."""

from collections.abc import Collection
from datetime import datetime

from central_api.db import Tx
from central_api.devices import repository as stores
from central_api.feed import service as feed
from central_api.ledger import mirror
from central_api.members import repository as members
from central_api.security.keyring import Keyring


def publish(tx: Tx, keyring: Keyring, member_id: str, now: datetime) -> None:
    """Tell the home store's devices how a member's cards now stand, blocked ones too."""
    store = stores.store(tx, members.member(tx, member_id).home_store)
    mirror.publish_member(tx, keyring, member_id, now, store.time_zone)


def withdraw(tx: Tx, keyring: Keyring, store: str, uids: Collection[str], now: datetime) -> None:
    """Let a store's devices forget cards, and take the name out of what was published of them before."""
    for uid in sorted(uids):
        feed.forget(tx, feed.store_feed(store), "member", keyring.card_hash(store, uid), now=now)

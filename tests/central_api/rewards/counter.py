"""A counter of a store for tests: commands whose PIN was right, sent below HTTP from one thread or from many."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy import func, insert, select, text, update

from central_api import background
from central_api.cards.tables import cards, grants
from central_api.feed.tables import change_log, feeds
from central_api.ledger import service as ledger
from central_api.ledger.tables import lots
from central_api.rewards.commands import Answer, Ask, Desk, Outcome
from central_api.rewards.service import Redeemer
from central_api.rewards.tables import rewards
from club.model import voucher
from club.wire.codec import encode
from club.wire.rewards import Redeem, step_up_digest
from tests.support.central import Club, Device, a_redeem, new_id

AT_ONCE = 32


class Counter:
    """Sends redemptions at the service below HTTP, from as many threads as a store has kiosks."""

    def __init__(self, club: Club, device: Device) -> None:
        self._club = club
        context = club.context
        self._redeemer = Redeemer(context.db, Desk(context.new_id, lambda: voucher.make(context.random_below), 10))
        self._device, self._public_key = device.identity.device_id, device.identity.public_key

    def granted(self, command: Redeem) -> Redeem:
        """The command with a grant of its own (the PIN was right)."""
        grant = new_id()
        values = {
            "id": grant,
            "command": command.command_id,
            "session": command.session_id,
            "body_sha256": step_up_digest(command),
            "made_at": self._club.clock.now(),
        }
        with self._club.context.db.write() as tx:
            tx.execute(insert(grants).values(**values))
        return replace(command, grant=grant)

    def send(self, command: Redeem, now: datetime | None = None) -> Answer:
        """Carry one command out; its answer, or what was raised."""
        return self._redeemer.redeem_one(self.ask(command), now or self._club.clock.now())

    def send_together(self, commands: Sequence[Redeem]) -> list[Outcome]:
        """Carry commands out in one batch."""
        return self._redeemer.redeem([self.ask(command) for command in commands], self._club.clock.now())

    def ask(self, command: Redeem) -> Ask:
        """The command as it comes in."""
        digest = hashlib.sha256(encode(command)).hexdigest()
        return Ask(command, self._device, self._public_key, digest, self._club.clock.now())

    def all_at_once(self, wanted: list[Redeem]) -> list[Answer]:
        """Each on a thread of its own."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(self.send, wanted))


def books_are_right(club: Club) -> None:
    """Prove the ledger, and that the feeds are dense with all that was noted in them."""
    background.publish_due(club.context)
    with club.context.db.read() as tx:
        assert ledger.faults(tx) == []
        for feed in tx.rows(select(feeds)):
            rows = tx.rows(select(change_log.c.seq).where(change_log.c.feed == feed.id).order_by(change_log.c.seq))
            assert [row.seq for row in rows] == list(range(1, feed.seq + 1)), "dense, nothing missing"


def somebody_waits(club: Club) -> bool:
    """Whether a redemption waits for a lock, on PostgreSQL."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%club_redeem%'"
    with club.context.db.read() as tx:
        return bool(tx.scalar(text(query)))


def rich_members(club: Club, count: int) -> list[str]:
    """UIDs of NTAG 424 cards whose members can pay for a quick wash."""
    with club.context.db.read() as tx:
        query = (
            select(cards.c.uid)
            .join(lots, lots.c.member == cards.c.member)
            .where(cards.c.family == "ntag424", cards.c.state == "active", lots.c.expires > club.clock.now().date())
            .group_by(cards.c.uid)
            .having(func.sum(lots.c.left) >= 2400)
        )
        return [row.uid for row in tx.rows(query)][:count]


def cheap_wash(club: Club, stock: int = 10**6, points: int = 10, times: int = 10**6) -> None:
    """Let a quick wash be had for next to nothing."""
    with club.context.db.write() as tx:
        values = {"stock": stock, "points": points, "limit_times": times}
        tx.execute(update(rewards).where(rewards.c.slug == "quick-wash").values(**values))


def many_washes(club: Club, device: Device, count: int, people: int = 8) -> list[Redeem]:
    """Commands of several members, each granted."""
    counter = Counter(club, device)
    sessions = [device.session(club.card(uid)) for uid in rich_members(club, people)]
    return [counter.granted(a_redeem(sessions[n % len(sessions)], "quick-wash", 10)) for n in range(count)]

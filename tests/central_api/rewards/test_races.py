"""Many kiosks at once: nothing is sold twice, no balance goes below zero, the feed stays dense (A12)."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

from msgspec.structs import replace
from sqlalchemy import func, insert, select, update

from central_api.cards.tables import cards, grants
from central_api.feed.tables import change_log, feeds
from central_api.ledger import service as ledger
from central_api.ledger.tables import lots
from central_api.rewards.commands import Answer, Ask, Desk
from central_api.rewards.service import Redeemer
from central_api.rewards.tables import redemptions, rewards, vouchers
from club.model import errors, voucher
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

    def send(self, command: Redeem) -> Answer:
        return self._redeemer.redeem_one(self.ask(command), self._club.clock.now())

    def ask(self, command: Redeem) -> Ask:
        digest = hashlib.sha256(encode(command)).hexdigest()
        return Ask(command, self._device, self._public_key, digest, self._club.clock.now())

    def all_at_once(self, wanted: list[Redeem]) -> list[Answer]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(self.send, wanted))


def books_are_right(club: Club) -> None:
    with club.context.db.read() as tx:
        assert ledger.faults(tx) == []
        for feed in tx.rows(select(feeds)):
            rows = tx.rows(select(change_log.c.seq).where(change_log.c.feed == feed.id).order_by(change_log.c.seq))
            assert [row.seq for row in rows] == list(range(1, feed.seq + 1)), "dense, nothing missing"


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


def test_fifty_pieces_go_to_fifty_of_a_hundred_and_sixty(club: Club) -> None:
    device = club.device()
    counter = Counter(club, device)
    with club.context.db.write() as tx:
        tx.execute(update(rewards).where(rewards.c.slug == "quick-wash").values(stock=50, points=10, limit_times=1000))
    people = rich_members(club, 8)
    sessions = [device.session(club.card(uid)) for uid in people]
    wanted = [counter.granted(a_redeem(sessions[n % len(sessions)], "quick-wash", 10)) for n in range(160)]
    answers = counter.all_at_once(wanted)
    assert [answer.status for answer in answers].count(200) == 50
    assert all(b"out_of_stock" in answer.body for answer in answers if answer.status != 200)
    with club.context.db.read() as tx:
        assert tx.scalar(select(rewards.c.stock).where(rewards.c.slug == "quick-wash")) == 0
    books_are_right(club)


def test_a_limit_of_three_holds_against_thirty_two(club: Club) -> None:
    device = club.device()
    counter = Counter(club, device)
    session = device.session(club.card())
    with club.context.db.write() as tx:
        tx.execute(update(rewards).where(rewards.c.slug == "quick-wash").values(points=10, limit_times=3))
    answers = counter.all_at_once([counter.granted(a_redeem(session, "quick-wash", 10)) for _ in range(32)])
    assert [answer.status for answer in answers].count(200) == 3
    assert all(b"limit_reached" in answer.body for answer in answers if answer.status != 200)
    books_are_right(club)


def test_a_balance_is_spent_once(club: Club) -> None:
    device = club.device()
    counter = Counter(club, device)
    session = device.session(club.card())
    with club.context.db.write() as tx:
        tx.execute(update(rewards).where(rewards.c.slug == "quick-wash").values(points=500, limit_times=1000))
    answers = counter.all_at_once([counter.granted(a_redeem(session, "quick-wash", 500)) for _ in range(32)])
    assert [answer.status for answer in answers].count(200) == 12, "6,280 points pay for twelve"
    assert all(b"not_enough_points" in answer.body for answer in answers if answer.status != 200)
    books_are_right(club)


def test_one_key_sent_by_thirty_two_is_one_redemption_and_one_answer(club: Club) -> None:
    device = club.device()
    counter = Counter(club, device)
    command = counter.granted(a_redeem(device.session(club.card())))
    answers = counter.all_at_once([command] * 32)
    assert len(set(answers)) == 1
    assert answers[0].status == 200
    with club.context.db.read() as tx:
        query = select(func.count()).select_from(redemptions).where(redemptions.c.command == command.command_id)
        assert tx.scalar(query) == 1
        of_command = select(redemptions.c.id).where(redemptions.c.command == command.command_id)
        assert tx.scalar(select(func.count()).select_from(vouchers).where(vouchers.c.redemption.in_(of_command))) == 1
    books_are_right(club)


def test_one_key_with_two_bodies_is_one_redemption_and_a_conflict(club: Club) -> None:
    device = club.device()
    counter = Counter(club, device)
    command = counter.granted(a_redeem(device.session(club.card())))
    other = replace(command, quantity=2)

    def send(one: Redeem) -> str:
        try:
            return str(counter.send(one).status)
        except errors.ClubError as error:
            return error.code

    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(send, [command, other] * 8))
    # The other body brings the first one's grant, so it never passes: it finds the key taken, or its grant wrong.
    assert found[::2] == ["200"] * 8
    assert set(found[1::2]) <= {"idempotency_conflict", "grant_wrong"}
    books_are_right(club)

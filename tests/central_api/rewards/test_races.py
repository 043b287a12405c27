"""Many kiosks at once: nothing is sold twice, no balance goes below zero, the feed stays dense (A12)."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec
import psycopg
import pytest
from msgspec.structs import replace
from sqlalchemy import func, select, update

from central_api.ledger import expiry, returns
from central_api.ledger import service as ledger
from central_api.ledger.tables import ledger_entries, lot_uses, lots
from central_api.rewards.body_postgresql import CALL, Procedure
from central_api.rewards.commands import Answer, Desk
from central_api.rewards.tables import redemptions, rewards, vouchers
from club.model import errors, voucher
from club.wire.rewards import Redeem, Redeemed
from tests.central_api.rewards.counter import (
    AT_ONCE,
    Counter,
    books_are_right,
    cheap_wash,
    many_washes,
    rich_members,
    somebody_waits,
)
from tests.support.central import WANG, Club, a_redeem
from tests.support.wait import until


def test_fifty_pieces_go_to_fifty_of_a_hundred_and_sixty(club: Club) -> None:
    device = club.device()
    counter = Counter(club, device)
    cheap_wash(club, stock=50)
    answers = counter.all_at_once(many_washes(club, device, 160))
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


def test_batches_that_meet_at_everything_sell_what_there_is_and_never_wait_in_a_ring(club: Club) -> None:
    device = club.device()
    counter = Counter(club, device)
    slugs = ["quick-wash", "detail-wash", "basic-service-voucher"]
    with club.context.db.write() as tx:
        content = {"name": {"zh": "洗车", "en": ""}, "line": {"zh": "", "en": ""}}
        values = {"stock": 40, "points": 5, "limit_per": "", "content": content}
        tx.execute(update(rewards).where(rewards.c.slug.in_(slugs)).values(**values))
    sessions = [device.session(club.card(uid)) for uid in rich_members(club, 4)]
    chance = random.Random(7)
    batches = [
        [counter.granted(a_redeem(chance.choice(sessions), chance.choice(slugs), 5)) for _ in range(8)]
        for _ in range(AT_ONCE)
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = [outcome for found in pool.map(counter.send_together, batches) for outcome in found]
    assert all(isinstance(outcome, Answer) for outcome in outcomes), [o for o in outcomes if not isinstance(o, Answer)][
        :3
    ]
    assert sum(isinstance(outcome, Answer) and outcome.status == 200 for outcome in outcomes) == 3 * 40
    with club.context.db.read() as tx:
        assert [row.stock for row in tx.rows(select(rewards.c.stock).where(rewards.c.slug.in_(slugs)))] == [0, 0, 0]
    books_are_right(club)


def test_redemptions_a_refund_and_expiry_meet_at_midnight(club: Club) -> None:
    device = club.device()
    counter = Counter(club, device)
    cheap_wash(club, points=100)
    midnight = datetime(2026, 5, 16, 16, tzinfo=UTC)
    before, after = midnight - timedelta(seconds=1), midnight + timedelta(seconds=1)
    new_id, db = club.context.new_id, club.context.db
    last_day = ledger.Occasion(kind="bonus", at=club.clock.now(), store="east")
    with db.write() as tx:
        whole = ledger.balances(tx, WANG, before.date()).points + 1000
        bonus = ledger.earn(tx, WANG, 1000, 0, before.date(), last_day, new_id=new_id)
    session = device.session(club.card())
    first = counter.send(counter.granted(a_redeem(session, "quick-wash", 100)), before)
    assert first.status == 200
    with db.read() as tx:
        redeemed = msgspec.json.decode(first.body, type=Redeemed).redemption_id
        spent = tx.scalar(select(redemptions.c.entry).where(redemptions.c.id == redeemed))
        tomorrow = datetime.date(after + timedelta(hours=8))

    def refund() -> str:
        occasion = ledger.Occasion(kind="reverse", at=after, store="east")
        try:
            db.run(lambda tx: returns.give_back(tx, spent, tomorrow, occasion, new_id=new_id))
        except ValueError:
            return "again"
        return "back"

    def lapse() -> str:
        db.run(lambda tx: expiry.expire(tx, WANG, tomorrow, at=after, new_id=new_id, store="east"))
        return "lapsed"

    def redeem(command: Redeem, now: datetime) -> str:
        return str(counter.send(command, now).status)

    wanted = [counter.granted(a_redeem(session, "quick-wash", 100)) for _ in range(20)]
    acts: list[Callable[[], str]] = [
        partial(redeem, command, at) for command, at in zip(wanted, [before, after] * 10, strict=True)
    ]
    acts += [refund] * 6 + [lapse] * 6
    random.Random(11).shuffle(acts)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda act: act(), acts))
    lapse()  # one that came before the refund left nothing behind, and one after it finds nothing
    assert found.count("200") == 20
    assert (found.count("back"), found.count("again"), found.count("lapsed")) == (1, 5, 6)
    with db.read() as tx:
        gone = select(func.sum(lot_uses.c.points)).join(ledger_entries, ledger_entries.c.id == lot_uses.c.entry)
        expired = int(tx.scalar(gone.where(ledger_entries.c.kind == "expire", ledger_entries.c.at == after)) or 0)
        assert tx.scalar(select(lots.c.left).where(lots.c.entry == bonus)) == 0
        assert ledger.balances(tx, WANG, tomorrow).points == whole - 100 - 20 * 100 + 100 - expired
        assert expired >= 100, "what came back into the lot that was over went at once"
    books_are_right(club)


@pytest.mark.parametrize("locked", [True, False])
@pytest.mark.parametrize("club", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
def test_the_second_waits_for_the_member_and_without_that_lock_would_take_too_much(club: Club, locked: bool) -> None:
    device = club.device()
    counter = Counter(club, device)
    cheap_wash(club, times=1)
    session = device.session(club.card())
    mine, theirs = (counter.granted(a_redeem(session, "quick-wash", 10)) for _ in range(2))
    desk = Desk(club.context.new_id, lambda: voucher.make(club.context.random_below), 10)
    batch = Procedure(club.context.db, desk).batch([counter.ask(theirs)], club.clock.now())
    url = club.context.db.engine.url
    with psycopg.connect(host=str(url.query["host"]), user=url.username, dbname=url.database) as other:
        if not locked:
            (body,) = other.execute("SELECT pg_get_functiondef('club_redeem_v4(jsonb)'::regprocedure)").fetchone() or (
                "",
            )
            assert LOCK in body
            other.execute(body.replace(LOCK, ""))
            other.commit()
        assert (other.execute(CALL, [batch]).fetchone() or ())[1] == 200
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(counter.send, mine)
            until(lambda: somebody_waits(club), "the second to wait for the first")
            other.commit()
            if locked:
                assert b"limit_reached" in answer.result().body
            else:
                assert answer.result().status == 200, "one more than the limit"


LOCK = "FOR NO KEY UPDATE"


def test_one_key_several_times_in_one_batch_is_carried_out_once(club: Club) -> None:
    device = club.device()
    counter, session = Counter(club, device), device.session(club.card())
    first, second = (counter.granted(a_redeem(session)) for _ in range(2))
    other = replace(first, quantity=2)
    outcomes = counter.send_together([first, second, first, other, first])
    assert isinstance(outcomes[3], errors.IdempotencyConflict)
    answers = [outcome for outcome in outcomes if isinstance(outcome, Answer)]
    assert [answer.status for answer in answers] == [200] * 4
    assert answers[0] == answers[2] == answers[3] == counter.send(first) != answers[1] == counter.send(second)
    with club.context.db.read() as tx:
        keys = (first.command_id, second.command_id)
        assert tx.scalar(select(func.count()).where(redemptions.c.command.in_(keys))) == 2
    books_are_right(club)

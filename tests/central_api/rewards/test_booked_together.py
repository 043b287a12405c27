"""Commands of one batch are booked together: one that cannot be, or comes too late, takes no other along (A12, ADR 0011)."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import msgspec
import psycopg
import pytest
from msgspec.structs import replace
from sqlalchemy import func, select, update

from central_api.rewards.body_postgresql import CALL, Procedure
from central_api.rewards.commands import Answer, Desk, Outcome
from central_api.rewards.service import Redeemer
from central_api.rewards.tables import redemptions, rewards, vouchers
from club.model import errors, voucher
from club.wire.rewards import Redeem, Redeemed
from tests.central_api.rewards.counter import Counter, books_are_right, cheap_wash, many_washes, somebody_waits
from tests.support.central import Club, new_id
from tests.support.wait import until

ON_POSTGRESQL = pytest.mark.parametrize("club", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)


def washes(club: Club, pieces: int) -> tuple[Counter, list[Redeem]]:
    """A counter, and as many commands of as many members."""
    device = club.device()
    return Counter(club, device), many_washes(club, device, pieces, people=pieces)


def sent(club: Club, counter: Counter, commands: list[Redeem], desk: Desk) -> list[Outcome]:
    return Redeemer(club.context.db, desk).redeem([counter.ask(one) for one in commands], club.clock.now())


def a_code(club: Club) -> str:
    return voucher.make(club.context.random_below)


def statuses(outcomes: list[Outcome]) -> list[int]:
    return [outcome.status if isinstance(outcome, Answer) else 0 for outcome in outcomes]


def test_the_last_pieces_go_to_those_who_come_first(club: Club) -> None:
    cheap_wash(club, stock=2)
    counter, commands = washes(club, 4)
    outcomes = counter.send_together(commands)
    assert statuses(outcomes) == [200, 200, 409, 409]
    for late in outcomes[2:]:
        assert isinstance(late, Answer)
        assert msgspec.json.decode(late.body)["facts"]["left"] == 0
    books_are_right(club)


def test_a_voucher_code_that_is_taken_is_drawn_anew(club: Club) -> None:
    cheap_wash(club)
    counter, commands = washes(club, 4)
    taken = a_code(club)
    codes: Iterator[str] = chain([taken, a_code(club), taken, a_code(club)], iter(lambda: a_code(club), ""))
    desk = Desk(new_id, lambda: next(codes), 10)
    assert statuses(sent(club, counter, commands[:1], desk)) == [200]
    assert statuses(sent(club, counter, commands[1:], desk)) == [200, 200, 200]
    with club.context.db.read() as tx:
        keys = [one.command_id for one in commands]
        query = select(vouchers.c.code).join(redemptions, redemptions.c.id == vouchers.c.redemption)
        found = [row.code for row in tx.rows(query.where(redemptions.c.command.in_(keys)))]
    assert len(set(found)) == len(found) == 4
    assert found.count(taken) == 1
    books_are_right(club)


@pytest.mark.parametrize("spoilt", range(3))
def test_one_that_cannot_be_written_leaves_its_neighbours_alone(club: Club, spoilt: int) -> None:
    cheap_wash(club)
    counter, (first, *commands) = washes(club, 4)
    taken = [new_id() for _ in range(3)]  # of an entry, a redemption and a voucher: as many as a command takes
    assert statuses(sent(club, counter, [first], desk_with(club, taken))) == [200]
    before = _redeemed(club)
    ids = [*(new_id() for _ in range(len(taken) * spoilt)), *taken]  # the spoilt one's rows are there already
    outcomes = sent(club, counter, commands, desk_with(club, ids))
    assert statuses(outcomes) == [0 if place == spoilt else 200 for place in range(3)]
    assert not isinstance(outcomes[spoilt], errors.ClubError), "a fault, no refusal"
    assert _redeemed(club) == before + 2
    assert statuses(counter.send_together([commands[spoilt]])) == [200], "its key is free, and it can be sent again"
    books_are_right(club)


def desk_with(club: Club, ids: Sequence[str]) -> Desk:
    """A desk that gives these ids, and fresh ones when they are used up."""
    given = chain(ids, iter(new_id, ""))
    return Desk(lambda: next(given), lambda: a_code(club), 10)


def _redeemed(club: Club) -> int:
    with club.context.db.read() as tx:
        return int(tx.scalar(select(func.count()).select_from(redemptions)))


@ON_POSTGRESQL
def test_pieces_that_go_while_a_batch_is_judged_are_missing_only_to_the_last(club: Club) -> None:
    cheap_wash(club, stock=3)
    counter, commands = washes(club, 3)
    url = club.context.db.engine.url
    with psycopg.connect(host=str(url.query["host"]), user=url.username, dbname=url.database) as other:
        other.execute("UPDATE rewards SET stock = 1 WHERE slug = 'quick-wash'")
        with ThreadPoolExecutor(1) as pool:
            outcomes = pool.submit(counter.send_together, commands)
            until(lambda: somebody_waits(club), "the batch to wait for the stock")
            other.commit()
            assert statuses(outcomes.result()) == [200, 409, 409]
    with club.context.db.read() as tx:
        assert tx.scalar(select(rewards.c.stock).where(rewards.c.slug == "quick-wash")) == 0
    books_are_right(club)


@ON_POSTGRESQL
def test_a_key_that_another_member_s_command_takes_meanwhile_is_a_conflict(club: Club) -> None:
    cheap_wash(club)
    counter, (theirs, mine) = washes(club, 2)
    with club.context.db.write() as tx:  # a grant is of one key: only without them two can come to be booked
        tx.connection.exec_driver_sql(
            "UPDATE programme_versions SET content = jsonb_set(content, '{redeem,pin}', '\"never\"')"
        )
    mine = replace(mine, command_id=theirs.command_id, grant=None, quantity=2)
    desk = Desk(new_id, lambda: a_code(club), 10)
    batch = Procedure(club.context.db, desk).batch([counter.ask(theirs)], club.clock.now())
    url = club.context.db.engine.url
    with psycopg.connect(host=str(url.query["host"]), user=url.username, dbname=url.database) as other:
        assert (other.execute(CALL, [batch]).fetchone() or ())[1] == 200
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(counter.send, mine)
            until(lambda: somebody_waits(club), "the second to wait for the key")
            other.commit()
            with pytest.raises(errors.IdempotencyConflict):
                answer.result()
    with club.context.db.read() as tx:
        query = select(redemptions.c.quantity).where(redemptions.c.command == theirs.command_id)
        assert [row.quantity for row in tx.rows(query)] == [1]
    books_are_right(club)


@ON_POSTGRESQL
def test_lots_that_hold_less_than_the_account_are_a_fault_and_nothing_is_booked(club: Club) -> None:
    cheap_wash(club)
    counter, commands = washes(club, 2)
    with club.context.db.write() as tx:
        tx.connection.exec_driver_sql(
            'UPDATE lots SET "left" = 0 WHERE member = (SELECT member FROM card_sessions WHERE id = %s)',
            (commands[0].session_id,),
        )
    outcomes = counter.send_together(commands)
    assert statuses(outcomes) == [0, 200]
    assert "expected the lots of" in str(outcomes[0])


def test_answers_of_a_batch_are_those_of_each_alone(club: Club) -> None:
    cheap_wash(club)
    with club.context.db.write() as tx:
        tx.execute(update(rewards).where(rewards.c.slug == "quick-wash").values(limit_times=2, limit_per="year"))
    counter, commands = washes(club, 2)
    mine = [counter.granted(replace(commands[0], command_id=new_id(), grant=None)) for _ in range(3)]
    outcomes = counter.send_together([mine[0], commands[1], mine[1], mine[2]])
    assert statuses(outcomes) == [200, 200, 200, 409], "the third of one member is over the limit"
    points = [_decoded(outcome).points for outcome in (outcomes[0], outcomes[2])]
    assert points[0] - points[1] == 10, "each sees what the one before it left"
    books_are_right(club)


def _decoded(outcome: Outcome) -> Redeemed:
    assert isinstance(outcome, Answer)
    return msgspec.json.decode(outcome.body, type=Redeemed)

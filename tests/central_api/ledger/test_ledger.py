"""The books, whatever happens to them: entries sum to zero, lots are the balance, and what is written stays (A1, A3)."""

import itertools
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError

from central_api.db import Database, Tx
from central_api.ledger import repository
from central_api.ledger import service as ledger
from central_api.ledger.tables import ledger_postings, lot_uses, lots
from club.model import errors
from tests.support import books, postgres
from tests.support.books import NOW, TODAY

_counter = itertools.count()


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def db(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'ledger.db'}"
    else:
        cluster: postgres.Cluster = request.getfixturevalue("pg_cluster")
        url = cluster.create("ledger")
    found = Database(url)
    books.prepare(found)
    yield found
    found.close()


def new_id() -> str:
    return f"id-{next(_counter):08d}"


def a_member(tx: Tx) -> str:
    return books.add_member(tx, new_id())


def earn(tx: Tx, member: str, points: int, tier_points: int = 0, days: int = 30) -> str:
    occasion = ledger.Occasion(kind="bonus", at=NOW, category="task")
    return ledger.earn(tx, member, points, tier_points, TODAY + timedelta(days=days), occasion, new_id=new_id)


def spend(tx: Tx, member: str, points: int) -> str:
    ledger.lock_member(tx, member)
    return ledger.spend(tx, member, points, TODAY, ledger.Occasion(kind="redeem", at=NOW), new_id=new_id)


act = st.one_of(
    st.tuples(st.just("earn"), st.integers(0, 5000), st.integers(0, 5000), st.integers(-3, 400)),
    st.tuples(st.just("spend"), st.integers(1, 6000), st.just(0), st.just(0)),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(act, max_size=25))
def test_any_course_of_earning_and_spending_leaves_right_books(
    db: Database, acts: list[tuple[str, int, int, int]]
) -> None:
    with db.write() as tx:
        member = a_member(tx)
        usable = tier = 0
        for what, points, tier_points, days in acts:
            if what == "earn":
                earn(tx, member, points, tier_points, days)
                usable += points if days >= 0 else 0
                tier += tier_points
            elif points <= usable:
                spend(tx, member, points)
                usable -= points
            else:
                with pytest.raises(errors.NotEnoughPoints) as refused:
                    spend(tx, member, points)
                assert (refused.value.number("balance"), refused.value.number("price")) == (usable, points)
        found = ledger.balances(tx, member, TODAY, 100)
        assert (found.points, found.tier_points) == (usable, tier)
        assert sum(expiry.points for expiry in found.expiries) == usable
        assert [expiry.on for expiry in found.expiries] == sorted({expiry.on for expiry in found.expiries})
        assert ledger.faults(tx) == []


def test_the_lot_that_expires_first_is_eaten_first(db: Database) -> None:
    with db.write() as tx:
        member = a_member(tx)
        earn(tx, member, 100, days=90)
        earn(tx, member, 100, days=10)
        entry = spend(tx, member, 150)
        left = {lot.expires: lot.left for lot in repository.lots_of(tx, member)}
        assert left == {TODAY + timedelta(days=90): 50}
        assert [
            row.points for row in tx.rows(select(lot_uses).where(lot_uses.c.entry == entry).order_by(lot_uses.c.id))
        ] == [100, 50]


@pytest.mark.parametrize(("points", "tier_points"), [(-1, 0), (0, -1)])
def test_nothing_negative_is_earned(db: Database, points: int, tier_points: int) -> None:
    with db.write() as tx:
        member = a_member(tx)
        with pytest.raises(ValueError, match="0 or more"):
            earn(tx, member, points, tier_points)


def test_a_lot_below_zero_ends_the_transaction(db: Database) -> None:
    with db.write() as tx:
        member = a_member(tx)
        earn(tx, member, 100)
    with pytest.raises(DBAPIError), db.write() as tx:
        tx.execute(update(lots).where(lots.c.member == member).values(left=lots.c.left - 101))
    with db.read() as tx:
        assert ledger.balances(tx, member, TODAY).points == 100


def test_faults_in_the_books_are_found(db: Database) -> None:
    with db.write() as tx:
        member = a_member(tx)
        entry = earn(tx, member, 100)
    account = ledger.member_account(member, "points")
    found: list[str] = []

    def spoil() -> None:
        with db.write() as tx:
            put_in_faults(tx, entry, account, member)
            found.extend(ledger.faults(tx))
            raise RuntimeError("undo")

    with pytest.raises(RuntimeError, match="undo"):
        spoil()
    assert f"entry {entry} does not sum to zero on points: +5" in found
    assert f"account {account} holds 100, its postings sum to 105" in found
    assert f"the lots of {member} hold 99 points, the account 100" in found
    assert any(fault.endswith("holds 99: 100 were earned and 0 taken") for fault in found)


def put_in_faults(tx: Tx, entry: str, account: str, member: str) -> None:
    tx.execute(insert(ledger_postings).values(entry=entry, account=account, amount=5))
    tx.execute(text('UPDATE lots SET "left" = 99 WHERE member = :m'), {"m": member})


def test_the_same_reference_is_booked_once(db: Database) -> None:
    occasion = ledger.Occasion(kind="bill", at=NOW, reference=new_id())
    with db.write() as tx:
        member = a_member(tx)
        ledger.earn(tx, member, 10, 10, TODAY, occasion, new_id=new_id)
    with pytest.raises(DBAPIError), db.write() as tx:
        ledger.earn(tx, member, 10, 10, TODAY, occasion, new_id=new_id)

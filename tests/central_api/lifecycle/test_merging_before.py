"""What was bought, billed and spent before a merge, and is undone after it, is with the member of now (A4, A9)."""

from datetime import timedelta

import pytest

from central_api.ledger import repository as ledger_queries
from central_api.lifecycle import merging
from central_api.members import search
from club.model import errors
from tests.central_api.lifecycle.pairs import held, merge, proved, undo
from tests.support.hall import PROGRAMME, Hall
from tests.support.programme_house import House


def test_a_cancelled_redemption_of_before_fills_its_lots_and_goes_on_to_the_member_of_now(
    hall: Hall, two: tuple[str, str]
) -> None:
    source, target = two
    spent = hall.books.spend(source, 250)  # 200 that end in 10 days, 50 that last longer
    name = merge(hall, source, target).merge
    before = held(hall, target)["balances"].points
    assert hall.books.give_back(spent).points == 250
    assert held(hall, source)["balances"].points == 0
    assert held(hall, target)["balances"].points == before + 250
    proved(hall)
    undo(hall, name)
    assert held(hall, source)["balances"].points == 800
    proved(hall)


def test_a_refunded_bill_of_before_is_paid_out_of_the_lots_that_go_on_its_own(hall: Hall) -> None:
    source, target = hall.member(), hall.member()
    bill = hall.books.earn(source, 400, 400, days=90)
    hall.books.earn(target, 1000, 0, days=10)
    hall.books.spend(source, 100)
    merge(hall, source, target)
    back = hall.books.take_back(bill, 350, 400)
    assert (back.points, back.tier_points, back.expired, back.short) == (350, 400, 0, 0)
    assert held(hall, target)["balances"].points == 1000 + 300 - 350
    lasting = [lot for lot in held(hall, target)["lots"].values() if lot[0] == hall.books.today + timedelta(days=90)]
    assert lasting == [], "first the lot that goes on the bill's own"
    assert held(hall, target)["balances"].tier_points == 0
    with pytest.raises(ValueError, match="at most 50 points"):
        hall.books.take_back(bill, 51)
    proved(hall)


def test_a_refund_after_moved_points_expired_does_not_ask_for_them_again(hall: Hall) -> None:
    source, target = hall.member(), hall.member()
    bill = hall.books.earn(source, 400, 0, days=5)
    hall.books.earn(target, 1000, 0, days=90)
    merge(hall, source, target)
    hall.books.today += timedelta(days=6)
    hall.books.expire(target)
    back = hall.books.take_back(bill, 400)
    assert (back.points, back.expired, back.short) == (0, 400, 0)
    assert held(hall, target)["balances"].points == 1000
    proved(hall)


def test_a_chain_of_merges_is_undone_from_its_end(hall: Hall) -> None:
    first, second, third = hall.member(), hall.member(), hall.member()
    bill = hall.books.earn(first, 100, 100, days=30)
    early = merge(hall, first, second)
    late = merge(hall, second, third)
    assert held(hall, third)["balances"].points == 100
    assert hall.books.take_back(bill, 10, 10).short == 0
    with hall.db.read() as tx:
        assert search.current(tx, first) == third
    with pytest.raises(errors.MergeRefused) as refused:
        undo(hall, early.merge)
    assert refused.value.facts == {"reason": "closed"}
    assert (undo(hall, late.merge).points, undo(hall, early.merge).points) == (90, 90)
    assert [held(hall, member)["balances"].points for member in (first, second, third)] == [90, 0, 0]
    assert [held(hall, member)["balances"].tier_points for member in (first, second, third)] == [90, 0, 0]
    proved(hall)


def test_bills_and_refunds_of_whoever_was_merged_are_the_targets(house: House) -> None:
    source, target = house.member(), house.member()
    early = house.bill(source, 50_000)
    house.book(early)
    desk = merging.Desk(house.keyring, "staff:1001", house.now, house.books.new_id)
    with house.books.db.write() as tx:
        merging.merge(tx, desk, PROGRAMME, source, target, reason="two-cards")
    before = house.points(target)
    house.book(house.bill(source, 10_000))
    after = house.points(target)
    assert after[0] > before[0], "a bill under the old number earns for the member of now"
    assert house.points(source)[0] == 0
    with house.books.db.read() as tx:
        assert len(ledger_queries.purchases_of(tx, target)) == 2, "what both bought counts for tiers"
    back = house.give_back(house.refund(early))
    assert (back.owed, back.borne) == (0, 0)
    assert house.points(target)[0] == after[0] - before[0]
    assert house.faults() == []

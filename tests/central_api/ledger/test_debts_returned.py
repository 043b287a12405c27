"""Points that come back pay what the member owes, so nobody keeps the points of a bill that was given back (A4, A14)."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from central_api.ledger import borne, debts, returns
from central_api.ledger import service as ledger
from central_api.ledger.service import Occasion
from central_api.ledger.tables import ledger_postings
from central_api.lifecycle import merging
from central_api.programme.content import DebtRules
from tests.support import programme_house as club
from tests.support.hall import PROGRAMME
from tests.support.programme_house import House


def spend(house: House, member: str, points: int) -> str:
    with house.books.db.write() as tx:
        ledger.lock_member(tx, member)
        occasion = Occasion(kind="redeem", at=house.now, store="east")
        return ledger.spend(tx, member, points, house.today, occasion, new_id=house.books.new_id)


def give_back(house: House, spent: str, points: int | None = None) -> int:
    """Undo a spending; what of it paid a debt."""
    with house.books.db.write() as tx:
        occasion = Occasion(kind="reverse", at=house.now, store="east")
        back = returns.give_back(tx, spent, house.today, occasion, new_id=house.books.new_id, points=points)
        return debts.settle_returned(tx, back, house.today, occasion, new_id=house.books.new_id)


@pytest.mark.parametrize(("back", "paid", "left"), [(None, 800, 0), (300, 300, 500)])
def test_what_comes_back_of_a_refunded_bill_pays_its_debt(house: House, back: int | None, paid: int, left: int) -> None:
    member = house.member()
    told = house.bill(member, 100_000)
    house.book(told)
    spent = spend(house, member, 800)
    house.give_back(house.refund(told))
    assert house.points(member) == (0, 0, 800)
    assert give_back(house, spent, back) == paid
    assert house.points(member) == (0, 0, left)
    assert house.faults() == []


def test_no_more_is_paid_than_came_back(house: House) -> None:
    """What the member has earned meanwhile stays: a debt is paid by what is new."""
    member = house.member()
    told = house.bill(member, 100_000)
    house.book(told)
    first, second = spend(house, member, 700), spend(house, member, 300)
    house.give_back(house.refund(told))
    assert house.points(member) == (0, 0, 1000)
    assert give_back(house, second) == 300
    assert give_back(house, first) == 700
    assert house.points(member) == (0, 0, 0)
    other = house.member()
    house.book(house.bill(other, 50_000))
    assert give_back(house, spend(house, other, 200)) == 0
    assert house.points(other) == (500, 500, 0)
    assert house.faults() == []


def rule(house: House, debt: DebtRules) -> str:
    """A member under these rules."""
    house.put(club.changed(club.COUNTING, debt=debt), since=house.now - timedelta(days=1))
    return house.member()


def stores_part(house: House, store: str = "east") -> int:
    """What the store bears."""
    query = select(func.sum(ledger_postings.c.amount)).where(ledger_postings.c.account == borne.account(store))
    with house.books.db.read() as tx:
        return -int(tx.scalar(query) or 0)


@pytest.mark.parametrize(("back", "left"), [(None, 0), (300, 500)])
def test_what_comes_back_of_a_forgiven_refund_is_the_stores(house: House, back: int | None, left: int) -> None:
    """Bought, spent, refunded and returned: without this the points of a bill nobody paid would stay with the member."""
    member = rule(house, DebtRules(rule="forgive"))
    told = house.bill(member, 100_000)
    house.book(told)
    spent = spend(house, member, 800)
    house.give_back(house.refund(told))
    assert (house.points(member), stores_part(house)) == ((0, 0, 0), 800)
    assert give_back(house, spent, back) == 800 - left
    assert (house.points(member), stores_part(house)) == ((0, 0, 0), left)
    assert house.faults() == []


def test_what_is_earned_later_and_what_comes_back_of_another_bill_stays_the_members(house: House) -> None:
    member = rule(house, DebtRules(rule="forgive"))
    gone, kept = house.bill(member, 50_000), house.bill(member, 50_000, at=house.now - timedelta(hours=1))
    house.book(kept)
    of_kept = spend(house, member, 500)
    house.book(gone)
    of_gone = spend(house, member, 500)
    house.give_back(house.refund(gone))
    assert (house.points(member)[0], stores_part(house)) == (0, 500)
    assert give_back(house, of_kept) == 0
    house.book(house.bill(member, 10_000))
    assert (house.points(member)[0], stores_part(house)) == (600, 500)
    assert give_back(house, of_gone) == 500
    assert (house.points(member)[0], stores_part(house)) == (600, 0)
    assert house.faults() == []


def test_of_a_refund_partly_owed_and_partly_borne_the_store_is_paid_first_and_the_rest_is_the_members(
    house: House,
) -> None:
    member = rule(house, DebtRules(rule="owe", most_points=300))
    told = house.bill(member, 100_000)
    house.book(told)
    spent = spend(house, member, 1000)
    house.give_back(house.refund(told))
    assert (house.points(member), stores_part(house)) == ((0, 0, 300), 700)
    assert give_back(house, spent, 200) == 200
    assert (house.points(member), stores_part(house)) == ((0, 0, 300), 500)
    house.book(house.bill(member, 30_000))  # pays the debt
    assert (house.points(member), stores_part(house)) == ((0, 300, 0), 500)
    assert give_back(house, spent) == 500
    assert (house.points(member), stores_part(house)) == ((300, 300, 0), 0), "the debt was paid out of their own"
    assert house.faults() == []


@pytest.mark.parametrize("stores", [(("west", 0), ("east", 1000)), (("east", 1000), ("west", 0))])
def test_it_goes_to_the_store_that_bears_it_whatever_another_refund_left_the_member_owing(
    house: House, stores: tuple[tuple[str, int], ...]
) -> None:
    member, books = house.member(), house.books
    earned, spent = books.earn(member, 1000, 0, days=300), books.spend(member, 1000)
    for store, most in stores:
        back = books.take_back(earned, 400, store=store)
        with books.db.write() as tx:
            occasion = Occasion(kind="adjust", at=books.at, store=store)
            debts.keep(tx, back.entry, back.short, most, occasion, new_id=books.new_id)
    assert (stores_part(house, "west"), stores_part(house, "east"), house.points(member)) == (400, 0, (0, 0, 400))
    assert give_back(house, spent) == 800
    assert (stores_part(house, "west"), stores_part(house, "east"), house.points(member)) == (0, 0, (200, 0, 0))
    assert house.faults() == []


def test_a_refund_in_parts_asks_for_each_point_once(house: House) -> None:
    member = rule(house, DebtRules(rule="forgive"))
    told = house.bill(member, 100_000)
    house.book(told)
    spent = spend(house, member, 1000)
    house.give_back(house.refund(told, {"1": 40_000}))
    assert (give_back(house, spent, 600), stores_part(house)) == (400, 0)
    assert house.points(member)[0] == 200
    house.give_back(house.refund(told))
    assert (house.points(member)[0], stores_part(house)) == (0, 400)
    assert (give_back(house, spent), stores_part(house)) == (400, 0)
    assert house.points(member) == (0, 0, 0)
    assert house.faults() == []


def test_what_has_expired_meanwhile_is_nobodys(house: House) -> None:
    member = rule(house, DebtRules(rule="forgive"))
    told = house.bill(member, 100_000)
    house.book(told)
    spent = spend(house, member, 1000)
    house.give_back(house.refund(told))
    house.at(date(2027, 7, 1))
    assert give_back(house, spent) == 0
    assert (house.points(member)[0], stores_part(house)) == (0, 1000)
    assert house.faults() == []


def test_it_is_the_stores_also_when_the_member_was_merged_into_another(house: House) -> None:
    source, target = rule(house, DebtRules(rule="forgive")), house.member()
    told = house.bill(source, 100_000)
    house.book(told)
    spent = spend(house, source, 1000)
    house.give_back(house.refund(told))
    desk = merging.Desk(house.keyring, "staff:1001", house.now, house.books.new_id)
    with house.books.db.write() as tx:
        merging.merge(tx, desk, PROGRAMME, source, target, reason="two-cards")
    assert give_back(house, spent) == 1000
    assert (house.points(source), house.points(target), stores_part(house)) == ((0, 0, 0), (0, 0, 0), 0)
    assert house.faults() == []

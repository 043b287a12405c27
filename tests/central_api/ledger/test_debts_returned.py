"""Points that come back pay what the member owes, so nobody keeps the points of a bill that was given back (A4, A14)."""

import pytest

from central_api.ledger import debts, returns
from central_api.ledger import service as ledger
from central_api.ledger.service import Occasion
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

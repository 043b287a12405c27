"""Staff are asked about a refund that cannot be right until the right one is booked (A4, A15)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from central_api.bills import unclear
from central_api.bills.schemas import Bill, Refund, RefundedLine
from central_api.inbox.tables import staff_tasks
from club.model import errors
from tests.support import programme_house as club
from tests.support.books import NOW
from tests.support.programme_house import House


def tasks(house: House) -> list[tuple[str, str, bool]]:
    """Of each task the refund, who did it, and whether it is done."""
    with house.books.db.read() as tx:
        rows = tx.rows(select(staff_tasks).where(staff_tasks.c.kind == "refund-unclear").order_by(staff_tasks.c.key))
        return [(row.facts["refund"], row.done_by, row.done_at is not None) for row in rows]


def later(house: House) -> None:
    house.now += timedelta(minutes=1)


def wrong(house: House, lines: dict[str, int]) -> tuple[Bill, Refund]:
    """A bill of two lines, and a refund that came before it and cannot be right."""
    told = house.bill(house.member(), 80_000, 20_000)
    refund = house.refund(told, lines)
    assert house.give_back(refund).state == "waiting"
    later(house)
    house.book(told)
    assert tasks(house) == [(refund.number, "", False)]
    return told, refund


@pytest.mark.parametrize(
    ("mistaken", "right"),
    [
        ({"1": 90_000}, {"1": 9_000}),
        ({"1": 90_000}, {}),
        ({"9": 100}, {"2": 100}),
        ({"1": 80_000, "2": 20_001}, {"2": 20_000}),
    ],
)
def test_the_right_refund_takes_the_task_off_the_list(
    house: House, mistaken: dict[str, int], right: dict[str, int]
) -> None:
    told, refund = wrong(house, mistaken)
    later(house)
    assert house.give_back(house.refund(told, right)).state == "booked"
    assert tasks(house) == [(refund.number, "system", True)]


def test_a_refund_of_another_line_or_another_bill_leaves_it(house: House) -> None:
    told, refund = wrong(house, {"1": 90_000})
    later(house)
    house.give_back(house.refund(told, {"2": 20_000}))
    other = house.bill(told.member, 80_000)
    house.book(other)
    house.give_back(house.refund(other, {"1": 9_000}))
    assert tasks(house) == [(refund.number, "", False)]
    with pytest.raises(errors.Malformed):
        house.give_back(house.refund(told, {"1": 90_000}))
    assert tasks(house) == [(refund.number, "", False)]


def test_one_told_by_the_wrong_store_is_settled_by_the_right_one_under_the_same_number(house: House) -> None:
    told = house.bill(house.member(), 80_000)
    refund = club.changed(house.refund(told, {"1": 9_000}), store="west")
    house.give_back(refund)
    house.book(told)
    assert tasks(house) == [(refund.number, "", False)]
    assert house.give_back(club.changed(refund, store="east")).state == "booked"
    assert tasks(house) == [(refund.number, "system", True)]


@pytest.mark.parametrize("right_first", [True, False])
def test_of_two_that_wait_the_later_one_is_what_is_meant(house: House, right_first: bool) -> None:
    told = house.bill(house.member(), 80_000)
    mistaken, right = house.refund(told, {"1": 90_000}), house.refund(told, {"1": 9_000})
    for refund in (right, mistaken) if right_first else (mistaken, right):
        house.give_back(refund)
        later(house)
    house.book(told)
    assert tasks(house) == [(mistaken.number, "", False) if right_first else (mistaken.number, "system", True)]


def test_what_is_told_again_finishes_nothing_twice(house: House) -> None:
    told, _ = wrong(house, {"1": 90_000})
    later(house)
    right = house.refund(told, {"1": 9_000})
    house.give_back(right)
    with house.books.db.read() as tx:
        done = tx.scalar(select(staff_tasks.c.done_at))
    later(house)
    house.give_back(right)
    with house.books.db.read() as tx:
        assert tx.scalar(select(staff_tasks.c.done_at)) == done


def test_it_is_decided_by_the_lines_alone() -> None:
    def refund(*lines: str) -> Refund:
        told = tuple(RefundedLine(line=line, paid_fen=1) for line in lines)
        return Refund(source="dms", number="R", bill="B", at=NOW, lines=told)

    lines = {"1", "2", "3"}
    assert unclear.makes_right(refund("1", "2"), refund("2"), lines)
    assert not unclear.makes_right(refund("1", "2"), refund("3"), lines)
    assert unclear.makes_right(refund("1", "x"), refund("3"), lines)

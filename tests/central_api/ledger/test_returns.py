"""Refunds: points go back into the lots they came from, and out of the lots a bill made; the dates stay (A4, A14)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from central_api.ledger import returns
from central_api.ledger import service as ledger
from central_api.ledger.tables import ledger_entries, lot_uses, lots
from club.model import errors
from tests.support.books import Books


def left(books: Books, member: str) -> list[int]:
    """What is left in a member's lots, first to expire first."""
    with books.db.read() as tx:
        return [row.left for row in tx.rows(select(lots).where(lots.c.member == member).order_by(lots.c.expires))]


def uses(books: Books, entry: str) -> list[int]:
    """The points of an entry's lot uses."""
    with books.db.read() as tx:
        return [
            row.points for row in tx.rows(select(lot_uses).where(lot_uses.c.entry == entry).order_by(lot_uses.c.id))
        ]


def kind_and_target(books: Books, entry: str) -> tuple[str, str | None]:
    """The kind of an entry, and what it reverses."""
    with books.db.read() as tx:
        row = tx.first(select(ledger_entries).where(ledger_entries.c.id == entry))
    return row.kind, row.reverses


def right(books: Books) -> bool:
    """Whether nothing is wrong with the books."""
    return books.proof()[0] == []


def test_a_cancelled_redemption_fills_the_same_lots_with_their_own_last_days(books: Books) -> None:
    member = books.member()
    books.earn(member, 100, days=10)
    books.earn(member, 300, days=90)
    before = books.balances(member)
    spent = books.spend(member, 250)
    assert left(books, member) == [0, 150]
    found = books.give_back(spent)
    assert (found.points, found.expired, found.expire_entry) == (250, 0, None)
    assert kind_and_target(books, found.entry) == ("reverse", spent)
    assert sorted(uses(books, found.entry)) == [-150, -100]
    assert left(books, member) == [100, 300]
    assert books.balances(member) == before
    assert right(books)


def test_a_part_given_back_fills_the_lot_that_lasts_longest_first(books: Books) -> None:
    member = books.member()
    for points, days in ((100, 10), (100, 50), (300, 90)):
        books.earn(member, points, days=days)
    spent = books.spend(member, 300)
    assert left(books, member) == [0, 0, 200]
    books.give_back(spent, 150)
    assert left(books, member) == [0, 50, 300]
    books.give_back(spent, 60)
    assert left(books, member) == [10, 100, 300]
    assert books.give_back(spent).points == 90
    assert left(books, member) == [100, 100, 300]
    assert right(books)


def test_nothing_is_given_back_twice(books: Books) -> None:
    member = books.member()
    books.earn(member, 100)
    spent = books.spend(member, 60)
    books.give_back(spent, 50)
    with pytest.raises(ValueError, match="1 to 10 points"):
        books.give_back(spent, 11)
    books.give_back(spent)
    with pytest.raises(ValueError, match="1 to 0 points"):
        books.give_back(spent)
    assert left(books, member) == [100]
    assert right(books)


def test_points_that_go_back_into_a_lot_that_is_over_expire_at_once_and_are_told(books: Books) -> None:
    member = books.member()
    books.earn(member, 100, days=10)
    books.earn(member, 300, days=90)
    spent = books.spend(member, 250)
    books.today += timedelta(days=11)
    found = books.give_back(spent)
    assert (found.points, found.expired) == (250, 100)
    assert found.expire_entry is not None
    assert kind_and_target(books, found.expire_entry) == ("expire", None)
    assert uses(books, found.expire_entry) == [100]
    assert left(books, member) == [0, 300]
    assert books.balances(member).points == 300
    assert books.expire(member) == (), "nothing is left for the night"
    assert right(books)


def test_what_expires_at_once_says_nothing_of_the_cancellation(books: Books) -> None:
    member = books.member()
    books.earn(member, 100, days=10)
    spent = books.spend(member, 100)
    books.today += timedelta(days=11)
    occasion = ledger.Occasion(
        kind="reverse", at=books.at, store="east", bill="B-7", paid_fen=900, reference="c1", facts={"why": "cancelled"}
    )
    with books.db.write() as tx:
        found = returns.give_back(tx, spent, books.today, occasion, new_id=books.new_id)
    with books.db.read() as tx:
        back, gone = (
            tx.first(select(ledger_entries).where(ledger_entries.c.id == entry))
            for entry in (found.entry, found.expire_entry)
        )
    assert (back.bill, back.paid_fen, back.reference, back.facts) == ("B-7", 900, "c1", {"why": "cancelled"})
    assert (gone.bill, gone.paid_fen, gone.reference, gone.facts) == ("", 0, None, {})
    assert (gone.at, gone.store) == (back.at, back.store)
    assert right(books)


def test_on_its_last_day_a_lot_still_takes_points_back(books: Books) -> None:
    member = books.member()
    books.earn(member, 100, days=10)
    spent = books.spend(member, 100)
    books.today += timedelta(days=10)
    assert books.give_back(spent).expired == 0
    assert books.balances(member).points == 100


def test_only_redemptions_are_given_back_and_only_what_earned_is_taken_back(books: Books) -> None:
    member = books.member()
    earned = books.earn(member, 100)
    spent = books.spend(member, 10)
    returned = books.give_back(spent).entry
    for wrong in (earned, returned, "nobody"):
        with pytest.raises(errors.NotFound):
            books.give_back(wrong)
    for wrong in (spent, returned, "nobody"):
        with pytest.raises(errors.NotFound):
            books.take_back(wrong, 1)
    assert right(books)


def test_a_refunded_bill_takes_its_points_out_of_its_own_lot_on_both_tracks(books: Books) -> None:
    member = books.member()
    books.earn(member, 500, 500, days=5)
    bill = books.earn(member, 800, 820, days=90)
    found = books.take_back(bill, 800, 820)
    assert (found.points, found.expired, found.short) == (800, 0, 0)
    assert kind_and_target(books, found.entry) == ("adjust", bill)
    assert left(books, member) == [500, 0]
    assert (books.balances(member).points, books.balances(member).tier_points) == (500, 500)
    assert right(books)


def test_what_was_spent_of_a_refunded_bill_is_paid_out_of_other_lots_and_the_rest_is_short(books: Books) -> None:
    member = books.member()
    bill = books.earn(member, 800, days=5)
    books.earn(member, 100, days=90)
    books.spend(member, 600)
    found = books.take_back(bill, 800)
    assert (found.points, found.short) == (300, 500)
    assert left(books, member) == [0, 0]
    with books.db.read() as tx:
        facts = tx.scalar(select(ledger_entries.c.facts).where(ledger_entries.c.id == found.entry))
    assert facts == {"points": 800, "expired": 0, "short": 500}
    assert right(books)


def test_what_expired_of_a_refunded_bill_is_not_asked_for_again(books: Books) -> None:
    member = books.member()
    bill = books.earn(member, 800, days=5)
    books.spend(member, 300)
    books.earn(member, 1000, days=90)
    books.today += timedelta(days=6)
    books.expire(member)
    first = books.take_back(bill, 400)
    assert (first.points, first.expired, first.short) == (0, 400, 0)
    second = books.take_back(bill, 400)
    assert (second.points, second.expired, second.short) == (300, 100, 0)
    assert left(books, member) == [0, 700]
    assert right(books)


def test_more_than_the_bill_earned_is_never_taken_back(books: Books) -> None:
    member = books.member()
    bill = books.earn(member, 100, 100)
    books.earn(member, 1000, 1000)
    books.take_back(bill, 60, 60)
    for points, tier_points in ((41, 0), (0, 41), (-1, 0), (0, -1)):
        with pytest.raises(ValueError, match="at most 40 points and 40 tier points"):
            books.take_back(bill, points, tier_points)
    books.take_back(bill, 40, 40)
    assert books.balances(member).points == 1000
    assert right(books)


def test_expiry_is_one_entry_for_each_last_day_and_twice_does_nothing(books: Books) -> None:
    member = books.member()
    for points, days in ((10, 1), (20, 1), (40, 2), (80, 3)):
        books.earn(member, points, days=days)
    books.today += timedelta(days=3)
    entries = books.expire(member)
    assert [sum(uses(books, entry)) for entry in entries] == [30, 40]
    assert books.balances(member).points == 80
    assert books.expire(member) == ()
    assert right(books)

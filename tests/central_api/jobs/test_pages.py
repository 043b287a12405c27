"""The nights' pages of members are read in the order of an index: a page costs what it holds, not what the club holds (A3, A5-A8)."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from central_api.bills import repository as bills
from central_api.bills.schemas import BillLine
from central_api.db import Tx
from central_api.gifts import birthdays, referrals
from central_api.jobs import runner
from central_api.ledger import repository as books
from central_api.lifecycle import merging
from central_api.membership import repository as memberships
from central_api.tiers import repository as tiers
from central_api.tiers import service as tier_service
from tests.support import books as book_support
from tests.support import programme_house
from tests.support.hall import PROGRAMME

DAY = date(2026, 5, 16)
STORES = ("east", "west")
PAGES: dict[str, Callable[[Tx], object]] = {
    "members": lambda tx: tiers.members_after(tx, "", 200, STORES),
    "ended": lambda tx: memberships.ended(tx, DAY, "", 200, STORES),
    "ending": lambda tx: memberships.ending(tx, DAY, DAY, "", 200, STORES),
    "birthdays": lambda tx: birthdays.in_month(tx, 5, "", 200, STORES),
    "referrers": lambda tx: referrals.referrers_after(tx, "", 200, STORES),
}


def plans(house: programme_house.House, act: Callable[[], object], about: str) -> list[str]:
    """How SQLite carries out the statements of an act that name a table."""
    asked: list[tuple[str, Any]] = []

    def note(_link: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(house.books.db.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(house.books.db.engine, "before_cursor_execute", note)
    found: list[str] = []
    with house.books.db.read() as tx:
        for statement, parameters in asked:
            if statement.startswith("SELECT") and about in statement:
                rows = tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
                found += [str(row[3]) for row in rows]
    assert found, f"no query of {about} was seen"
    return found


@pytest.fixture
def on_sqlite(books_template: Path, tmp_path: Path) -> Any:
    """A club with rules on SQLite, which keeps no figures to plan by."""
    with book_support.on_sqlite(books_template, tmp_path) as books:
        yield programme_house.furnish(books, tmp_path)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_neither_sorted_nor_sought_by_store(on_sqlite: programme_house.House, page: str) -> None:
    house = on_sqlite

    def act() -> None:
        with house.books.db.read() as tx:
            PAGES[page](tx)

    found = plans(house, act, "members")
    assert not [step for step in found if "TEMP B-TREE" in step or "home_store" in step], found


def test_a_page_of_members_is_judged_by_as_many_queries_as_one_member(house: programme_house.House) -> None:
    """And to the same verdicts as one by one, with what makes them differ: bills, a merge, a fall, grants, vehicles."""
    people = [house.member() for _ in range(6)]
    for place, member in enumerate(people):
        house.book(house.bill(member, 200_000 * place + 100))
    house.book(
        house.bill(people[2], BillLine(line="1", category="vehicle", paid_fen=20_000_000, vehicle="V-1"), 50_000)
    )
    desk = merging.Desk(house.keyring, "staff:1001", house.now, house.books.new_id)
    with house.books.db.write() as tx:
        merging.merge(tx, desk, PROGRAMME, people[0], people[1], reason="two-cards")
    house.at(DAY + timedelta(days=800))
    runner.run_by_hand(house.parts, "tiers")
    asked: list[str] = []

    def note(_link: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    with house.books.db.read() as tx:
        rows = tiers.members_after(tx, "", 200, STORES)
        event.listen(house.books.db.engine, "before_cursor_execute", note)
        try:
            together = tier_service.cases(tx, rows, house.now)
            many = len(asked)
            (alone,) = tier_service.cases(tx, rows[:1], house.now)
        finally:
            event.remove(house.books.db.engine, "before_cursor_execute", note)
        apart = [tier_service.case(tx, row.id, house.now) for row in rows]
    assert len(asked) == 2 * many
    assert together == apart
    assert together[0] == alone
    assert len({(found.verdict.tier, found.stands.fall is None) for found in together}) > 1


def test_purchases_of_a_page_are_sought_by_their_members(on_sqlite: programme_house.House) -> None:
    house = on_sqlite

    def act() -> None:
        with house.books.db.read() as tx:
            books.purchases(tx, ["m-1", "m-2"])

    found = plans(house, act, "ledger_entries")
    assert not [step for step in found if step.startswith("SCAN ledger_entries")], found


def test_vouchers_that_are_over_are_found_without_looking_at_any_other(on_sqlite: programme_house.House) -> None:
    found = plans(on_sqlite, lambda: runner.run_by_hand(on_sqlite.parts, "expire-vouchers"), "vouchers")
    assert [step for step in found if "ix_vouchers_valid_to" in step], found


def test_holds_that_are_over_are_found_among_the_open_ones(on_sqlite: programme_house.House) -> None:
    found = plans(on_sqlite, lambda: runner.run_by_hand(on_sqlite.parts, "holds"), "holds")
    assert [step for step in found if "ix_holds_member" in step], found


def test_the_spenders_of_a_month_are_found_by_the_months_bills(on_sqlite: programme_house.House) -> None:
    house = on_sqlite

    def act() -> None:
        with house.books.db.read() as tx:
            bills.spenders(tx, house.now - timedelta(days=30), house.now, 3)

    found = plans(house, act, "bill_parts")
    assert [step for step in found if "ix_bills_at" in step], found
    assert not [step for step in found if step.startswith("SCAN")], found

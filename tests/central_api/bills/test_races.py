"""Bills, refunds, spending, expiry and the night's judging of one member at once: exact sums, and no deadlock that surfaces."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, timedelta
from random import Random

from sqlalchemy import func, select, text

from central_api.bills import repository as bills
from central_api.bills.schemas import Bill, BillLine, Refund
from central_api.jobs import runner
from central_api.ledger.tables import ledger_entries, ledger_postings
from central_api.programme.content import DebtRules
from club.model import errors
from tests.support import programme_house as club
from tests.support.programme_house import House

CLIENTS, ACTS = 8, 12
_LOCKS = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
LATER = date(2027, 1, 2)  # accessories of May have expired by then


def posted(house: House, kind: str) -> int:
    """What entries of a kind moved on the members' points accounts."""
    query = (
        select(func.sum(ledger_postings.c.amount))
        .join(ledger_entries, ledger_entries.c.id == ledger_postings.c.entry)
        .where(ledger_entries.c.kind == kind, ledger_postings.c.account.like("member:%:points"))
    )
    with house.books.db.read() as tx:
        return int(tx.scalar(query) or 0)


def test_everything_at_once_to_one_member(house: House) -> None:
    house.at(date(2026, 5, 16))
    member = house.member()
    lapsing = [
        house.bill(member, BillLine(line="1", category="accessories", paid_fen=20_000), at=house.now) for _ in range(5)
    ]
    for one in lapsing:
        house.book(one)
    house.at(LATER)
    told = [house.bill(member, 10_000 * (n + 1), at=house.now - timedelta(days=n)) for n in range(20)]
    earned = sum(one.lines[0].paid_fen // 100 for one in [*told, *lapsing])
    refunds = [house.refund(one, {"1": 5_000}) for one in told[::2]]
    spent: list[int] = []

    def spend(points: int) -> None:
        with suppress(errors.NotEnoughPoints):
            house.spend(member, points)
            spent.append(points)

    def client(seed: int) -> None:
        chance = Random(seed)
        acts: list[Callable[[], object]] = [lambda: spend(chance.randint(1, 90)) for _ in range(ACTS)]
        acts += [lambda one=one: house.book(one) for one in told]  # type: ignore[misc]
        acts += [lambda one=one: house.give_back(one) for one in refunds]  # type: ignore[misc]
        if seed % 4 == 0:
            acts += [lambda: night("expire-points"), lambda: night("tiers")]
        chance.shuffle(acts)
        for act in acts:
            act()

    def night(job: str) -> None:
        with suppress(errors.Unavailable):  # another one is at it
            runner.run_by_hand(house.parts, job)

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))
    night("expire-points")
    points, tier_points, owed = house.points(member)
    taken_back = sum(one.lines[0].paid_fen // 100 for one in refunds)
    assert tier_points == earned - taken_back
    assert posted(house, "redeem") == -sum(spent)
    assert points - owed == earned - taken_back - sum(spent) + posted(house, "expire")
    assert house.faults() == []


def test_refunds_that_the_store_bears_meet_at_its_account(house: House) -> None:
    house.put(club.changed(club.COUNTING, debt=DebtRules(rule="forgive")), since=house.now - timedelta(days=1))
    bills: list[Bill] = []
    for _ in range(CLIENTS):
        member = house.member()
        bills.append(house.bill(member, 50_000))
        house.book(bills[-1])
        house.spend(member, 500)
    refunds = [house.refund(one) for one in bills]
    with ThreadPoolExecutor(CLIENTS) as pool:
        found = list(pool.map(house.give_back, refunds))
    assert [one.borne for one in found] == [500] * CLIENTS
    query = select(func.sum(ledger_postings.c.amount)).where(ledger_postings.c.account == "store:east:points:borne")
    with house.books.db.read() as tx:
        assert tx.scalar(query) == -500 * CLIENTS
    assert house.faults() == []


def test_one_refunds_number_for_two_bills_at_once_is_one_refund_and_a_conflict(house: House) -> None:
    member = house.member()
    first, second = house.bill(member, 10_000), house.bill(member, 20_000)
    house.book(first)
    house.book(second)
    one = house.refund(first)
    other = club.changed(house.refund(second), number=one.number)

    def tell(refund: Refund) -> str:
        try:
            return house.give_back(refund).state
        except errors.IdempotencyConflict:
            return "conflict"

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(tell, (one, other)))
    assert found == ["booked", "conflict"]
    assert house.points(member)[0] in (100, 200)
    assert house.faults() == []


def test_a_file_of_bills_needs_one_lock_however_long_it_is(house: House) -> None:
    """A server keeps some thousand locks: with one for each number, a long file in one unit of work would end by it."""
    with house.books.db.write() as tx:
        bills.lock_source(tx, "dms")
        for number in range(50):
            with tx.savepoint():
                bills.lock_number(tx, "dms", f"B-{number}")
        assert tx.dialect == "sqlite" or tx.scalar(_LOCKS) == 1
        bills.lock_number(tx, "other", "B-1")
        assert tx.dialect == "sqlite" or tx.scalar(_LOCKS) == 3


def test_what_is_told_of_a_bill_waits_for_a_file_of_bills_of_the_same_program(house: House) -> None:
    member, order = house.member(), list[str]()
    told, other = house.bill(member, 10_000), house.bill(member, 20_000)
    other = club.changed(other, source="till")
    is_sqlite = house.books.db.is_sqlite  # one writes at a time there, whatever the source

    def book(bill: Bill) -> None:
        house.book(bill)
        order.append(bill.source)

    with ThreadPoolExecutor(2) as pool:
        with house.books.db.write() as tx:
            bills.lock_source(tx, "dms")
            waiting = [pool.submit(book, told)]
            if not is_sqlite:
                pool.submit(book, other).result(20)
            order.append("file")
        for one in waiting:
            one.result(20)
    assert order == (["file", "dms"] if is_sqlite else ["till", "file", "dms"])


def test_vouchers_and_jobs_of_a_program_wait_for_no_file_of_its_bills(house: House) -> None:
    with house.books.db.write() as tx:
        bills.lock_source(tx, "dms")
        if tx.dialect == "sqlite":  # whoever has the one writer has every number
            bills.lock_number(tx, "dms", "V-1", "voucher")
            return
        with house.books.db.write() as other:
            other.execute(text("SET LOCAL lock_timeout = '5s'"))
            for kind in ("voucher", "job"):
                bills.lock_number(other, "dms", "N-1", kind)
            assert other.scalar(_LOCKS) == 2
        bills.lock_number(tx, "dms", "V-1", "voucher")
        assert tx.scalar(_LOCKS) == 2, "alone with the bills, not with the vouchers"

"""Bills, refunds and jobs of the DMS: under its own numbers, once, late, in any order, each row on its own (A15)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec import convert
from sqlalchemy import func, select, text

from central_api.bills.tables import bills
from central_api.db import Tx
from central_api.integrations.dms import bills as dms_bills
from central_api.integrations.dms.members import Desk
from central_api.integrations.dms.schemas import BillRow
from central_api.integrations.keys.service import Client
from central_api.ledger import service as ledger
from central_api.outbox.tables import outbox_events
from central_api.staff.tables import audit
from central_api.visits import service as visits
from central_api.visits.tables import service_jobs
from tests.support.central import Club
from tests.support.partner import Partner, a_bill_row, a_job_row, a_member_row, a_refund_row, partner
from tests.support.wait import until

MEMBERS, BILLS, REFUNDS, JOBS = (f"/v1/dms/{name}" for name in ("members", "bills", "refunds", "jobs"))
WAITS = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
"""How many wait for a number that another unit of work has."""


@pytest.fixture
def dms(club: Club) -> Partner:
    """A DMS whose customer K-1001 is a member."""
    found = partner(club, "members.read", "members.write", "bills.write", "jobs.write")
    assert found.rows(MEMBERS, a_member_row())[0]["result"] == "made"
    return found


def points(dms: Partner) -> tuple[int, int]:
    found = dms.get(f"{MEMBERS}/K-1001").json()
    return found["points"], found["tier_points"]


def test_a_bill_earns_once_and_its_refund_takes_it_back(club: Club, dms: Partner) -> None:
    booked = dms.rows(BILLS, a_bill_row(), a_bill_row())
    assert [row["result"] for row in booked] == ["booked", "same"]
    earned = booked[0]["points"]
    assert earned >= 1200
    assert (booked[1]["points"], points(dms)) == (earned, (earned, booked[0]["tier_points"]))
    back = dms.rows(REFUNDS, a_refund_row(), a_refund_row())
    assert [(row["result"], row["points"]) for row in back] == [("booked", earned), ("same", earned)]
    assert points(dms) == (0, 0)
    with club.context.db.read() as tx:
        assert ledger.faults(tx) == []
        kinds = [row.kind for row in tx.rows(select(outbox_events).order_by(outbox_events.c.arrival))]
    assert [kind for kind in kinds if kind.startswith("bill")] == ["bill.booked", "bill.refunded"]


def test_a_refund_before_its_bill_waits_and_comes_out_the_same(club: Club, dms: Partner) -> None:
    assert [row["result"] for row in dms.rows(REFUNDS, a_refund_row(), a_refund_row())] == ["waiting", "waiting"]
    assert dms.rows(BILLS, a_bill_row())[0]["result"] == "booked"
    assert points(dms) == (0, 0)
    assert dms.rows(REFUNDS, a_refund_row())[0]["result"] == "same"
    with club.context.db.read() as tx:
        kinds = [row.kind for row in tx.rows(select(outbox_events).order_by(outbox_events.c.arrival))]
    assert [kind for kind in kinds if kind.startswith("bill")] == ["bill.booked", "bill.refunded"]


@pytest.mark.parametrize("store", ["east", "west"])
def test_a_refund_told_while_its_bill_is_booked_waits_for_it_and_is_judged_by_it(
    club: Club, dms: Partner, store: str
) -> None:
    context, is_sqlite = club.context, club.context.db.is_sqlite
    desk = Desk(context.keyring, context.vault, context.clock.now(), context.new_id)
    bill = convert(a_bill_row(), BillRow)
    teller = partner(club, "bills.write", store=store)

    def waiting(tx: Tx) -> bool:
        return is_sqlite or bool(tx.scalar(WAITS))  # one writes at a time there: whoever comes second waits

    with ThreadPoolExecutor(1) as pool:
        with context.db.write() as tx:
            assert dms_bills.book(tx, desk, Client("test", "dms-east", None, frozenset()), bill).result == "booked"
            told = pool.submit(teller.rows, REFUNDS, a_refund_row())
            until(lambda: waiting(tx), "a refund that waits")
        (row,) = told.result(20)
    assert row["result" if store == "east" else "code"] == ("booked" if store == "east" else "not_allowed"), row
    assert (points(dms)[0] == 0) is (store == "east")


def test_the_same_number_with_another_content_is_a_conflict(dms: Partner) -> None:
    dms.rows(BILLS, a_bill_row())
    row = dms.rows(BILLS, a_bill_row(fen=1))[0]
    assert (row["result"], row["code"], row["status"]) == ("refused", "idempotency_conflict", 409)


def test_a_bill_sent_at_once_from_many_sides_is_booked_once(club: Club, dms: Partner) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: dms.rows(BILLS, a_bill_row())[0], range(16)))
    assert {row["result"] for row in found} <= {"booked", "same"}
    assert len({row["points"] for row in found}) == 1
    with club.context.db.read() as tx:
        assert tx.scalar(select(func.count()).select_from(bills)) == 1
        assert ledger.faults(tx) == []


def test_of_two_who_send_a_bill_at_once_the_second_finds_it_booked_and_nothing_is_told_or_noted_twice(
    club: Club, dms: Partner
) -> None:
    context, is_sqlite = club.context, club.context.db.is_sqlite
    desk = Desk(context.keyring, context.vault, context.clock.now(), context.new_id)
    bill = convert(a_bill_row(), BillRow)
    with ThreadPoolExecutor(1) as pool:
        with context.db.write() as tx:
            assert dms_bills.book(tx, desk, Client("test", "dms-east", None, frozenset()), bill).result == "booked"
            told = pool.submit(dms.rows, BILLS, a_bill_row())
            until(lambda: is_sqlite or bool(tx.scalar(WAITS)), "a bill that waits")
        (row,) = told.result(60)
    with context.db.read() as tx:
        acts = tx.rows(select(audit.c.actor).where(audit.c.act == "dms.bill"))
        told_of = tx.rows(select(outbox_events.c.id).where(outbox_events.c.kind == "bill.booked"))
    assert (row["result"], len(acts), len(told_of)) == ("same", 1, 1)


def line(**changes: object) -> dict[str, object]:
    return {"lines": [{"line": "1", "category": "maintenance", "paid_fen": 100, **changes}]}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (line(paid_fen=-1), "malformed"),
        (line(paid_fen=1.0), "malformed"),
        (line(paid_fen=1.5), "malformed"),
        (line(paid_fen="100"), "malformed"),
        (line(paid_fen=2**63), "malformed"),
        (line(paid_fen=10**12 + 1), "malformed"),
        (line(paid=100), "malformed"),
        (line(category="moonlight"), "malformed"),
        (line(category="Maintenance"), "malformed"),
        (line(line=""), "malformed"),
        ({"lines": []}, "malformed"),
        ({"number": "a\0"}, "malformed"),
        ({"number": "B" * 65}, "malformed"),
        ({"member": "K-9"}, "not_found"),
        ({"store": "moon"}, "not_found"),
        ({"at": "2026-05-16T14:10:00"}, "malformed"),
        ({"at": "2026-05-18T14:10:00+08:00"}, "malformed"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "malformed"),
        ({"at": "9999-12-31T23:59:59-14:00"}, "malformed"),
        ({"paid": 1}, "malformed"),
    ],
)
def test_a_broken_bill_is_answered_and_its_neighbours_are_booked(
    dms: Partner, change: dict[str, object], code: str
) -> None:
    rows = dms.rows(BILLS, a_bill_row("B-1"), {**a_bill_row("B-2"), **change}, a_bill_row("B-3"))
    assert [row["result"] for row in rows] == ["booked", "refused", "booked"]
    assert rows[1]["code"] == code, rows[1]


def test_the_largest_bill_there_can_be_is_booked_or_refused_by_name(club: Club, dms: Partner) -> None:
    row = dms.rows(BILLS, a_bill_row(fen=10**12))[0]
    assert row["result"] == "booked" or row["code"] == "malformed", row
    with club.context.db.read() as tx:
        assert ledger.faults(tx) == []


@pytest.mark.parametrize(
    "change",
    [
        {"lines": [{"line": "1", "paid_fen": 120_001}]},
        {"lines": [{"line": "9", "paid_fen": 1}]},
        {"lines": [{"line": "1", "paid_fen": -1}]},
        {"at": "2026-05-18T14:10:00+08:00"},
    ],
)
def test_a_refund_that_cannot_be_changes_nothing(dms: Partner, change: dict[str, object]) -> None:
    dms.rows(BILLS, a_bill_row())
    before = points(dms)
    assert dms.rows(REFUNDS, {**a_refund_row(), **change})[0]["code"] == "malformed"
    assert points(dms) == before


def test_a_key_of_another_store_books_and_refunds_nothing_here(club: Club, dms: Partner) -> None:
    dms.rows(BILLS, a_bill_row())
    west = partner(club, "bills.write", "jobs.write", store="west")
    assert west.rows(BILLS, a_bill_row("B-2"))[0]["code"] == "not_allowed"
    assert west.rows(REFUNDS, a_refund_row())[0]["code"] == "not_allowed"
    assert west.rows(JOBS, a_job_row())[0]["code"] == "not_allowed"
    assert west.rows(BILLS, a_bill_row("B-2", store="west"))[0]["result"] == "booked", "a member is welcome everywhere"


@pytest.mark.parametrize("lines", [{}, {"lines": [{"line": "1", "paid_fen": 1}]}])
@pytest.mark.parametrize("bill", ["B-1", "B-99"])
@pytest.mark.parametrize("teller", ["east", None])
def test_a_key_of_another_store_keeps_no_refunds_number_from_the_bills_own_store(
    club: Club, dms: Partner, teller: str | None, bill: str, lines: dict[str, object]
) -> None:
    west, own = (partner(club, "bills.write", store=store) for store in ("west", teller))
    assert west.rows(REFUNDS, {**a_refund_row(bill=bill), **lines})[0]["result"] == "waiting"
    dms.rows(BILLS, a_bill_row())
    earned = points(dms)[0]
    assert earned, "a refund of another store takes nothing"
    assert [row["result"] for row in own.rows(REFUNDS, a_refund_row(), a_refund_row())] == ["booked", "same"]
    assert points(dms) == (0, 0)
    again = west.rows(REFUNDS, {**a_refund_row(bill=bill), **lines})[0]
    assert again["code"] == ("not_allowed" if bill == "B-1" else "idempotency_conflict")
    assert own.rows(REFUNDS, a_refund_row(at="2026-05-16T14:21:00+08:00"))[0]["code"] == "idempotency_conflict"
    if bill == "B-99":
        assert dms.rows(BILLS, a_bill_row("B-99", store="west"))[0]["result"] == "booked"
        assert points(dms)[0] == earned, "nothing waits for it any more"
    with club.context.db.read() as tx:
        assert ledger.faults(tx) == []
        kinds = [row.kind for row in tx.rows(select(outbox_events)) if row.kind == "bill.refunded"]
    assert len(kinds) == 1


def test_what_the_whole_group_tells_too_waits_for_a_bill_of_any_store(club: Club, dms: Partner) -> None:
    west = partner(club, "bills.write", store="west")
    for one in (west, dms):
        assert one.rows(REFUNDS, a_refund_row())[0]["result"] == "waiting"
    conflict = dms.rows(REFUNDS, a_refund_row(at="2026-05-16T14:21:00+08:00"))[0]
    assert conflict["code"] == "idempotency_conflict"
    dms.rows(BILLS, a_bill_row())
    assert points(dms) == (0, 0)


def test_a_job_goes_through_its_stages_in_whatever_order_they_come(club: Club, dms: Partner) -> None:
    ready = a_job_row(ready_at="2026-05-16T14:25:00+08:00", changed_at="2026-05-16T14:25:00+08:00")
    promised = a_job_row(promised_at="2026-05-16T15:00:00+08:00", changed_at="2026-05-16T13:05:00+08:00")
    results = [row["result"] for row in dms.rows(JOBS, a_job_row(), promised, promised, ready, promised, a_job_row())]
    assert results == ["changed", "changed", "same", "changed", "same", "same"]
    member = dms.rows(MEMBERS, a_member_row())[0]["member"]
    with club.context.db.read() as tx:
        line = visits.service_line(tx, member, club.clock.now(), "Asia/Shanghai")
        assert line is not None
        assert line.en == "Your car is ready"
        assert tx.scalar(select(func.count()).where(service_jobs.c.member == member)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"checked_in_at": "2026-05-18T00:00:00+08:00"},
        {"promised_at": "2028-05-18T00:00:00+08:00"},
        {"promised_at": "9999-12-31T23:59:59-14:00"},
        {"handed_over_at": "2026-05-16T12:59:00+08:00"},
        {"kind": ""},
        {"stage": "ready"},
    ],
)
def test_a_job_that_cannot_be_is_refused(dms: Partner, change: dict[str, object]) -> None:
    assert dms.rows(JOBS, {**a_job_row(), **change})[0]["code"] == "malformed"


def test_a_job_is_one_programs_and_a_guests_car_is_nobodys(club: Club, dms: Partner) -> None:
    assert dms.rows(JOBS, a_job_row(), a_job_row("J-2", member=None))[1]["result"] == "changed"
    other = partner(club, "members.write", "jobs.write", source="dms-west")
    other.rows(MEMBERS, a_member_row())
    assert other.rows(JOBS, a_job_row())[0]["code"] == "idempotency_conflict"


def test_a_job_told_at_once_from_many_sides_is_one(club: Club, dms: Partner) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: dms.rows(JOBS, a_job_row())[0]["result"], range(16)))
    assert sorted(found) == ["changed"] + ["same"] * 15

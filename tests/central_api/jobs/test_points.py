"""Points and vouchers expire when their last day is over in their store: once, late, in every zone, found by an index (A3, A14)."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, insert, select, text, update

from central_api.bills.schemas import BillLine
from central_api.devices.tables import stores
from central_api.inbox import service as inbox
from central_api.jobs import runner
from central_api.ledger import repository as ledger_rows
from central_api.ledger.tables import ledger_entries
from central_api.rewards import holds
from central_api.rewards.tables import holds as hold_rows
from central_api.rewards.tables import reward_categories, rewards, vouchers
from tests.support import programme_house as club
from tests.support.programme_house import House

LAST = date(2027, 6, 30)  # of points of 16 May 2026, at home a year and then to the quarter's end


def a_member_with_points(house: House, points: int = 500, home: str = "east") -> str:
    member = house.member(home=home)
    house.book(house.bill(member, points * 100))
    return member


def test_points_are_there_on_their_last_day_and_gone_after_it(house: House) -> None:
    house.at(date(2026, 5, 16))
    member = a_member_with_points(house)
    house.tick()
    house.at(LAST, 23, 59)
    house.tick("expire-points")
    assert house.points(member)[0] == 500
    house.at(LAST + timedelta(days=1), 0, 5)
    (ran,) = house.tick("expire-points")
    assert ran.counts == {"members": 1, "points": 500}
    with house.books.db.read() as tx:
        row = tx.first(select(ledger_entries).where(ledger_entries.c.kind == "expire"))
    assert (row.member, row.store, row.at) == (member, "east", house.now)
    assert house.tick("expire-points") == []
    assert runner.run_by_hand(house.parts, "expire-points")[0].counts == {}
    assert house.faults() == []


def test_after_weeks_of_downtime_every_last_day_is_an_entry_of_its_own(house: House) -> None:
    house.at(date(2026, 5, 16))
    member = a_member_with_points(house)
    house.book(house.bill(member, BillLine(line="1", category="accessories", paid_fen=70_000)))  # to 31 December
    house.tick()
    house.at(date(2027, 9, 1))
    (ran,) = house.tick("expire-points")
    assert ran.counts == {"members": 1, "points": 1200}
    with house.books.db.read() as tx:
        rows = tx.rows(select(ledger_entries.c.id).where(ledger_entries.c.kind == "expire"))
    assert len(rows) == 2
    assert house.points(member) == (0, 1200, 0)
    assert house.faults() == []


def test_members_are_told_of_points_that_end_soon_once_for_each_of_the_programmes_days(house: House) -> None:
    house.put(club.changed(club.COUNTING, expiry_warn_days=(45, 15, 3)), since=club.FIRST + timedelta(days=1))
    house.at(date(2026, 5, 16))
    member, spender = a_member_with_points(house), a_member_with_points(house)
    house.book(house.bill(member, BillLine(line="1", category="accessories", paid_fen=70_000)))  # to 31 December
    house.spend(spender, 500)
    house.tick()
    for day in (date(2026, 11, 15), date(2026, 11, 16), date(2026, 12, 29), date(2027, 1, 1), date(2027, 6, 30), LAST):
        house.at(day)
        house.tick("expire-points", "expiry-warnings")
        runner.run_by_hand(house.parts, "expiry-warnings")
    with house.books.db.read() as tx:
        told = [
            (row.at.date(), row.facts["days"], row.facts["expires"], row.facts["points"])
            for row in reversed(inbox.messages_of(tx, member))
            if row.kind == "points-expire"
        ]
        assert not [row for row in inbox.messages_of(tx, spender) if row.kind == "points-expire"]
    assert told == [
        (date(2026, 11, 16), 45, "2026-12-31", 700),
        (date(2026, 12, 29), 3, "2026-12-31", 700),
        (date(2027, 6, 30), 3, "2027-06-30", 500),
    ]


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "America/Santiago", "Pacific/Kiritimati"])
@pytest.mark.parametrize("last", [date(2026, 3, 29), date(2026, 10, 25), date(2028, 2, 29), date(2026, 12, 31)])
def test_the_last_day_ends_with_the_stores_night(house: House, zone: str, last: date) -> None:
    with house.books.db.write() as tx:
        tx.execute(update(stores).values(time_zone=zone))
    house.books.today = last - timedelta(days=30)
    member = house.books.member()
    house.books.earn(member, 100, days=30)
    night = datetime(last.year, last.month, last.day, 0, 1, tzinfo=ZoneInfo(zone)) + timedelta(days=1)
    house.now = night - timedelta(hours=20)
    house.tick("expire-points")  # first seen
    house.now = night
    assert house.tick("expire-points") == []
    assert sum(points for _, points in house.lots(member)) == 100
    house.now = night + timedelta(minutes=65)  # a night whose first hour is leapt over, too
    house.tick("expire-points")
    assert house.lots(member) == []


def test_only_members_of_the_zone_whose_night_it_is(house: House) -> None:
    with house.books.db.write() as tx:
        tx.execute(update(stores).where(stores.c.slug == "west").values(time_zone="America/New_York"))
    here, there = house.books.member("east"), house.books.member("west")
    for member in (here, there):
        house.books.earn(member, 100, days=3)
    house.at(date(2026, 5, 19))
    house.tick("expire-points")
    house.at(date(2026, 5, 20), 0, 30)
    house.tick("expire-points")
    assert (house.lots(here), house.lots(there)) == ([], [("2026-05-19", 100)])


def test_many_members_are_found_page_by_page(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("central_api.jobs.points.BATCH", 3)
    members = [house.books.member() for _ in range(8)]
    for number, member in enumerate(members):
        house.books.earn(member, 10, days=number % 3)
        house.books.earn(member, 10, days=(number + 1) % 3)
    house.at(date(2026, 5, 20))
    (ran,) = runner.run_by_hand(house.parts, "expire-points")
    assert ran.counts == {"members": 8, "points": 160}
    assert house.faults() == []


def test_due_lots_are_found_by_their_index(house: House) -> None:
    """However many lots there are that hold nothing or end later, none of them is looked at."""
    for _ in range(3):
        house.books.earn(house.books.member(), 10, days=30)
    asked: list[tuple[str, Any]] = []

    def spy(connection: object, cursor: object, statement: str, parameters: Any, context: object, many: bool) -> None:
        asked.append((statement, parameters))

    with house.books.db.write() as tx:
        event.listen(tx.connection, "before_cursor_execute", spy)
        assert ledger_rows.lapsing(tx, date(2026, 5, 16), (date(2020, 1, 1), ""), 10) == []
        event.remove(tx.connection, "before_cursor_execute", spy)
        statement, parameters = asked[-1]
        if tx.dialect == "postgresql":  # which would rather read a table of three rows whole
            tx.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN " if tx.dialect == "sqlite" else "EXPLAIN "
        plan = [" ".join(map(str, row)) for row in tx.connection.exec_driver_sql(explain + statement, parameters)]
    reads = " ".join(plan)
    assert "ix_lots_expires_member" in reads
    assert "Seq Scan" not in reads
    assert "SCAN lots" not in reads


def test_vouchers_expire_with_their_last_day_and_only_those_that_can_be_used(house: House) -> None:
    member = house.books.member()
    with house.books.db.write() as tx:
        tx.execute(insert(reward_categories).values(slug="care", name={}, position=0))
        tx.execute(
            insert(rewards).values(
                slug="wash",
                category="care",
                type="service",
                points=1,
                value_fen=0,
                sold_out=False,
                limit_per="",
                limit_times=0,
                valid_days=30,
                starts=house.now,
                position=0,
                content={},
            )
        )
        for number, (state, last) in enumerate(
            [("issued", "2026-05-15"), ("issued", "2026-05-16"), ("fulfilled", "2026-05-15")]
        ):
            tx.execute(
                insert(vouchers).values(
                    id=f"v{number}",
                    code=f"code{number}",
                    member=member,
                    reward="wash",
                    number=number,
                    state=state,
                    issued_at=house.now,
                    valid_to=date.fromisoformat(last),
                    closed_at=None if state == "issued" else house.now,
                    closed_by="",
                )
            )
    house.at(date(2026, 5, 16))
    assert runner.run_by_hand(house.parts, "expire-vouchers", dry=True)[0].lines == ["v0"]
    assert runner.run_by_hand(house.parts, "expire-vouchers")[0].counts == {"vouchers": 1}
    assert runner.run_by_hand(house.parts, "expire-vouchers")[0].counts == {"vouchers": 0}
    with house.books.db.read() as tx:
        states = {row.id: row.state for row in tx.rows(select(vouchers))}
    assert states == {"v0": "expired", "v1": "issued", "v2": "fulfilled"}


def test_holds_whose_time_is_over_are_marked_and_others_stay(house: House) -> None:
    house.at(date(2026, 5, 16))
    member = a_member_with_points(house)
    with house.books.db.write() as tx:
        for name, minutes in (("short-hold", 2), ("long-hold", 60)):
            holds.place(
                tx,
                member,
                100,
                reference=name,
                store="east",
                today=house.today,
                now=house.now,
                until=house.now + timedelta(minutes=minutes),
                new_id=house.books.new_id,
            )
    house.now += timedelta(minutes=2)
    assert runner.run_by_hand(house.parts, "holds", dry=True)[0].counts == {}
    assert runner.run_by_hand(house.parts, "holds")[0].counts == {"holds": 1}
    assert runner.run_by_hand(house.parts, "holds")[0].counts == {"holds": 0}
    with house.books.db.read() as tx:
        assert {row.reference: row.state for row in tx.rows(select(hold_rows))} == {
            "short-hold": "expired",
            "long-hold": "open",
        }

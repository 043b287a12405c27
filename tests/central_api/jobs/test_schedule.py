"""When jobs are due: zones, clocks that leap, months, and days that were missed."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from central_api.jobs import schedule
from central_api.jobs.schedule import MOST, Schedule

NIGHT = Schedule(time(0, 5))


@pytest.mark.parametrize(
    ("day", "at", "zone", "utc"),
    [
        (date(2026, 5, 16), time(0, 5), "Asia/Shanghai", "2026-05-15T16:05"),
        (date(2026, 3, 29), time(2, 30), "Europe/Berlin", "2026-03-29T01:30"),  # leapt over: 03:30 by the new clock
        (date(2026, 10, 25), time(2, 30), "Europe/Berlin", "2026-10-25T00:30"),  # comes twice: the first
        (date(2026, 9, 6), time(0, 5), "America/Santiago", "2026-09-06T04:05"),  # midnight itself is leapt over
        (date(2026, 1, 1), time(0, 5), "Pacific/Kiritimati", "2025-12-31T10:05"),
    ],
)
def test_a_days_run_is_due_at_the_stores_hour(day: date, at: time, zone: str, utc: str) -> None:
    assert schedule.instant(day, at, zone) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("utc", "day"),
    [
        ("2026-05-16T16:04", date(2026, 5, 16)),
        ("2026-05-16T16:05", date(2026, 5, 17)),
        ("2026-12-31T16:05", date(2027, 1, 1)),
        ("2028-02-28T16:05", date(2028, 2, 29)),
    ],
)
def test_the_latest_day_changes_at_its_hour_and_not_before(utc: str, day: date) -> None:
    now = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert schedule.latest(NIGHT, now, "Asia/Shanghai") == day


def test_each_hour_of_a_year_with_leaping_clocks_has_each_day_due_once() -> None:
    for zone in ("Europe/Berlin", "America/New_York", "America/Santiago", "Asia/Shanghai"):
        now = datetime(2027, 12, 31, 12, tzinfo=UTC)
        done = schedule.latest(NIGHT, now, zone)
        ran: list[date] = []
        for _ in range(24 * 368):
            now += timedelta(hours=1)
            for day in schedule.due(NIGHT, done, now, zone):
                ran.append(day)
                done = day
        assert ran == [ran[0] + timedelta(days=n) for n in range(len(ran))]
        assert date(2028, 2, 29) in ran
        assert len(ran) >= 367


def test_a_month_is_due_on_its_first_day() -> None:
    monthly = Schedule(time(6, 20), every="month", catch_up="each")
    zone = "Asia/Shanghai"
    before = datetime(2026, 12, 31, 22, 19, tzinfo=UTC)  # 06:19 on 1 January
    after = before + timedelta(minutes=1)
    assert schedule.latest(monthly, before, zone) == date(2026, 12, 1)
    assert schedule.latest(monthly, after, zone) == date(2027, 1, 1)
    missed = schedule.due(monthly, date(2026, 10, 1), after, zone)
    assert missed == [date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)]


def test_after_downtime_the_latest_day_does_or_each_is_made_up_for() -> None:
    now = datetime(2026, 5, 20, 12, tzinfo=UTC)
    done = date(2026, 5, 16)
    assert schedule.due(NIGHT, done, now, "Asia/Shanghai") == [date(2026, 5, 20)]
    each = Schedule(time(0, 5), catch_up="each")
    assert schedule.due(each, done, now, "Asia/Shanghai") == [date(2026, 5, n) for n in (17, 18, 19, 20)]
    long_ago = schedule.due(each, date(2020, 1, 1), now, "Asia/Shanghai")
    assert (len(long_ago), long_ago[-1]) == (MOST, date(2026, 5, 20))
    assert schedule.due(NIGHT, date(2026, 5, 20), now, "Asia/Shanghai") == []

"""Ends of lots and periods: month ends, leap days, quarters, the change of the year (A3, A6)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_api.programme import dates
from central_api.programme.dates import RoundTo

DAYS = st.dates(date(2000, 1, 1), date(2090, 12, 31))
ROUNDINGS: list[RoundTo] = ["none", "month-end", "quarter-end", "year-end"]


@pytest.mark.parametrize(
    ("earned", "months", "round_to", "last"),
    [
        ("2026-05-16", 12, "quarter-end", "2027-06-30"),
        ("2026-05-16", 12, "none", "2027-05-16"),
        ("2026-05-16", 9, "year-end", "2027-12-31"),
        ("2026-08-31", 6, "none", "2027-02-28"),
        ("2027-08-31", 6, "none", "2028-02-29"),
        ("2028-02-29", 12, "none", "2029-02-28"),
        ("2028-02-29", 48, "none", "2032-02-29"),
        ("2028-01-31", 1, "month-end", "2028-02-29"),
        ("2026-12-31", 3, "quarter-end", "2027-03-31"),
        ("2026-12-31", 12, "year-end", "2027-12-31"),
        ("2026-01-01", 12, "year-end", "2027-12-31"),
        ("2026-11-30", 1, "quarter-end", "2026-12-31"),
    ],
)
def test_a_lots_last_day(earned: str, months: int, round_to: RoundTo, last: str) -> None:
    assert dates.last_day_of_lot(date.fromisoformat(earned), months, round_to) == date.fromisoformat(last)


@given(earned=DAYS, months=st.integers(1, 60))
def test_rounding_goes_on_never_back_and_the_coarser_the_later(earned: date, months: int) -> None:
    ends = [dates.last_day_of_lot(earned, months, how) for how in ROUNDINGS]
    assert ends == sorted(ends)
    assert all((end + timedelta(days=1)).day == 1 for end in ends[1:])
    assert ends[2].month in (3, 6, 9, 12)
    assert (ends[3].month, ends[3].day) == (12, 31)
    assert (ends[2] - ends[0]).days <= 92


@given(first=DAYS, second=DAYS, months=st.integers(1, 60), how=st.sampled_from(ROUNDINGS))
def test_who_earns_later_loses_no_sooner(first: date, second: date, months: int, how: RoundTo) -> None:
    early, late = sorted((first, second))
    assert dates.last_day_of_lot(early, months, how) <= dates.last_day_of_lot(late, months, how)


@pytest.mark.parametrize(
    ("start", "last"),
    [
        ("2026-05-16", "2027-05-15"),
        ("2028-02-29", "2029-02-28"),
        ("2027-03-01", "2028-02-29"),
        ("2028-03-01", "2029-02-28"),
        ("2026-01-01", "2026-12-31"),
    ],
)
def test_a_years_last_day(start: str, last: str) -> None:
    assert dates.last_day_of_period(date.fromisoformat(start), 12) == date.fromisoformat(last)


@given(start=DAYS)
def test_years_one_after_another_have_no_gap_and_are_never_short(start: date) -> None:
    for _ in range(5):
        last = dates.last_day_of_period(start, 12)
        assert (last - start).days + 1 in (365, 366)
        start = last + timedelta(days=1)

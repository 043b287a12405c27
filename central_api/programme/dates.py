"""Days of the store's calendar: months on, ends of month, quarter and year, and years that begin on 29 February."""

from datetime import date, timedelta
from typing import Literal

from dateutil.relativedelta import relativedelta

RoundTo = Literal["none", "month-end", "quarter-end", "year-end"]

_MONTHS_ROUNDED = {"month-end": 1, "quarter-end": 3, "year-end": 12}


def last_day_of_lot(earned: date, months: int, round_to: RoundTo) -> date:
    """The last day on which points earned on `earned` can be spent (A3).

    Args:
        earned: the store's day.
        months: how long they live. The same day that many months on, or the month's last day where it lacks that day:
            31 August and six months is 28 or 29 February.
        round_to: which end of the calendar that day is moved on to; never back.
    """
    day = earned + relativedelta(months=months)
    if round_to == "none":
        return day
    span = _MONTHS_ROUNDED[round_to]
    last_month = (day.month - 1) // span * span + span
    return _month_end(day.replace(month=last_month, day=1))


def last_day_of_period(start: date, months: int) -> date:
    """The last day of a period of so many months that begins on `start`.

    It is the day before the same day that many months on. Where that month lacks the day, the period fills the month:
    a year from 29 February 2028 ends on 28 February 2029, and nobody gets fewer days than the calendar has.
    """
    same_day = start + relativedelta(months=months)
    if same_day.day != start.day:
        return same_day
    return same_day - timedelta(days=1)


def in_year(day: date, year: int) -> date:
    """The same month and day of another year; 29 February is 28 February where there is none."""
    return day + relativedelta(year=year)


def _month_end(day: date) -> date:
    return day + relativedelta(day=31)

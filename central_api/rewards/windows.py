"""When the window of a limit began: the day, month, quarter or year that `now` lies in, by the store's calendar. Pure."""

from datetime import date, datetime

from central_api import texts

ALL = ("day", "month", "quarter", "year")


def start(per: str, now: datetime, time_zone: str) -> datetime:
    """The first instant of the window.

    Args:
        per: day | month | quarter | year.
        now: an instant in it.
        time_zone: the store's, IANA.

    Raises:
        ValueError: another window.
    """
    return texts.day_starts(first_day(per, texts.local_day(now, time_zone)), time_zone)


def first_day(per: str, today: date) -> date:
    """The first day of the window that `today` lies in."""
    match per:
        case "day":
            return today
        case "month":
            return today.replace(day=1)
        case "quarter":
            return today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
        case "year":
            return today.replace(month=1, day=1)
    raise ValueError(f"expected day, month, quarter or year, found {per!r}")

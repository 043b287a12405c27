"""Writes points, money, dates, times and masked numbers the way people read them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from club.words.catalogue import Words

MINUS = "−"  # a true minus sign, as wide as the digits


def points(count: int) -> str:
    """Whole points with thousands separators: 6,280."""
    return f"{count:,}" if count >= 0 else f"{MINUS}{-count:,}"


def signed(count: int) -> str:
    """Points with their sign: +100, −1,200."""
    return f"+{count:,}" if count > 0 else points(count)


def yuan(fen: int) -> str:
    """Money: ¥2,386, or ¥2,386.50 when there are fen."""
    whole, rest = divmod(fen, 100)
    return f"¥{whole:,}.{rest:02d}" if rest else f"¥{whole:,}"


def day(words: Words, on: date) -> str:
    """Month and day: 6 月 30 日, 30 June."""
    return words("common.date.day", month=words(f"common.date.month-{on.month}"), day=on.day)


def day_with_weekday(words: Words, on: date) -> str:
    """5 月 23 日 周六, Sat 23 May."""
    weekday = words(f"common.date.weekday-{on.weekday()}")
    return words("common.date.day-weekday", month=words(f"common.date.month-{on.month}"), day=on.day, weekday=weekday)


def full_date(words: Words, on: date) -> str:
    """2027-03-31, 31 Mar 2027."""
    return words(
        "common.date.full",
        year=on.year,
        month=f"{on.month:02d}",
        day=on.day,
        day2=f"{on.day:02d}",
        name=words(f"common.date.short-{on.month}"),
    )


def iso(on: date) -> str:
    """2027-03-31, in every language."""
    return on.isoformat()


def clock(at: datetime, time_zone: str) -> str:
    """The store's local time of an aware instant: 15:40."""
    return at.astimezone(ZoneInfo(time_zone)).strftime("%H:%M")


def local_day(at: datetime, time_zone: str) -> date:
    """The store's local date of an aware instant."""
    return at.astimezone(ZoneInfo(time_zone)).date()


def greeting(words: Words, at: datetime, time_zone: str) -> str:
    """早上好, 上午好, 中午好, 下午好 or 晚上好, by the store's hour."""
    hour = at.astimezone(ZoneInfo(time_zone)).hour
    for until, part in ((5, "evening"), (9, "early"), (12, "morning"), (13, "noon"), (18, "afternoon")):
        if hour < until:
            return words(f"common.greeting.{part}")
    return words("common.greeting.evening")


def person(words: Words, surname: str, title: str) -> str:
    """王先生, Mr Wang: never a full name (X2)."""
    return words("common.person", surname=surname, title=title)

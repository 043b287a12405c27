"""Reads the demo content's dates, all relative to the day it is loaded on, so that nothing ages (config/demo/README.md)."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from club.model.board import WEEKDAYS

_WHEN = re.compile(
    r"(?P<count>[+-]\d+)(?P<unit>d|w|mon|tue|wed|thu|fri|sat|sun)(?P<shift>[+-]\d+d)?(?: (?P<time>\d\d:\d\d))?"
)


@dataclass(frozen=True, slots=True)
class RelativeDates:
    """Dates seen from `today`, the store's local day; `time_zone` is IANA."""

    today: date
    time_zone: str

    def day(self, text: str) -> date:
        """The date of `+3sat-4d` and the like.

        Raises:
            ValueError: the text is not in the notation.
        """
        found = _match(text)
        count, unit = int(found["count"]), found["unit"]
        shift = timedelta(days=int(found["shift"].removesuffix("d")) if found["shift"] else 0)
        if unit in ("d", "w"):
            return self.today + timedelta(days=count * (7 if unit == "w" else 1)) + shift
        return self.today + timedelta(days=_days_to_weekday(self.today, WEEKDAYS.index(unit), count)) + shift

    def instant(self, text: str, *, end_of_day: bool = False) -> datetime:
        """The instant of `+3sat-4d 18:00`; without a time the day's first moment, or its last with `end_of_day`.

        Raises:
            ValueError: the text is not in the notation.
        """
        found = _match(text)
        hour, minute = (int(part) for part in (found["time"] or "00:00").split(":"))
        start = datetime.combine(self.day(text), datetime.min.time(), ZoneInfo(self.time_zone))
        if found["time"] is None and end_of_day:
            return start + timedelta(days=1)
        return start + timedelta(hours=hour, minutes=minute)


def _match(text: str) -> re.Match[str]:
    found = _WHEN.fullmatch(text)
    if found is None:
        raise ValueError(f"expected a date such as +3sat-4d 18:00, found {text!r}")
    return found


def _days_to_weekday(today: date, weekday: int, count: int) -> int:
    """Days to the `count`th such weekday after today (negative: before it); today itself never counts."""
    if count > 0:
        return ((weekday - today.weekday() - 1) % 7 + 1) + 7 * (count - 1)
    return -((today.weekday() - weekday - 1) % 7 + 1) + 7 * (count + 1)

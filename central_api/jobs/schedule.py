"""Says when a job is due: which days of a zone's calendar, and at what time of day there. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from central_api import texts

MOST = 62
"""How many missed days are caught up with, of a job that wants each of them."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a job is due.

    Args:
        at: the time of day in the zone.
        every: each day, or the first day of each month.
        catch_up: after days of downtime the latest day does for all (`latest`), or each missed one is made up for (`each`).
    """

    at: time
    every: Literal["day", "month"] = "day"
    catch_up: Literal["latest", "each"] = "latest"


def instant(day: date, at: time, time_zone: str) -> datetime:
    """When a day's run is due, in UTC.

    A time that the clocks leap over is the one as long after midnight; a time that comes twice is the first.
    """
    return datetime.combine(day, at, ZoneInfo(time_zone)).astimezone(UTC)


def latest(schedule: Schedule, now: datetime, time_zone: str) -> date:
    """The last day whose run was due by now."""
    day = texts.local_day(now, time_zone)
    if instant(day, schedule.at, time_zone) > now:
        day -= timedelta(days=1)
    return day if schedule.every == "day" else _month(schedule, day, now, time_zone)


def due(schedule: Schedule, done_to: date, now: datetime, time_zone: str) -> list[date]:
    """The days that are to be run now, the first first.

    Args:
        schedule: of the job.
        done_to: the last day that is done.
        now: the instant.
        time_zone: IANA.
    """
    last = latest(schedule, now, time_zone)
    if last <= done_to:
        return []
    if schedule.catch_up == "latest":
        return [last]
    days = (done_to + timedelta(days=n) for n in range(1, (last - done_to).days + 1))
    return [day for day in days if schedule.every == "day" or day.day == 1][-MOST:]


def _month(schedule: Schedule, day: date, now: datetime, time_zone: str) -> date:
    first = day.replace(day=1)
    if instant(first, schedule.at, time_zone) > now:
        first = (first - timedelta(days=1)).replace(day=1)
    return first

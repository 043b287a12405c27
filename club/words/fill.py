"""Fills `{left} {date} {days} {state}` in what staff wrote on a board with the data the board follows (L1, C2)."""

import re
from datetime import date, datetime

from club.model.board import ActivityLine
from club.model.text import Text
from club.words import numbers
from club.words.catalogue import Words, words

PLACES = ("left", "date", "days", "state")
_PLACE = re.compile(r"\{(" + "|".join(PLACES) + r")\}")


def fill(
    text: Text | str,
    language: str,
    *,
    now: datetime,
    time_zone: str,
    activity: ActivityLine | None = None,
    on: date | None = None,
    until: datetime | None = None,
) -> str:
    """The text in `language` with its places filled; a place without data is left out, other braces stay as written.

    Args:
        text: what staff wrote, in both languages or already in one.
        language: a language tag.
        now: the present instant, aware.
        time_zone: the store's IANA zone, in which days are counted.
        activity: fills `{left}` (places), `{state}` (余 6 车, or that it is full) and `{date}` (its first day).
        on: what `{date}` says instead.
        until: what `{days}` counts down to, in the store's calendar days, never below 0.
    """
    speak = words(language)
    raw = text.pick(speak.language) if isinstance(text, Text) else text

    def place(match: re.Match[str]) -> str:
        return _value(match[1], speak, now, time_zone, activity, on, until)

    return _PLACE.sub(place, raw)


def day_of(speak: Words, activity: ActivityLine, time_zone: str) -> str:
    """The first day of an activity, with its weekday when it is over the same day: 5 月 23 日 周六."""
    first = numbers.local_day(activity.starts, time_zone)
    last = numbers.local_day(activity.ends, time_zone)
    return numbers.day_with_weekday(speak, first) if first == last else numbers.day(speak, first)


def state(speak: Words, activity: ActivityLine) -> str:
    """Whether there are places: 余 6 车, or 已满，可候补."""
    if activity.left == 0:
        return speak("common.activity.full")
    return speak("common.activity.left", left=activity.left, unit=activity.unit.pick(speak.language))


def _value(
    name: str,
    speak: Words,
    now: datetime,
    time_zone: str,
    activity: ActivityLine | None,
    on: date | None,
    until: datetime | None,
) -> str:
    if name == "days" and until is not None:
        return str(max(0, (numbers.local_day(until, time_zone) - numbers.local_day(now, time_zone)).days))
    if name == "date":
        if on is not None:
            return numbers.day(speak, on)
        return numbers.day(speak, numbers.local_day(activity.starts, time_zone)) if activity else ""
    if activity is None:
        return ""
    if name == "left":
        return str(activity.left)
    return state(speak, activity) if name == "state" else ""

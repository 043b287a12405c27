"""Wording of the database (JSON with zh and en) as values, and days of a store's calendar as instants."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from club.model.text import Text


def text(value: Mapping[str, Any] | None) -> Text:
    """The wording of a JSON column; empty for NULL."""
    return Text(str(value.get("zh", "")), str(value.get("en", ""))) if value else Text("")


def column(value: Text) -> dict[str, str]:
    """The JSON of a wording."""
    return {"zh": value.zh, "en": value.en}


def local_day(moment: datetime, time_zone: str) -> date:
    """The calendar day of an instant in a zone (IANA name)."""
    return moment.astimezone(ZoneInfo(time_zone)).date()


def day_starts(day: date, time_zone: str) -> datetime:
    """The first instant of a calendar day in a zone."""
    return datetime.combine(day, datetime.min.time(), ZoneInfo(time_zone))


def both(say: Callable[[str], str]) -> Text:
    """A sentence of the catalogue in the club's languages; `say` gives it for a language tag."""
    return Text(say("zh-CN"), say("en"))

"""Whether the TV plays at this time is said, and a clock can be asked for that lies within its hours."""

import argparse
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from club import resources
from demo import __main__ as demo
from demo import hours

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_NIGHT = datetime(2026, 5, 15, 19, 10, tzinfo=UTC)  # 03:10 of the next day in the store


@pytest.fixture(scope="module")
def tv() -> hours.Hours:
    """The hours of the display the demo starts."""
    return hours.of_display(resources.demo_dir(), "tv-1")


@pytest.mark.parametrize(
    ("at", "plays"), [("09:29", False), ("09:30", True), ("12:00", True), ("18:29", True), ("18:30", False)]
)
def test_the_tv_plays_in_its_hours(tv: hours.Hours, at: str, plays: bool) -> None:
    """By the time in the store, wherever the machine is."""
    now = datetime.fromisoformat(f"2026-05-16T{at}:00+08:00").astimezone(UTC)
    assert tv.plays(now) is plays
    assert (hours.note(tv, now) == []) is plays


def test_at_night_it_is_said_with_a_clock_that_helps(tv: hours.Hours) -> None:
    """And with what that clock costs."""
    said = " ".join(hours.note(tv, _NIGHT))
    assert said.startswith("It is 03:10 in the store. The TV plays from 09:30 to 18:30;")
    assert "./dev demo --clock 14:32" in said
    assert "authenticator" in said
    assert tv.plays(datetime.fromisoformat(hours.instant(hours.GOOD_TIME, _SHANGHAI, _NIGHT)))


def test_a_display_without_hours_is_not_spoken_of() -> None:
    """Nothing can be said of it."""
    assert hours.note(hours.of_display(resources.demo_dir(), "tv-99"), _NIGHT) == []


def test_a_time_of_day_is_today_in_the_store() -> None:
    """Where it is the next day already."""
    assert hours.instant("14:32", _SHANGHAI, _NIGHT) == "2026-05-16T14:32:00+08:00"


def test_an_instant_stays_as_it_is() -> None:
    """With the zone it was given."""
    assert hours.instant(demo.DRAWN_DAY, _SHANGHAI, _NIGHT) == demo.DRAWN_DAY


@pytest.mark.parametrize("text", ["", "2pm", "25:00", "2026-05-16T14:32:00", "2026-05-16", "tomorrow"])
def test_other_times_are_refused(text: str) -> None:
    """Before anything is started."""
    with pytest.raises(argparse.ArgumentTypeError, match="expected a time in the store such as 14:32"):
        hours.instant(text, _SHANGHAI, _NIGHT)


def test_the_demo_takes_a_time_of_day_for_its_clock() -> None:
    """As the note says it."""
    chosen = demo._parser().parse_args(["--clock", "14:32"]).clock
    assert datetime.fromisoformat(chosen).astimezone(_SHANGHAI).strftime("%H:%M") == "14:32"

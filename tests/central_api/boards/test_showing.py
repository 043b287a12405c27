"""When a board is told to come on, for the sentence after publishing."""

from datetime import UTC, date, datetime, timedelta

import pytest

from central_api.boards.content import DisplayContent, Fields, PlaylistContent, SlotContent
from central_api.boards.showing import next_showing
from club.model.text import Text

NOW = datetime(2026, 5, 16, 6, 32, tzinfo=UTC)  # Saturday 14:32 in Shanghai
FIELDS = Fields(template="image", texts={"title": Text("t")})


def shown(*slots: SlotContent, fields: Fields = FIELDS) -> timedelta | None:
    display = DisplayContent("tv-1", "east", "zh-CN", playlists=(PlaylistContent("a", ("b",)),), slots=slots)
    found = next_showing(display, "b", fields, "Asia/Shanghai", NOW)
    return None if found is None else found - NOW


def slot(start: int, end: int, **more: object) -> SlotContent:
    return SlotContent("daypart", "a", start * 60, end * 60, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("slots", "wait"),
    [
        ((slot(9, 18),), timedelta(0)),
        ((slot(17, 18),), timedelta(hours=2, minutes=28)),
        ((slot(9, 12),), timedelta(hours=18, minutes=28)),
        ((slot(9, 12), slot(15, 16)), timedelta(minutes=28)),
        ((slot(9, 12, weekdays=("mon",)),), timedelta(days=1, hours=18, minutes=28)),
        ((slot(14, 16, on=date(2026, 5, 23)),), timedelta(days=6, hours=23, minutes=28)),
        ((slot(14, 16, on=date(2026, 5, 9)),), None),
        ((SlotContent("daypart", "other", 0, 1440),), None),
    ],
)
def test_the_next_time_follows_the_schedule(slots: tuple[SlotContent, ...], wait: timedelta | None) -> None:
    assert shown(*slots) == wait


def test_the_boards_own_dates_and_days_count_too() -> None:
    later = Fields(template="image", texts={}, starts=NOW + timedelta(hours=1))
    assert shown(slot(9, 18), fields=later) == timedelta(hours=1)
    over = Fields(template="image", texts={}, ends=NOW)
    assert shown(slot(9, 18), fields=over) is None
    sundays = Fields(template="image", texts={}, weekdays=("sun",))
    assert shown(slot(9, 18), fields=sundays) == timedelta(hours=18, minutes=28)
    elsewhere = Fields(template="image", texts={}, stores=("west",))
    assert shown(slot(9, 18), fields=elsewhere) is None

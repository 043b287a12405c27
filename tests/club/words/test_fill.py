from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from club.model.board import ActivityLine
from club.model.text import Text
from club.words.fill import fill

ZONE = "Asia/Shanghai"
NOW = datetime(2026, 5, 16, 14, 32, tzinfo=ZoneInfo(ZONE))


def an_activity(left: int = 6) -> ActivityLine:
    return ActivityLine(
        slug="lakeside-road-trip",
        kind=Text("自驾游", "Road trip"),
        title=Text("湖山两日自驾游", "Two-day lakeside drive"),
        place=Text("湖山", "Lakes"),
        starts=datetime(2026, 6, 6, 0, 30, tzinfo=ZoneInfo(ZONE)),
        ends=datetime(2026, 6, 7, 17, 0, tzinfo=ZoneInfo(ZONE)),
        left=left,
        unit=Text("车", "cars"),
        fee_points=600,
        picture="",
        url="",
    )


def test_places_left_and_date_of_an_activity_in_the_stores_zone() -> None:
    text = Text("{date}出发，余 {left} 车", "{left} cars left, {date}")
    assert fill(text, "zh-CN", activity=an_activity(), now=NOW, time_zone=ZONE) == "6 月 6 日出发，余 6 车"
    assert fill(text, "en", activity=an_activity(), now=NOW, time_zone=ZONE) == "6 cars left, 6 June"


@pytest.mark.parametrize(
    ("left", "zh", "en"), [(6, "余 6 车", "6 cars left"), (0, "已满，可候补", "Full, join waitlist")]
)
def test_the_state_says_whether_there_are_places(left: int, zh: str, en: str) -> None:
    assert fill("{state}", "zh-CN", activity=an_activity(left), now=NOW, time_zone=ZONE) == zh
    assert fill("{state}", "en", activity=an_activity(left), now=NOW, time_zone=ZONE) == en


def test_days_are_the_stores_calendar_days_and_never_below_zero() -> None:
    text = Text("还有 {days} 天")
    until = datetime(2026, 6, 13, 19, 0, tzinfo=ZoneInfo(ZONE))
    assert fill(text, "zh-CN", until=until, now=NOW, time_zone=ZONE) == "还有 28 天"
    just_before_midnight = datetime(2026, 6, 12, 23, 59, tzinfo=ZoneInfo(ZONE))
    assert fill(text, "zh-CN", until=until, now=just_before_midnight, time_zone=ZONE) == "还有 1 天"
    assert fill(text, "zh-CN", until=NOW.replace(day=1), now=NOW, time_zone=ZONE) == "还有 0 天"


def test_a_date_without_an_activity() -> None:
    assert (
        fill(Text("{date}有一批积分到期"), "zh-CN", on=date(2026, 6, 30), now=NOW, time_zone=ZONE)
        == "6 月 30 日有一批积分到期"
    )


def test_a_place_without_data_is_left_out_and_other_braces_stay() -> None:
    assert fill("{left}{date}{days}{state}{wifi} {", "zh-CN", now=NOW, time_zone=ZONE) == "{wifi} {"

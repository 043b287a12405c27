from datetime import UTC, date, datetime

import pytest

from club.words import numbers
from club.words.catalogue import Words

ZH, EN = Words("zh-CN", strict=True), Words("en", strict=True)
SHANGHAI = "Asia/Shanghai"


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0"), (999, "999"), (6280, "6,280"), (18640, "18,640"), (-1200, "−1,200")]
)
def test_points_have_thousands_separators(count: int, text: str) -> None:
    assert numbers.points(count) == text


def test_signed_points_and_money() -> None:
    assert (numbers.signed(100), numbers.signed(-1200), numbers.signed(0)) == ("+100", "−1,200", "0")
    assert (numbers.yuan(238600), numbers.yuan(238650), numbers.yuan(5)) == ("¥2,386", "¥2,386.50", "¥0.05")


def test_dates_in_both_languages() -> None:
    assert (numbers.day(ZH, date(2026, 6, 30)), numbers.day(EN, date(2026, 6, 30))) == ("6 月 30 日", "30 June")
    assert numbers.day_with_weekday(ZH, date(2026, 5, 23)) == "5 月 23 日 周六"
    assert numbers.day_with_weekday(EN, date(2026, 5, 23)) == "Sat 23 May"
    assert (numbers.full_date(ZH, date(2027, 3, 1)), numbers.full_date(EN, date(2027, 3, 31))) == (
        "2027-03-01",
        "31 Mar 2027",
    )
    assert numbers.iso(date(2027, 3, 31)) == "2027-03-31"


def test_every_month_and_weekday_has_its_words() -> None:
    for month in range(1, 13):
        assert numbers.day(EN, date(2026, month, 1)) != numbers.day(ZH, date(2026, month, 1))
    assert len({numbers.day_with_weekday(ZH, date(2026, 6, on)).split()[-1] for on in range(1, 8)}) == 7


@pytest.mark.parametrize(
    ("hour", "greeting"),
    [
        (2, "晚上好"),
        (5, "早上好"),
        (9, "上午好"),
        (12, "中午好"),
        (13, "下午好"),
        (14, "下午好"),
        (17, "下午好"),
        (18, "晚上好"),
        (23, "晚上好"),
    ],
)
def test_the_greeting_follows_the_stores_hour(hour: int, greeting: str) -> None:
    at = datetime(2026, 5, 16, (hour - 8) % 24, 32, tzinfo=UTC)
    assert numbers.greeting(ZH, at, SHANGHAI) == greeting
    assert numbers.clock(at, SHANGHAI) == f"{hour:02d}:32"


def test_a_person_is_surname_and_title() -> None:
    assert (numbers.person(ZH, "王", "先生"), numbers.person(EN, "Wang", "Mr")) == ("王先生", "Mr Wang")

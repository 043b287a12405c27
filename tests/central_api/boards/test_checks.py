"""What stops a draft from being published, and what is only worth knowing (C2, L9)."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from central_api.boards import checks
from central_api.boards.content import Fields
from central_api.boards.templates import length, units
from club.model.text import Text

NOW = datetime(2026, 5, 16, tzinfo=UTC)
GOOD = Fields(
    template="activity",
    texts={"title": Text("湖山两日自驾游", "Lakeside drive"), "line": Text("余 {left} 车", "{left} left")},
    picture="a" * 64,
    starts=NOW,
    ends=NOW + timedelta(days=3),
)


def findings(fields: Fields = GOOD, *, width: int = 1920, ends: datetime | None = None) -> dict[str, checks.Check]:
    return {check.code: check for check in checks.check(fields, width > 0, width, ends)}


def worded(**texts: Text) -> Fields:
    return msgspec.structs.replace(GOOD, texts={**GOOD.texts, **texts})


def test_a_good_draft_has_nothing_against_it() -> None:
    assert {check.level for check in findings().values()} == {"ok"}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        (worded(title=Text("")), "title"),
        (worded(title=Text("一二三四五六七八九十一二三")), "length"),
        (worded(line=Text("x", "y" * 200)), "length"),
        (worded(line=Text("{letf} 位")), "placeholder"),
        (worded(line=Text("电话 138 0000 6621")), "private"),
        (worded(line=Text("请 13800006621 来")), "private"),
        (worded(line=Text("沪A·12I6K8 请移车")), "private"),
        (worded(line=Text("沪AD12345")), "private"),
        (worded(line=Text("11010119900101123X")), "private"),
        (msgspec.structs.replace(GOOD, ends=NOW - timedelta(days=1)), "dates"),
    ],
)
def test_what_must_not_reach_a_screen_stops_it(fields: Fields, code: str) -> None:
    found = findings(fields)
    assert found[code].level == "stop"
    assert not checks.may_publish(list(found.values()))


@pytest.mark.parametrize(
    "harmless", ["沪A **6K8 可交车", "分机 8001", "400-0000-1001", "2026 年 6 月 6 日", "三万 1380 公里"]
)
def test_masked_plates_and_store_numbers_are_no_ones_secret(harmless: str) -> None:
    assert findings(worded(line=Text(harmless)))["private"].level == "ok"


def test_missing_english_is_worth_knowing_but_stops_nothing() -> None:
    found = findings(worded(title=Text("只有中文")))
    assert found["english_title"].level == "warn"
    assert checks.may_publish(list(found.values()))
    assert dict(findings(worded(line=Text("只有中文")))["english"].facts) == {"missing": 1}


def test_a_picture_is_needed_and_a_small_one_is_worth_knowing() -> None:
    assert findings(width=0)["picture"].level == "stop"
    assert findings(width=640)["picture_small"].level == "warn"


def test_a_board_that_outlives_its_activity_is_worth_knowing() -> None:
    assert findings(ends=NOW + timedelta(days=1))["ends_late"].level == "warn"


def test_room_is_counted_in_chinese_signs() -> None:
    assert units("湖山两日自驾游") == 7
    assert units("23 组") == 3  # two digits and a blank are one and a half
    assert units("余 {left} 车") == 7
    assert length("{left} cars", "en") == 13

"""Lines of Chinese text."""

from hypothesis import given
from hypothesis import strategies as st

from club.ui import breaking

LETTERS = "积分兑换卡，。（）“”AB12 -"


def by_count(text: str) -> float:
    return float(len(text))


def test_breaks_between_any_two_characters() -> None:
    assert breaking.break_lines("几张卡叠在一起会读错", 4, by_count) == ["几张卡叠", "在一起会", "读错"]


def test_no_line_begins_with_a_comma_or_ends_with_an_open_bracket() -> None:
    assert breaking.break_lines("离开时点退出，或（自动）", 6, by_count) == ["离开时点退", "出，或（自", "动）"]


def test_words_and_numbers_stay_whole() -> None:
    assert breaking.break_lines("有效期至 2026-08-14 止", 8, by_count) == ["有效期至", "2026-08-14", "止"]


def test_a_line_feed_always_breaks() -> None:
    assert breaking.break_lines("欢迎回家，\n先喝杯茶。", 99, by_count) == ["欢迎回家，", "先喝杯茶。"]


@given(st.text(LETTERS, max_size=40), st.integers(4, 20))
def test_nothing_is_lost_and_only_what_cannot_be_split_is_too_wide(text: str, width: int) -> None:
    lines = breaking.break_lines(text, width, by_count)
    assert "".join("".join(lines).split()) == "".join(text.split())
    for line in lines:
        assert len(line) <= width or len(breaking.pieces(line)) == 1


def test_the_last_line_is_not_one_character() -> None:
    text = "请到前台或另一台自助机"
    assert breaking.break_lines(text, 10, by_count) == ["请到前台或另一台自助", "机"]
    assert breaking.balanced(text, 10, by_count) == ["请到前台或另", "一台自助机"]

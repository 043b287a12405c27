"""Line breaking: legal breaks, nothing lost, nothing wider than its room."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from club.render import typeset
from club.render.typeset import Room
from club.words.kinsoku import NEVER_FIRST, NEVER_LAST

HAN = "湖山两日自驾游会员活动余车分钟座位茶点免费送到您的"
WORDS = st.lists(
    st.one_of(
        st.text(alphabet=HAN, min_size=1, max_size=8),
        st.sampled_from(
            ["，", "。", "！", "？", "：", "、", "“", "”", "（", "）", " ", "600", "15–20", "SUV", "A6", "12,000"]
        ),
    ),
    min_size=1,
    max_size=24,
).map("".join)


def measure(text: str, size: int) -> float:
    return sum(size * (1.0 if ord(letter) > 0x2000 else 0.55) for letter in text)


@given(WORDS)
def test_pieces_join_to_the_text(text: str) -> None:
    assert "".join(typeset.atoms(text)) == text


@given(WORDS, st.integers(240, 2000))
def test_no_line_begins_or_ends_with_a_forbidden_mark(text: str, width: int) -> None:
    lines = [line for line in typeset.wrap(text, 40, width, measure) if line]
    stripped = text.strip(" ")
    for before, after in itertools.pairwise(lines):
        assert after[0] not in NEVER_FIRST, lines
        # A mark that opens may only stand last where the text itself has nothing after it.
        assert before[-1] not in NEVER_LAST or stripped.endswith(before), lines


@given(WORDS, st.integers(240, 2000))
def test_no_letter_is_lost(text: str, width: int) -> None:
    lines = typeset.wrap(text, 40, width, measure)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@given(st.text(alphabet=HAN, min_size=1, max_size=60), st.integers(120, 2000))
def test_chinese_lines_stay_inside_their_room(text: str, width: int) -> None:
    assert all(measure(line, 40) <= width for line in typeset.wrap(text, 40, width, measure))


@given(WORDS, st.integers(300, 1500), st.integers(1, 3))
def test_a_fitted_text_is_whole_and_never_larger_than_asked(text: str, width: int, lines: int) -> None:
    found = typeset.fit(text, Room(width, lines), measure, 100)
    assert found.size <= 100
    assert "".join(found.lines).replace(" ", "") == text.replace(" ", "")
    assert "…" not in "".join(found.lines)


def test_a_title_shrinks_before_it_takes_a_second_line() -> None:
    one = typeset.fit("湖山两日自驾游活", Room(760, 2), measure, 100)
    two = typeset.fit("湖山两日自驾游会员活动", Room(760, 2), measure, 100)
    assert (len(one.lines), one.size) == (1, 92)
    assert (len(two.lines), two.size) == (2, 100)


def test_running_text_takes_its_lines_before_it_shrinks() -> None:
    found = typeset.fit("湖山两日自驾游活", Room(760, 2, wrap_first=True), measure, 100)
    assert (len(found.lines), found.size) == (2, 100)


def test_a_number_keeps_its_unit() -> None:
    assert "6 车" in "|".join(typeset.atoms("余 6 车，每车 600 积分"))
    for width in range(80, 600, 20):
        for line in typeset.wrap("余 6 车，每车 600 积分", 40, width, measure):
            assert not line.endswith("6") or width < measure("6 车，", 40)


def test_balanced_lines_are_about_equally_long() -> None:
    found = typeset.fit("到店 1 分钟内有人招呼", Room(335, 3, wrap_first=True, balanced=True), measure, 46)
    assert found.lines == ("到店 1 分钟内", "有人招呼")


def test_two_lines_break_behind_the_comma() -> None:
    found = typeset.fit("消防管检修约两小时，车主请到前台移车", Room(800, 2, wrap_first=True), measure, 54)
    assert found.lines == ("消防管检修约两小时，", "车主请到前台移车")


def test_a_bounded_place_is_never_left() -> None:
    text = "停在地下车库的车主请到一楼前台，我们代客移车，免费。" * 6
    found = typeset.fit(text, Room(600, 2, height=300, line_height=1.4), measure, 54)
    assert len(found.lines) * found.size * 1.4 <= 300.5

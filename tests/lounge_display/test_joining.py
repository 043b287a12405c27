"""What a display says that belongs to nobody yet, from its first code to its first board (C9, lounge-17)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from club.render.templates.enrol import EnrolView
from lounge_display.joining import Enrolment, Joining, enrol_view
from tests.support.lounge_manifests import NOON

SHOWN = Joining(Enrolment.NEEDED, NOON, "7K2M9Q", NOON + timedelta(minutes=10))


def view(
    joining: Joining, *, later: timedelta = timedelta(0), online: bool = True, language: str = "zh-CN"
) -> EnrolView:
    return enrol_view(language, "dev-1", (1920, 1080), joining, NOON + later, online=online)


def test_the_code_stands_in_two_groups_with_the_minutes_it_is_good() -> None:
    assert view(SHOWN).code == ("7K2", "M9Q")
    assert view(SHOWN).state == "10 分钟后换新码"
    assert view(SHOWN, later=timedelta(minutes=9, seconds=30)).state == "1 分钟后换新码"
    assert view(SHOWN, language="en").state == "New code in 10 min"
    assert view(SHOWN).device == "设备号 dev-1，1920×1080，横屏"


def test_within_a_minute_the_screen_stays_the_same() -> None:
    assert view(SHOWN, later=timedelta(seconds=1)) == view(SHOWN, later=timedelta(seconds=59))


def test_a_code_that_has_run_out_is_not_shown() -> None:
    gone = view(SHOWN, later=timedelta(minutes=10))
    assert gone.code == ()
    assert gone.state == "正在取配对码"


def test_without_a_network_it_says_so_and_what_works_all_the_same() -> None:
    alone = view(Joining(Enrolment.NEEDED, NOON), online=False)
    assert alone.offline == "还没连上网络"
    assert alone.heading == "没有网络也能先用"
    assert alone.steps[2] == "都没有？先播内置画面和时钟"
    assert alone.state == "连上网络后，这里显示配对码"
    assert not view(SHOWN).offline


def test_once_entered_the_code_turns_green_and_the_content_counts_up() -> None:
    entered = view(replace(SHOWN, state=Enrolment.WAITING, done=3, total=12), later=timedelta(minutes=11))
    assert entered.entered
    assert entered.code == ("7K2", "M9Q")
    assert entered.state == "正在领取内容 3/12"
    assert entered.progress == pytest.approx(0.25)
    assert view(Joining(Enrolment.WAITING, NOON)).progress is None


def test_after_half_an_hour_the_built_in_picture_plays_and_the_code_stays_in_a_corner() -> None:
    late = replace(SHOWN, expires_at=NOON + timedelta(hours=1))
    assert not view(late, later=timedelta(minutes=29)).is_quiet
    assert view(late, later=timedelta(minutes=30)).is_quiet
    assert not view(replace(late, state=Enrolment.WAITING), later=timedelta(minutes=30)).is_quiet


def test_a_code_given_at_the_start_that_was_refused_is_told() -> None:
    assert view(Joining(Enrolment.REFUSED, NOON)).state == "启动时给的配对码不对或已过期"

"""kiosk-21: what is missing is said on the button, the number is masked, and why nothing opened is said in words (N8)."""

import pytest

from club.model import errors
from club.words.catalogue import Words
from kiosk_app.flow import events as ev
from kiosk_app.flow import state as st
from kiosk_app.flow.actions import Action
from kiosk_app.present import phone
from kiosk_app.present.presenter import present
from kiosk_app.present.views import PhoneLoginView
from tests.support.kiosk_visit import Visit

ZH, EN = Words("zh-CN", strict=True), Words("en", strict=True)
NUMBER = "13800006621"


def shown(visit: Visit, words: Words = ZH) -> PhoneLoginView:
    view = present(visit.state, words)
    assert isinstance(view, PhoneLoginView)
    return view


def typed(digits: str) -> Visit:
    visit = Visit().press("wake").press("phone")
    for digit in digits:
        visit.press("digit", digit)
    return visit


@pytest.mark.parametrize(
    ("digits", "said", "enabled"),
    [
        ("", "登录，还差 11 位手机号", False),
        ("138", "登录，还差 8 位手机号", False),
        (NUMBER, "登录，还差 6 位密码", False),
        (NUMBER + "3141", "登录，还差 2 位密码", False),
        (NUMBER + "314159", "登录", True),
    ],
)
def test_the_button_says_what_is_missing(digits: str, said: str, enabled: bool) -> None:
    button = shown(typed(digits)).sign_in
    assert (button.text, button.enabled, button.action) == (said, enabled, Action.SIGN_IN)


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("", ""),
        ("1", "1"),
        ("1380", "138 *"),
        ("1380000", "138 ****"),
        ("13800006", "138 **** 6"),
        (NUMBER, "138 **** 6621"),
    ],
)
def test_the_middle_of_a_number_is_hidden_while_it_is_typed_too(number: str, masked: str) -> None:
    assert phone.grouped(phone.masked(number)) == masked


def test_the_number_is_shown_when_asked_for_and_the_pin_never() -> None:
    view = shown(typed(NUMBER + "3141").press("show_phone"))
    assert (view.phone, view.show.text) == ("138 0000 6621", "隐藏")
    assert view.dots == ("full", "full", "full", "full", "next", "empty")
    assert "3141" not in repr(view)


def test_the_mark_of_the_next_digit_waits_for_the_number() -> None:
    assert shown(typed("138")).dots == ("empty",) * 6


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (errors.PhoneOrPinWrong(tries_left=4, lock_minutes=15), "手机号或密码不对，还可尝试 4 次"),
        (errors.PinLocked(minutes=15), "这个号码试错太多次，请 15 分钟后再试"),
        (errors.TooManyGuesses(seconds=600), "尝试次数太多"),
        (errors.SessionEnded(), "为了安全，这次登录已经结束。请用手机号再登录一次"),
    ],
)
def test_why_nothing_opened_is_told_in_calm_words(error: errors.ClubError, said: str) -> None:
    visit = typed(NUMBER + "314159").press("sign_in")
    assert shown(visit).sign_in.text == "正在核对，请稍等"
    assert visit.state.session is not None
    visit.tell(ev.SessionRefused(visit.state.session.id, error))
    assert shown(visit).problem.startswith(said)
    assert shown(visit).pin_label == ""
    assert "会员" not in shown(visit).problem, "whether the number is a member's is not told"
    assert shown(visit, EN).problem.isascii() or "’" in shown(visit, EN).problem


def test_without_a_network_it_says_so_before_anything_is_typed() -> None:
    view = shown(typed("").tell(ev.WentOffline()))
    assert view.problem.startswith("网络断开了")
    assert not view.sign_in.enabled
    assert st.PHONE_LENGTH == 11

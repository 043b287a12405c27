"""A visit without a card: typed, scanned, refused, left; nothing of it stays (N8, K13)."""

import pytest

from club.model import errors
from kiosk_app.flow import effects, phone
from kiosk_app.flow import events as ev
from kiosk_app.flow import state as st
from kiosk_app.flow.actions import Action
from tests.support import kiosk_values as make
from tests.support.kiosk_visit import Visit, a_tap

NUMBER, PIN = "13800006621", "314159"


def at_login() -> Visit:
    return Visit().press("wake").press("phone")


def typed(visit: Visit, digits: str) -> Visit:
    for digit in digits:
        visit.press("digit", digit)
    return visit


def asked(visit: Visit) -> effects.OpenPhoneSession:
    return visit.last(effects.OpenPhoneSession)


def page(visit: Visit) -> st.PhoneLogin:
    screen = visit.now()
    assert isinstance(screen, st.PhoneLogin)
    return screen


def signing_in() -> Visit:
    return typed(at_login(), NUMBER + PIN).press("sign_in")


def test_number_and_pin_are_sent_once_and_the_pin_is_not_kept() -> None:
    visit = signing_in().press("sign_in")
    assert visit.count(effects.OpenPhoneSession) == 1
    assert (asked(visit).phone.value, asked(visit).pin.value) == (NUMBER, PIN)
    assert NUMBER not in repr(asked(visit))
    assert PIN not in repr(asked(visit))
    assert page(visit) == st.PhoneLogin(st.Digits(NUMBER), busy=True)


def test_the_page_opens_with_everything_the_pin_opens() -> None:
    visit = signing_in()
    visit.tell(ev.SessionOpened(make.a_session(asked(visit).session_id, "phone")))
    assert visit.now() == st.Home()
    assert visit.press("vouchers").now() == st.Vouchers()
    assert isinstance(visit.press("home").at_pin().now(), st.Pin), "to spend, the PIN is asked again (N4)"


@pytest.mark.parametrize("digits", ["", "1", NUMBER, NUMBER + PIN[:5]])
def test_what_is_not_whole_is_not_sent(digits: str) -> None:
    assert typed(at_login(), digits).press("sign_in").count(effects.OpenPhoneSession) == 0


def test_erasing_goes_back_through_pin_and_number_and_clearing_takes_all() -> None:
    visit = typed(at_login(), NUMBER + PIN[:2]).press("erase").press("erase").press("erase")
    assert (page(visit).phone.value, len(page(visit).pin)) == (NUMBER[:-1], 0)
    assert typed(visit, "1234").press("clear").now() == st.PhoneLogin()


def test_more_digits_than_there_are_change_nothing() -> None:
    visit = typed(at_login(), NUMBER + PIN)
    before = visit.now()
    assert typed(visit, "7").now() == before


def test_the_number_shows_for_five_seconds_or_until_it_is_hidden_again() -> None:
    visit = typed(at_login(), NUMBER).press("show_phone")
    assert page(visit.wait(phone.SHOWN_S - 1)).shown == 1
    assert page(visit.wait(1)).shown == 0
    assert page(visit.press("show_phone").press("show_phone")).shown == 0
    assert page(at_login().press("show_phone")).shown == 0, "there is nothing to show"


@pytest.mark.parametrize(
    "error",
    [
        errors.PhoneOrPinWrong(tries_left=4, lock_minutes=15),
        errors.PinLocked(minutes=15),
        errors.TooManyGuesses(seconds=60),
        errors.CardNotActive(reason="membership"),
        errors.CardBlocked(reason="misused"),
        errors.Unavailable(),
    ],
)
def test_a_refusal_is_told_beside_the_number_until_the_next_key(error: errors.ClubError) -> None:
    visit = signing_in()
    visit.tell(ev.SessionRefused(asked(visit).session_id, error))
    assert page(visit) == st.PhoneLogin(st.Digits(NUMBER), error=error)
    assert page(typed(visit, "3")) == st.PhoneLogin(st.Digits(NUMBER), st.Digits("3"))


def test_without_a_network_nothing_is_sent_and_a_lost_answer_is_told() -> None:
    assert typed(at_login().tell(ev.WentOffline()), NUMBER + PIN).press("sign_in").count(effects.OpenPhoneSession) == 0
    visit = signing_in()
    assert page(visit.tell(ev.SessionUnreachable(asked(visit).session_id))).unreachable


def test_an_answer_to_whoever_has_left_opens_nothing() -> None:
    visit = signing_in()
    session_id = asked(visit).session_id
    visit.press("exit").tell(ev.SessionOpened(make.a_session(session_id, "phone")))
    assert (visit.now(), visit.state.session) == (st.Attract(), None)


def test_back_leads_to_the_tap_hint_and_the_screens_forget_what_was_typed() -> None:
    visit = typed(at_login(), NUMBER).press("back")
    assert (visit.now(), visit.state.session) == (st.TapHint(), None)
    assert visit.count(effects.EndSession) == 1
    assert NUMBER not in repr(visit.asked)


def test_a_screen_that_nobody_leaves_keeps_nobodys_language_nor_size() -> None:
    visit = Visit().tell(ev.ReaderWent())
    assert visit.now() == st.ReaderGone()
    before = (visit.state.language, visit.state.large, visit.state.chosen)
    visit.press("phone").press("language").press("large").press("back")
    assert visit.now() == st.ReaderGone()
    assert (visit.state.language, visit.state.large, visit.state.chosen) == before


def test_nobody_at_it_ends_it_as_any_visit() -> None:
    visit = typed(at_login(), NUMBER).wait(25)
    assert visit.state.asking
    assert visit.wait(5).now() == st.Attract()
    assert visit.last(effects.EndSession).why is effects.Ending.IDLE


def test_a_card_laid_down_takes_its_place() -> None:
    visit = typed(at_login(), NUMBER).press("language").tell(a_tap())
    assert visit.now() == st.Reading()
    assert visit.state.language == "en"
    assert visit.tell(ev.SessionOpened(make.a_session())).now() == st.Home()


@pytest.mark.parametrize("back", [False, True])
def test_a_session_that_was_opened_when_whoever_asked_had_left_is_closed_at_once(back: bool) -> None:
    visit = typed(at_login(), NUMBER + PIN).press("sign_in")
    session_id = asked(visit).session_id
    visit.press("exit")
    if back:
        visit.press("wake").press("phone")
    before = visit.state
    visit.tell(ev.SessionOpened(make.a_session(session_id=session_id, assurance="phone")))
    assert (visit.state, visit.last(effects.EndStray)) == (before, effects.EndStray(session_id))


def test_a_card_that_is_taken_away_ends_no_visit_without_a_card() -> None:
    visit = Visit(rules=st.Rules(end_on_removal=True)).press("wake").press("phone").tell(ev.CardLeft())
    assert isinstance(visit.now(), st.PhoneLogin)


def test_whose_card_is_lost_is_told_so_where_points_would_be_spent_and_stays_signed_in() -> None:
    visit = Visit().at_home("phone").at_redeeming()
    visit.tell(ev.CommandRefused("command-0004", errors.CardBlocked(reason="lost")))
    command = visit.last(effects.SubmitRedeem).command.command_id
    visit.tell(ev.CommandRefused(command, errors.CardBlocked(reason="lost")))
    assert isinstance(visit.now(), st.Problem)
    assert visit.state.session is not None


@pytest.mark.parametrize("way", ["phone", "code"])
def test_a_visit_without_a_card_that_is_over_by_its_next_pin_is_told_so(way: str) -> None:
    visit = Visit().at_home(way).at_pin().enter_pin()
    visit.tell(ev.StepUpRefused(visit.last(effects.AskStepUp).command_id, errors.SessionEnded()))
    assert visit.now() == st.CardProblem(st.CardTrouble.OVER)
    assert visit.state.session is None


def test_a_pin_that_was_never_used_with_the_card_is_said_so_and_the_code_stays_open() -> None:
    visit = Visit().at_home("code").at_pin().enter_pin()
    visit.tell(ev.StepUpRefused(visit.last(effects.AskStepUp).command_id, errors.PinUnused()))
    problem = visit.now()
    assert isinstance(problem, st.Problem)
    assert (problem.error and problem.error.code, problem.back) == ("pin_unused", st.Home())
    assert visit.state.session is not None
    assert visit.count(effects.SubmitRedeem) == 0


def test_a_code_hands_nothing_out_without_the_network() -> None:
    visit = Visit().tell(ev.Scanned(SHOWN, "session-0009"), ev.SessionOpened(make.a_session("session-0009", "code")))
    visit.press("rewards").enter_pin()
    opened = ev.SessionOpened(make.a_session("session-0009", "code"))
    visit.tell(ev.StepUpGranted(visit.last(effects.AskStepUp).command_id, "grant-0001"), opened, ev.WentOffline())
    assert isinstance(visit.at_pin().now(), st.Offline)
    assert (visit.count(effects.AskOffline), visit.count(effects.HandOut)) == (0, 0)


def test_a_visit_by_phone_that_is_over_is_told_so_without_a_word_of_a_card() -> None:
    visit = Visit().at_home("phone").at_redeeming()
    visit.tell(ev.CommandRefused(visit.last(effects.SubmitRedeem).command.command_id, errors.SessionEnded()))
    assert visit.now() == st.CardProblem(st.CardTrouble.OVER)
    assert visit.state.session is None
    assert visit.press("phone").now() == st.PhoneLogin()


@pytest.mark.parametrize("code", [NUMBER, "tel:13800006621", "tel:+8613800006621", " +8613800006621"])
def test_a_scanned_number_is_as_good_as_a_typed_one(code: str) -> None:
    for visit in (Visit(), Visit().press("wake"), Visit().tell(ev.ReaderWent()), typed(at_login(), "999")):
        assert page(visit.tell(ev.Scanned(code, "session-0009"))) == st.PhoneLogin(st.Digits(NUMBER))
    assert NUMBER not in repr(ev.Scanned(code))


def test_another_code_is_told_apart_and_leads_on() -> None:
    visit = Visit().tell(ev.Scanned("V-8800-0127", "session-0009"))
    assert visit.now() == st.CardProblem(st.CardTrouble.CODE)
    assert isinstance(visit.press("phone").now(), st.PhoneLogin)
    before = typed(at_login(), "138").now()
    assert typed(at_login(), "138").tell(ev.Scanned("V-8800-0127", "x")).now() == before


SHOWN = f"XZM1:{make.MEMBER_CODE}"


def test_a_member_code_leads_home_and_the_pin_to_what_is_behind_it() -> None:
    for visit in (Visit(), Visit().press("wake"), Visit().tell(ev.ReaderWent()), typed(at_login(), "999")):
        visit.tell(ev.Scanned(SHOWN.lower(), "session-0009"))
        assert visit.now() == st.Reading(mirror_asked=True, by_code=True)
        asks = [effect for effect in visit.asked if isinstance(effect, effects.OpenCodeSession)]
        assert asks == [effects.OpenCodeSession("session-0009", make.MEMBER_CODE)]
        assert visit.tell(ev.SessionOpened(make.a_session("session-0009", "code"))).now() == st.Home()
        assert isinstance(visit.press("vouchers").now(), st.Pin)
        assert make.MEMBER_CODE not in repr((visit.state, visit.asked))


def test_a_member_code_ends_what_was_typed_and_keeps_the_language() -> None:
    visit = typed(at_login(), NUMBER).press("language").tell(ev.Scanned(SHOWN, "session-0009"))
    assert visit.count(effects.EndSession) == 1
    assert visit.state.language == "en"
    assert visit.state.session is not None
    assert visit.state.session.id == "session-0009"


def test_a_replaced_code_and_one_that_nobody_could_be_asked_about_are_told_in_words_of_their_own() -> None:
    unknown = errors.CardUnknown()
    visit = Visit().tell(ev.Scanned(SHOWN, "session-0009"), ev.SessionRefused("session-0009", unknown))
    assert visit.now() == st.CardProblem(st.CardTrouble.CODE, unknown)
    assert visit.state.session is None
    visit = Visit().tell(ev.Scanned(SHOWN, "session-0009"), ev.SessionUnreachable("session-0009"))
    assert visit.now() == st.CardProblem(st.CardTrouble.CODE_OFFLINE)
    visit = Visit().tell(ev.Scanned(SHOWN, "session-0009"))
    assert visit.wait(visit.rules.reading_s).now() == st.CardProblem(st.CardTrouble.CODE_OFFLINE)
    visit = Visit().tell(ev.WentOffline(), ev.Scanned(SHOWN, "session-0009"))
    assert (visit.now(), visit.state.session) == (st.CardProblem(st.CardTrouble.CODE_OFFLINE), None)
    assert visit.count(effects.OpenCodeSession) == 0


def test_a_code_of_whose_card_is_blocked_leads_to_what_helps() -> None:
    visit = Visit().tell(ev.Scanned(SHOWN, "session-0009"))
    visit.tell(ev.SessionRefused("session-0009", errors.CardBlocked(reason="lost", since="2026-05-16")))
    assert isinstance(visit.now(), st.Blocked)


def test_a_code_shown_in_somebodys_visit_and_a_card_laid_on_it() -> None:
    home = Visit().at_home()
    before = home.state
    assert home.tell(ev.Scanned(SHOWN, "session-0009")).state == before
    shown = Visit().tell(ev.Scanned(SHOWN, "session-0009"))
    assert shown.tell(a_tap("session-0010")).state.session == st.Session("session-0010", "token-one")
    assert shown.last(effects.EndSession).session_id == "session-0009"


@pytest.mark.parametrize("action", [Action.REWARDS, Action.VOUCHERS, Action.HOME, Action.POINTS, Action.REDEEM])
def test_a_scan_in_a_visit_and_a_touch_that_fits_nothing_change_nothing(action: Action) -> None:
    home = Visit().at_home()
    before = home.state
    assert home.tell(ev.Scanned(NUMBER, "x")).state == before
    login = at_login()
    assert login.press(action).now() == st.PhoneLogin()

"""Language and large text: at once on every screen, as long as somebody is there, and gone with them (K13, K15)."""

from club.model import errors
from club.model.text import Text
from kiosk_app.flow import effects
from kiosk_app.flow import events as ev
from kiosk_app.flow import state as st
from tests.support import kiosk_values as make
from tests.support.kiosk_visit import Visit, a_tap


def test_the_language_switches_at_once_and_back() -> None:
    visit = Visit().at_home().press("rewards")
    before = visit.screen
    assert visit.press("language").state.language == "en"
    assert visit.screen == before
    assert visit.press("language").state.language == "zh-CN"


def test_what_was_chosen_by_hand_stands_over_the_members_own() -> None:
    visit = Visit().press("wake").press("language").tell(a_tap(), ev.SessionOpened(make.a_session(language="zh-CN")))
    assert visit.state.language == "en"
    visit.press("language").tell(ev.SessionOpened(make.a_session(language="en")))
    assert visit.state.language == "zh-CN"


def test_large_text_gives_a_minute() -> None:
    visit = Visit().at_home().press("large")
    assert (visit.state.large, visit.state.left) == (True, 60)
    visit.wait(49)
    assert not visit.state.asking
    visit.wait(1)
    assert (visit.state.asking, visit.state.left) == (True, 10)
    assert visit.press("stay").press("large").state.left == 30


def test_both_are_gone_with_the_member() -> None:
    visit = Visit().at_home().press("large").press("language").press("exit")
    assert (visit.state.large, visit.state.language, visit.state.chosen) == (False, "zh-CN", False)


def test_both_are_gone_with_another_card() -> None:
    visit = Visit().at_home().press("large").press("language").tell(a_tap("session-0002", "token-two"))
    assert (visit.state.large, visit.state.language) == (False, "zh-CN")


def test_a_refused_card_is_explained_to_whoever_chose_them() -> None:
    visit = Visit().press("wake").press("large").press("language")
    visit.tell(a_tap(), ev.SessionRefused(make.SESSION, errors.CardUnknown()))
    assert isinstance(visit.screen, st.CardProblem)
    assert (visit.state.large, visit.state.language) == (True, "en")
    visit.wait(visit.rules.message_s)
    assert (visit.now(), visit.state.large, visit.state.language) == (st.Attract(), False, "zh-CN")


def test_nobody_is_there_to_choose_in_front_of_the_attract_loop() -> None:
    visit = Visit().press("language").press("large")
    assert (visit.screen, visit.state.large, visit.state.language) == (st.Attract(), False, "zh-CN")


def test_a_stores_own_language_comes_back() -> None:
    visit = Visit(rules=st.Rules(language="en")).at_home(language="zh-CN", surname=Text("王", "Wang"))
    assert visit.state.language == "zh-CN"
    assert visit.press("exit").state.language == "en"


def test_the_countdown_is_heard_once() -> None:
    visit = Visit().at_home().wait(19)
    assert effects.PlaySound("countdown") not in visit.asked
    visit.wait(5)
    assert visit.asked.count(effects.PlaySound("countdown")) == 1

import pickle

import pytest

from club.model.text import Text
from kiosk_app.flow import effects
from kiosk_app.flow import events as ev
from kiosk_app.flow import state as st
from tests.support import kiosk_values as make
from tests.support.kiosk_visit import Visit, a_tap


def test_a_touch_wakes_the_kiosk_and_the_hint_goes_by_itself() -> None:
    visit = Visit().press("wake")
    assert visit.now() == st.TapHint()
    assert visit.wait(19).now() == st.TapHint()
    assert visit.wait(1).now() == st.Attract()


def test_an_untouched_session_counts_its_last_seconds_and_ends() -> None:
    visit = Visit().at_home()
    assert (visit.state.left, visit.state.asking) == (30, False)
    visit.wait(19)
    assert (visit.state.left, visit.state.asking) == (11, False)
    visit.wait(1)
    assert (visit.state.left, visit.state.asking) == (10, True)
    visit.wait(9)
    assert (visit.state.left, visit.state.asking, visit.now()) == (1, True, st.Home())
    visit.wait(1)
    assert visit.now() == st.Attract()
    assert visit.last(effects.EndSession) == effects.EndSession(make.SESSION, effects.Ending.IDLE)


def test_a_touch_begins_the_time_anew() -> None:
    assert Visit().at_home().wait(15).press("touched").state.left == 30


def test_under_the_count_down_only_its_own_buttons_can_be_meant() -> None:
    visit = Visit().at_home().wait(22)
    visit.press("touched").press("rewards")
    assert (visit.now(), visit.state.left) == (st.Home(), 8)
    visit.press("stay")
    assert (visit.state.left, visit.state.asking) == (30, False)
    assert visit.wait(22).press("exit").now() == st.Attract()


def test_the_same_card_answers_the_count_down() -> None:
    visit = Visit().at_home().wait(25).tell(a_tap("session-0002"))
    assert not visit.state.asking
    assert visit.now() == st.Home()


@pytest.mark.parametrize("twice", [1, 2])
def test_exit_ends_the_session_once(twice: int) -> None:
    visit = Visit().at_home()
    for _ in range(twice):
        visit.press("exit")
    assert visit.now() == st.Attract()
    assert visit.count(effects.EndSession) == 1


def test_after_the_end_nothing_of_the_member_is_left() -> None:
    visit = Visit().at_home(surname=Text("哨兵姓", "Sentinelname"), card_number="8800 **** 7777").at_redeeming()
    command = visit.last(effects.SubmitRedeem).command
    visit.tell(ev.CommandSettled(make.a_redeemed(command))).press("exit")
    assert visit.state == Visit().state
    left = repr(visit.state).encode() + pickle.dumps(visit.state)
    for secret in (
        "哨兵姓",
        "Sentinelname",
        "7777",
        "7K2M9Q4T63",
        "m0001",
        make.SESSION,
        command.command_id,
        "token-one",
    ):
        assert secret.encode() not in left


def test_answers_after_the_end_bring_nothing_back() -> None:
    visit = Visit().at_home().at_redeeming()
    command = visit.last(effects.SubmitRedeem).command
    visit.wait(visit.rules.settle_s + 40)
    ended = visit.state
    assert ended.screen == st.Attract()
    visit.tell(
        ev.CommandSettled(make.a_redeemed(command)),
        ev.SessionOpened(make.a_session()),
        ev.MirrorAnswered(make.SESSION, make.a_mirror_member()),
        ev.StepUpGranted(command.command_id, "grant-0001"),
    )
    assert visit.state == ended


def test_the_members_language_goes_with_the_member() -> None:
    visit = Visit().at_home(language="en")
    assert visit.state.language == "en"
    assert visit.press("exit").state.language == "zh-CN"


def test_a_message_goes_by_itself() -> None:
    visit = Visit().tell(ev.CardFailed(ev.ReadFault.FOREIGN))
    assert visit.wait(visit.rules.message_s - 1).now() == st.CardProblem(st.CardTrouble.FOREIGN)
    assert visit.wait(1).now() == st.Attract()


def test_a_message_leads_to_the_hint_or_away() -> None:
    assert Visit().tell(ev.CardFailed(ev.ReadFault.FOREIGN)).press("tap_again").now() == st.TapHint()
    assert Visit().tell(ev.CardFailed(ev.ReadFault.FOREIGN)).press("understood").now() == st.Attract()

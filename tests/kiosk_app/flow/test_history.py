"""The points history: pages as they come into sight, filters, and what happens when a page does not come (K3)."""

import pytest

from club.model import errors
from kiosk_app.flow import effects
from kiosk_app.flow import events as ev
from kiosk_app.flow import state as st
from tests.support import kiosk_values as make
from tests.support.kiosk_visit import Visit

FIRST = make.a_history(next_before="mv-0006")
SECOND = make.a_history((make.a_movement("mv-0007"),))


def came(page: object = FIRST, kind: str = "", before: str = "") -> ev.HistoryCame:
    assert isinstance(page, type(FIRST))
    return ev.HistoryCame(make.SESSION, kind, before, page)


def at_points() -> Visit:
    return Visit().at_home().press("points")


def the_points(visit: Visit) -> st.Points:
    screen = visit.now()
    assert isinstance(screen, st.Points), screen
    return screen


def test_it_opens_with_its_first_page_and_goes_on_when_its_end_comes_into_sight() -> None:
    visit = at_points()
    assert visit.last(effects.FetchHistory) == effects.FetchHistory(make.SESSION)
    visit.tell(came())
    assert (the_points(visit).loading, the_points(visit).whole) == (False, False)
    visit.press("older").press("older")
    assert visit.last(effects.FetchHistory) == effects.FetchHistory(make.SESSION, "", "mv-0006")
    assert visit.count(effects.FetchHistory) == 2  # one page is asked for once
    visit.tell(came(SECOND, before="mv-0006")).press("older")
    assert the_points(visit).pages == (FIRST, SECOND)
    assert the_points(visit).whole
    assert visit.count(effects.FetchHistory) == 2


def test_coming_into_sight_is_no_touch() -> None:
    visit = at_points().tell(came()).wait(12).press("older")
    assert visit.state.left == visit.rules.idle_s - 12


def test_a_filter_begins_anew_and_late_pages_of_the_other_are_dropped() -> None:
    visit = at_points().press("filter", "spent")
    assert visit.last(effects.FetchHistory) == effects.FetchHistory(make.SESSION, "spent")
    visit.tell(came())
    assert the_points(visit).pages == ()
    visit.tell(came(SECOND, "spent"))
    assert the_points(visit).pages == (SECOND,)
    visit.press("filter", "nonsense")
    assert the_points(visit).kind == "spent"


def test_expiries_stay_while_another_filter_loads() -> None:
    visit = at_points().tell(came()).press("filter", "earned")
    assert the_points(visit).latest == FIRST


@pytest.mark.parametrize("error", [None, errors.Unavailable()])
def test_without_a_first_page_the_reason_is_explained(error: errors.ClubError | None) -> None:
    visit = at_points().tell(ev.HistoryFailed(make.SESSION, "", "", error))
    assert visit.screen == st.Offline(st.Home())


def test_offline_it_is_explained_without_asking() -> None:
    visit = Visit().at_home().tell(ev.WentOffline()).press("points")
    assert visit.screen == st.Offline(st.Home())
    assert visit.count(effects.FetchHistory) == 0
    assert Visit().at_home_offline().press("points").screen == st.Offline(st.Home())


def test_an_older_page_that_does_not_come_is_asked_for_again_when_the_network_is_back() -> None:
    visit = at_points().tell(came()).press("older").tell(ev.WentOffline())
    visit.tell(ev.HistoryFailed(make.SESSION, "", "mv-0006"))
    assert the_points(visit).stuck
    assert the_points(visit).pages == (FIRST,)
    visit.tell(ev.WentOnline())
    assert visit.count(effects.FetchHistory) == 3
    visit.tell(came(SECOND, before="mv-0006"))
    assert the_points(visit).whole


def test_a_session_that_is_over_ends_the_visit_kindly() -> None:
    visit = at_points().tell(ev.HistoryFailed(make.SESSION, "", "", errors.SessionEnded()))
    assert isinstance(visit.screen, st.CardProblem)
    assert visit.state.session is None


def test_a_card_that_can_be_copied_gives_its_pin_first() -> None:
    visit = Visit().at_home(assurance="uid").press("points")
    assert isinstance(visit.screen, st.Pin)
    assert visit.count(effects.FetchHistory) == 0
    visit.enter_pin()
    asked = visit.last(effects.AskStepUp)
    visit.tell(ev.StepUpGranted(asked.command_id, "grant-0001"), ev.SessionOpened(make.a_session(assurance="uid")))
    assert the_points(visit).loading
    assert visit.count(effects.FetchHistory) == 1
    assert visit.press("back").press("points").count(effects.AskStepUp) == 1


def test_pages_of_another_visit_are_dropped() -> None:
    visit = at_points().tell(ev.HistoryCame("session-0009", "", "", FIRST))
    assert the_points(visit).pages == ()


def test_activities_open_without_a_pin_and_without_a_network() -> None:
    visit = Visit().at_home_offline().press("activities")
    assert visit.screen == st.Activities()
    assert visit.press("tab", "past").screen == st.Activities("past")
    assert visit.press("tab", "nonsense").screen == st.Activities("past")
    assert visit.press("back").screen == st.Home()

"""Staff mode as the flow has it: who gets in, what they do, what becomes of a card, and what is left when they go (K12, N6, K17)."""

import pytest

from club.model import errors
from kiosk_app.flow import effects
from kiosk_app.flow import events as ev
from kiosk_app.flow import staff_state as sf
from kiosk_app.flow import state as st
from kiosk_app.flow.staff_state import Errand, Writing
from tests.support import kiosk_staff as desk
from tests.support import kiosk_values as make
from tests.support.kiosk_visit import Visit, a_tap


def written(visit: Visit) -> sf.StaffWrite:
    screen = visit.now()
    assert isinstance(screen, sf.StaffWrite)
    return screen


OVER = st.Problem(st.TroubleKind.STAFF_OVER, st.Attract())
"""What is said when the central API ended the session in the middle of something."""


# -- entry ------------------------------------------------------------------------------------------------------------


def test_a_staff_card_asks_for_its_pin_and_keeps_the_evidence_for_it() -> None:
    visit = desk.at_pin(Visit())
    assert visit.screen == sf.StaffPin()
    assert (visit.state.session, visit.state.staff) == (None, sf.Staff(desk.STAFF, "staff-token"))
    assert visit.count(effects.EndSession) == 0
    visit.enter_pin("314159")
    asked = visit.last(effects.OpenStaff)
    assert (asked.session_id, asked.pin.value) == (desk.STAFF, "314159")
    assert visit.now() == sf.StaffPin(busy=True)
    assert "314159" not in repr(visit.state)


def test_the_right_pin_opens_the_desk() -> None:
    visit = desk.at_desk(Visit())
    assert visit.screen == sf.StaffDesk()
    assert visit.state.staff == sf.Staff(desk.STAFF, "staff-token", "1032", "Li", opened=True)
    assert visit.state.left == 60


@pytest.mark.parametrize("error", [errors.PinWrong(tries_left=3), errors.PinLocked(minutes=15)])
def test_a_wrong_pin_is_told_and_a_lock_takes_no_more(error: errors.ClubError) -> None:
    visit = desk.at_pin(Visit()).enter_pin().tell(ev.StaffFailed(desk.STAFF, error))
    assert visit.screen == sf.StaffPin(error=error)
    visit.enter_pin()
    assert visit.count(effects.OpenStaff) == (1 if isinstance(error, errors.PinLocked) else 2)


def test_without_the_central_api_nobody_gets_in_and_calm_words_say_so() -> None:
    visit = desk.at_pin(Visit()).enter_pin().tell(ev.StaffFailed(desk.STAFF))
    assert visit.screen == sf.StaffPin(away=True)
    assert not (visit.state.staff and visit.state.staff.opened)


@pytest.mark.parametrize("error", [errors.NotAllowed(needs="cards.change"), errors.CardBlocked(), errors.PinNotSet()])
def test_whoever_may_not_is_shown_out(error: errors.ClubError) -> None:
    visit = desk.at_pin(Visit()).enter_pin().tell(ev.StaffFailed(desk.STAFF, error))
    assert isinstance(visit.screen, st.CardProblem)
    assert visit.state.staff is None
    assert visit.last(effects.EndStaff) == effects.EndStaff(desk.STAFF, False, effects.Ending.REFUSED)


def test_an_answer_to_another_tap_opens_nothing() -> None:
    visit = desk.at_pin(Visit()).enter_pin()
    visit.tell(ev.StaffFailed("another-tap", errors.PinWrong()), ev.SessionOpened(make.a_session()))
    assert visit.screen == sf.StaffPin(busy=True)


def test_before_the_pin_another_card_is_whoever_comes_next() -> None:
    visit = desk.at_pin(Visit()).tell(a_tap())
    assert isinstance(visit.screen, st.Reading)
    assert (visit.state.staff, visit.count(effects.EndStaff)) == (None, 1)


@pytest.mark.parametrize("way", ["exit", "idle", "revoked"])
def test_nothing_is_left_of_it(way: str) -> None:
    visit = desk.done(Visit())
    if way == "exit":
        visit.press("exit")
    elif way == "idle":
        visit.wait(60)
    else:
        visit.tell(ev.EnrolmentChanged(enrolled=False))
    assert (visit.state.staff, visit.state.session) == (None, None)
    assert isinstance(visit.screen, st.NotEnrolled if way == "revoked" else st.Attract)
    assert visit.last(effects.EndStaff).opened
    assert "3348" not in repr(visit.state)


def test_a_touch_gives_another_minute_and_none_ends_it() -> None:
    visit = desk.at_desk(Visit()).wait(59)
    assert visit.state.left == 1
    visit.press("errand", "issue")
    assert visit.state.left == 60
    visit.wait(60)
    assert visit.screen == st.Attract()


@pytest.mark.parametrize("way", ["understood", "wait", "staff card"])
def test_a_session_that_ends_in_the_middle_is_told_and_leads_back(way: str) -> None:
    visit = desk.laid(desk.at_write(Visit())).tell(ev.IssueMoved(desk.an_issue()))
    visit.tell(ev.IssueTorn(desk.ISSUE, errors.SessionEnded()))
    assert (visit.now(), visit.state.staff) == (OVER, None)
    assert visit.last(effects.EndStaff).opened
    assert not any(private in repr(visit.state) for private in ("3348", desk.ISSUE))
    if way == "staff card":
        assert isinstance(visit.tell(a_tap("staff-tap-0002", "staff-token")).now(), st.Reading)
        return
    if way == "understood":
        visit.press("understood")
    else:
        visit.wait(20)
    assert visit.now() == st.Attract()


def test_a_session_that_was_opened_when_its_holder_had_left_is_closed_at_once() -> None:
    visit = desk.at_pin(Visit()).enter_pin().press("exit")
    assert visit.last(effects.EndStaff) == effects.EndStaff(desk.STAFF, False, effects.Ending.DONE)
    visit.tell(ev.StaffOpened(desk.SESSION))
    assert visit.last(effects.EndStray) == effects.EndStray(desk.STAFF, staff=True)
    assert (visit.now(), visit.state.staff) == (st.Attract(), None)


def test_one_that_comes_while_somebody_else_is_there_is_closed_too() -> None:
    visit = desk.at_pin(Visit()).enter_pin().press("exit").at_home()
    before = visit.state
    visit.tell(ev.StaffOpened(desk.SESSION))
    assert (visit.state, visit.last(effects.EndStray)) == (before, effects.EndStray(desk.STAFF, staff=True))
    assert visit.count(effects.EndStray) == 1


def test_the_session_that_is_waited_for_is_not() -> None:
    assert desk.at_desk(Visit()).count(effects.EndStray) == 0


# -- finding ----------------------------------------------------------------------------------------------------------


def test_nobody_is_looked_for_before_an_identity_was_seen() -> None:
    visit = desk.at_desk(Visit()).press("errand", "issue").enter_pin("3348").press("find")
    assert visit.count(effects.FindMembers) == 0
    visit.press("identity", "id-card").press("find")
    assert visit.last(effects.FindMembers).query.value == "3348"
    visit.press("find")
    assert visit.count(effects.FindMembers) == 1


def test_nobody_found_and_no_network_are_told_and_lead_back() -> None:
    visit = desk.at_desk(Visit()).press("errand", "issue").press("identity", "id-card").enter_pin("3348").press("find")
    find = visit.now()
    assert isinstance(find, sf.StaffFind)
    visit.tell(ev.StaffFailed(find.ask))
    assert isinstance(visit.now(), st.Problem)
    visit.press("understood").press("find")
    ask = visit.last(effects.FindMembers).ask
    visit.tell(ev.StaffFailed(ask, errors.SessionEnded()))
    assert (visit.now(), visit.state.staff) == (OVER, None)


def test_only_an_active_member_gets_a_card() -> None:
    visit = desk.at_pick(Visit(), Errand.ISSUE, desk.a_member(status="expired")).press("pick", "m-0018")
    assert isinstance(visit.screen, sf.StaffPick)


def test_a_lost_card_is_blocked_once() -> None:
    visit = desk.at_pick(Visit(), Errand.BLOCK).press("pick", "card-0001").press("pick", "card-0001")
    assert visit.count(effects.ActOnCard) == 1
    asked = visit.last(effects.ActOnCard)
    assert (asked.card_id, asked.act, asked.identity) == ("card-0001", "block", "id-card")
    assert visit.tell(ev.CardDone(asked.ask)).now() == sf.StaffDesk(sf.Done.BLOCKED)


# -- writing ----------------------------------------------------------------------------------------------------------


def test_a_blank_card_is_written_live_and_done() -> None:
    visit = desk.laid(desk.at_write(Visit()))
    asked = visit.last(effects.WriteCard)
    assert (asked.issue_id, asked.tap, asked.member_id, asked.replaces) == (desk.ISSUE, desk.ISSUE, "m-0018", None)
    visit.tell(ev.IssueMoved(desk.an_issue()), ev.IssueStep(desk.ISSUE, 62, 2), ev.IssueStep("another", 90, 3))
    assert (written(visit).percent, written(visit).phase, visit.state.taking) == (62, 2, True)
    visit.press("exit").press("finish").tell(a_tap("tap-0002", "other-token"))
    assert written(visit).at is Writing.BUSY
    visit.tell(ev.IssueMoved(desk.an_issue("done", left=85)))
    assert (written(visit).at, written(visit).percent, visit.state.taking) == (Writing.DONE, 100, False)
    assert visit.last(effects.PlaySound).name == "success"


def test_the_clock_does_not_break_off_a_card_being_written_but_not_for_ever() -> None:
    visit = desk.laid(desk.at_write(Visit())).wait(119)
    assert written(visit).at is Writing.BUSY
    visit.wait(62)
    assert (visit.now(), visit.state.staff) == (st.Attract(), None)


def test_a_card_taken_away_goes_on_when_it_is_laid_down_again() -> None:
    visit = desk.laid(desk.at_write(Visit())).tell(ev.IssueMoved(desk.an_issue()), ev.IssueTorn(desk.ISSUE))
    assert written(visit).at is Writing.TORN
    assert visit.last(effects.AwaitCard).tap == desk.ISSUE, "a hand that comes back at once is no wobble"
    desk.laid(visit, "tap-0002")
    assert (visit.last(effects.WriteCard).issue_id, visit.last(effects.WriteCard).tap) == (desk.ISSUE, "tap-0002")
    visit.tell(ev.IssueTorn(desk.ISSUE))
    desk.laid(visit, "tap-0003", "another-blank")
    assert visit.last(effects.WriteCard).issue_id == "tap-0003"


def test_a_card_that_slipped_and_lies_there_again_goes_on_without_a_word() -> None:
    visit = desk.laid(desk.at_write(Visit())).tell(ev.IssueMoved(desk.an_issue()))
    desk.laid(visit, "tap-0002")
    desk.laid(visit, "tap-0003", "another-blank")
    assert written(visit).at is Writing.BUSY
    visit.tell(ev.IssueTorn(desk.ISSUE))
    assert (written(visit).at, visit.count(effects.AwaitCard)) == (Writing.BUSY, 0)
    assert (visit.last(effects.WriteCard).issue_id, visit.last(effects.WriteCard).tap) == (desk.ISSUE, "tap-0002")
    assert [effect.session_id for effect in visit.asked if isinstance(effect, effects.DropTap)] == [
        "tap-0003",
        desk.ISSUE,
    ]
    visit.tell(ev.IssueMoved(desk.an_issue("done", left=85))).press("exit")
    assert visit.last(effects.DropTap).session_id == "tap-0002", "whose number is not kept"


def test_a_card_at_the_edge_of_the_field_is_not_begun_for_ever() -> None:
    visit = desk.laid(desk.at_write(Visit())).tell(ev.IssueMoved(desk.an_issue()))
    for number in range(9):
        visit.tell(ev.IssueTorn(desk.ISSUE))
        if visit.count(effects.AwaitCard) == number:  # nobody waits for it: it is lifted first
            break
        desk.laid(visit, f"tap-{number}")
    assert visit.count(effects.AwaitCard) == 3
    assert written(visit).at is Writing.TORN
    desk.laid(visit, "tap-9999")
    assert visit.last(effects.WriteCard).issue_id == desk.ISSUE


def test_a_card_that_is_not_as_written_is_spoiled_and_another_one_begins_anew() -> None:
    visit = desk.laid(desk.at_write(Visit()))
    visit.tell(ev.IssueMoved(desk.an_issue()), ev.IssueMoved(desk.an_issue("spoiled", left=85)))
    assert written(visit).at is Writing.SPOILED
    desk.laid(visit, "tap-0002")
    assert visit.last(effects.WriteCard).issue_id == "tap-0002"


def test_a_card_of_another_kind_is_refused_and_the_next_one_begins_anew() -> None:
    visit = desk.laid(desk.at_write(Visit())).tell(ev.IssueMoved(desk.an_issue()))
    visit.tell(ev.IssueTorn(desk.ISSUE, errors.CardNotFit(state="other-kind", needs="ntag424")))
    assert written(visit).at is Writing.REFUSED
    assert visit.count(effects.AwaitCard) == 0
    desk.laid(visit, "tap-0002")
    assert visit.last(effects.WriteCard).issue_id == "tap-0002"


def test_a_card_that_is_no_stock_is_refused_and_the_staff_card_is_none() -> None:
    visit = desk.laid(desk.at_write(Visit()))
    visit.tell(ev.IssueTorn(desk.ISSUE, errors.CardNotFit(state="active", needs="stock")))
    assert written(visit).at is Writing.REFUSED
    desk.laid(visit, "tap-0002", "staff-token")
    assert visit.count(effects.WriteCard) == 1


def test_replacing_names_the_old_card() -> None:
    visit = desk.laid(desk.at_write(Visit(), Errand.REPLACE))
    assert visit.last(effects.WriteCard).replaces == "card-0001"


def test_another_errand_may_be_begun_while_a_blank_card_is_waited_for_and_not_once_it_lies_there() -> None:
    visit = desk.at_write(Visit(), Errand.REPLACE).press("errand", "block")
    assert visit.now() == sf.StaffFind(Errand.BLOCK), "whoever it is for is looked at anew"
    visit = desk.laid(desk.at_write(Visit(), Errand.REPLACE)).tell(ev.IssueMoved(desk.an_issue()))
    visit.tell(ev.IssueTorn(desk.ISSUE)).press("errand", "block")
    assert written(visit).at is Writing.TORN


# -- the member's PIN -------------------------------------------------------------------------------------------------


def test_the_member_types_a_pin_twice_and_one_that_is_refused_anew() -> None:
    visit = desk.done(Visit()).press("new_pin").enter_pin("123456")
    assert visit.count(effects.SetCardPin) == 0
    visit.enter_pin("123456")
    asked = visit.last(effects.SetCardPin)
    assert (asked.card_id, asked.pin.value, asked.again.value) == ("card-0002", "123456", "123456")
    assert "123456" not in repr(visit.state)
    visit.tell(ev.StaffFailed(asked.ask, errors.PinTooSimple(rule="ascending")))
    screen = visit.now()
    assert isinstance(screen, sf.StaffNewPin)
    assert (len(screen.digits), screen.first) == (0, None)
    visit.enter_pin("274936").enter_pin("274936")
    visit.tell(ev.CardDone(visit.last(effects.SetCardPin).ask))
    assert visit.now() == sf.StaffDesk(sf.Done.PIN_SET)

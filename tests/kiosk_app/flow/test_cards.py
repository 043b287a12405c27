from datetime import date, timedelta

import pytest

from club.model import errors
from kiosk_app.flow import effects
from kiosk_app.flow import events as ev
from kiosk_app.flow import state as st
from tests.support import kiosk_values as make
from tests.support.kiosk_visit import Visit, a_tap


def test_a_tap_asks_the_mirror_and_the_central_api_and_shows_that_it_reads() -> None:
    visit = Visit().tell(a_tap())
    assert visit.now() == st.Reading()
    asked = visit.last(effects.OpenCardSession)
    assert (asked.session_id, asked.evidence) == (make.SESSION, make.an_evidence())
    assert effects.PlaySound("tap") in visit.asked


def test_the_mirror_shows_the_member_at_once_and_the_central_api_confirms() -> None:
    visit = Visit().tell(a_tap(), ev.MirrorAnswered(make.SESSION, make.a_mirror_member()))
    assert visit.now() == st.Home()
    visit.tell(ev.SessionOpened(make.a_session()))
    assert visit.now() == st.Home()
    assert visit.state.session is not None
    assert visit.state.session.home == make.a_home()


def test_the_mirror_never_stands_over_the_central_api() -> None:
    visit = Visit().at_home().tell(ev.MirrorAnswered(make.SESSION, make.a_mirror_member(card_state="blocked")))
    assert visit.now() == st.Home()


def test_a_card_blocked_in_the_mirror_is_refused_without_a_network() -> None:
    blocked = make.a_mirror_member(card_state="blocked", blocked_since=date(2026, 5, 16))
    visit = Visit().tell(ev.WentOffline(), a_tap(), ev.MirrorAnswered(make.SESSION, blocked))
    assert visit.now() == st.Blocked(replaced=False, since=date(2026, 5, 16))
    assert visit.state.session is None


def test_a_card_the_central_api_blocks_loses_the_page_the_mirror_showed() -> None:
    visit = Visit().tell(a_tap(), ev.MirrorAnswered(make.SESSION, make.a_mirror_member()))
    visit.tell(ev.SessionRefused(make.SESSION, errors.CardBlocked(since="2026-05-16T02:58:00Z", reason="replaced")))
    assert visit.now() == st.Blocked(replaced=True, since=date(2026, 5, 16))
    assert visit.last(effects.EndSession).why is effects.Ending.REFUSED


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (errors.CardUnknown(), st.CardTrouble.UNKNOWN),
        (errors.CryptogramReplayed(last=7, got=7), st.CardTrouble.REFUSED),
        (errors.CryptogramWrong(), st.CardTrouble.REFUSED),
        (errors.CardDowngraded(), st.CardTrouble.REFUSED),
        (errors.CardNotActive(reason="membership"), st.CardTrouble.REFUSED),
        (errors.DeviceRevoked(), st.CardTrouble.REFUSED),
    ],
)
def test_each_refusal_of_a_card_has_its_screen(error: errors.ClubError, trouble: st.CardTrouble) -> None:
    visit = Visit().tell(a_tap(), ev.SessionRefused(make.SESSION, error))
    assert visit.now() == st.CardProblem(trouble, error)
    assert visit.state.session is None


def test_a_service_out_of_order_leaves_the_mirrors_page() -> None:
    visit = Visit().tell(a_tap(), ev.MirrorAnswered(make.SESSION, make.a_mirror_member()))
    visit.tell(ev.SessionRefused(make.SESSION, errors.Unavailable()))
    assert visit.now() == st.Home()


@pytest.mark.parametrize("mirror_first", [True, False])
def test_an_unknown_card_offline_says_so_in_either_order(mirror_first: bool) -> None:
    answers: list[ev.Event] = [ev.MirrorAnswered(make.SESSION, None), ev.SessionUnreachable(make.SESSION)]
    visit = Visit().tell(ev.WentOffline(), a_tap(), *(answers if mirror_first else reversed(answers)))
    assert visit.now() == st.CardProblem(st.CardTrouble.UNKNOWN_OFFLINE)


def test_a_known_card_offline_comes_home_from_the_mirror_and_is_confirmed_when_the_network_is_back() -> None:
    visit = Visit().at_home_offline()
    assert visit.now() == st.Home()
    visit.tell(ev.WentOnline())
    assert visit.last(effects.RetryOpenSession).session_id == make.SESSION


def test_a_card_nobody_answers_for_is_given_up() -> None:
    visit = Visit().tell(a_tap()).wait(8)
    assert visit.now() == st.CardProblem(st.CardTrouble.SLOW)
    assert visit.last(effects.EndSession).session_id == make.SESSION


def test_answers_about_another_session_are_dropped() -> None:
    visit = Visit().tell(a_tap())
    before = visit.state
    visit.tell(
        ev.MirrorAnswered("session-9999", make.a_mirror_member()),
        ev.SessionOpened(make.a_session("session-9999")),
        ev.SessionRefused("session-9999", errors.CardUnknown()),
        ev.SessionUnreachable("session-9999"),
    )
    assert visit.state == before


def test_a_card_pulled_away_is_asked_for_again_and_the_third_time_the_hint_shows_how() -> None:
    visit = Visit().tell(ev.CardFailed(ev.ReadFault.REMOVED), ev.CardFailed(ev.ReadFault.REMOVED))
    assert visit.now() == st.CardProblem(st.CardTrouble.REMOVED)
    visit.tell(ev.CardFailed(ev.ReadFault.REMOVED))
    assert visit.now() == st.TapHint(again=True)
    visit.tell(ev.CardFailed(ev.ReadFault.REMOVED))
    assert visit.now() == st.CardProblem(st.CardTrouble.REMOVED)


@pytest.mark.parametrize("greeted", [False, True])
def test_a_card_torn_while_it_proves_itself_is_asked_for_again_and_counts_however_soon_it_is_back(
    greeted: bool,
) -> None:
    visit = Visit().tell(a_tap())
    if greeted:
        visit.tell(ev.MirrorAnswered(make.SESSION, make.a_mirror_member()))
    visit.tell(ev.SessionTorn("another session"))
    assert visit.now() == (st.Home() if greeted else st.Reading())
    visit.tell(ev.SessionTorn(make.SESSION))
    assert (visit.now(), visit.state.session) == (st.CardProblem(st.CardTrouble.REMOVED), None)
    assert visit.last(effects.EndSession).session_id == make.SESSION
    assert visit.last(effects.AwaitCard).tap == make.SESSION
    assert visit.tell(a_tap("session-0002")).now() == st.Reading()


@pytest.mark.parametrize("greeted", [False, True])
def test_a_card_that_lies_there_again_before_the_tear_is_known_is_asked_at_once(greeted: bool) -> None:
    visit = Visit().tell(a_tap())
    visit.tell(ev.MirrorAnswered(make.SESSION, make.a_mirror_member() if greeted else None))
    visit.tell(a_tap("session-0002"), a_tap("session-0003"))
    if greeted:  # home is shown from the mirror: its newest message is asked about, as ever
        assert visit.last(effects.OpenCardSession).session_id == "session-0003"
        return
    assert visit.last(effects.OpenCardSession).session_id == make.SESSION
    assert dropped(visit) == ["session-0002"]
    visit.tell(ev.SessionTorn(make.SESSION))
    assert isinstance(visit.now(), st.Reading)
    assert visit.last(effects.OpenCardSession).session_id == "session-0003"
    assert dropped(visit) == ["session-0002", make.SESSION]
    assert visit.count(effects.AwaitCard) == 0
    visit.tell(ev.SessionUnreachable("session-0003"))
    assert visit.now() == st.CardProblem(st.CardTrouble.UNKNOWN_OFFLINE), "the mirror had answered already"


def test_a_card_that_is_torn_and_back_again_and_again_is_not_asked_for_ever() -> None:
    visit = Visit().tell(a_tap("session-0"))
    for number in range(1, 9):
        visit.tell(a_tap(f"session-{number}"), ev.SessionTorn(f"session-{number - 1}"))
        if isinstance(visit.now(), st.TapHint):
            break
    assert visit.now() == st.TapHint(again=True)
    assert visit.count(effects.OpenCardSession) == 3
    assert visit.count(effects.AwaitCard) == 0


@pytest.mark.parametrize("end", ["opened", "left", "refused"])
def test_nothing_is_kept_of_a_tap_that_nobody_goes_on_with(end: str) -> None:
    visit = Visit().tell(a_tap(), a_tap("session-0002"))
    match end:
        case "opened":
            visit.tell(ev.SessionOpened(make.a_session()))
        case "left":
            visit.wait(60)
        case "refused":
            visit.tell(ev.SessionRefused(make.SESSION, errors.CardUnknown()))
    assert dropped(visit) == ["session-0002"]
    visit.tell(a_tap("session-0003")) if end == "opened" else None
    assert dropped(visit)[1:] == (["session-0003"] if end == "opened" else [])


def test_a_tap_that_comes_at_the_wrong_moment_is_dropped_whole() -> None:
    visit = Visit().at_home().at_redeeming().tell(a_tap("session-0002", "another-token"))
    assert dropped(visit) == ["session-0002"]
    visit = Visit().tell(ev.EnrolmentChanged(False), a_tap())
    assert dropped(visit) == [make.SESSION]


def dropped(visit: Visit) -> list[str]:
    return [effect.session_id for effect in visit.asked if isinstance(effect, effects.DropTap)]


def test_the_third_tear_in_a_row_shows_how_to_tap() -> None:
    visit = Visit()
    for number in range(3):
        visit.tell(a_tap(f"session-{number}"), ev.SessionTorn(f"session-{number}"))
    assert visit.now() == st.TapHint(again=True)
    assert visit.count(effects.AwaitCard) == 2, "at the edge of the field it would come and go for ever"


def test_a_tear_told_after_the_card_was_taken_changes_nothing() -> None:
    visit = Visit().at_home()
    before = visit.state
    assert visit.tell(ev.SessionTorn(make.SESSION)).state == before


@pytest.mark.parametrize("fault", list(ev.ReadFault))
def test_a_card_that_cannot_be_read_never_ends_a_visit(fault: ev.ReadFault) -> None:
    visit = Visit().at_home()
    before = visit.state
    assert visit.tell(ev.CardFailed(fault)).state == before


def test_another_card_ends_the_visit_before_its_own_begins() -> None:
    visit = Visit().at_home()
    visit.asked.clear()
    visit.tell(a_tap("session-0002", "token-two"))
    kinds = [type(effect) for effect in visit.asked]
    assert kinds.index(effects.EndSession) < kinds.index(effects.OpenCardSession)
    assert visit.last(effects.EndSession) == effects.EndSession(make.SESSION, effects.Ending.OTHER_CARD)
    assert visit.state.session == st.Session("session-0002", "token-two")


def test_the_same_card_again_changes_nothing_but_the_time_left() -> None:
    visit = Visit().at_home().press("rewards").wait(15)
    before = visit.count(effects.OpenCardSession)
    visit.tell(a_tap("session-0002"))
    assert visit.now() == st.Rewards()
    assert visit.state.left == visit.rules.idle_s
    assert visit.count(effects.OpenCardSession) == before


def test_the_same_card_again_while_unconfirmed_asks_with_its_new_message() -> None:
    visit = Visit().at_home_offline().tell(a_tap("session-0002"))
    assert visit.last(effects.OpenCardSession).session_id == "session-0002"
    assert visit.now() == st.Home()


@pytest.mark.parametrize(("configured", "screen"), [(True, st.Attract()), (False, st.Home())])
def test_taking_the_card_away_ends_the_session_where_the_store_wants_it(configured: bool, screen: st.Screen) -> None:
    visit = Visit(rules=st.Rules(end_on_removal=configured)).at_home().tell(ev.CardLeft())
    assert visit.now() == screen


def test_a_lost_reader_is_said_when_nobody_is_there_and_a_visit_goes_on() -> None:
    visit = Visit().tell(ev.ReaderWent())
    assert visit.now() == st.ReaderGone()
    assert visit.tell(ev.ReaderCame()).now() == st.Attract()
    visit.at_home().tell(ev.ReaderWent())
    assert visit.now() == st.Home()
    assert visit.press("exit").now() == st.ReaderGone()


def test_a_device_that_is_not_enrolled_takes_no_card() -> None:
    visit = Visit().tell(ev.EnrolmentChanged(enrolled=False))
    assert visit.now() == st.NotEnrolled()
    assert visit.tell(a_tap(), ev.CardFailed(ev.ReadFault.FOREIGN)).now() == st.NotEnrolled()
    assert visit.tell(ev.EnrolmentChanged(enrolled=True)).now() == st.Attract()


def test_the_pairing_code_is_kept_while_the_device_is_not_enrolled() -> None:
    pairing = st.Pairing("7K2M9Q", make.DRAWN + timedelta(minutes=10))
    visit = Visit().tell(ev.EnrolmentChanged(enrolled=False), ev.PairingCodeCame(pairing))
    assert visit.now() == st.NotEnrolled()
    assert visit.state.world.pairing == pairing
    assert visit.tell(ev.EnrolmentChanged(enrolled=True)).state.world.pairing is None


def test_a_revoked_device_ends_the_visit() -> None:
    visit = Visit().at_home().tell(ev.EnrolmentChanged(enrolled=False))
    assert visit.now() == st.NotEnrolled()
    assert visit.last(effects.EndSession).why is effects.Ending.REVOKED

"""A14 at the glass: what a kiosk without the network hands out, to whom it shows it afterwards, and what it says when it may not."""

from typing import Any

import pytest

from club.model import errors
from kiosk_app.flow import effects, offers, offline, outage
from kiosk_app.flow import events as ev
from kiosk_app.flow import state as st
from kiosk_app.flow.offers import Standing
from tests.support import kiosk_values as make
from tests.support.kiosk_visit import Visit
from tests.support.outage_values import a_held, the_terms, turned_off

WASH = "detail-wash"


def offline_visit(**terms: Any) -> Visit:
    """Tapped without a network at a kiosk that hands the wash out."""
    return Visit().at_home_offline().tell(ev.OfflineTermsCame(make.SESSION, the_terms(**terms)))


def asked_for_pin(visit: Visit) -> Visit:
    return visit.at_detail(WASH).press("redeem").press("confirm")


def handed(visit: Visit) -> Visit:
    """A wash is handed out and its voucher is on the glass."""
    asked_for_pin(visit).enter_pin()
    asked = visit.last(effects.HandOut)
    return visit.tell(ev.OfflineHanded(a_held(asked.command_id)))


def shown(visit: Visit) -> list[str]:
    return [one.voucher_id for one in offline.vouchers(visit.state.session)]


def test_the_terms_are_asked_for_at_a_tap_and_when_the_network_goes() -> None:
    assert Visit().at_home_offline().last(effects.AskOffline) == effects.AskOffline(make.SESSION)
    visit = Visit().at_home()
    before = visit.count(effects.AskOffline)
    visit.tell(ev.WentOffline())
    assert visit.count(effects.AskOffline) == before + 1


def test_what_can_be_had_comes_first_and_the_others_wait_each_for_its_reason() -> None:
    visit = offline_visit()
    assert visit.state.session is not None
    found = offers.offers(visit.catalogue, visit.state.session, online=False)
    first, *others = found
    assert (first.reward.slug, first.standing, first.most, first.later) == (WASH, Standing.OPEN, 1, True)
    waits = {one.reward.slug: one.refused.text("reason") for one in others if one.refused}
    assert waits == {"basic-service-voucher": "floor", "fuel-card-100": "stock"}
    assert not any(one.later for one in others)


def test_the_way_to_a_voucher_asks_for_the_pin_and_sends_it_once() -> None:
    visit = asked_for_pin(offline_visit())
    pin = visit.now()
    assert isinstance(pin, st.Pin)
    assert isinstance(pin.purpose, outage.SpendLater)
    visit.enter_pin("314159")
    asked = visit.last(effects.HandOut)
    assert (asked.reward, asked.pin.value, asked.command_id) == (WASH, "314159", pin.command_id)
    assert isinstance(visit.now(), st.Pin)
    assert "314159" not in repr(visit.state)
    visit.enter_pin("271828")  # a finger that goes on types into nothing
    assert visit.count(effects.HandOut) == 1
    assert visit.count(effects.AskStepUp) == visit.count(effects.SubmitRedeem) == 0

    visit.tell(ev.OfflineHanded(a_held(pin.command_id)))
    screen = visit.now()
    assert isinstance(screen, outage.HandedOut)
    assert screen.balance == make.a_mirror_member().points - 600
    assert visit.last(effects.PlaySound).name == "success"


def test_the_pin_is_asked_for_whatever_the_programme_chose() -> None:
    visit = Visit().at_home().tell(ev.WentOffline(), ev.OfflineTermsCame(make.SESSION, the_terms()))
    assert isinstance(asked_for_pin(visit).now(), st.Pin)


def test_who_has_no_pin_is_told_so_where_the_club_had_said_it() -> None:
    visit = Visit().at_home(pin_set=False).tell(ev.WentOffline(), ev.OfflineTermsCame(make.SESSION, the_terms()))
    problem = asked_for_pin(visit).now()
    assert isinstance(problem, st.Problem)
    assert isinstance(problem.error, errors.PinNotSet)


@pytest.mark.parametrize("reason", ["floor", "stock", "balance", "long", "card"])
def test_a_limit_that_was_reached_meanwhile_is_said_where_the_reward_is(reason: str) -> None:
    visit = asked_for_pin(offline_visit()).enter_pin()
    error = errors.OfflineRefused(reason=reason)
    visit.tell(ev.OfflineNotHanded(visit.last(effects.HandOut).command_id, error))
    assert visit.now() == st.RewardDetail(WASH, error=error)
    assert visit.last(effects.AskOffline) == effects.AskOffline(make.SESSION)


def test_the_club_came_back_while_the_pin_was_typed() -> None:
    visit = asked_for_pin(offline_visit()).tell(ev.WentOnline()).enter_pin()
    command = visit.last(effects.HandOut).command_id
    visit.tell(ev.OfflineNotHanded(command, errors.OfflineRefused(reason="off")))
    assert visit.now() == st.RewardDetail(WASH)
    assert visit.state.notice is st.NoticeKind.ONLINE_AGAIN


def test_a_full_disk_hands_nothing_out_and_says_so() -> None:
    visit = asked_for_pin(offline_visit()).enter_pin()
    visit.tell(ev.CommandNotStored(visit.last(effects.HandOut).command_id))
    assert visit.now() == st.Problem(st.TroubleKind.NOT_STORED, st.RewardDetail(WASH))


def test_a_store_that_hands_nothing_out_is_as_before() -> None:
    visit = Visit().at_home_offline().tell(ev.OfflineTermsCame(make.SESSION, turned_off()))
    visit.at_detail(WASH).press("redeem")
    assert isinstance(visit.now(), st.Offline)


def test_a_piece_of_a_visit_that_is_over_is_not_the_next_ones() -> None:
    visit = asked_for_pin(offline_visit()).enter_pin()
    command = visit.last(effects.HandOut).command_id
    visit.press("exit").tell(
        ev.CardTapped("session-0002", "token-two", make.an_evidence(), make.DRAWN),
        ev.MirrorAnswered("session-0002", make.a_mirror_member()),
        ev.OfflineHanded(a_held(command)),
    )
    assert isinstance(visit.now(), st.Home)
    assert shown(visit) == []


def test_the_voucher_is_among_the_members_until_the_club_knows_it() -> None:
    visit = handed(offline_visit()).press("vouchers")
    assert visit.now() == st.Vouchers()
    command = visit.last(effects.HandOut).command_id
    assert shown(visit) == [command]
    assert isinstance(visit.press("show_code", command).now(), st.VoucherCode)
    # The club has booked it: it is one of the club's vouchers now, and there is but one.
    booked = make.a_voucher("v-0009", code=a_held().voucher.code)
    visit.tell(ev.WentOnline(), ev.SessionOpened(make.a_session(vouchers=(booked,))))
    assert shown(visit) == ["v-0009"]
    visit.tell(ev.OfflineBooked(command), ev.OfflineTermsCame(make.SESSION, turned_off()))
    assert shown(visit) == ["v-0009"]
    assert visit.last(effects.RefreshSession) == effects.RefreshSession(make.SESSION)


def test_the_next_tap_finds_it_when_the_card_proves_itself() -> None:
    visit = offline_visit(held=(a_held(),))
    assert visit.press("vouchers").now() == st.Vouchers()
    assert shown(visit) == ["command-0001"]
    figures = offers.figures(visit.state.session)
    assert figures is not None
    assert figures.points == make.a_mirror_member().points - 600


def test_a_copied_number_sees_nothing_of_earlier_visits() -> None:
    visit = offline_visit(held=(a_held(),), genuine=False)
    assert shown(visit) == []
    assert isinstance(visit.press("vouchers").now(), st.Offline)
    visit.press("back")
    assert shown(handed(visit)) == [visit.last(effects.HandOut).command_id]


def test_the_clubs_vouchers_stay_behind_the_pin_when_the_network_comes_back() -> None:
    visit = handed(offline_visit(genuine=False)).press("vouchers")
    visit.tell(ev.WentOnline(), ev.SessionOpened(make.a_session(assurance="uid")))
    assert shown(visit) == [visit.last(effects.HandOut).command_id]

"""A voucher in staff mode as staff read it: what the note says when the network is gone as well (kiosk-35, A14)."""

import pytest

from club.model import errors
from club.words.catalogue import Words
from kiosk_app.flow import effects
from kiosk_app.flow import events as ev
from kiosk_app.present import views
from kiosk_app.present.presenter import present
from tests.support import kiosk_staff as desk
from tests.support.kiosk_visit import Visit

ZH = Words("zh-CN", strict=True)


def shown(visit: Visit) -> views.StaffVoucherView:
    view = present(visit.state, ZH)
    assert isinstance(view, views.StaffVoucherView)
    return view


def test_what_was_handed_over_stays_so_when_the_network_goes() -> None:
    visit = desk.at_voucher(Visit()).press("fulfil")
    visit.tell(ev.VoucherHanded(visit.last(effects.FulfilVoucher).ask, desk.a_voucher("fulfilled")))
    before = shown(visit)
    after = shown(visit.tell(ev.WentOffline()))
    assert (after.note, after.note_tone) == (before.note, before.note_tone) == ("已记入日志，可以直接扫下一张", "jade")


@pytest.mark.parametrize("state", ["fulfilled", "cancelled", "expired"])
def test_what_is_closed_is_not_said_to_wait_for_the_network(state: desk.VoucherState) -> None:
    view = shown(desk.at_voucher(Visit(), desk.a_voucher(state)).tell(ev.WentOffline()))
    assert view.note.startswith("请不要再交付")


@pytest.mark.parametrize("handing", [False, True])
def test_too_many_codes_of_no_voucher_say_when_one_may_go_on(handing: bool) -> None:
    visit = desk.at_voucher(Visit()).press("fulfil") if handing else desk.typed(desk.at_code(Visit()))
    ask = visit.last(effects.FulfilVoucher).ask if handing else visit.last(effects.SeeVoucher).ask
    visit.tell(ev.StaffFailed(ask, errors.TooManyGuesses(seconds=601)))
    view = present(visit.state, ZH)
    assert isinstance(view, views.ErrorView)
    assert view.detail == "查了太多没有的券码，请 11 分钟后再核销。请先不要交付，这件事已记入日志。"
    assert visit.state.staff is not None, "staff mode stays open"


def test_what_may_be_handed_over_waits_for_the_network() -> None:
    view = shown(desk.at_voucher(Visit()).tell(ev.WentOffline()))
    assert (view.note, view.confirm.enabled) == ("网络没有连上，恢复后才能核销，请先不要交付", False)

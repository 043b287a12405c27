"""A voucher in staff mode: typed or scanned, shown, handed over once, and what is told when it cannot be (kiosk-35, A14)."""

import pytest

from club.model import errors
from club.wire import staff_mode as wire
from kiosk_app.flow import effects
from kiosk_app.flow import events as ev
from kiosk_app.flow import staff_state as sf
from kiosk_app.flow import state as st
from kiosk_app.flow.staff_state import Said
from tests.support import kiosk_staff as desk
from tests.support.kiosk_visit import Visit


def page(visit: Visit) -> sf.StaffVoucher:
    screen = visit.now()
    assert isinstance(screen, sf.StaffVoucher)
    return screen


def test_a_typed_code_is_looked_up_at_its_last_symbol() -> None:
    visit = desk.typed(desk.at_code(Visit()), desk.CODE[:-1])
    assert (visit.count(effects.SeeVoucher), len(page(visit).code)) == (0, 9)
    visit.press("symbol", desk.CODE[-1])
    asked = visit.last(effects.SeeVoucher)
    assert (asked.session_id, asked.code.value) == (desk.STAFF, desk.CODE)
    assert desk.CODE not in repr(visit.state)
    visit.press("symbol", "A").press("erase")
    assert page(visit).code.value == desk.CODE, "nothing is typed into what is being looked up"


def test_a_slip_of_the_finger_is_told_without_asking_and_mended() -> None:
    visit = desk.typed(desk.at_code(Visit()), desk.CODE[:-1] + "5")
    assert (page(visit).said, visit.count(effects.SeeVoucher)) == (Said.WRONG, 0)
    visit.press("symbol", "3")
    assert len(page(visit).code) == 10, "there is no room for an eleventh"
    visit.press("erase").press("symbol", desk.CODE[-1])
    assert (page(visit).said, visit.count(effects.SeeVoucher)) == (Said.NOTHING, 1)
    visit.tell(ev.VoucherSeen("another", desk.a_voucher()))
    assert page(visit).voucher is None, "the answer to another question"


@pytest.mark.parametrize("read", [f"XZV1:{desk.CODE}", desk.CODE.lower(), "7K2M 9Q4T 14\n"])
def test_a_scanned_code_is_looked_up_from_the_first_screen_and_after_another(read: str) -> None:
    visit = desk.at_desk(Visit()).tell(ev.Scanned(read, "scan-0001"))
    assert visit.last(effects.SeeVoucher) == effects.SeeVoucher(desk.STAFF, "scan-0001", st.Digits(desk.CODE))
    visit.tell(ev.VoucherSeen("scan-0001", desk.a_voucher("fulfilled")), ev.Scanned(read, "scan-0002"))
    assert (page(visit).voucher, page(visit).ask) == (None, "scan-0002")


@pytest.mark.parametrize("read", ["13800006621", "7K2M9Q4T14-1", "7K2M9Q4T15", ""])
def test_what_is_no_vouchers_code_is_told_as_such(read: str) -> None:
    visit = desk.at_code(Visit()).tell(ev.Scanned(read, "scan-0001"))
    assert (page(visit).said, visit.count(effects.SeeVoucher)) == (Said.WRONG, 0)


@pytest.mark.parametrize("read", ["13800006621", f"XZM1:{'0123456789ABCDEF' * 2}", "https://example.org/7K2M"])
def test_nothing_of_a_code_that_has_not_a_vouchers_shape_is_kept(read: str) -> None:
    visit = desk.at_code(Visit()).tell(ev.Scanned(read, "scan-0001"))
    assert page(visit) == sf.StaffVoucher(said=Said.WRONG)


def test_a_scan_changes_nothing_where_no_voucher_is_waited_for() -> None:
    for visit in (desk.at_pin(Visit()), desk.at_pick(Visit()), desk.laid(desk.at_write(Visit()))):
        before = visit.state
        assert visit.tell(ev.Scanned(f"XZV1:{desk.CODE}", "scan-0001")).state == before


def test_it_is_handed_over_and_the_next_one_may_come() -> None:
    visit = desk.at_voucher(Visit())
    assert (page(visit).voucher, visit.count(effects.FulfilVoucher)) == (desk.a_voucher(), 0)
    visit.press("fulfil").press("fulfil")
    asked = visit.last(effects.FulfilVoucher)
    assert (visit.count(effects.FulfilVoucher), asked.session_id, asked.code.value) == (1, desk.STAFF, desk.CODE)
    visit.tell(ev.VoucherHanded(asked.ask, desk.a_voucher("fulfilled")))
    assert (page(visit).handed, page(visit).ready) == (True, False)
    assert visit.last(effects.PlaySound).name == "success"
    assert visit.press("cancel").now() == sf.StaffVoucher()
    assert visit.press("back").now() == sf.StaffDesk()


@pytest.mark.parametrize(
    "found",
    [desk.a_voucher("fulfilled"), desk.a_voucher("cancelled"), desk.a_voucher("expired"), desk.a_voucher(here=False)],
)
def test_what_may_not_be_handed_over_is_not(found: wire.DeskVoucher) -> None:
    visit = desk.at_voucher(Visit(), found).press("fulfil")
    assert (visit.count(effects.FulfilVoucher), visit.last(effects.PlaySound).name) == (0, "error")
    assert page(visit).voucher == found


def test_without_an_answer_it_is_pressed_again_under_the_same_id() -> None:
    visit = desk.at_voucher(Visit()).press("fulfil")
    first = visit.last(effects.FulfilVoucher)
    visit.tell(ev.StaffFailed(first.ask), ev.WentOffline()).press("fulfil")
    assert (page(visit).said, visit.count(effects.FulfilVoucher)) == (Said.UNSURE, 1)
    visit.tell(ev.WentOnline()).press("fulfil")
    again = visit.last(effects.FulfilVoucher)
    assert (again.act_id, again.ask != first.ask) == (first.act_id, True)


def test_nobody_leaves_while_it_is_booked_as_handed_over() -> None:
    visit = desk.at_voucher(Visit()).press("fulfil").press("back")
    asked = visit.last(effects.FulfilVoucher)
    visit.tell(ev.VoucherHanded(asked.ask, desk.a_voucher("fulfilled")))
    assert page(visit).handed
    assert visit.press("back").now() == sf.StaffDesk()


def test_whoever_was_quicker_is_shown_with_when_and_where() -> None:
    visit = desk.at_voucher(Visit()).press("fulfil")
    asked = visit.last(effects.FulfilVoucher)
    visit.tell(ev.StaffFailed(asked.ask, errors.VoucherClosed(state="fulfilled", day="2026-05-16")))
    assert visit.count(effects.SeeVoucher) == 2
    visit.tell(ev.VoucherSeen(visit.last(effects.SeeVoucher).ask, desk.a_voucher("fulfilled")))
    assert (page(visit).voucher, page(visit).handed) == (desk.a_voucher("fulfilled"), False)


def test_offline_nothing_is_asked_and_it_is_looked_up_when_the_network_is_back() -> None:
    visit = desk.typed(desk.at_code(Visit()).tell(ev.WentOffline()))
    assert (page(visit).said, visit.count(effects.SeeVoucher)) == (Said.AWAY, 0)
    visit.tell(ev.WentOnline()).press("retry")
    assert visit.count(effects.SeeVoucher) == 1


def test_a_code_of_nobodys_stays_to_be_mended_and_other_refusals_are_told() -> None:
    visit = desk.typed(desk.at_code(Visit()))
    visit.tell(ev.StaffFailed(visit.last(effects.SeeVoucher).ask, errors.NotFound(kind="voucher")))
    assert (page(visit).said, page(visit).code.value) == (Said.UNKNOWN, desk.CODE)
    visit.press("retry")
    visit.tell(ev.StaffFailed(visit.last(effects.SeeVoucher).ask, errors.NotAllowed(needs="cards.change")))
    assert isinstance(visit.now(), st.Problem)
    assert isinstance(visit.press("understood").now(), sf.StaffVoucher)


def test_nothing_of_a_voucher_is_left() -> None:
    visit = desk.at_voucher(Visit()).wait(60)
    assert (visit.now(), visit.state.staff) == (st.Attract(), None)
    assert not any(private in repr(visit.state) for private in (desk.CODE, "2719"))

"""Turns a state of the flow into the finished view of its screen: strings, flags, names of pictures, nothing to decide."""

from msgspec.structs import replace

from club.words.catalogue import Words
from kiosk_app.flow import outage
from kiosk_app.flow import staff_state as sf
from kiosk_app.flow import state as st
from kiosk_app.present import activities, arrival, home, phone, points, redeem, rewards, staff, trouble, vouchers
from kiosk_app.present.context import Context
from kiosk_app.present.views import AnyView


def present(state: st.State, words: Words) -> AnyView:
    """The view of a state.

    Args:
        state: as the flow left it.
        words: in `state.language`.
    """
    view = _view(Context(state, words))
    return replace(view, large=True, contrast=True) if state.large else view


def _view(ctx: Context) -> AnyView:
    match ctx.state.screen:
        case st.Attract():
            return arrival.attract(ctx)
        case st.TapHint() as screen:
            return arrival.tap(ctx, screen)
        case st.ReaderGone():
            return arrival.reader_lost(ctx)
        case st.NotEnrolled():
            return arrival.not_enrolled(ctx)
        case st.Reading() as screen:
            return arrival.reading(ctx, screen)
        case st.CardProblem() as screen:
            return trouble.card(ctx, screen)
        case st.Blocked() as screen:
            return trouble.blocked(ctx, screen)
        case st.PhoneLogin() as screen:
            return phone.login(ctx, screen)
        case st.Home():
            return home.home(ctx)
        case st.Rewards() as screen:
            return rewards.catalogue(ctx, screen)
        case st.RewardDetail() as screen:
            return rewards.detail(ctx, screen)
        case st.Pin() as screen:
            return redeem.pin(ctx, screen)
        case st.Redeeming() as screen:
            return redeem.redeeming(ctx, screen)
        case st.Success() as screen:
            return redeem.success(ctx, screen)
        case outage.HandedOut() as screen:
            return redeem.handed_out(ctx, screen)
        case (st.Vouchers() | st.VoucherCode()) as screen:
            return vouchers.vouchers(ctx, screen)
        case st.Points() as screen:
            return points.points(ctx, screen)
        case st.Activities() as screen:
            return activities.activities(ctx, screen)
        case st.Offline() as screen:
            return trouble.offline(ctx, screen)
        case st.Problem() as screen:
            return trouble.problem(ctx, screen)
        case sf.StaffPin() as screen:
            return staff.pin(ctx, screen)
        case sf.StaffDesk() as screen:
            return staff.desk(ctx, screen)
        case sf.StaffFind() as screen:
            return staff.find(ctx, screen)
        case sf.StaffPick() as screen:
            return staff.pick(ctx, screen)
        case sf.StaffWrite() as screen:
            return staff.write(ctx, screen)
        case sf.StaffNewPin() as screen:
            return staff.new_pin(ctx, screen)
        case sf.StaffVoucher() as screen:
            return staff.voucher(ctx, screen)

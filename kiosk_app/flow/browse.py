"""Looking around in a session: home, catalogue, detail, vouchers, activities, and the way back from each."""

from msgspec.structs import replace

from club.model import errors
from kiosk_app.flow import effects, history, offers, offline, outage, refused
from kiosk_app.flow import state as st
from kiosk_app.flow.actions import Action
from kiosk_app.flow.session import Step, show

TABS = ("issued", "fulfilled", "expired")
ACTIVITY_TABS = ("open", "planned", "past")


def press(state: st.State, session: st.Session, action: str, arg: str, fresh_id: str) -> Step:
    """A touch that moves about; anything that does not fit the screen (a second press, a late one) changes nothing."""
    match action, state.screen:
        case Action.HOME, _:
            return show(state, st.Home()), ()
        case Action.BACK, screen:
            return show(state, parent(screen)), ()
        case Action.REWARDS, (
            st.Home() | st.Vouchers() | st.Success() | outage.HandedOut() | st.Points() | st.Activities()
        ):
            return enter(state, session, st.Rewards(), fresh_id)
        case Action.VOUCHERS, (st.Home() | st.Success() | outage.HandedOut()):
            return enter(state, session, st.Vouchers(), fresh_id)
        case Action.POINTS, st.Home():
            return enter(state, session, st.Points(), fresh_id)
        case Action.ACTIVITIES, st.Home():
            return show(state, st.Activities()), ()
        case Action.TAB, st.Activities() if arg in ACTIVITY_TABS:
            return show(state, st.Activities(arg)), ()
        case Action.CATEGORY, st.Rewards():
            known = arg == "" or any(category.slug == arg for category in state.world.catalogue.categories)
            return (show(state, st.Rewards(arg)), ()) if known else (state, ())
        case Action.REWARD, st.Rewards(category=category) if state.world.catalogue.reward(arg):
            return show(state, st.RewardDetail(arg, category)), ()
        case ((Action.MORE | Action.FEWER), st.RewardDetail(confirming=False) as detail):
            return show(state, _counted(state, session, detail, 1 if action == Action.MORE else -1)), ()
        case Action.TAB, st.Vouchers() if arg in TABS:
            return show(state, st.Vouchers(arg)), ()
        case Action.SHOW_CODE, st.Vouchers(tab=tab) if _usable(session, arg):
            return show(state, st.VoucherCode(arg, state.rules.code_s, tab)), ()
        case Action.HIDE_CODE, st.VoucherCode(tab=tab):
            return show(state, st.Vouchers(tab)), ()
        case Action.RETRY, st.Offline(back=back) if state.world.online:
            return show(state, back), ()  # one call went astray; the network itself is there
        case Action.RETRY, st.Offline():
            return state, (effects.WakeSync(),)
        case Action.UNDERSTOOD, (st.Problem() | st.Offline()) as screen:
            return show(state, screen.back), ()
        case _:
            return state, ()


def enter(state: st.State, session: st.Session, target: st.Rewards | st.Vouchers | st.Points, fresh_id: str) -> Step:
    """Go behind the home page. A card that can be copied gives its PIN once per session (N4)."""
    if session.home is None:
        # Only the mirror is known: the catalogue can be read, but of vouchers and history no more is on this device (X2)
        # than what it handed out itself.
        here = isinstance(target, st.Rewards) or (isinstance(target, st.Vouchers) and offline.vouchers(session))
        return show(state, target if here else st.Offline(state.screen)), offline.ask(state)
    if session.assurance == "cryptogram" or session.unlocked:
        return history.open_page(state, session) if isinstance(target, st.Points) else (show(state, target), ())
    if not session.home.pin_set:
        return refused.problem(state, errors.PinNotSet(), st.Home())
    return show(state, st.Pin(st.Unlock(fresh_id, target))), ()


def parent(screen: st.Screen) -> st.Screen:
    """The screen before, in the order of the journey, not of the touches."""
    match screen:
        case st.RewardDetail(confirming=True) as detail:
            return replace(detail, confirming=False)
        case st.RewardDetail(category=category):
            return st.Rewards(category)
        case st.Pin(purpose=st.Spend(detail=detail)):
            return replace(detail, confirming=False, error=None)
        case st.Pin(purpose=outage.SpendLater() as purpose):
            return offline.back_of(purpose)
        case st.VoucherCode(tab=tab):
            return st.Vouchers(tab)
        case st.Offline(back=back) | st.Problem(back=back):
            return back
        case _:
            return st.Home()


def _counted(state: st.State, session: st.Session, detail: st.RewardDetail, by: int) -> st.RewardDetail:
    reward = state.world.catalogue.reward(detail.slug)
    most = offers.offer(state.world.catalogue, session, reward, online=state.world.online).most if reward else 1
    return replace(detail, quantity=max(1, min(detail.quantity + by, max(1, most))), error=None)


def _usable(session: st.Session, voucher_id: str) -> bool:
    return any(one.voucher_id == voucher_id and one.state == "issued" for one in offline.vouchers(session))

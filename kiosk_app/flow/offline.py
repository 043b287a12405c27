"""Redeeming while the club cannot be reached: from the confirm sheet to a voucher of this kiosk, and what is held of them (A14)."""

from msgspec.structs import replace

from club.model import errors
from club.wire.cards import VoucherView
from kiosk_app.flow import effects, offers, outage
from kiosk_app.flow import events as ev
from kiosk_app.flow import state as st
from kiosk_app.flow.session import Step, notify, show


def ask(state: st.State) -> tuple[effects.Effect, ...]:
    """Ask what the card in session may have from this kiosk, which may have changed; without a card (N8) it is nothing."""
    return (effects.AskOffline(state.session.id),) if state.session and state.session.card else ()


def came(state: st.State, session: st.Session, terms: outage.Terms) -> Step:
    """What it may have. The screen's time goes on: nobody touched the glass."""
    return replace(state, session=replace(session, terms=terms)), ()


def confirm(state: st.State, session: st.Session, detail: st.RewardDetail, fresh_id: str) -> Step:
    """The command gets its id here, once (A12). The PIN is always asked for: it is sealed, and judged when the club is back."""
    reward = state.world.catalogue.reward(detail.slug)
    if reward is None:
        return show(state, st.Rewards(detail.category)), ()
    if not offers.here_and_now(state.world.catalogue, session, reward, detail.quantity):
        return show(state, replace(detail, confirming=False, quantity=1)), ask(state)
    if session.home is not None and not session.home.pin_set:
        problem = st.Problem(st.TroubleKind.REFUSED, replace(detail, confirming=False), errors.PinNotSet())
        return show(state, problem), (effects.PlaySound("error"),)
    return show(state, st.Pin(outage.SpendLater(fresh_id, detail.slug, detail.category))), ()


def handed_out(state: st.State, session: st.Session, event: ev.OfflineHanded) -> Step:
    """The voucher exists. It is shown when its screen still waits, else it is under "my vouchers"."""
    held = event.held
    if held.command_id not in session.commands:
        return state, ()  # of a visit that is over
    terms = session.terms or outage.Terms()
    if all(one.command_id != held.command_id for one in terms.held):
        terms = replace(terms, held=(*terms.held, held), unbooked=terms.unbooked + held.points)
    session = replace(session, terms=terms)
    state = replace(state, session=session)
    if _waits_for(state.screen, held.command_id):
        own = offers.figures(session)
        shown = show(state, outage.HandedOut(held, own.points if own else 0))
        return shown, (effects.PlaySound("success"), *ask(state))
    return notify(state, st.NoticeKind.REDEEMED), ask(state)


def not_handed_out(state: st.State, command_id: str, error: errors.ClubError) -> Step:
    """A limit was reached meanwhile, or the club is back: to where the member can do something about it."""
    pin = state.screen
    if not isinstance(pin, st.Pin) or not isinstance(pin.purpose, outage.SpendLater) or pin.command_id != command_id:
        return state, ()
    detail = back_of(pin.purpose)
    if state.world.online:
        return notify(show(state, detail), st.NoticeKind.ONLINE_AGAIN), ()
    sound = effects.PlaySound("error")
    return show(state, replace(detail, error=error)), (sound, *ask(state))


def not_stored(state: st.State, command_id: str) -> Step | None:
    """The voucher could not be written down, so there is none (X1); None when the command is not one of these."""
    pin = state.screen
    if isinstance(pin, st.Pin) and isinstance(pin.purpose, outage.SpendLater) and pin.command_id == command_id:
        problem = st.Problem(st.TroubleKind.NOT_STORED, back_of(pin.purpose))
        return show(state, problem), (effects.PlaySound("error"),)
    return None


def booked(state: st.State, session: st.Session) -> Step:
    """The club has settled a piece of this kiosk, perhaps of this member: ask for what is true now."""
    fresh = (effects.RefreshSession(session.id),) if session.home else ()
    return state, (*ask(state), *fresh)


def back_of(purpose: outage.SpendLater) -> st.RewardDetail:
    """The reward that the PIN was for."""
    return st.RewardDetail(purpose.reward, purpose.category)


def vouchers(session: st.Session | None) -> tuple[VoucherView, ...]:
    """The vouchers that may be shown: the club's where its rule is met (N4), and those of this kiosk that it does not know yet.

    A copied number must not show what its owner holds: without the club's word and the PIN, the vouchers of earlier visits
    are there only for a card whose tap carried its message; those of this visit were confirmed by the PIN that it gave.
    """
    if session is None:
        return ()
    proved = session.unlocked or session.assurance == "cryptogram"
    told = session.home.vouchers if session.home and proved else ()
    known = {voucher.code for voucher in told}
    held = session.terms.held if session.terms else ()
    may_all = proved or (session.terms is not None and session.terms.genuine)
    own = [one.voucher for one in held if may_all or one.command_id in session.commands]
    return (*(voucher for voucher in own if voucher.code not in known), *told)


def _waits_for(screen: st.Screen, command_id: str) -> bool:
    return isinstance(screen, st.Pin) and screen.busy and screen.command_id == command_id

"""The kiosk as one function: a state and an event give the next state and the work it asks for; nothing is done here."""

from msgspec.structs import replace

from kiosk_app.flow import browse, cards, effects, history, offline, phone, redeem, staff
from kiosk_app.flow import events as ev
from kiosk_app.flow import session as visit
from kiosk_app.flow import staff_state as sf
from kiosk_app.flow import state as st
from kiosk_app.flow.actions import Action
from kiosk_app.flow.effects import Ending
from kiosk_app.flow.session import Step


def step(state: st.State, event: ev.Event) -> Step:
    """The next state, and the effects in the order in which they are to be done.

    Every event is taken in every state: an answer that comes too late, or a touch that fits no longer, changes nothing.
    A tap that nothing is left of is dropped, and so is what is remembered of its card (K13).
    """
    after, asked = _step(state, event)
    taps = _taps(state) | ({event.session_id} if isinstance(event, ev.CardTapped) else set())
    ended = {one.session_id for one in asked if isinstance(one, effects.EndSession | effects.EndStaff)}
    gone = taps - _taps(after) - ended
    return after, (*asked, *(effects.DropTap(tap) for tap in sorted(gone)))


def _taps(state: st.State) -> set[str]:
    """Ids of the taps that something may still be asked about."""
    taps = set()
    if state.session is not None:
        taps |= {state.session.id} | ({state.session.back.session_id} if state.session.back is not None else set())
    if state.staff is not None:
        taps.add(state.staff.id)
    if isinstance(state.screen, sf.StaffWrite):
        taps |= {state.screen.tap, state.screen.back}
    return taps - {""}


def _step(state: st.State, event: ev.Event) -> Step:
    match event:
        case ev.Second(now):
            return visit.second(state, now)
        case ev.Pressed():
            return _pressed(state, event)
        case ev.CardTapped() if state.staff is not None:
            return staff.tapped(state, state.staff, event)
        case ev.CardTapped():
            return cards.tapped(state, event)
        case ev.CardFailed() if state.staff is not None:
            return staff.unreadable(state)
        case ev.CardFailed():
            return cards.failed(state, event)
        case ev.CardLeft():
            return cards.left(state)
        case ev.Scanned() if state.staff is not None:
            return staff.scanned(state, state.staff, event)
        case ev.Scanned():
            return phone.scanned(state, event)
        case ev.ReaderCame() | ev.ReaderWent():
            return cards.reader(state, isinstance(event, ev.ReaderCame))
        case ev.WentOnline() | ev.WentOffline():
            state, asked = cards.online(state, isinstance(event, ev.WentOnline))
            state, more = history.again(state) if isinstance(event, ev.WentOnline) else (state, ())
            return state, (*asked, *more)
        case ev.CatalogueChanged(catalogue):
            return replace(state, world=replace(state.world, catalogue=catalogue)), ()
        case ev.EnrolmentChanged(enrolled):
            return _enrolment(state, enrolled)
        case ev.PairingCodeCame(pairing):
            return replace(state, world=replace(state.world, pairing=pairing)), ()
        case _:
            return _answered(state, event)


def _answered(state: st.State, event: ev.Event) -> Step:
    """Answers about a session that is over, or to a question nobody asks any more, are dropped."""
    session = state.session
    stray = _stray(state, event)
    if stray is not None:
        return state, (stray,)
    if state.staff is not None:
        return staff.answered(state, state.staff, event)
    if session is None:
        return state, ()
    match event, state.screen:
        case ev.MirrorAnswered(session_id, member), _ if session_id == session.id:
            return cards.mirror(state, member)
        case ev.SessionOpened(answer), _ if answer.session_id == session.id:
            return _with_page(cards.opened(state, answer))
        case ev.SessionRefused(session_id, error), st.PhoneLogin(busy=True) as page if session_id == session.id:
            return phone.refused(state, page, error)
        case ev.SessionUnreachable(session_id), st.PhoneLogin(busy=True) as page if session_id == session.id:
            return phone.unreachable(state, page)
        case ev.SessionRefused(session_id, error), _ if session_id == session.id:
            return cards.refused(state, error)
        case ev.SessionUnreachable(session_id), _ if session_id == session.id:
            return _with_page(cards.unreachable(state))
        case ev.SessionTorn(session_id), _ if session_id == session.id:
            return cards.torn(state)
        case ((ev.HistoryCame() as came), _) if came.session_id == session.id:
            return history.came(state, came)
        case ((ev.HistoryFailed() as failed), _) if failed.session_id == session.id:
            return history.failed(state, failed)
        case ev.StepUpGranted(command_id, grant), st.Pin(busy=True) as pin if command_id == pin.command_id:
            return redeem.granted(state, session, pin, grant)
        case ev.StepUpRefused(command_id, error), st.Pin(busy=True) as pin if command_id == pin.command_id:
            return redeem.step_up_refused(state, pin, error)
        case ev.StepUpUnreachable(command_id), st.Pin(busy=True) as pin if command_id == pin.command_id:
            return redeem.step_up_unreachable(state, pin)
        case ev.CommandSettled(settled), _:
            return redeem.settled(state, session, settled)
        case ev.CommandRefused(command_id, error), _:
            return redeem.command_refused(state, session, command_id, error)
        case ev.CommandNotStored(command_id), _:
            return redeem.not_stored(state, command_id)
        case ev.OfflineTermsCame(session_id, terms), _ if session_id == session.id:
            return offline.came(state, session, terms)
        case ev.OfflineHanded() as handed, _:
            return offline.handed_out(state, session, handed)
        case ev.OfflineNotHanded(command_id, error), _:
            return offline.not_handed_out(state, command_id, error)
        case ev.OfflineBooked(), _:
            return offline.booked(state, session)
        case _:
            return state, ()


def _stray(state: st.State, event: ev.Event) -> effects.EndStray | None:
    """A session that was opened when whoever asked for it had left: nobody is in it, and it must not stay open (K13)."""
    match event:
        case ev.StaffOpened(opened) if state.staff is None or opened.session_id != state.staff.id:
            return effects.EndStray(opened.session_id, staff=True)
        case ev.SessionOpened(answer) if state.session is None or answer.session_id != state.session.id:
            return effects.EndStray(answer.session_id)
        case _:
            return None


def _with_page(taken: Step) -> Step:
    """What the answer itself did, and the page behind the PIN that waited for it."""
    state, asked = taken
    state, more = redeem.unlocked_page(state)
    return state, (*asked, *more)


def _pressed(state: st.State, event: ev.Pressed) -> Step:
    if state.taking:
        return state, ()
    if state.asking:
        # The count-down covers the screen: only its own two buttons can be meant.
        if event.action == Action.STAY:
            return visit.touched(state), ()
        return visit.end(state, Ending.DONE) if event.action == Action.EXIT else (state, ())
    if event.action == Action.OLDER:
        # No touch: the list tells by itself that its end came into sight.
        return (state.session and history.press(state, state.session, event.action, event.arg)) or (state, ())
    state = visit.touched(state)
    if event.action in (Action.LANGUAGE, Action.LARGE):
        return visit.adapted(state, event.action), ()
    if state.staff is not None:
        return staff.press(state, state.staff, event.action, event.arg, event.fresh_id)
    if state.session is None:
        return _pressed_alone(state, event)
    if event.action == Action.EXIT:
        return visit.end(state, Ending.DONE)
    if isinstance(state.screen, st.PhoneLogin):
        return phone.press(state, state.session, state.screen, event.action, event.arg)
    if isinstance(state.screen, st.Reading):
        return visit.end(state, Ending.DONE) if event.action == Action.BACK else (state, ())
    taken = redeem.press(state, state.session, event.action, event.arg, event.fresh_id)
    taken = taken or history.press(state, state.session, event.action, event.arg)
    return taken or browse.press(state, state.session, event.action, event.arg, event.fresh_id)


def _pressed_alone(state: st.State, event: ev.Pressed) -> Step:
    """Touches while nobody is in a session."""
    match event.action, state.screen:
        case Action.WAKE, st.Attract():
            return visit.show(state, st.TapHint()), ()
        case Action.PHONE, (st.TapHint() | st.CardProblem() | st.Blocked() | st.ReaderGone()):
            return phone.enter(state, event.fresh_id), ()
        case Action.TAP_AGAIN, (st.CardProblem() | st.Blocked()) if state.world.reader_ready:
            return visit.show(state, st.TapHint()), ()
        case (
            (Action.BACK | Action.HOME | Action.EXIT | Action.UNDERSTOOD | Action.TAP_AGAIN),
            (st.TapHint() | st.CardProblem() | st.Blocked() | st.Problem() | st.Offline()),
        ):
            return visit.resting(state), ()
        case _:
            return state, ()


def _enrolment(state: st.State, enrolled: bool) -> Step:
    if enrolled == state.world.enrolled:
        return state, ()
    state = replace(state, world=replace(state.world, enrolled=enrolled, pairing=None))
    if not enrolled:
        return visit.end(state, Ending.REVOKED)
    return (visit.resting(state), ()) if isinstance(state.screen, st.NotEnrolled) else (state, ())

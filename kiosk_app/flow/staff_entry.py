"""Into staff mode: a staff card was tapped, its holder types the PIN, the central API opens it or says why not (K12)."""

from msgspec.structs import replace

from club.model import errors
from kiosk_app.flow import effects
from kiosk_app.flow import events as ev
from kiosk_app.flow import staff_state as sf
from kiosk_app.flow import state as st
from kiosk_app.flow.actions import Action
from kiosk_app.flow.session import Step, card_problem, end, kept, show


def asked(state: st.State, session: st.Session) -> Step:
    """The card is one of the staff's: the visit that began becomes theirs, and the PIN is asked; its evidence is kept for that."""
    mine = replace(state, session=None, staff=sf.Staff(session.id, session.card), failures=0)
    return show(mine, sf.StaffPin()), ()


def press(state: st.State, who: sf.Staff, screen: sf.StaffPin, action: str, arg: str) -> Step:
    """A key of the pad, or the way out."""
    if action in (Action.EXIT, Action.BACK, Action.HOME):
        return end(state, effects.Ending.DONE)
    taken = typed(screen.digits, action, arg)
    if taken is None or screen.busy or isinstance(screen.error, errors.PinLocked):
        return state, ()
    sound = (effects.PlaySound("key"),)
    if len(taken) < st.PIN_LENGTH:
        return show(state, replace(screen, digits=taken, away=False)), sound
    return show(state, sf.StaffPin(busy=True)), (*sound, effects.OpenStaff(who.id, taken))


def opened(state: st.State, who: sf.Staff, event: ev.StaffOpened) -> Step:
    """The PIN was right."""
    known = replace(who, number=event.session.number, name=event.session.name, opened=True)
    return show(replace(state, staff=known), sf.StaffDesk()), (effects.PlaySound("success"),)


def failed(state: st.State, event: ev.StaffFailed) -> Step:
    """It was wrong, or could not be checked; anything else ends it with a sentence."""
    sound = effects.PlaySound("error")
    if event.error is None or isinstance(event.error, errors.Unavailable):
        return show(state, sf.StaffPin(away=True)), (sound,)
    if isinstance(event.error, errors.PinWrong | errors.PinLocked):
        return show(state, sf.StaffPin(error=event.error)), (sound,)
    return card_problem(state, st.CardProblem(st.CardTrouble.REFUSED, event.error), effects.Ending.REFUSED)


def over(state: st.State) -> Step:
    """The central API ended the session in the middle of something: that is said, and nothing of it is left (K13)."""
    ended, done = end(state, effects.Ending.REFUSED)
    told = st.Problem(st.TroubleKind.STAFF_OVER, ended.screen)
    return show(kept(ended, state), told), (*done, effects.PlaySound("error"))


def typed(digits: st.Digits, action: str, arg: str, most: int = st.PIN_LENGTH) -> st.Digits | None:
    """The digits after a key of the pad; None when it was none, or there is no room."""
    match action:
        case Action.CLEAR:
            return st.Digits()
        case Action.ERASE:
            return st.Digits(digits.value[:-1])
        case Action.DIGIT if len(arg) == 1 and arg in "0123456789" and len(digits) < most:
            return st.Digits(digits.value + arg)
        case _:
            return None

"""A member without a card: phone number and PIN typed, the number scanned, or the member code (N8)."""

import re

from msgspec.structs import replace

from club.model import errors, member_code
from kiosk_app.flow import effects
from kiosk_app.flow import events as ev
from kiosk_app.flow import state as st
from kiosk_app.flow.actions import Action
from kiosk_app.flow.effects import Ending
from kiosk_app.flow.session import Step, card_problem, end, kept, show

SHOWN_S = 5
_MOBILE = re.compile(r"(?:tel:)?(?:\+?86)?(1[3-9][0-9]{9})", re.ASCII)


def enter(state: st.State, fresh_id: str, number: str = "") -> st.State:
    """Begin a visit without a card; what is typed in it is forgotten at its end, as everything of a visit is (K13)."""
    begun = replace(state, session=st.Session(fresh_id, card=""), failures=0)
    return show(begun, st.PhoneLogin(st.Digits(number)))


def press(state: st.State, session: st.Session, page: st.PhoneLogin, action: str, arg: str) -> Step:
    """A touch on the page."""
    match action:
        case Action.BACK:
            ended, over = end(state, Ending.DONE)
            # Where the visit began, with what was chosen for the eyes; a screen that nobody leaves is for everybody.
            return (show(kept(ended, state), st.TapHint()) if state.world.reader_ready else ended), over
        case Action.DIGIT | Action.ERASE | Action.CLEAR if not page.busy:
            return _key(state, page, action, arg)
        case Action.SHOW_PHONE if len(page.phone):
            return show(state, replace(page, shown=0 if page.shown else SHOWN_S)), ()
        case Action.SIGN_IN if page.whole and not page.busy and state.world.online:
            ask = effects.OpenPhoneSession(session.id, page.phone, page.pin)
            return show(state, replace(_said(page), pin=st.Digits(), busy=True, shown=0)), (ask,)
        case _:
            return state, ()


def refused(state: st.State, page: st.PhoneLogin, error: errors.ClubError) -> Step:
    """Number and PIN open nothing, or not now: the number stays, the PIN is typed anew."""
    return show(state, replace(page, busy=False, error=error)), (effects.PlaySound("error"),)


def unreachable(state: st.State, page: st.PhoneLogin) -> Step:
    """Nobody could be asked: a device knows neither numbers nor PINs (X2)."""
    return show(state, replace(page, busy=False, unreachable=True)), (effects.PlaySound("error"),)


def scanned(state: st.State, event: ev.Scanned) -> Step:
    """A code was scanned: a member code opens a visit, a phone number is typed by it; whoever scans something else is told what helps.

    In a visit, and while nothing can be begun, a scan changes nothing.
    """
    code = member_code.read(event.text)
    found = _MOBILE.fullmatch(event.text.strip())
    match state.screen:
        case st.PhoneLogin(busy=False) if code is not None and not state.asking:
            ended, over = end(state, Ending.OTHER_CARD)
            opened, asked = _by_code(kept(ended, state), event.fresh_id, code)
            return opened, (*over, *asked)
        case st.Attract() | st.TapHint() | st.CardProblem() | st.Blocked() | st.ReaderGone() if code is not None:
            return _by_code(state, event.fresh_id, code)
        case st.PhoneLogin(busy=False) as page if not state.asking:
            if found is None:
                return state, (effects.PlaySound("error"),)
            return show(state, replace(_said(page), phone=st.Digits(found[1]), shown=0)), (effects.PlaySound("key"),)
        case st.Attract() | st.TapHint() | st.CardProblem() | st.Blocked() | st.ReaderGone():
            if found is None:
                return card_problem(state, st.CardProblem(st.CardTrouble.CODE), Ending.REFUSED)
            return enter(state, event.fresh_id, found[1]), (effects.PlaySound("tap"),)
        case _:
            return state, ()


def _by_code(state: st.State, fresh_id: str, code: str) -> Step:
    """Begin a visit by a member code. A device knows no codes (ADR 18), so its mirror is not asked; without a network nobody is."""
    if not state.world.online:
        return card_problem(state, st.CardProblem(st.CardTrouble.CODE_OFFLINE), Ending.REFUSED)
    begun = replace(state, session=st.Session(fresh_id, card=""), failures=0)
    reading = st.Reading(mirror_asked=True, by_code=True)
    return show(begun, reading), (effects.PlaySound("tap"), effects.OpenCodeSession(fresh_id, code))


def _key(state: st.State, page: st.PhoneLogin, action: str, arg: str) -> Step:
    sound = effects.PlaySound("key")
    number, pin = page.phone.value, page.pin.value
    if action == Action.CLEAR:
        number = pin = ""
    elif action == Action.ERASE:
        number, pin = (number, pin[:-1]) if pin else (number[:-1], "")
    elif len(arg) != 1 or arg not in "0123456789":
        return state, ()
    elif len(number) < st.PHONE_LENGTH:
        number += arg
    elif len(pin) < st.PIN_LENGTH:
        pin += arg
    else:
        sound = effects.PlaySound("error")  # all digits are there
    typed = replace(_said(page), phone=st.Digits(number), pin=st.Digits(pin), shown=page.shown if number else 0)
    return show(state, typed), (sound,)


def _said(page: st.PhoneLogin) -> st.PhoneLogin:
    """The page with what was last told of it read."""
    return replace(page, error=None, unreachable=False)

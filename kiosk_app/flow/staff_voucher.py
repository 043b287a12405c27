"""A voucher in staff mode: its code is scanned or typed, what it is for is shown, and it is handed over once (kiosk-35, A14)."""

from msgspec.structs import replace

from club.model import errors, voucher
from club.wire.staff_mode import DeskVoucher
from kiosk_app.flow import effects
from kiosk_app.flow import events as ev
from kiosk_app.flow import staff_state as sf
from kiosk_app.flow import state as st
from kiosk_app.flow.actions import Action
from kiosk_app.flow.session import Step, show
from kiosk_app.flow.staff_state import Said


def press(state: st.State, who: sf.Staff, screen: sf.StaffVoucher, action: str, arg: str, fresh_id: str) -> Step | None:
    """A touch on the page; None when it is none of the page's own."""
    match action:
        case Action.SYMBOL | Action.ERASE | Action.CLEAR if screen.voucher is None and not screen.ask:
            return _key(state, who, screen, action, arg, fresh_id)
        case Action.RETRY if screen.voucher is None and not screen.ask:
            return _look(state, who, screen.code.value, fresh_id)
        case Action.FULFIL if screen.ready and state.world.online:
            act = screen.act_id or fresh_id  # the same for ever: pressed again without an answer, it is no second act
            asked = replace(screen, ask=fresh_id, act_id=act, said=Said.NOTHING)
            return show(state, asked), (effects.FulfilVoucher(who.id, fresh_id, act, screen.code),)
        case Action.BACK if screen.handing:
            return state, ()
        case Action.CANCEL if not screen.ask:
            return show(state, sf.StaffVoucher()), ()
        case _:
            return None


def scanned(state: st.State, who: sf.Staff, event: ev.Scanned) -> Step:
    """A code was scanned: on the staff's first screen and on this one it is a voucher's, whatever was shown before; elsewhere nobody waits for one."""
    match state.screen:
        case sf.StaffDesk() | sf.StaffVoucher(ask=""):
            code = voucher.normalise(event.text)
            # What has not a voucher's shape may be a member's own code or number: none of it is shown or kept (K13).
            shaped = len(code) == voucher.LENGTH and set(code) <= set(voucher.ALPHABET)
            return _look(state, who, code if shaped else "", event.fresh_id)
        case _:
            return state, ()


def seen(state: st.State, screen: sf.StaffVoucher, found: DeskVoucher) -> Step:
    """What it is, and whether it is good: shown, nothing done yet."""
    sound = effects.PlaySound("tap" if found.state == "issued" and found.here else "error")
    return show(state, replace(screen, ask="", voucher=found)), (sound,)


def handed(state: st.State, screen: sf.StaffVoucher, found: DeskVoucher) -> Step:
    """It is handed over; the next one may be scanned."""
    return show(state, replace(screen, ask="", voucher=found, handed=True)), (effects.PlaySound("success"),)


def failed(state: st.State, who: sf.Staff, screen: sf.StaffVoucher, event: ev.StaffFailed) -> Step | None:
    """What was asked came to nothing; None where it is no matter of the voucher's."""
    sound = effects.PlaySound("error")
    match event.error:
        case None | errors.Unavailable():
            said = Said.AWAY if screen.voucher is None else Said.UNSURE
            return show(state, replace(screen, ask="", said=said)), (sound,)
        case errors.NotFound():
            return show(state, replace(sf.StaffVoucher(screen.code), said=Said.UNKNOWN)), (sound,)
        case errors.VoucherClosed() | errors.RewardNotOffered() if screen.voucher is not None:
            # Somebody was quicker, or its last day went by meanwhile: looked at once more it says when and where.
            return _look(state, who, screen.code.value, screen.ask)
        case _:
            return None


def _key(state: st.State, who: sf.Staff, screen: sf.StaffVoucher, action: str, arg: str, fresh_id: str) -> Step:
    typed = screen.code.value
    if action == Action.CLEAR:
        typed = ""
    elif action == Action.ERASE:
        typed = typed[:-1]
    elif len(arg) == 1 and arg in voucher.ALPHABET and len(typed) < voucher.LENGTH:
        typed += arg
    else:
        return state, ()
    if len(typed) == voucher.LENGTH:
        return _look(state, who, typed, fresh_id)
    return show(state, sf.StaffVoucher(st.Digits(typed))), (effects.PlaySound("key"),)


def _look(state: st.State, who: sf.Staff, code: str, ask: str) -> Step:
    """Ask for a code that can be one; a slip of the finger is told at once."""
    page = sf.StaffVoucher(st.Digits(code))
    if not voucher.is_valid(code):
        return show(state, replace(page, said=Said.WRONG)), (effects.PlaySound("error"),)
    if not state.world.online:
        return show(state, replace(page, said=Said.AWAY)), (effects.PlaySound("error"),)
    return show(state, replace(page, ask=ask)), (effects.SeeVoucher(who.id, ask, page.code),)

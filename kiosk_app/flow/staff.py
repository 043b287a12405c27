"""Staff mode: what staff press, the cards they lay down, and what the central API answers (K12, N5, N6, K17)."""

from typing import Literal

from msgspec.structs import replace

from club.model import errors
from kiosk_app.flow import cards, effects, staff_entry, staff_voucher, staff_write
from kiosk_app.flow import events as ev
from kiosk_app.flow import staff_state as sf
from kiosk_app.flow import state as st
from kiosk_app.flow.actions import Action
from kiosk_app.flow.session import Step, end, show, touched
from kiosk_app.flow.staff_state import Errand

_ACTS: dict[Errand, Literal["block", "return"]] = {Errand.BLOCK: "block", Errand.RETURN: "return"}
_DONE = {Errand.BLOCK: sf.Done.BLOCKED, Errand.RETURN: sf.Done.RETURNED}


def press(state: st.State, who: sf.Staff, action: str, arg: str, fresh_id: str) -> Step:
    """A touch in staff mode; one that fits no longer changes nothing."""
    if isinstance(state.screen, sf.StaffPin):
        return staff_entry.press(state, who, state.screen, action, arg)
    if isinstance(state.screen, sf.StaffVoucher):
        taken = staff_voucher.press(state, who, state.screen, action, arg, fresh_id)
        if taken is not None:
            return taken
    match action, state.screen:
        case Action.EXIT, _:
            return end(state, effects.Ending.DONE)
        case ((Action.UNDERSTOOD | Action.BACK), st.Problem(back=back)):
            return show(state, back), ()
        case Action.BACK, screen:
            return show(state, _before(screen)), ()
        case Action.ERRAND, (sf.StaffDesk() | sf.StaffWrite(at=sf.Writing.WAITING)) if arg in list(Errand):
            return show(state, sf.StaffFind(Errand(arg))), ()
        case Action.VOUCHER, sf.StaffDesk():
            return show(state, sf.StaffVoucher()), ()
        case Action.IDENTITY, sf.StaffFind() as find if arg in sf.IDENTITIES:
            return show(state, replace(find, identity=arg)), ()
        case ((Action.DIGIT | Action.ERASE | Action.CLEAR), sf.StaffFind(ask="") as find):
            digits = staff_entry.typed(find.query, action, arg, sf.LONGEST_QUERY)
            if digits is None:
                return state, ()
            return show(state, replace(find, query=digits, nobody=False)), (effects.PlaySound("key"),)
        case Action.FIND, sf.StaffFind(ready=True) as find:
            asked = replace(find, ask=fresh_id, nobody=False)
            return show(state, asked), (effects.FindMembers(who.id, fresh_id, find.query),)
        case Action.PICK, sf.StaffPick(ask="") as pick:
            return _picked(state, who, pick, arg, fresh_id)
        case Action.NEW_PIN, sf.StaffWrite(at=sf.Writing.DONE, issue=issue) as written if issue is not None:
            return show(state, sf.StaffNewPin(issue.card_id, written.identity, written.member)), ()
        case ((Action.DIGIT | Action.ERASE | Action.CLEAR), sf.StaffNewPin(ask="") as pin):
            return _new_pin(state, who, pin, action, arg, fresh_id)
        case Action.FINISH, (sf.StaffWrite() | sf.StaffPick() | sf.StaffFind()):
            return show(state, sf.StaffDesk()), ()
        case _:
            return state, ()


def tapped(state: st.State, who: sf.Staff, event: ev.CardTapped) -> Step:
    """A card was laid down: the blank one that is waited for; before the PIN was right, whoever comes next."""
    if isinstance(state.screen, sf.StaffWrite) and state.taking:
        return staff_write.laid_while_busy(state, state.screen, event)
    if state.taking:
        return state, ()
    if not who.opened:
        if isinstance(state.screen, sf.StaffPin) and state.screen.busy:
            return state, ()
        return cards.tapped(state, event)
    if isinstance(state.screen, sf.StaffWrite) and event.card != who.card:
        return staff_write.laid(state, who, state.screen, event)
    return touched(state), ()


def scanned(state: st.State, who: sf.Staff, event: ev.Scanned) -> Step:
    """A scanner read a code: where a voucher may be handed over it is one's."""
    return staff_voucher.scanned(state, who, event) if who.opened else (state, ())


def unreadable(state: st.State) -> Step:
    """A card that could not be read: while one is waited for, that is said."""
    if isinstance(state.screen, sf.StaffWrite) and not state.taking:
        return staff_write.unreadable(state, state.screen)
    return state, ()


def answered(state: st.State, who: sf.Staff, event: ev.Event) -> Step:
    """An answer, when it is the one that is waited for."""
    match event, state.screen:
        case ev.StaffOpened(session), sf.StaffPin(busy=True) if session.session_id == who.id:
            return staff_entry.opened(state, who, event)
        case ev.StaffFailed(ask), sf.StaffPin(busy=True) if ask == who.id:
            return staff_entry.failed(state, event)
        case ev.MembersFound(ask, found), sf.StaffFind(ask=waited) as find if ask == waited:
            if not found.members:
                return show(state, replace(find, ask="", nobody=True)), (effects.PlaySound("error"),)
            return show(state, sf.StaffPick(find.errand, find.identity, found.members, found.more)), ()
        case ev.CardDone(ask), sf.StaffPick(ask=waited, errand=errand) if ask == waited:
            return show(state, sf.StaffDesk(_DONE[errand])), (effects.PlaySound("success"),)
        case ev.CardDone(ask), sf.StaffNewPin(ask=waited) if ask == waited:
            return show(state, sf.StaffDesk(sf.Done.PIN_SET)), (effects.PlaySound("success"),)
        case ev.VoucherSeen(ask, found), sf.StaffVoucher(ask=waited) as page if ask == waited:
            return staff_voucher.seen(state, page, found)
        case ev.VoucherHanded(ask, found), sf.StaffVoucher(ask=waited) as page if ask == waited:
            return staff_voucher.handed(state, page, found)
        case ((ev.StaffFailed(ask, error) as told), sf.StaffVoucher(ask=waited) as page) if ask == waited:
            return staff_voucher.failed(state, who, page, told) or _refused(state, error, replace(page, ask=""))
        case ev.StaffFailed(ask, error), (sf.StaffFind(ask=waited) | sf.StaffPick(ask=waited)) as screen if (
            ask == waited
        ):
            return _refused(state, error, replace(screen, ask=""))
        case ev.StaffFailed(ask, error), sf.StaffNewPin(ask=waited) as pin if ask == waited:
            anew = sf.StaffNewPin(pin.card_id, pin.identity, pin.member)
            if isinstance(error, errors.PinTooSimple | errors.PinsDiffer):
                return show(state, replace(anew, error=error)), (effects.PlaySound("error"),)
            return _refused(state, error, anew)
        case ((ev.IssueMoved() | ev.IssueStep() | ev.IssueTorn()), sf.StaffWrite() as writing):
            return staff_write.moved(state, who, writing, event)
        case _:
            return state, ()


def _picked(state: st.State, who: sf.Staff, pick: sf.StaffPick, arg: str, fresh_id: str) -> Step:
    chosen = pick.chosen(arg)
    if chosen is None:
        return state, ()
    member, card = chosen
    if card is None or pick.errand is Errand.REPLACE:
        return show(state, sf.StaffWrite(pick.errand, pick.identity, member, card)), ()
    if pick.errand is Errand.NEW_PIN:
        return show(state, sf.StaffNewPin(card.card_id, pick.identity, member)), ()
    act = effects.ActOnCard(who.id, fresh_id, card.card_id, _ACTS[pick.errand], pick.identity)
    return show(state, replace(pick, ask=fresh_id)), (act,)


def _new_pin(state: st.State, who: sf.Staff, pin: sf.StaffNewPin, action: str, arg: str, fresh_id: str) -> Step:
    digits = staff_entry.typed(pin.digits, action, arg)
    if digits is None:
        return state, ()
    sound = effects.PlaySound("key")
    if len(digits) < st.PIN_LENGTH:
        return show(state, replace(pin, digits=digits)), (sound,)
    if pin.first is None:
        return show(state, replace(pin, digits=st.Digits(), first=digits, error=None)), (sound,)
    asked = sf.StaffNewPin(pin.card_id, pin.identity, pin.member, ask=fresh_id)
    return show(state, asked), (
        sound,
        effects.SetCardPin(who.id, fresh_id, pin.card_id, pin.first, digits, pin.identity),
    )


def _refused(state: st.State, error: errors.ClubError | None, back: st.Screen) -> Step:
    """Back to where staff can do something about it; a session that is over ends staff mode."""
    if isinstance(error, errors.SessionEnded):
        return staff_entry.over(state)
    kind = st.TroubleKind.REFUSED if error is not None else st.TroubleKind.STAFF_AWAY
    return show(state, st.Problem(kind, back, error)), (effects.PlaySound("error"),)


def _before(screen: st.Screen) -> st.Screen:
    match screen:
        case sf.StaffPick(errand=errand, identity=identity):
            return sf.StaffFind(errand, identity)
        case sf.StaffWrite(at=sf.Writing.DONE):
            return screen
        case sf.StaffWrite(errand=errand, identity=identity, member=member):
            return sf.StaffPick(errand, identity, (member,))
        case _:
            return sf.StaffDesk()

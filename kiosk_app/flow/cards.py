"""From a card on the reader to a known member, or to a kind sentence why not (N2, N4, N5, K14)."""

from datetime import date

from msgspec.structs import replace

from club.model import errors
from club.wire.cards import CardSession
from club.wire.changes import MemberEntity
from kiosk_app.flow import effects, offline, staff_entry
from kiosk_app.flow import events as ev
from kiosk_app.flow import state as st
from kiosk_app.flow.effects import Ending
from kiosk_app.flow.session import Step, card_problem, end, kept, notify, resting, resting_screen, show, touched

FAILURES_TO_HINT = 3

_TROUBLES = {
    ev.ReadFault.REMOVED: st.CardTrouble.REMOVED,
    ev.ReadFault.UNREADABLE: st.CardTrouble.UNREADABLE,
    ev.ReadFault.STACKED: st.CardTrouble.STACKED,
    ev.ReadFault.PHONE: st.CardTrouble.PHONE,
    ev.ReadFault.FOREIGN: st.CardTrouble.FOREIGN,
}


def tapped(state: st.State, event: ev.CardTapped) -> Step:
    """A card was read: a new visit, the same visit again, or another card's (which ends the one before)."""
    if state.taking or isinstance(state.screen, st.NotEnrolled):
        return state, ()  # a redemption under way keeps the screen until it is settled or slow
    session = state.session
    if session is not None and session.card == event.card:
        return _again(state, session, event)
    ended, over = end(state, Ending.OTHER_CARD)
    opened = replace(ended, session=st.Session(event.session_id, event.card, event.note), screen=st.Reading())
    if session is None or isinstance(state.screen, st.PhoneLogin):
        opened = kept(opened, state)  # whoever chose a language on the tap screen is the one who tapped
    ask = effects.OpenCardSession(event.session_id, event.evidence, event.at)
    return replace(opened, failures=state.failures), (*over, effects.PlaySound("tap"), ask)


def _again(state: st.State, session: st.Session, event: ev.CardTapped) -> Step:
    """The same card once more: the member is still there. While the central API has not answered, its new message helps.

    While the card is asked about it waits for what comes of that: the first tap may have been torn.
    """
    state = touched(state)
    if session.home is not None:
        return state, ()
    if isinstance(state.screen, st.Reading):
        back = st.LaidAgain(event.session_id, event.evidence, event.at)
        return replace(state, session=replace(session, back=back)), ()
    renewed = replace(state, session=replace(session, id=event.session_id, back=None))
    return renewed, (effects.OpenCardSession(event.session_id, event.evidence, event.at),)


def failed(state: st.State, event: ev.CardFailed) -> Step:
    """A card could not be read. In a visit that changes nothing; after three in a row the hint shows how to tap."""
    if state.session is not None or isinstance(state.screen, st.NotEnrolled):
        return state, ()
    if event.fault is ev.ReadFault.REMOVED and state.failures + 1 >= FAILURES_TO_HINT:
        rested = kept(replace(resting(state), failures=0), state)
        return show(rested, st.TapHint(again=True)), (effects.PlaySound("error"),)
    problem = st.CardProblem(_TROUBLES[event.fault], staff_note=event.note)
    return card_problem(state, problem, Ending.REFUSED)


def torn(state: st.State) -> Step:
    """The card was taken away before it had proved itself: it is asked for again, and counts however soon it is back."""
    session = state.session
    if session is None or session.home is not None or state.taking:
        return state, ()
    back = session.back
    if back is not None and state.failures + 1 < FAILURES_TO_HINT:  # it lies there again already
        renewed = replace(session, id=back.session_id, back=None)
        reading = state.screen
        screen = replace(reading, seconds=0, unreachable=False) if isinstance(reading, st.Reading) else reading
        again = replace(state, session=renewed, screen=screen, failures=state.failures + 1)
        return again, (effects.OpenCardSession(back.session_id, back.evidence, back.at),)
    if state.failures + 1 >= FAILURES_TO_HINT:
        ended, over = end(state, Ending.REFUSED)
        hinted = show(kept(ended, state), st.TapHint(again=True))
        return hinted, (*over, effects.PlaySound("error"))  # a card at the edge of the field would come and go for ever
    told, done = card_problem(state, st.CardProblem(st.CardTrouble.REMOVED), Ending.REFUSED)
    return told, (effects.AwaitCard(session.id), *done)


def left(state: st.State) -> Step:
    """The card is gone; where the store wants it, so is the session (K13)."""
    by_card = state.session is not None and bool(state.session.card)
    if state.rules.end_on_removal and by_card and not state.taking and not isinstance(state.screen, st.Reading):
        return end(state, Ending.CARD_REMOVED)
    return state, ()


def reader(state: st.State, ready: bool) -> Step:
    """A reader came or went. A visit goes on without one; a resting kiosk says so."""
    if ready == state.world.reader_ready:
        return state, ()
    state = replace(state, world=replace(state.world, reader_ready=ready))
    match state.screen:
        case st.ReaderGone() if ready:
            return resting(state), (effects.PlaySound("tap"),)
        case st.Attract() | st.TapHint() if not ready:
            return replace(resting(state), screen=resting_screen(state.world)), ()
        case _:
            return state, ()


def mirror(state: st.State, member: MemberEntity | None) -> Step:
    """The mirror's word: enough to greet by, and enough to refuse a blocked card (N5: block beats cache)."""
    session = state.session
    if session is None or session.home is not None:
        return state, ()
    if member is None:
        if isinstance(state.screen, st.Reading):
            return _unknown_both(replace(state, screen=replace(state.screen, mirror_asked=True)))
        return state, ()
    if member.card_state != "active":
        blocked = st.Blocked(replaced=member.card_state == "replaced", since=member.blocked_since)
        return card_problem(state, blocked, Ending.REFUSED)
    state = replace(state, session=replace(session, mirror=member))
    asked = () if state.world.online else offline.ask(state)
    return (_home(state) if isinstance(state.screen, st.Reading) else state), asked


def opened(state: st.State, answer: CardSession) -> Step:
    """The central API's word: it stands over the mirror's."""
    session = state.session
    if session is None:
        return state, ()
    # For what this kiosk handed out earlier and the club does not know yet; later figures bring nothing new of that.
    asked = offline.ask(state) if session.home is None else ()
    unlocked = session.unlocked or answer.assurance == "phone"  # which the PIN was given for at the door
    session = replace(session, home=answer.member, assurance=answer.assurance, unlocked=unlocked, back=None)
    own = "en" if answer.member.language.startswith("en") else "zh-CN"
    state = replace(state, session=session, language=state.language if state.chosen else own, failures=0)
    return (_home(state) if isinstance(state.screen, st.Reading | st.PhoneLogin) else state), asked


def refused(state: st.State, error: errors.ClubError) -> Step:
    """The central API does not take the card: whatever the mirror showed is over at once."""
    if state.session is None:
        return state, ()
    if isinstance(error, errors.StaffCard):
        return staff_entry.asked(state, state.session)
    if isinstance(error, errors.CardBlocked):
        return card_problem(state, blocked_by(error), Ending.REFUSED)
    if isinstance(error, errors.Refusal | errors.Malformed):
        trouble = _unknown(state.screen) if isinstance(error, errors.CardUnknown) else st.CardTrouble.REFUSED
        return card_problem(state, st.CardProblem(trouble, error, state.session.note), Ending.REFUSED)
    if state.session.known:
        return state, ()  # the service is out of order, the member is not: the mirror's page stays
    return card_problem(state, st.CardProblem(st.CardTrouble.REFUSED, error), Ending.REFUSED)


def unreachable(state: st.State) -> Step:
    """The central API could not be asked: whom the mirror knows is served from it (K14)."""
    if isinstance(state.screen, st.Reading):
        return _unknown_both(replace(state, screen=replace(state.screen, unreachable=True)))
    return state, ()


def online(state: st.State, is_online: bool) -> Step:
    """The network came or went."""
    if state.world.online == is_online:
        return state, ()
    state = replace(state, world=replace(state.world, online=is_online))
    if not is_online:
        return state, offline.ask(state)
    ask: tuple[effects.Effect, ...] = ()
    if state.session is not None and state.session.home is None and not isinstance(state.screen, st.Reading):
        ask = (effects.RetryOpenSession(state.session.id),)
    if isinstance(state.screen, st.Offline):
        return notify(show(state, state.screen.back), st.NoticeKind.ONLINE_AGAIN), ask
    return state, ask


def blocked_by(error: errors.ClubError) -> st.Blocked:
    """What the screen of a blocked card needs of the refusal."""
    try:
        since = date.fromisoformat(error.text("since")[:10])
    except ValueError:
        since = None
    return st.Blocked(replaced=error.text("reason") == "replaced", since=since)


def _home(state: st.State) -> st.State:
    return show(state, st.Home())


def _unknown_both(state: st.State) -> Step:
    reading = state.screen
    if isinstance(reading, st.Reading) and reading.mirror_asked and reading.unreachable:
        trouble = st.CardTrouble.CODE_OFFLINE if reading.by_code else st.CardTrouble.UNKNOWN_OFFLINE
        return card_problem(state, st.CardProblem(trouble), Ending.REFUSED)
    return state, ()


def _unknown(screen: st.Screen) -> st.CardTrouble:
    """Nobody's: a card, or a code that was scanned."""
    by_code = isinstance(screen, st.Reading) and screen.by_code
    return st.CardTrouble.CODE if by_code else st.CardTrouble.UNKNOWN

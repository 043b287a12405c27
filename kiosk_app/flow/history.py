"""Looking through the points history: page by page, by kind, and what happens when a page does not come (K3)."""

from msgspec.structs import replace

from club.model import errors
from kiosk_app.flow import effects, refused
from kiosk_app.flow import events as ev
from kiosk_app.flow import state as st
from kiosk_app.flow.actions import Action
from kiosk_app.flow.session import Step, show

KINDS = ("", "earned", "spent", "expired")


def open_page(state: st.State, session: st.Session) -> Step:
    """The history from its newest movement on; it is nowhere but on the central API (X2)."""
    if session.home is None or not state.world.online:
        return show(state, st.Offline(st.Home())), ()
    return show(state, st.Points()), (effects.FetchHistory(session.id),)


def press(state: st.State, session: st.Session, action: str, arg: str) -> Step | None:
    """A touch in the history, or its last rows came into sight; None when it is neither."""
    match action, state.screen:
        case Action.FILTER, st.Points(kind=kind) as screen if arg in KINDS and arg != kind:
            return show(state, st.Points(arg, latest=screen.latest)), (effects.FetchHistory(session.id, arg),)
        case Action.OLDER, st.Points(loading=False, whole=False, stuck=False) as screen if screen.pages:
            return _older(state, session, screen)
        case _:
            return None


def came(state: st.State, event: ev.HistoryCame) -> Step:
    """A page, when it is the one that is waited for."""
    screen = state.screen
    if not isinstance(screen, st.Points) or not _waits_for(screen, event.kind, event.before):
        return state, ()
    pages = (*screen.pages, event.page)
    # The time left is not begun anew: nobody touched the glass.
    return replace(state, screen=st.Points(screen.kind, pages, event.page, loading=False)), ()


def failed(state: st.State, event: ev.HistoryFailed) -> Step:
    """Without its first page there is nothing to show; without an older one what is there stays."""
    screen = state.screen
    if not isinstance(screen, st.Points) or not _waits_for(screen, event.kind, event.before):
        return state, ()
    if event.error is not None and not isinstance(event.error, errors.Unavailable):
        return refused.elsewhere(state, event.error, st.Home())
    if screen.pages:
        return replace(state, screen=replace(screen, loading=False, seconds=0, stuck=True)), ()
    return show(state, st.Offline(st.Home())), ()


def again(state: st.State) -> Step:
    """The network is back: ask again for the page that did not come."""
    if state.session is not None and isinstance(state.screen, st.Points) and state.screen.stuck:
        return _older(state, state.session, state.screen)
    return state, ()


def _older(state: st.State, session: st.Session, screen: st.Points) -> Step:
    waiting = replace(screen, loading=True, seconds=0, stuck=False)
    return replace(state, screen=waiting), (effects.FetchHistory(session.id, screen.kind, screen.before),)


def _waits_for(screen: st.Points, kind: str, before: str) -> bool:
    return screen.loading and screen.kind == kind and screen.before == before

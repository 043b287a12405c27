"""A blank card on its way to a member, as staff see it: waited for, written live, torn and laid down again, done (N6)."""

from msgspec.structs import replace

from club.model import errors
from kiosk_app.flow import effects, staff_entry
from kiosk_app.flow import events as ev
from kiosk_app.flow import staff_state as sf
from kiosk_app.flow import state as st
from kiosk_app.flow.session import Step, show
from kiosk_app.flow.staff_state import Writing

LAST = sf.PHASES - 1


TEARS = 3
"""So often in a row a card that is back at once is gone on with; at the edge of the field it would come and go for ever."""


def laid(state: st.State, who: sf.Staff, screen: sf.StaffWrite, event: ev.CardTapped) -> Step:
    """A card lies there. The same one again goes on with the same issue; another one begins anew."""
    if screen.at is Writing.DONE:
        return state, ()
    return _begin(state, who, screen, event.card, event.session_id)


def laid_while_busy(state: st.State, screen: sf.StaffWrite, event: ev.CardTapped) -> Step:
    """A card is read while one is written: the same one slipped, and goes on once that is known."""
    if event.card != screen.card:
        return state, ()
    return replace(state, screen=replace(screen, back=event.session_id)), ()


def _begin(state: st.State, who: sf.Staff, screen: sf.StaffWrite, card: str, tap: str) -> Step:
    same = screen.card == card and bool(screen.issue_id) and screen.at is Writing.TORN
    issue_id = screen.issue_id if same else tap
    begun = replace(
        screen,
        at=Writing.BUSY,
        card=card,
        issue_id=issue_id,
        issue=screen.issue if same else None,
        percent=0,
        phase=0,
        seconds=0,
        error=None,
        tap=tap,
        back="",
        tears=screen.tears if same else 0,
    )
    replaces = screen.replaces.card_id if screen.replaces else None
    ask = effects.WriteCard(
        who.id, issue_id, tap, screen.member.member_id, screen.identity, replaces
    )  # fmt: skip
    return show(state, begun), (effects.PlaySound("tap"), ask)


def unreadable(state: st.State, screen: sf.StaffWrite) -> Step:
    """It was there and could not be read."""
    if screen.at is Writing.DONE:
        return state, ()
    at = Writing.TORN if screen.at is Writing.TORN else Writing.REFUSED
    return show(state, replace(screen, at=at, error=None)), (effects.PlaySound("error"),)


def moved(state: st.State, who: sf.Staff, screen: sf.StaffWrite, event: ev.Event) -> Step:
    """The card is further, or not; only what is told of the card that is being written counts."""
    if screen.at is not Writing.BUSY:
        return state, ()
    match event:
        case ev.IssueStep(issue_id, percent, phase) if issue_id == screen.issue_id:
            return replace(state, screen=replace(screen, percent=max(screen.percent, percent), phase=phase)), ()
        case ev.IssueMoved(issue) if issue.issue_id == screen.issue_id:
            told = replace(screen, issue=issue)
            if issue.state == "open":
                return replace(state, screen=told), ()
            if issue.state == "done":
                done = replace(told, at=Writing.DONE, percent=100, phase=sf.PHASES)
                return show(state, done), (effects.PlaySound("success"),)
            return show(state, replace(told, at=Writing.SPOILED)), (effects.PlaySound("error"),)
        case ev.IssueTorn(issue_id, error) if issue_id == screen.issue_id:
            if isinstance(error, errors.SessionEnded):
                return staff_entry.over(state)
            other = error is not None and error.text("state") == sf.OTHER_KIND
            refused = other or (error is not None and screen.issue is None)
            if refused:
                return show(state, replace(screen, at=Writing.REFUSED, error=error)), (effects.PlaySound("error"),)
            torn = replace(screen, at=Writing.TORN, error=error, tears=screen.tears + 1)
            if torn.tears > TEARS:
                return show(state, torn), (effects.PlaySound("error"),)
            if screen.back:  # it lies there again already
                return _begin(state, who, torn, screen.card, screen.back)
            return show(state, torn), (effects.PlaySound("error"), effects.AwaitCard(screen.tap))
        case _:
            return state, ()

"""Where refusals lead that are not about what was asked for, but about the card, the session, or the machine."""

from club.model import errors
from kiosk_app.flow import cards, effects
from kiosk_app.flow import state as st
from kiosk_app.flow.effects import Ending
from kiosk_app.flow.session import Step, card_problem, show


def elsewhere(state: st.State, error: errors.ClubError, back: st.Screen) -> Step:
    """A refused card ends the session; anything else is explained, with the way `back`."""
    match error:
        case errors.CardBlocked() if state.session is not None and state.session.assurance == "phone":
            return problem(state, error, back)  # whose card is lost may still look (N8)
        case errors.SessionEnded() if state.session is not None and state.session.assurance in ("phone", "code"):
            return card_problem(state, st.CardProblem(st.CardTrouble.OVER), Ending.REFUSED)
        case errors.CardBlocked():
            return card_problem(state, cards.blocked_by(error), Ending.REFUSED)
        case (
            errors.CardUnknown()
            | errors.CardNotActive()
            | errors.CardDowngraded()
            | errors.CryptogramWrong()
            | errors.CryptogramReplayed()
            | errors.SessionEnded()
        ):
            return card_problem(state, st.CardProblem(st.CardTrouble.REFUSED, error), Ending.REFUSED)
        case _:
            return problem(state, error, back)


def problem(state: st.State, error: errors.ClubError, back: st.Screen) -> Step:
    """A refusal in calm words."""
    return show(state, st.Problem(st.TroubleKind.REFUSED, back, error)), (effects.PlaySound("error"),)

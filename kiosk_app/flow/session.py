"""Begins and ends a visit, counts its seconds, and finds the screen for when nobody is there (K13)."""

from datetime import datetime
from typing import TypeAlias

from msgspec.structs import replace

from kiosk_app.flow import effects, outage
from kiosk_app.flow import staff_state as sf
from kiosk_app.flow import state as st
from kiosk_app.flow.actions import Action
from kiosk_app.flow.effects import Effect, Ending

Step: TypeAlias = tuple[st.State, tuple[Effect, ...]]

NOTICE_S = 6


def begin(rules: st.Rules, now: datetime, world: st.World | None = None) -> st.State:
    """The kiosk after a start: nobody is there."""
    return resting(st.State(rules=rules, now=now, world=world or st.World()))


def resting(state: st.State) -> st.State:
    """The kiosk with nobody there. It is built anew from rules, world and time, so that nothing of a visit can stay (K13)."""
    return st.State(
        rules=state.rules,
        now=state.now,
        world=state.world,
        screen=resting_screen(state.world),
        language=state.rules.language,
    )


def resting_screen(world: st.World) -> st.Screen:
    """What is shown while nobody is there."""
    if not world.enrolled:
        return st.NotEnrolled()
    return st.Attract() if world.reader_ready else st.ReaderGone()


def end(state: st.State, why: Ending) -> Step:
    """Back to the attract loop; with a session, everything of it is forgotten."""
    over: tuple[Effect, ...] = (effects.EndSession(state.session.id, why),) if state.session else ()
    if state.staff is not None:
        over += (effects.EndStaff(state.staff.id, state.staff.opened, why),)
    return resting(state), over


def show(state: st.State, screen: st.Screen) -> st.State:
    """Go to a screen, with its time from the start."""
    shown = replace(state, screen=screen)
    return replace(shown, left=full_time(shown))


def full_time(state: st.State) -> int:
    """Seconds a screen or session lasts untouched; 0: for ever."""
    rules = state.rules
    idle = rules.idle_large_s if state.large else rules.idle_s
    match state.screen:
        case st.Attract() | st.ReaderGone() | st.NotEnrolled():
            return 0
        case st.TapHint():
            return rules.tap_s
        case st.CardProblem() | st.Blocked():
            return rules.message_s
        case st.Success() | outage.HandedOut():
            return max(rules.success_s, idle) if state.large else rules.success_s
        case _ if state.staff is not None:
            return rules.staff_idle_s
        case _:
            return idle if state.session else rules.message_s


def touched(state: st.State) -> st.State:
    """The time begins anew."""
    return replace(state, left=full_time(state))


def adapted(state: st.State, action: str) -> st.State:
    """Another language, or another size of text, at once and for as long as somebody is there (K15)."""
    if not full_time(state):
        return state  # nobody is there to whom it could belong
    if action == Action.LARGE:
        return touched(replace(state, large=not state.large))
    return replace(state, language="zh-CN" if state.language == "en" else "en", chosen=True)


def kept(state: st.State, of: st.State) -> st.State:
    """Language and size of text as the one who stands there has them."""
    return replace(state, language=of.language, chosen=of.chosen, large=of.large)


def second(state: st.State, now: datetime) -> Step:
    """A second went by: count down what is being counted."""
    state = replace(state, now=now, notice_left=max(0, state.notice_left - 1))
    if not state.notice_left:
        state = replace(state, notice=None)
    match state.screen:
        case st.Reading() as reading:
            return _reading(replace(state, screen=replace(reading, seconds=reading.seconds + 1)))
        case st.Redeeming(seconds=seconds) as redeeming if state.taking:
            # The clock does not break off a redemption under way (flows, section 3); a slow one's result waits in "my vouchers".
            return replace(state, screen=replace(redeeming, seconds=seconds + 1)), ()
        case sf.StaffWrite(seconds=seconds) as writing if state.taking:
            return replace(state, screen=replace(writing, seconds=seconds + 1)), ()
        case st.VoucherCode(left=left) as code:
            if left > 1:
                return replace(state, screen=replace(code, left=left - 1)), ()
            return show(state, st.Vouchers(code.tab)), ()
        case st.PhoneLogin(shown=shown) as page if shown:
            return _count(replace(state, screen=replace(page, shown=shown - 1)))
        case st.Points(loading=True, seconds=seconds) as points:
            return _count(replace(state, screen=replace(points, seconds=seconds + 1)))
        case _:
            return _count(state)


def notify(state: st.State, kind: st.NoticeKind) -> st.State:
    """Say one line for a while."""
    return replace(state, notice=kind, notice_left=NOTICE_S)


def _reading(state: st.State) -> Step:
    reading = state.screen
    if isinstance(reading, st.Reading) and reading.seconds < state.rules.reading_s:
        return state, ()
    by_code = isinstance(reading, st.Reading) and reading.by_code
    trouble = st.CardTrouble.CODE_OFFLINE if by_code else st.CardTrouble.SLOW
    return card_problem(state, st.CardProblem(trouble), Ending.REFUSED)


def _count(state: st.State) -> Step:
    if state.left == 0:
        return state, ()
    if state.left > 1:
        state = replace(state, left=state.left - 1)
        begins = state.asking and state.left == state.rules.warn_s
        return state, ((effects.PlaySound("countdown"),) if begins else ())
    return end(state, Ending.IDLE)


def card_problem(state: st.State, screen: st.CardProblem | st.Blocked, why: Ending) -> Step:
    """End what there is and say what is wrong with the card, without a word about its holder."""
    ended, over = end(state, why)
    failures = state.failures + 1
    return show(kept(replace(ended, failures=failures), state), screen), (*over, effects.PlaySound("error"))

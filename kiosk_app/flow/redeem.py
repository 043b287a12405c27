"""From the confirm sheet through the PIN to the voucher, or back with a kind sentence (K4, N4, A12)."""

import hashlib
from datetime import date

import msgspec
from msgspec.structs import replace

from club.model import errors
from club.wire.cards import Expiry, MemberHome, RewardLimit
from club.wire.rewards import Redeem, Redeemed, step_up_digest
from kiosk_app.flow import effects, history, offers, offline, outage, refused
from kiosk_app.flow import state as st
from kiosk_app.flow.actions import Action
from kiosk_app.flow.session import Step, notify, show


def press(state: st.State, session: st.Session, action: str, arg: str, fresh_id: str) -> Step | None:
    """A touch on the way to a voucher; None when it is not one."""
    match action, state.screen:
        case Action.REDEEM, st.RewardDetail(confirming=False) as detail:
            return _sheet(state, session, detail)
        case Action.CANCEL, st.RewardDetail(confirming=True) as detail:
            return show(state, replace(detail, confirming=False)), ()
        case Action.CONFIRM, st.RewardDetail(confirming=True) as detail:
            return _confirm(state, session, detail, fresh_id)
        case ((Action.DIGIT | Action.ERASE | Action.CLEAR), st.Pin(busy=False) as pin):
            return _key(state, session, pin, action, arg)
        case Action.FORGOT, st.Pin() as pin:
            return show(state, st.Problem(st.TroubleKind.FORGOT_PIN, _behind(pin))), ()
        case _:
            return None


def _sheet(state: st.State, session: st.Session, detail: st.RewardDetail) -> Step:
    reward = state.world.catalogue.reward(detail.slug)
    if session.home is None or not state.world.online:
        if reward and not state.world.online and offers.here_and_now(state.world.catalogue, session, reward):
            return show(state, replace(detail, quantity=1, confirming=True, error=None)), offline.ask(state)
        return show(state, st.Offline(replace(detail, error=None))), ()
    if reward is None or offers.offer(state.world.catalogue, session, reward).most < detail.quantity:
        return state, ()
    return show(state, replace(detail, confirming=True, error=None)), ()


def _confirm(state: st.State, session: st.Session, detail: st.RewardDetail, fresh_id: str) -> Step:
    """The command gets its id here, once, before anything is sent (A12); a second press finds another screen."""
    reward = state.world.catalogue.reward(detail.slug)
    if not state.world.online and session.terms is not None and session.terms.handing_out:
        return offline.confirm(state, session, detail, fresh_id)
    if session.home is None or not state.world.online:
        return show(state, st.Offline(replace(detail, confirming=False))), ()
    if reward is None:
        return show(state, st.Rewards(detail.category)), ()
    offer = offers.offer(state.world.catalogue, session, reward)
    if offer.most < detail.quantity:
        return show(state, replace(detail, confirming=False, quantity=max(1, offer.most))), ()
    command = Redeem(
        command_id=fresh_id,
        session_id=session.id,
        reward=detail.slug,
        quantity=detail.quantity,
        unit_points=offer.price,
    )
    if not asks_pin(state, session):
        return _submit(state, session, command, detail)
    if not session.home.pin_set:
        return refused.problem(state, errors.PinNotSet(), replace(detail, confirming=False))
    return show(state, st.Pin(st.Spend(command, detail))), ()


def asks_pin(state: st.State, session: st.Session) -> bool:
    """Whether confirming asks for the PIN: always for a card that can be copied, else as the programme chose (N4).

    Where it chose by value the kiosk asks: the bound is the central API's own.
    """
    programme = state.world.catalogue.programme
    chosen = programme.pin_at_redeem if programme else "always"
    return chosen != "never" or session.assurance != "cryptogram" or session.pin_forced


def unlock_digest(session_id: str) -> str:
    """What a PIN that opens the session's pages is bound to."""
    return hashlib.sha256(f"unlock:{session_id}".encode()).hexdigest()


def _key(state: st.State, session: st.Session, pin: st.Pin, action: str, arg: str) -> Step:
    sound = (effects.PlaySound("key"),)
    typed = pin.digits.value
    if action == Action.CLEAR:
        return show(state, replace(pin, digits=st.Digits())), sound
    if action == Action.ERASE:
        return show(state, replace(pin, digits=st.Digits(typed[:-1]))), sound
    if len(arg) != 1 or arg not in "0123456789" or isinstance(pin.error, errors.PinLocked) or _locked_now(pin):
        return state, ()
    typed += arg
    if len(typed) < st.PIN_LENGTH:
        return show(state, replace(pin, digits=st.Digits(typed), error=None if not pin.error else pin.error)), sound
    if isinstance(pin.purpose, outage.SpendLater):
        hand = effects.HandOut(pin.command_id, session.id, pin.purpose.reward, st.Digits(typed))
        state = replace(state, session=replace(session, commands=(*session.commands, pin.command_id)))
        return show(state, replace(pin, digits=st.Digits(), busy=True, error=None)), (*sound, hand)
    body = unlock_digest(session.id) if isinstance(pin.purpose, st.Unlock) else step_up_digest(pin.purpose.command)
    ask = effects.AskStepUp(pin.command_id, session.id, body, st.Digits(typed))
    return show(state, replace(pin, digits=st.Digits(), busy=True, error=None)), (*sound, ask)


def _locked_now(pin: st.Pin) -> bool:
    return isinstance(pin.error, errors.PinWrong) and pin.error.number("tries_left", 1) == 0


def granted(state: st.State, session: st.Session, pin: st.Pin, grant: str) -> Step:
    """The PIN was right."""
    if isinstance(pin.purpose, outage.SpendLater):
        return state, ()  # nobody was asked about that one
    if isinstance(pin.purpose, st.Unlock):
        # What lies behind the home page comes with the fresh figures; `unlocked_page` goes there.
        return replace(state, session=replace(session, unlocked=True)), (effects.RefreshSession(session.id),)
    command = msgspec.structs.replace(pin.purpose.command, grant=grant)
    unlocked = replace(session, unlocked=True)
    return _submit(replace(state, session=unlocked), unlocked, command, pin.purpose.detail)


def unlocked_page(state: st.State) -> Step:
    """The page the PIN was asked for, once the session's figures are there (or cannot be had)."""
    pin, session = state.screen, state.session
    if isinstance(pin, st.Pin) and pin.busy and isinstance(pin.purpose, st.Unlock) and session and session.unlocked:
        target = pin.purpose.target
        return history.open_page(state, session) if isinstance(target, st.Points) else (show(state, target), ())
    return state, ()


def step_up_refused(state: st.State, pin: st.Pin, error: errors.ClubError) -> Step:
    """The PIN was not right, or something else is the matter."""
    if isinstance(error, errors.PinWrong | errors.PinLocked):
        return show(state, replace(pin, busy=False, error=error)), (effects.PlaySound("error"),)
    if isinstance(pin.purpose, st.Spend):
        return not_taken(state, pin.purpose.detail, error)
    return refused.elsewhere(state, error, st.Home())


def step_up_unreachable(state: st.State, pin: st.Pin) -> Step:
    """The PIN could not be checked: nothing was taken, the member may try again when the network is back."""
    return show(state, st.Offline(_behind(pin))), ()


def _submit(state: st.State, session: st.Session, command: Redeem, detail: st.RewardDetail) -> Step:
    member = session.home.member_id if session.home else ""
    shown = show(state, st.Redeeming(command, replace(detail, confirming=False, error=None)))
    noted = replace(shown, session=replace(session, commands=(*session.commands, command.command_id)))
    return noted, (effects.SubmitRedeem(command, command.unit_points * command.quantity, member),)


def settled(state: st.State, session: st.Session, answer: Redeemed) -> Step:
    """The voucher exists. It is shown when its screen still waits, else it is under "my vouchers"."""
    if answer.command_id not in session.commands:
        return state, ()
    home = session.home and _after(session.home, answer)
    state = replace(state, session=replace(session, home=home))
    refresh = effects.RefreshSession(session.id)
    if isinstance(state.screen, st.Redeeming) and state.screen.command.command_id == answer.command_id:
        return show(state, st.Success(answer)), (effects.PlaySound("success"), refresh)
    return notify(state, st.NoticeKind.REDEEMED), (refresh,)


def command_refused(state: st.State, session: st.Session, command_id: str, error: errors.ClubError) -> Step:
    """No points were taken; back to where the member can do something about it."""
    if isinstance(state.screen, st.Redeeming) and state.screen.command.command_id == command_id:
        return not_taken(state, state.screen.detail, error)
    return state, (effects.RefreshSession(session.id),) if command_id in session.commands else ()


def not_stored(state: st.State, command_id: str) -> Step:
    """The command could not be written down, so it was not sent (X1)."""
    if isinstance(state.screen, st.Redeeming) and state.screen.command.command_id == command_id:
        return show(state, st.Problem(st.TroubleKind.NOT_STORED, state.screen.detail)), (effects.PlaySound("error"),)
    return offline.not_stored(state, command_id) or (state, ())


def not_taken(state: st.State, detail: st.RewardDetail, error: errors.ClubError) -> Step:
    """Where each refusal of a redemption leads."""
    detail = replace(detail, confirming=False, error=error)
    fresh = (effects.RefreshSession(state.session.id),) if state.session else ()
    sound = effects.PlaySound("error")
    match error:
        case (
            errors.NotEnoughPoints()
            | errors.OutOfStock()
            | errors.LimitReached()
            | errors.TierTooLow()
            | errors.DailyCapReached()
            | errors.CardLimitReached()
            | errors.RewardNotOffered()
        ):
            known = state.world.catalogue.reward(detail.slug) is not None
            return show(state, detail if known else st.Rewards(detail.category)), (sound, *fresh)
        case errors.StepUpRequired() | errors.GrantWrong():
            again = replace(detail, confirming=True)
            session = state.session and replace(state.session, pin_forced=True)
            return show(replace(state, session=session), again), (sound,)
        case _:
            return refused.elsewhere(state, error, replace(detail, error=None))


def _behind(pin: st.Pin) -> st.Screen:
    if isinstance(pin.purpose, st.Spend):
        return replace(pin.purpose.detail, confirming=False, error=None)
    return offline.back_of(pin.purpose) if isinstance(pin.purpose, outage.SpendLater) else st.Home()


def _after(home: MemberHome, answer: Redeemed) -> MemberHome:
    """The member's page with the redemption in it, till the fresh figures arrive."""
    known = {voucher.voucher_id for voucher in answer.vouchers}
    limits = tuple(
        RewardLimit(reward=limit.reward, left=max(0, limit.left - answer.quantity))
        if limit.reward == answer.reward
        else limit
        for limit in home.limits
    )
    return msgspec.structs.replace(
        home,
        points=answer.points,
        tier_points=answer.tier_points,
        as_of=answer.at,
        vouchers=(*answer.vouchers, *(voucher for voucher in home.vouchers if voucher.voucher_id not in known)),
        limits=limits,
        expiries=spent_first(home.expiries, answer.points_taken),
    )


def spent_first(expiries: tuple[Expiry, ...], points: int) -> tuple[Expiry, ...]:
    """What is left to expire after `points` were spent, which eat what expires first (A3)."""
    left: list[Expiry] = []
    for expiry in sorted(expiries, key=lambda each: each.on):
        eaten = min(points, expiry.points)
        points -= eaten
        if expiry.points > eaten:
            left.append(Expiry(on=expiry.on, points=expiry.points - eaten))
    return tuple(left)


def expiring_part(home: MemberHome, points: int) -> tuple[date, int] | None:
    """The first expiry that a spending of `points` eats into, and how much of it; None when nothing is about to expire."""
    first = min(home.expiries, key=lambda each: each.on, default=None)
    return (first.on, min(points, first.points)) if first else None

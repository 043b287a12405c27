"""Signing in by phone number and PIN (N8): what is missing, and in calm words why nothing opened."""

from club.model import errors
from kiosk_app.flow import state as st
from kiosk_app.flow.actions import Action
from kiosk_app.present import frame, trouble
from kiosk_app.present.context import Context
from kiosk_app.present.view_base import NO_BUTTON, Button
from kiosk_app.present.view_phone import PhoneLoginView

_OPEN, _HIDDEN = 3, 7
"""Digits of a number that are always shown, and the place up to which those behind them are not: 138 **** 6621."""


def login(ctx: Context, screen: st.PhoneLogin) -> PhoneLoginView:
    """kiosk-21. Text codes are not built, so there is nothing to choose between."""
    words, number = ctx.words, screen.phone.value
    whole = len(number) == st.PHONE_LENGTH
    problem = _problem(ctx, screen)
    return PhoneLoginView(
        header=frame.header(ctx),
        dock=frame.dock(ctx, home=False),
        timeout=frame.timeout(ctx),
        title=words("kiosk.phone.title"),
        detail=words("kiosk.phone.detail"),
        phone_label=words("kiosk.phone.label"),
        phone=grouped(number if screen.shown else masked(number)),
        phone_hint="" if number else words("kiosk.phone.hint"),
        phone_done=words("kiosk.phone.done", count=st.PHONE_LENGTH) if whole else "",
        show=_show(ctx, screen) if number else NO_BUTTON,
        pin_label="" if problem else words("kiosk.phone.pin"),
        hidden_note="" if problem else words("kiosk.pin.hidden"),
        problem=problem,
        length=st.PIN_LENGTH,
        filled=st.PIN_LENGTH if screen.busy else len(screen.pin),
        typing_pin=whole,
        clear=words("kiosk.pin.clear"),
        sign_in=_sign_in(ctx, screen),
        privacy=words("kiosk.phone.privacy"),
        help=words("kiosk.phone.help"),
        busy=screen.busy,
    )


def masked(number: str) -> str:
    """A number, also one that is being typed, with its middle hidden."""
    return "".join("*" if _OPEN <= place < _HIDDEN else digit for place, digit in enumerate(number))


def grouped(number: str) -> str:
    """138 **** 6621."""
    return " ".join(filter(None, (number[:_OPEN], number[_OPEN:_HIDDEN], number[_HIDDEN:])))


def _show(ctx: Context, screen: st.PhoneLogin) -> Button:
    if screen.shown:
        return Button(ctx.words("kiosk.phone.hide"), Action.SHOW_PHONE, icon="eye-off", tone="soft")
    return Button(ctx.words("kiosk.phone.show"), Action.SHOW_PHONE, icon="eye", tone="soft")


def _sign_in(ctx: Context, screen: st.PhoneLogin) -> Button:
    words = ctx.words
    if screen.busy:
        text = words("kiosk.phone.checking")
    elif not ctx.state.world.online:
        text = words("kiosk.phone.offline")
    elif len(screen.phone) < st.PHONE_LENGTH:
        text = words("kiosk.phone.sign-in-number", count=st.PHONE_LENGTH - len(screen.phone))
    elif len(screen.pin) < st.PIN_LENGTH:
        text = words("kiosk.phone.sign-in-pin", count=st.PIN_LENGTH - len(screen.pin))
    else:
        return Button(words("kiosk.phone.sign-in"), Action.SIGN_IN)
    return Button(text, Action.SIGN_IN, enabled=False)


def _problem(ctx: Context, screen: st.PhoneLogin) -> str:
    error = screen.error
    if not ctx.state.world.online or screen.unreachable:
        return ctx.words("kiosk.phone.offline-detail")
    if isinstance(error, errors.PinLocked):
        return ctx.words("kiosk.phone.locked", minutes=max(1, error.number("minutes", 15)))
    if isinstance(error, errors.SessionEnded):
        return trouble.over_detail(ctx)
    return ctx.refusal(error) if error is not None else ""

"""The PIN, the wait, and the voucher that comes of it (K4, N4)."""

from club.model import errors, voucher
from club.words import numbers
from kiosk_app.flow import outage
from kiosk_app.flow import state as st
from kiosk_app.flow.actions import Action
from kiosk_app.present import frame, vouchers
from kiosk_app.present.context import Context
from kiosk_app.present.rewards import art
from kiosk_app.present.view_base import Button, Tone
from kiosk_app.present.view_reward import PinView, RedeemingView, SuccessView
from kiosk_app.present.view_trouble import ErrorView


def pin(ctx: Context, screen: st.Pin) -> PinView:
    """kiosk-04. The digits themselves stay out of the view."""
    words, own = ctx.words, ctx.figures
    attempts, tone = _attempts(ctx, screen)
    tier = ctx.tier_name(own.tier) if own else ""
    spends = isinstance(screen.purpose, st.Spend)
    later = isinstance(screen.purpose, outage.SpendLater)
    if screen.busy:
        detail = "kiosk.pin.issuing" if later else "kiosk.pin.checking"
    else:
        detail = "kiosk.pin.detail-spend" if spends or later else "kiosk.pin.detail-unlock"
    return PinView(
        header=frame.header(ctx),
        dock=frame.dock(ctx),
        timeout=frame.timeout(ctx),
        title=words("kiosk.pin.title"),
        detail=words(detail),
        tier=ctx.tier_art(),
        member=words("kiosk.pin.member", person=ctx.person(), tier=tier),
        card_number=ctx.card_number(),
        hidden_note=words("kiosk.pin.hidden"),
        length=st.PIN_LENGTH,
        filled=st.PIN_LENGTH if screen.busy else len(screen.digits),
        clear=words("kiosk.pin.clear"),
        attempts=attempts,
        attempts_tone=tone,
        forgot=words("kiosk.pin.forgot"),
        busy=screen.busy,
    )


def _attempts(ctx: Context, screen: st.Pin) -> tuple[str, Tone]:
    programme, error = ctx.catalogue.programme, screen.error
    if isinstance(screen.purpose, outage.SpendLater):
        return ctx.words("kiosk.pin.offline"), "plain"
    if isinstance(error, errors.PinWrong) and error.number("tries_left") > 0:
        minutes = error.number("lock_minutes", programme.pin_lock_minutes if programme else 15)
        return ctx.words("kiosk.pin.tries", tries=error.number("tries_left"), minutes=minutes), "warn"
    if error is not None:
        return ctx.refusal(error), "danger"
    if programme is None:
        return "", "plain"
    return ctx.words("kiosk.pin.limit", tries=programme.pin_tries, minutes=programme.pin_lock_minutes), "plain"


def redeeming(ctx: Context, screen: st.Redeeming) -> RedeemingView | ErrorView:
    """The command is under way; when it takes long the member is told that waiting is not needed."""
    words, command = ctx.words, screen.command
    if not ctx.state.taking:
        return ErrorView(
            header=frame.header(ctx),
            dock=frame.dock(ctx, back=False),
            timeout=frame.timeout(ctx),
            illustration="offline",
            title=words("kiosk.redeeming.later-title"),
            detail=words("kiosk.redeeming.later"),
            buttons=(
                Button(words("kiosk.dock.home"), Action.HOME, icon="home"),
                Button(words("kiosk.dock.exit"), Action.EXIT, icon="sign-out", tone="plain"),
            ),
        )
    reward = ctx.catalogue.reward(command.reward)
    slow = screen.seconds >= ctx.state.rules.slow_s
    name = ctx.pick(reward.name) if reward else ""
    return RedeemingView(
        header=frame.header(ctx),
        title=words("kiosk.redeeming.title"),
        detail=words("kiosk.redeeming.slow" if slow else "kiosk.redeeming.detail"),
        what=words("kiosk.confirm.what", reward=name, count=command.quantity) if name else "",
        price=words("kiosk.redeeming.price", points=numbers.points(-command.unit_points * command.quantity)),
        picture=art(reward.picture) if reward else "",
        note=words("kiosk.redeeming.note"),
    )


def success(ctx: Context, screen: st.Success) -> SuccessView:
    """kiosk-10: the first voucher large, the others are in the list."""
    words, answer = ctx.words, screen.answer
    others = len(answer.vouchers) - 1
    first = answer.vouchers[0] if answer.vouchers else None
    stores = ctx.stores(first.stores) if first else ""
    return SuccessView(
        header=frame.header(ctx),
        dock=frame.dock(ctx, back=False),
        timeout=frame.timeout(ctx),
        title=words("kiosk.success.title"),
        detail=words(
            "kiosk.success.detail", taken=numbers.points(answer.points_taken), left=numbers.points(answer.points)
        ),
        what=ctx.pick(first.name) if first else "",
        valid=words("kiosk.success.valid", day=ctx.full_date(first.valid_to), stores=stores) if first else "",
        icon=vouchers.icon(first.category) if first else "ticket",
        qr=first.qr if first else "",
        code=voucher.grouped(first.code) if first else "",
        hint=words("kiosk.success.hint"),
        footnote=words("kiosk.success.others", count=others) if others > 0 else words("kiosk.success.footnote"),
        buttons=_ways_on(ctx),
    )


def handed_out(ctx: Context, screen: outage.HandedOut) -> SuccessView:
    """kiosk-10 without the network: the same voucher, and that its points are taken when the network is back (A14)."""
    words, made = ctx.words, screen.held.voucher
    return SuccessView(
        header=frame.header(ctx),
        dock=frame.dock(ctx, back=False),
        timeout=frame.timeout(ctx),
        title=words("kiosk.success.title"),
        detail=words(
            "kiosk.success.offline-detail",
            taken=numbers.points(screen.held.points),
            left=numbers.points(screen.balance),
        ),
        what=ctx.pick(made.name),
        valid=words("kiosk.success.valid", day=ctx.full_date(made.valid_to), stores=ctx.stores(made.stores)),
        icon=vouchers.icon(made.category),
        qr=made.qr,
        code=voucher.grouped(made.code),
        hint=words("kiosk.success.offline-hint"),
        footnote=words("kiosk.success.offline-footnote"),
        buttons=_ways_on(ctx),
    )


def _ways_on(ctx: Context) -> tuple[Button, ...]:
    return (
        Button(ctx.words("kiosk.success.vouchers"), Action.VOUCHERS, icon="ticket"),
        Button(ctx.words("kiosk.success.done"), Action.EXIT, icon="check", tone="plain"),
    )

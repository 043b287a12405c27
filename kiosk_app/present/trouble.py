"""What did not work, in calm words, with a way on: cards, network, refusals (X5)."""

import math
from typing import NamedTuple

from club.model import errors
from kiosk_app.flow import offline as flow_offline
from kiosk_app.flow import staff_state as sf
from kiosk_app.flow import state as st
from kiosk_app.flow.actions import Action
from kiosk_app.present import frame
from kiosk_app.present.context import Context
from kiosk_app.present.view_base import Button, Tone
from kiosk_app.present.view_trouble import (
    Banner,
    BlockedCardView,
    CheckRow,
    ErrorView,
    HelpRow,
    OfflineView,
    UnknownCardView,
)


class _Sentences(NamedTuple):
    illustration: str
    title: str
    detail: str


_CARDS = {
    st.CardTrouble.REMOVED: "removed",
    st.CardTrouble.UNREADABLE: "unreadable",
    st.CardTrouble.STACKED: "stacked",
    st.CardTrouble.PHONE: "phone",
    st.CardTrouble.SLOW: "slow",
    st.CardTrouble.UNKNOWN_OFFLINE: "unknown-offline",
    st.CardTrouble.CODE: "code",
    st.CardTrouble.OVER: "over",
    st.CardTrouble.CODE_OFFLINE: "code-offline",
}


def over_detail(ctx: Context) -> str:
    """How to begin anew after a session that ended by itself; of scanning only where there is a scanner."""
    return ctx.words("kiosk.card.over-detail" if ctx.state.rules.scanner else "kiosk.card.over-detail-bare")


def card(ctx: Context, screen: st.CardProblem) -> ErrorView | UnknownCardView:
    """kiosk-31 for a card that is none of ours, a plain page for one that could not be read or used."""
    if screen.trouble in (st.CardTrouble.FOREIGN, st.CardTrouble.UNKNOWN):
        return _foreign(ctx, screen)
    words = ctx.words
    if screen.trouble is st.CardTrouble.REFUSED and screen.error is not None:
        title, detail = words("kiosk.card.refused-title"), ctx.refusal(screen.error)
    else:
        name = _CARDS.get(screen.trouble, "unreadable")
        title = words(f"kiosk.card.{name}-title")
        detail = over_detail(ctx) if name == "over" else words(f"kiosk.card.{name}-detail")
    offline = screen.trouble in (st.CardTrouble.UNKNOWN_OFFLINE, st.CardTrouble.SLOW, st.CardTrouble.CODE_OFFLINE)
    return ErrorView(
        header=frame.header(ctx),
        dock=frame.dock(ctx),
        illustration="offline" if offline else "card",
        title=title,
        detail=detail,
        buttons=(_by_phone(ctx), _understood(ctx))
        if screen.trouble in (st.CardTrouble.CODE, st.CardTrouble.OVER)
        else (_again(ctx), _understood(ctx)),
    )


def _foreign(ctx: Context, screen: st.CardProblem) -> UnknownCardView:
    words = ctx.words
    rows = (
        HelpRow("contactless", words("kiosk.card.again-title"), words("kiosk.card.again-detail")),
        HelpRow(
            "phone",
            words("kiosk.card.phone-login-title"),
            words("kiosk.card.phone-login-detail"),
            _by_phone(ctx, "soft"),
        ),
        HelpRow("plus", words("kiosk.card.bind-title"), words("kiosk.card.bind-detail")),
    )
    return UnknownCardView(
        header=frame.header(ctx),
        dock=frame.dock(ctx),
        title=words("kiosk.card.foreign-title"),
        detail=words("kiosk.card.foreign-detail"),
        rows=rows,
        staff_title=words("kiosk.card.for-staff") if screen.staff_note else "",
        staff_note=screen.staff_note,
        buttons=(_again(ctx), _understood(ctx)),
    )


def blocked(ctx: Context, screen: st.Blocked) -> BlockedCardView:
    """kiosk-33. Who holds the card, and how many points, is not told."""
    words = ctx.words
    if screen.replaced:
        rows: tuple[HelpRow, ...] = (
            HelpRow("card-new", words("kiosk.blocked.new-title"), words("kiosk.blocked.new-detail")),
        )
    else:
        rows = (
            HelpRow("user", words("kiosk.blocked.found-title"), words("kiosk.blocked.found-detail")),
            HelpRow("card-swap", words("kiosk.blocked.replace-title"), words("kiosk.blocked.replace-detail")),
            HelpRow(
                "phone", words("kiosk.blocked.phone-title"), words("kiosk.blocked.phone-detail"), _by_phone(ctx, "soft")
            ),
            HelpRow(
                "heart", words("kiosk.blocked.finder-title"), words("kiosk.blocked.finder-detail"), _understood(ctx)
            ),
        )
    return BlockedCardView(
        header=frame.header(ctx),
        dock=frame.dock(ctx),
        title=words("kiosk.blocked.title-replaced" if screen.replaced else "kiosk.blocked.title"),
        detail=words("kiosk.blocked.since", day=ctx.day(screen.since)) if screen.since else "",
        banner=Banner("shield-check", words("kiosk.blocked.banner"), words("kiosk.blocked.banner-detail")),
        rows=rows,
        footnote=words("kiosk.blocked.footnote"),
        buttons=() if rows[-1].button else (_understood(ctx),),
    )


def offline(ctx: Context, screen: st.Offline) -> OfflineView:
    """kiosk-16, with what this device really can without the network (K14)."""
    words, own, session = ctx.words, ctx.figures, ctx.state.session
    as_of = ctx.catalogue.as_of
    has_vouchers = session is not None and (session.home is not None or bool(flow_offline.vouchers(session)))
    later = words("kiosk.offline.later")
    usual = words("kiosk.offline.as-usual")
    points = words("kiosk.offline.points-detail", time=ctx.clock(own.as_of)) if own else usual
    checks = (
        CheckRow("yes", words("kiosk.offline.points"), points),
        CheckRow("yes", words("kiosk.offline.catalogue"), usual),
        CheckRow("yes" if has_vouchers else "no", words("kiosk.offline.vouchers"), usual if has_vouchers else later),
        CheckRow("yes", words("kiosk.offline.redeem-some"), words("kiosk.offline.marked"))
        if ctx.hands_out
        else CheckRow("no", words("kiosk.offline.redeem"), later),
    )
    return OfflineView(
        header=frame.header(ctx),
        dock=frame.dock(ctx),
        timeout=frame.timeout(ctx),
        title=words("kiosk.offline.title"),
        detail=words("kiosk.offline.detail"),
        status=words("kiosk.offline.status", time=ctx.clock(as_of)) if as_of else "",
        checks=checks,
        buttons=(
            Button(words("kiosk.offline.back"), Action.BACK, icon="back", tone="plain"),
            Button(words("kiosk.offline.retry"), Action.RETRY, icon="refresh"),
        ),
    )


def problem(ctx: Context, screen: st.Problem) -> ErrorView:
    """Any other refusal: what happened, and the way back."""
    said = _said(ctx, screen)
    return ErrorView(
        header=frame.header(ctx),
        dock=frame.dock(ctx),
        timeout=frame.timeout(ctx),
        illustration=said.illustration,
        title=said.title,
        detail=said.detail,
        buttons=(Button(ctx.words("kiosk.card.understood"), Action.UNDERSTOOD, icon="check"),),
    )


def _said(ctx: Context, screen: st.Problem) -> _Sentences:
    words = ctx.words
    match screen:
        case st.Problem(kind=st.TroubleKind.FORGOT_PIN):
            return _Sentences("card", words("kiosk.problem.forgot-title"), words("kiosk.problem.forgot-detail"))
        case st.Problem(kind=st.TroubleKind.NOT_STORED):
            return _Sentences("offline", words("kiosk.problem.title"), words("kiosk.problem.not-stored"))
        case st.Problem(kind=st.TroubleKind.STAFF_AWAY):
            return _Sentences("offline", words("kiosk.staff.away-title"), words("kiosk.staff.away-detail"))
        case st.Problem(kind=st.TroubleKind.STAFF_OVER):
            return _Sentences("card", words("kiosk.staff.over-title"), words("kiosk.staff.over-detail"))
        case st.Problem(error=errors.PinNotSet() as error):
            return _Sentences("card", words("kiosk.problem.pin-not-set"), ctx.refusal(error))
        case st.Problem(error=errors.TooManyGuesses() as error, back=sf.StaffVoucher()):
            minutes = max(1, math.ceil(error.number("seconds") / 60))
            return _Sentences("card", words("kiosk.problem.title"), words("kiosk.voucher.too-many", minutes=minutes))
        case st.Problem(error=errors.Unavailable() as error):
            return _Sentences("offline", words("kiosk.problem.title"), ctx.refusal(error))
        case _:
            return _Sentences("card", words("kiosk.problem.title"), ctx.refusal(screen.error or errors.ClubError()))


def _again(ctx: Context) -> Button:
    return Button(ctx.words("kiosk.card.again"), Action.TAP_AGAIN, icon="contactless")


def _by_phone(ctx: Context, tone: Tone = "jade") -> Button:
    return Button(ctx.words("kiosk.card.phone-login"), Action.PHONE, icon="phone", tone=tone)


def _understood(ctx: Context) -> Button:
    return Button(ctx.words("kiosk.card.understood"), Action.UNDERSTOOD, tone="plain")

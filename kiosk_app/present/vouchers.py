"""My vouchers: what expires first on top, the tabs, and one code over the whole screen (K5)."""

from datetime import date, timedelta

from club.model import voucher
from club.wire.cards import VoucherView
from club.words import numbers
from kiosk_app.flow import offline
from kiosk_app.flow import state as st
from kiosk_app.flow.actions import Action
from kiosk_app.flow.offers import Standing, offers
from kiosk_app.present import frame
from kiosk_app.present.context import Context
from kiosk_app.present.rewards import CATEGORY_ICONS
from kiosk_app.present.view_base import Button, Chip, EmptyNote, Tone
from kiosk_app.present.view_reward import CodeSheet, FirstVoucher, VoucherCard, VouchersView

SOON_DAYS = 30
NEW_FOR = timedelta(minutes=10)
_TABS = {"issued": ("issued",), "fulfilled": ("fulfilled",), "expired": ("expired", "cancelled")}


def vouchers(ctx: Context, screen: st.Vouchers | st.VoucherCode) -> VouchersView:
    """kiosk-11, with the full-screen code over it for a `VoucherCode`."""
    words, session = ctx.words, ctx.state.session
    held = offline.vouchers(session)
    told = session is not None and session.home is not None
    listed = _listed(held, screen.tab)
    first = listed[0] if screen.tab == "issued" and listed else None
    return VouchersView(
        header=frame.header(ctx),
        dock=frame.dock(ctx),
        timeout=frame.timeout(ctx),
        title=words("kiosk.vouchers.title"),
        first=_first(ctx, first) if first else None,
        bare=not _listed(held, "issued"),
        tabs=tuple(
            Chip(
                words(f"kiosk.vouchers.tab-{tab}", count=len(_listed(held, tab))), Action.TAB, tab, on=tab == screen.tab
            )
            for tab in (_TABS if told else ("issued",))  # of the used and expired ones this device knows nothing
        )
        if held
        else (),  # a member who never had one has nothing to choose between
        footnote="" if told else words("kiosk.vouchers.here-only"),
        cards=tuple(_card(ctx, each, place) for place, each in enumerate(listed)),
        nothing=None if listed else _nothing(ctx, usable=screen.tab == "issued"),
        code=_code(ctx, held, screen) if isinstance(screen, st.VoucherCode) else None,
    )


def _nothing(ctx: Context, *, usable: bool) -> EmptyNote:
    words = ctx.words
    if not usable:
        return EmptyNote("vouchers", words("kiosk.vouchers.empty-closed"))
    button = Button(words("kiosk.vouchers.empty-button"), Action.REWARDS, icon="gift")
    own, session = ctx.figures, ctx.state.session
    count = sum(each.standing is Standing.OPEN for each in offers(ctx.catalogue, session)) if session else 0
    detail = words(
        "kiosk.vouchers.empty-detail" if count else "kiosk.vouchers.empty-save",
        points=numbers.points(own.points) if own else "",
        count=count,
    )
    return EmptyNote("vouchers", words("kiosk.vouchers.empty"), detail, button)


def icon(category: str) -> str:
    """The icon of a voucher."""
    return CATEGORY_ICONS.get(category, "ticket")


def _listed(held: tuple[VoucherView, ...], tab: str) -> list[VoucherView]:
    states = _TABS.get(tab, ())
    chosen = [each for each in held if each.state in states]
    if tab == "issued":
        return sorted(chosen, key=lambda each: (each.valid_to, each.issued_at, each.voucher_id))
    return sorted(chosen, key=lambda each: (each.closed_at or each.issued_at, each.voucher_id), reverse=True)


def _first(ctx: Context, each: VoucherView) -> FirstVoucher:
    words, days = ctx.words, (each.valid_to - ctx.today).days
    until = (
        words("kiosk.vouchers.until", day=ctx.day(each.valid_to), days=days)
        if days > 0
        else words("kiosk.vouchers.until-today")
    )
    return FirstVoucher(
        voucher_id=each.voucher_id,
        tag=words("kiosk.vouchers.first"),
        title=ctx.pick(each.name),
        code=voucher.grouped(each.code),
        qr=each.qr,
        until=until,
    )


def _card(ctx: Context, each: VoucherView, place: int) -> VoucherCard:
    words = ctx.words
    tag, tone = _tag(ctx, each)
    stub = f"kiosk.vouchers.stub-{each.category}"
    code_line = words("kiosk.vouchers.code-line", code=voucher.grouped(each.code), day=ctx.full_date(each.valid_to))
    usable = each.state == "issued"
    return VoucherCard(
        voucher_id=each.voucher_id,
        title=ctx.pick(each.name),
        detail=ctx.under(each.name, each.line),
        code_line=code_line if usable else _closed(ctx, each),
        stub=words(stub if words.has(stub) else "kiosk.vouchers.stub"),
        icon=icon(each.category),
        shade=place % 3,
        tag=tag,
        tag_tone=tone,
        button=words("kiosk.vouchers.show") if usable else "",
        used=not usable,
    )


def _tag(ctx: Context, each: VoucherView) -> tuple[str, Tone]:
    if each.state != "issued":
        return "", "plain"
    days = (each.valid_to - ctx.today).days
    session = ctx.state.session
    if session and session.terms and any(one.voucher == each for one in session.terms.held):
        return ctx.words("kiosk.vouchers.unbooked"), "warn"
    if timedelta(0) <= ctx.state.now - each.issued_at < NEW_FOR:
        return ctx.words("kiosk.vouchers.new"), "jade"
    if days <= 0:
        return ctx.words("kiosk.vouchers.today"), "danger"
    return (ctx.words("kiosk.vouchers.days", days=days), "warn") if days <= SOON_DAYS else ("", "plain")


def _closed(ctx: Context, each: VoucherView) -> str:
    """What became of it; the code is of no use any more and is not shown."""
    on: date = ctx.local_day(each.closed_at) if each.closed_at else each.valid_to
    key = {"fulfilled": "used", "cancelled": "cancelled"}.get(each.state, "expired")
    return ctx.words(f"kiosk.vouchers.closed-{key}", day=ctx.full_date(on))


def _code(ctx: Context, held: tuple[VoucherView, ...], screen: st.VoucherCode) -> CodeSheet | None:
    each = next((voucher for voucher in held if voucher.voucher_id == screen.voucher_id), None)
    if each is None:
        return None
    return CodeSheet(
        title=ctx.pick(each.name),
        qr=each.qr,
        code=voucher.grouped(each.code),
        hint=ctx.words("kiosk.code.hint"),
        seconds=str(screen.left),
        share=screen.left / ctx.state.rules.code_s,
        close=ctx.words("kiosk.code.close"),
    )

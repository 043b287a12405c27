"""The frame around every screen: header, dock, and the sheet of the last seconds."""

from club.words import numbers
from kiosk_app.flow import state as st
from kiosk_app.present.context import Context
from kiosk_app.present.view_base import Dock, Header, TimeoutSheet


def header(ctx: Context) -> Header:
    """Club, store, time, and whether the network is gone."""
    store = ctx.catalogue.store
    return Header(
        club=ctx.pick(store.club) if store else "",
        place=ctx.words("kiosk.frame.place", store=ctx.pick(store.name)) if store else ctx.words("common.members-club"),
        clock=numbers.clock(ctx.state.now, ctx.state.time_zone),
        offline="" if ctx.state.world.online else ctx.words("common.offline"),
    )


def dock(ctx: Context, *, back: bool = True, home: bool = True) -> Dock:
    """What can be pressed at the bottom; in a session the way out with its seconds. Each switch names what it leads to."""
    words, session = ctx.words, ctx.state.session
    there = session or ctx.state.staff
    return Dock(
        back=words("kiosk.dock.back") if back else "",
        home=words("kiosk.dock.home") if home and session else "",
        large=words("kiosk.dock.standard" if ctx.state.large else "kiosk.dock.large"),
        language=words("kiosk.dock.language"),
        exit=words("kiosk.dock.exit") if there else "",
        seconds=str(ctx.state.left) if there and ctx.state.left else "",
        share=ctx.share() if there else 0.0,
        short=words("kiosk.dock.exit-in", seconds=ctx.state.left) if there and ctx.state.left else "",
    )


def timeout(ctx: Context) -> TimeoutSheet | None:
    """kiosk-17 while the last seconds are counted down."""
    if not ctx.state.asking:
        return None
    seconds = ctx.state.left
    return TimeoutSheet(
        seconds=str(seconds),
        share=seconds / ctx.state.rules.warn_s,
        title=ctx.words("kiosk.timeout.title"),
        detail=ctx.words("kiosk.timeout.detail", seconds=seconds),
        leave=ctx.words("kiosk.timeout.leave"),
        stay=ctx.words("kiosk.timeout.stay"),
    )


def notice(ctx: Context) -> str:
    """The line that is said once, else where the figures are from when they are not fresh."""
    state, words = ctx.state, ctx.words
    if state.notice is st.NoticeKind.ONLINE_AGAIN:
        return words("kiosk.notice.online-again")
    if state.notice is st.NoticeKind.REDEEMED:
        return words("kiosk.notice.redeemed")
    own = ctx.figures
    if own is None or (own.fresh and state.world.online):
        return ""
    if state.world.online:
        return words("kiosk.home.checking")
    return words("kiosk.home.as-of", time=ctx.clock(own.as_of))

"""The screens before a member is known: attract, tap hint, reading, no reader, not enrolled."""

from collections.abc import Iterator
from math import ceil

from msgspec.structs import replace

from club.words import numbers
from kiosk_app.flow import state as st
from kiosk_app.flow.actions import Action
from kiosk_app.present import activities, frame
from kiosk_app.present.context import Context
from kiosk_app.present.rewards import art
from kiosk_app.present.view_arrival import AttractView, Highlight, ReadingView, TapView
from kiosk_app.present.view_base import Button
from kiosk_app.present.view_trouble import CheckRow, ErrorView, ReaderLostView

TURN_S = 12
SHOWN_ACTIVITIES = 3


def attract(ctx: Context) -> AttractView:
    """kiosk-01."""
    words, programme = ctx.words, ctx.catalogue.programme
    welcome = ctx.pick(programme.tagline) if programme else words("kiosk.attract.welcome")
    return AttractView(
        header=frame.header(ctx),
        welcome=two_lines(welcome),
        invitation=words("kiosk.attract.invitation"),
        tap=words("kiosk.attract.tap"),
        tap_second=words("kiosk.attract.tap-second"),
        highlight=_highlight(ctx),
    )


def _highlight(ctx: Context) -> Highlight | None:
    """What takes its turn now: the next open activities, and a reward; each stays for twelve seconds (K1)."""
    turns = (*_activities(ctx), *_reward(ctx))
    if not turns:
        return None
    place = int(ctx.state.now.timestamp()) // TURN_S % len(turns)
    return replace(turns[place], place=place, of=len(turns))


def _activities(ctx: Context) -> Iterator[Highlight]:
    for each in activities.listed(ctx, "open")[:SHOWN_ACTIVITIES]:
        left, _ = activities.tag(ctx, each)
        yield Highlight(
            tag=ctx.words("kiosk.home.activities"),
            title=ctx.pick(each.title),
            line=ctx.words("kiosk.attract.event-line", when=activities.when(ctx, each), left=left),
            picture=activities.picture(each),
        )


def _reward(ctx: Context) -> Iterator[Highlight]:
    """The first of the catalogue that can be had."""
    in_stock = (each for each in ctx.catalogue.rewards if not each.sold_out and each.stock_left != 0)
    first = min(in_stock, key=lambda each: each.order, default=None)
    if first is not None:
        points, picture = numbers.points(first.points), art(first.picture)
        yield Highlight(
            tag=ctx.words("kiosk.attract.reward"),
            title=ctx.pick(first.name),
            line=ctx.words("kiosk.attract.reward-line", line=ctx.pick(first.line), points=points),
            picture=f"{picture}-card" if picture.startswith("rewards/") else picture,
        )


def tap(ctx: Context, screen: st.TapHint) -> TapView:
    """kiosk-02."""
    words = ctx.words
    return TapView(
        header=frame.header(ctx),
        dock=frame.dock(ctx),
        title=words("kiosk.tap.again" if screen.again else "kiosk.tap.title"),
        detail=words("kiosk.tap.detail"),
        card_word=words("kiosk.tap.card-word"),
        card_number=words("kiosk.tap.card-number"),
        phone=Button(words("kiosk.tap.phone"), Action.PHONE, icon="phone"),
    )


def reading(ctx: Context, screen: st.Reading) -> ReadingView:
    """kiosk-03."""
    words, rules = ctx.words, ctx.state.rules
    slow = screen.seconds >= rules.slow_s
    return ReadingView(
        header=frame.header(ctx),
        dock=frame.dock(ctx, back=False, home=False),
        tier=ctx.tier_art(),
        card_word=words("kiosk.tap.card-word"),
        card_number=ctx.card_number(),
        title=words("kiosk.reading.title"),
        detail=words(f"kiosk.reading.{'slow' if slow else 'code' if screen.by_code else 'detail'}"),
        privacy=words("kiosk.reading.privacy"),
        privacy_detail=words("kiosk.reading.privacy-detail", seconds=rules.idle_s),
    )


def reader_lost(ctx: Context) -> ReaderLostView:
    """kiosk-32, with the ways that are built."""
    words, online = ctx.words, ctx.state.world.online
    scan: tuple[CheckRow, ...] = ()
    if ctx.state.rules.scanner:
        how = words("kiosk.reader.scan-detail" if online else "kiosk.offline.later")
        scan = (CheckRow("yes" if online else "no", words("kiosk.reader.scan"), how),)
    return ReaderLostView(
        header=frame.header(ctx),
        title=words("kiosk.reader.title"),
        detail=words("kiosk.reader.detail"),
        status=words("kiosk.reader.status"),
        checks=(
            CheckRow("yes", words("kiosk.reader.safe"), words("kiosk.reader.safe-detail")),
            *scan,
            CheckRow(
                "yes",
                words("kiosk.reader.elsewhere"),
                words("kiosk.reader.elsewhere-detail" if online else "kiosk.reader.elsewhere-offline"),
            ),
            CheckRow("no", words("kiosk.reader.tap"), words("kiosk.reader.tap-detail")),
        ),
        # The phone number is checked by the club: without the network that way leads nowhere (N8).
        buttons=(Button(words("kiosk.phone.title"), Action.PHONE, icon="phone", enabled=online),),
    )


def not_enrolled(ctx: Context) -> ErrorView:
    """For staff: the code that lets the kiosk in, and where it is entered (C9, as on a display: lounge-17)."""
    words, world, now = ctx.words, ctx.state.world, ctx.state.now
    pairing = world.pairing if world.pairing and now < world.pairing.expires_at else None
    if pairing is not None:
        line = words("kiosk.enrol.renewed", minutes=ceil((pairing.expires_at - now).total_seconds() / 60))
    else:
        line = words("kiosk.enrol.code-comes" if world.online else "kiosk.enrol.code-later")
    return ErrorView(
        header=frame.header(ctx),
        illustration="reader" if world.online else "offline",
        title=words("kiosk.enrol.title"),
        detail=words("kiosk.enrol.detail"),
        code=f"{pairing.code[:3]} - {pairing.code[3:]}" if pairing else "",
        code_line=line,
    )


def two_lines(sentence: str) -> str:
    """Break a welcome after its first phrase: 欢迎回家， and below it 先喝杯茶."""
    for mark in ("，", ". "):
        head, found, tail = sentence.partition(mark)
        if found and tail:
            return f"{head}{found.strip()}\n{tail}"
    return sentence

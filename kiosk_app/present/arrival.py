"""The screens before a member is known: attract, tap hint, reading, no reader, not enrolled."""

from kiosk_app.flow import state as st
from kiosk_app.present import frame
from kiosk_app.present.context import Context
from kiosk_app.present.view_arrival import AttractView, ReadingView, TapView
from kiosk_app.present.view_trouble import CheckRow, ErrorView, ReaderLostView


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
        detail=words("kiosk.reading.slow" if slow else "kiosk.reading.detail"),
        privacy=words("kiosk.reading.privacy"),
        privacy_detail=words("kiosk.reading.privacy-detail", seconds=rules.idle_s),
    )


def reader_lost(ctx: Context) -> ReaderLostView:
    """kiosk-32, with the ways that are built."""
    words = ctx.words
    return ReaderLostView(
        header=frame.header(ctx),
        title=words("kiosk.reader.title"),
        detail=words("kiosk.reader.detail"),
        checks=(
            CheckRow("yes", words("kiosk.reader.safe"), words("kiosk.reader.safe-detail")),
            CheckRow("no", words("kiosk.reader.tap"), words("kiosk.reader.tap-detail")),
        ),
    )


def not_enrolled(ctx: Context) -> ErrorView:
    """For staff: what is to be done before the kiosk can be used."""
    return ErrorView(
        header=frame.header(ctx),
        illustration="reader",
        title=ctx.words("kiosk.enrol.title"),
        detail=ctx.words("kiosk.enrol.detail"),
    )


def two_lines(sentence: str) -> str:
    """Break a welcome after its first phrase: 欢迎回家， and below it 先喝杯茶."""
    for mark in ("，", ". "):
        head, found, tail = sentence.partition(mark)
        if found and tail:
            return f"{head}{found.strip()}\n{tail}"
    return sentence

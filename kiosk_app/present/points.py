"""The points history: both balances, what expires when, and every movement with what each month brought (K3, A3)."""

from collections.abc import Iterator
from datetime import date

from club.wire.cards import Expiry
from club.wire.history import MonthSum, Movement
from club.words import numbers
from kiosk_app.flow import history
from kiosk_app.flow import state as st
from kiosk_app.flow.actions import Action
from kiosk_app.present import frame
from kiosk_app.present.context import SOON_DAYS, Context
from kiosk_app.present.view_base import Button, Chip, EmptyNote, Tone
from kiosk_app.present.view_member import ExpiryBar, PointsRow, PointsView

NOT_MOVED = "—"
BARS = 4
BUSY_S = 1  # sooner than that nobody needs to be told

_KIND_ICONS = {"spent": "gift", "expired": "clock", "returned": "undo", "opening": "coins"}
_CATEGORY_ICONS = {
    "maintenance": "wrench",
    "repair": "car",
    "wash": "drop",
    "accessories": "camera",
    "insurance": "document",
    "charging": "charger",
    "vehicle": "car-side",
    "activity": "flag",
    "birthday": "cake",
    "join": "sparkle",
    "task": "check-circle",
}


def points(ctx: Context, screen: st.Points) -> PointsView:
    """kiosk-06."""
    words, own = ctx.words, ctx.figures
    bars = _bars(ctx, screen.latest.expiries) if screen.latest else ()
    movements = [movement for page in screen.pages for movement in page.movements]
    waits = screen.loading and screen.seconds >= BUSY_S
    slow = screen.seconds >= ctx.state.rules.slow_s
    return PointsView(
        header=frame.header(ctx),
        dock=frame.dock(ctx),
        timeout=frame.timeout(ctx),
        title=words("kiosk.points.title"),
        points_label=words("kiosk.home.points"),
        points=numbers.points(own.points) if own else "",
        tier_points_label=words("kiosk.home.tier-points"),
        tier_points=numbers.points(own.tier_points) if own else "",
        expiry_label=words("kiosk.points.expiry"),
        expiry=bars,
        expiry_none=words("kiosk.points.expiry-none") if screen.latest and not bars else "",
        filters=tuple(
            Chip(words(f"kiosk.points.filter-{kind or 'all'}"), Action.FILTER, kind, on=kind == screen.kind)
            for kind in history.KINDS
        ),
        period=words("kiosk.points.period"),
        item_head=words("kiosk.points.head-item"),
        points_head=words("kiosk.points.head-points"),
        tier_points_head=words("kiosk.points.head-tier-points"),
        rows=tuple(_rows(ctx, movements, screen.latest.months if screen.latest else ())),
        more=_more(ctx, screen),
        busy=words("kiosk.reading.slow" if slow else "kiosk.reading.title") if waits else "",
        nothing=_nothing(ctx, screen.kind) if screen.whole and not movements else None,
        notice=frame.notice(ctx),
    )


def _more(ctx: Context, screen: st.Points) -> str:
    if not screen.pages or screen.whole:
        return ""
    return ctx.words("kiosk.points.stuck" if screen.stuck else "kiosk.points.more")


def _nothing(ctx: Context, kind: str) -> EmptyNote:
    words = ctx.words
    if kind:
        button = Button(words("kiosk.points.show-all"), Action.FILTER, "", icon="list", tone="soft")
        return EmptyNote("points", words("kiosk.points.empty-kind"), "", button)
    button = Button(words("kiosk.points.empty-button"), Action.REWARDS, icon="gift", tone="soft")
    return EmptyNote("points", words("kiosk.points.empty"), words("kiosk.points.empty-detail"), button)


def _rows(ctx: Context, movements: list[Movement], months: tuple[MonthSum, ...]) -> Iterator[PointsRow]:
    sums = {month.month: month for month in months}
    month = ""
    for movement in movements:
        on = ctx.local_day(movement.at)
        if f"{on:%Y-%m}" != month:
            month = f"{on:%Y-%m}"
            yield _month(ctx, on, sums.get(month))
        yield _row(ctx, movement, on)


def _month(ctx: Context, on: date, sums: MonthSum | None) -> PointsRow:
    words = ctx.words
    title = words("kiosk.points.month", year=on.year, month=words(f"common.date.month-{on.month}"))
    if sums is None:
        return PointsRow(month=title)
    key = "kiosk.points.sums-expired" if sums.expired else "kiosk.points.sums"
    said = words(
        key,
        earned=numbers.points(sums.earned),
        spent=numbers.points(sums.spent),
        expired=numbers.points(sums.expired),
    )
    return PointsRow(month=title, sums=said)


def _row(ctx: Context, movement: Movement, on: date) -> PointsRow:
    tone: Tone = "jade" if movement.points > 0 else "ink" if movement.points else "plain"
    track = numbers.signed(movement.tier_points)
    return PointsRow(
        icon=_icon(movement),
        title=ctx.pick(movement.title),
        detail=_detail(ctx, movement, on),
        points=numbers.signed(movement.points),
        tone=tone,
        tier_points=track if movement.tier_points or movement.excluded else NOT_MOVED,
    )


def _icon(movement: Movement) -> str:
    if movement.excluded:
        return "shield-check"
    return _KIND_ICONS.get(movement.kind) or _CATEGORY_ICONS.get(movement.category, "star")


def _detail(ctx: Context, movement: Movement, on: date) -> str:
    """The day, and why: what was paid, the voucher bought, the club's note; else how long the points last."""
    words, note = ctx.words, ctx.pick(movement.note)
    first = min((expiry.on for expiry in movement.expires), default=None)
    if movement.excluded:
        why = note or words("kiosk.points.excluded")
    elif movement.paid_fen:
        why = words("kiosk.points.paid", amount=numbers.yuan(movement.paid_fen).removeprefix("¥"))
    elif movement.code_tail:
        why = words("kiosk.points.code-tail", tail=movement.code_tail)
    elif note:
        why = note
    else:
        why = words("kiosk.points.until", day=ctx.full_date(first)) if first else ""
    day = words(
        "kiosk.points.day",
        month=f"{on.month:02d}",
        day2=f"{on.day:02d}",
        day=on.day,
        name=words(f"common.date.short-{on.month}"),
    )
    return words("kiosk.points.detail", day=day, why=why) if why else day


def _bars(ctx: Context, expiries: tuple[Expiry, ...]) -> tuple[ExpiryBar, ...]:
    """This year's months one by one, next year and later as one each; at most four, the last then holds the rest."""
    buckets: dict[tuple[int, int], int] = {}
    for expiry in sorted(expiries, key=lambda each: each.on):
        if expiry.points > 0 and expiry.on >= ctx.today:
            place = _bucket(ctx, expiry.on)
            buckets[place] = buckets.get(place, 0) + expiry.points
    shown = [(_label(ctx, place), count, place) for place, count in buckets.items()]
    if len(shown) > BARS:
        rest = sum(count for _, count, _ in shown[BARS - 1 :])
        shown = [*shown[: BARS - 1], (ctx.words("kiosk.points.later"), rest, (0, 0))]
    highest = max((count for _, count, _ in shown), default=1)
    soon = {_bucket(ctx, each.on) for each in expiries if 0 <= (each.on - ctx.today).days <= SOON_DAYS}
    return tuple(
        ExpiryBar(numbers.points(count), label, count / highest, soon=place in soon) for label, count, place in shown
    )


def _bucket(ctx: Context, on: date) -> tuple[int, int]:
    """Year and month; a later year has no months."""
    return (on.year, on.month) if on.year == ctx.today.year else (min(on.year, ctx.today.year + 2), 0)


def _label(ctx: Context, place: tuple[int, int]) -> str:
    year, month = place
    if month:
        return ctx.words("kiosk.points.bar-month", month=month, name=ctx.words(f"common.date.short-{month}"))
    key = "kiosk.points.next-year" if year == ctx.today.year + 1 else "kiosk.points.later"
    return ctx.words(key, year=year)

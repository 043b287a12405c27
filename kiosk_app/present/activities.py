"""The members' activities: what is open, to whom first, how many places are left; from the mirror, so without a network too (K6)."""

from datetime import date
from math import ceil

from club.wire.changes import ActivityEntity
from club.words import numbers
from kiosk_app.flow import browse
from kiosk_app.flow import state as st
from kiosk_app.flow.actions import Action
from kiosk_app.present import frame
from kiosk_app.present.context import Context
from kiosk_app.present.rewards import art
from kiosk_app.present.view_base import Button, Chip, EmptyNote, Tone
from kiosk_app.present.view_member import ActivitiesView, ActivityCard, ActivityFeature

SHORT_TITLE = 6  # symbols that stand on one line over the picture


def activities(ctx: Context, screen: st.Activities) -> ActivitiesView:
    """kiosk-12, without signing up."""
    words, opened = ctx.words, listed(ctx, "open")
    shown = listed(ctx, screen.tab)
    return ActivitiesView(
        header=frame.header(ctx),
        dock=frame.dock(ctx),
        timeout=frame.timeout(ctx),
        title=words("kiosk.activities.title"),
        feature=_feature(ctx, opened[0]) if opened else None,
        tabs=tuple(
            Chip(
                words(f"kiosk.activities.tab-{tab}", count=len(listed(ctx, tab))),
                Action.TAB,
                tab,
                on=tab == screen.tab,
            )
            for tab in browse.ACTIVITY_TABS
        ),
        cards=tuple(_card(ctx, each) for each in shown),
        nothing=None if shown else _nothing(ctx, screen.tab, opened),
        notice=frame.notice(ctx),
    )


def listed(ctx: Context, tab: str) -> list[ActivityEntity]:
    """The activities of a tab: open ones as the club ordered them, planned ones soonest first, past ones newest first."""
    now = ctx.state.now
    every = [(_state(each, ctx), each) for each in ctx.catalogue.activities]
    found = [each for state, each in every if state == tab]
    match tab:
        case "past":
            return sorted(found, key=lambda each: (each.starts, each.slug), reverse=True)
        case "planned":
            return sorted(found, key=lambda each: (max(each.starts, now), each.slug))
        case _:
            return found


def _state(each: ActivityEntity, ctx: Context) -> str:
    """A mirror that was not renewed for days still knows what is over."""
    return "past" if each.ends <= ctx.state.now else each.state


def _nothing(ctx: Context, tab: str, opened: list[ActivityEntity]) -> EmptyNote:
    words = ctx.words
    see = Button(words("kiosk.activities.see"), Action.TAB, "open", icon="flag", tone="soft")
    if tab == "open" or not opened:
        rewards = Button(words("kiosk.points.empty-button"), Action.REWARDS, icon="gift", tone="soft")
        button = rewards if tab == "open" else None
        return EmptyNote("activities", words("kiosk.activities.empty"), words("kiosk.activities.empty-detail"), button)
    first = opened[0]
    hint = words("kiosk.activities.hint", day=ctx.day(ctx.local_day(first.starts)), title=ctx.pick(first.title))
    return EmptyNote("activities", words("kiosk.activities.empty-tab"), hint, see)


def _feature(ctx: Context, each: ActivityEntity) -> ActivityFeature:
    taken = ctx.words("kiosk.activities.taken", taken=each.taken, capacity=each.capacity, unit=ctx.pick(each.unit))
    return ActivityFeature(
        slug=each.slug,
        tag=_priority(ctx, each),
        title=_two_lines(ctx.pick(each.title)),
        when=_span(ctx, each),
        taken=taken if each.capacity else "",
        picture=picture(each),
    )


def _card(ctx: Context, each: ActivityEntity) -> ActivityCard:
    left, tone = tag(ctx, each)
    kind = ctx.pick(each.kind)
    return ActivityCard(
        slug=each.slug,
        kind=ctx.words("kiosk.chinese-only") if ctx.untranslated(each.title) else kind,
        tag=left,
        tag_tone=tone,
        title=ctx.pick(each.title),
        when=when(ctx, each),
        place=ctx.pick(each.place),
        picture=picture(each),
    )


def tag(ctx: Context, each: ActivityEntity) -> tuple[str, Tone]:
    """Whether there is a place for this member: when it opens, how many are left, full, closed, over."""
    words, own = ctx.words, ctx.figures
    if _state(each, ctx) == "past":
        return words("kiosk.activities.over"), "plain"
    if each.closes is not None and each.closes <= ctx.state.now:
        return words("kiosk.activities.closed"), "plain"
    opens = each.opens_by_tier.get(own.tier) if own else None
    if own and each.opens_by_tier and opens is None:
        return words("kiosk.activities.tier", tier=ctx.tier_card(_lowest(ctx, each))), "plain"
    if opens is not None and opens > ctx.state.now:
        return words("kiosk.activities.opens", day=ctx.day(ctx.local_day(opens))), "plain"
    if each.state == "planned":
        return words("kiosk.activities.planned"), "plain"
    left = max(0, each.capacity - each.taken)
    if not left:
        return words("common.activity.full"), "warn"
    return words("common.activity.left", left=left, unit=ctx.pick(each.unit)), "jade"


def _priority(ctx: Context, each: ActivityEntity) -> str:
    """Who may sign up before others, told to the member whose tier it is; else when it opens."""
    words, own, now = ctx.words, ctx.figures, ctx.state.now
    opens = each.opens_by_tier.get(own.tier) if own else None
    if own is None or opens is None:
        return ""
    if opens > now:
        return words("kiosk.activities.tier-opens", tier=ctx.tier_card(own.tier), day=ctx.day(ctx.local_day(opens)))
    if any(other > now for other in each.opens_by_tier.values()):
        return words("kiosk.activities.first", tier=ctx.tier_card(own.tier))
    return ""


def _lowest(ctx: Context, each: ActivityEntity) -> str:
    ladder = ctx.catalogue.programme.tiers if ctx.catalogue.programme else ()
    ranks = {tier.slug: tier.rank for tier in ladder}
    return min(each.opens_by_tier, key=lambda slug: ranks.get(slug, 1_000))


def _days(ctx: Context, each: ActivityEntity) -> tuple[date, date]:
    return ctx.local_day(each.starts), ctx.local_day(each.ends)


def when(ctx: Context, each: ActivityEntity) -> str:
    """The day and time at which an activity begins."""
    first, last = _days(ctx, each)
    return ctx.words(
        "kiosk.activities.when" if first == last else "kiosk.activities.when-leaves",
        day=ctx.day(first),
        weekday=ctx.words(f"common.date.weekday-{first.weekday()}"),
        time=ctx.clock(each.starts),
    )


def _span(ctx: Context, each: ActivityEntity) -> str:
    """The days of an activity: 6 月 6 日 – 7 日·周六出发, or one day with its time."""
    words = ctx.words
    first, last = _days(ctx, each)
    if first == last:
        return when(ctx, each)
    same = (first.year, first.month) == (last.year, last.month)
    days = (
        words(
            "kiosk.activities.same-month",
            month=words(f"common.date.month-{first.month}"),
            first=first.day,
            last=last.day,
        )
        if same
        else words("kiosk.activities.months", first=numbers.day(words, first), last=numbers.day(words, last))
    )
    return words("kiosk.activities.span", days=days, weekday=words(f"common.date.weekday-{first.weekday()}"))


def picture(each: ActivityEntity) -> str:
    """The art of an activity, or the hash of its own picture."""
    return art(each.picture, "activities")


def _two_lines(title: str) -> str:
    """Break a title over the picture where it falls into two: at a mark, at a space, else in the middle."""
    for mark in ("：", ": "):
        head, found, tail = title.partition(mark)
        if found and tail:
            return f"{head}{found.strip()}\n{tail}"
    middle = ceil(len(title) / 2)
    spaces = [place for place, symbol in enumerate(title) if symbol == " "]
    if spaces:
        place = min(spaces, key=lambda at: abs(at - middle))
        return f"{title[:place]}\n{title[place + 1 :]}" if len(title) > 2 * SHORT_TITLE else title
    return f"{title[:middle]}\n{title[middle:]}" if len(title) > SHORT_TITLE else title

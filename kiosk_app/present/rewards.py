"""The catalogue, one reward, and the confirm sheet over it (K4, A11)."""

from club.words import numbers
from kiosk_app.flow import offers, redeem
from kiosk_app.flow import state as st
from kiosk_app.flow.actions import Action
from kiosk_app.flow.offers import Offer, Standing
from kiosk_app.present import frame
from kiosk_app.present.context import Context
from kiosk_app.present.view_base import Button, Chip
from kiosk_app.present.view_reward import ConfirmSheet, Fact, RewardCard, RewardDetailView, RewardsView, SheetLine

CATEGORY_ICONS = {"service": "wrench", "wash": "drop", "fuel": "fuel"}
BANNER = "rewards/travel-mug"
_LOCK_ICONS = {
    Standing.WAITS: "wifi-off",
    Standing.TIER: "lock",
    Standing.SHORT: "coins",
    Standing.LIMIT: "clock",
    Standing.SOLD_OUT: "box",
}


def catalogue(ctx: Context, screen: st.Rewards) -> RewardsView:
    """kiosk-07."""
    words, own, soon, session = ctx.words, ctx.figures, ctx.soon(), ctx.state.session
    online = ctx.state.world.online
    listed = offers.offers(ctx.catalogue, session, screen.category, online=online) if session else ()
    if ctx.hands_out:
        some = any(each.later for each in listed)
        expiry = words("kiosk.rewards.offline" if some else "kiosk.rewards.offline-none")
    elif soon:
        expiry = words("kiosk.rewards.expiry", points=numbers.points(soon[1]), day=ctx.day(soon[0]))
    else:
        expiry = frame.notice(ctx)
    return RewardsView(
        header=frame.header(ctx),
        dock=frame.dock(ctx),
        timeout=frame.timeout(ctx),
        title=words("kiosk.rewards.title"),
        points_label=words("kiosk.home.points"),
        points=numbers.points(own.points) if own else "",
        expiry=expiry,
        picture=BANNER,
        chips=_chips(ctx, screen.category),
        cards=tuple(_card(ctx, each) for each in listed),
        empty=words("kiosk.rewards.empty" if screen.category else "kiosk.rewards.empty-all") if not listed else "",
    )


def _chips(ctx: Context, chosen: str) -> tuple[Chip, ...]:
    everything = Chip(ctx.words("kiosk.rewards.all"), Action.CATEGORY, "", on=not chosen)
    return (
        everything,
        *(
            Chip(
                ctx.pick(category.name),
                Action.CATEGORY,
                category.slug,
                CATEGORY_ICONS.get(category.slug, ""),
                on=category.slug == chosen,
            )
            for category in ctx.catalogue.categories
        ),
    )


def _card(ctx: Context, offer: Offer) -> RewardCard:
    reward, available = offer.reward, offer.standing is Standing.OPEN
    tag = ctx.words("kiosk.rewards.badge-expiring") if reward.badge == "expiring" and available and ctx.soon() else ""
    tag = ctx.words("kiosk.rewards.offline-now") if offer.later else tag
    return RewardCard(
        slug=reward.slug,
        title=ctx.pick(reward.name),
        detail=ctx.under(reward.name, reward.line),
        price=numbers.points(offer.price),
        unit=ctx.words("kiosk.rewards.unit"),
        picture=art(reward.picture),
        available=available,
        tag=tag,
        lock="" if available else _lock(ctx, offer),
        lock_icon=_LOCK_ICONS.get(offer.standing, "lock"),
    )


def _lock(ctx: Context, offer: Offer) -> str:
    words = ctx.words
    match offer.standing:
        case Standing.TIER:
            return words("kiosk.rewards.lock-tier", tier=ctx.tier_card(offer.needs) or words("common.higher-tier"))
        case Standing.SHORT:
            return words("kiosk.rewards.lock-short", points=numbers.points(offer.missing))
        case Standing.LIMIT:
            return words(_per(ctx, "kiosk.rewards.lock-limit", offer.reward.limit_per))
        case Standing.SOLD_OUT:
            return words("kiosk.rewards.lock-sold-out")
        case Standing.WAITS:
            key = f"kiosk.rewards.lock-offline-{offer.refused.text('reason') if offer.refused else ''}"
            return words(key if words.has(key) else "kiosk.rewards.lock-offline")
        case Standing.OPEN:
            return ""


def detail(ctx: Context, screen: st.RewardDetail) -> RewardDetailView:
    """kiosk-08, and kiosk-09 over it while `confirming`."""
    words, session = ctx.words, ctx.state.session
    reward, own = ctx.catalogue.reward(screen.slug), ctx.figures
    if reward is None or session is None or own is None:
        # Withdrawn while it was looked at.
        return RewardDetailView(
            header=frame.header(ctx),
            dock=frame.dock(ctx),
            timeout=frame.timeout(ctx),
            title=words("kiosk.rewards.lock-sold-out"),
        )
    offer = offers.offer(ctx.catalogue, session, reward, online=ctx.state.world.online)
    why_not = _why_not(ctx, screen, offer)
    takes = screen.quantity * offer.price
    reached = session.home is not None and ctx.state.world.online
    can_take = (reached or offer.later) and 0 < screen.quantity <= offer.most
    return RewardDetailView(
        header=frame.header(ctx),
        dock=frame.dock(ctx),
        timeout=frame.timeout(ctx),
        slug=reward.slug,
        picture=art(reward.picture),
        title=ctx.pick(reward.name),
        detail=ctx.under(reward.name, reward.line),
        price=numbers.points(offer.price),
        unit=words("kiosk.reward.unit"),
        facts=_facts(ctx, offer),
        quantity_label=words("kiosk.reward.quantity"),
        quantity_limit=_limit(ctx, offer),
        quantity=str(screen.quantity),
        can_less=screen.quantity > 1,
        can_more=screen.quantity < offer.most,
        after_label=words("kiosk.reward.after") if own.points >= takes else "",
        after=numbers.points(own.points - takes) if own.points >= takes else "",
        why_not=why_not,
        redeem=Button(words("kiosk.reward.redeem"), Action.REDEEM, reward.slug, "gift", "jade", enabled=can_take),
        confirm=_sheet(ctx, session, screen, offer) if screen.confirming else None,
    )


def _why_not(ctx: Context, screen: st.RewardDetail, offer: Offer) -> str:
    session = ctx.state.session
    if screen.error is not None:
        return ctx.refusal(screen.error, offer.reward)
    if offer.standing is Standing.SHORT:
        return ctx.words("kiosk.reward.why-short", points=numbers.points(offer.missing))
    if offer.later:
        return ctx.words("kiosk.reward.offline-now")
    if offer.refused is not None:
        return ctx.refusal(offer.refused, offer.reward)
    if offer.standing is not Standing.OPEN:
        return _lock(ctx, offer)
    if not ctx.state.world.online:
        return ctx.words("kiosk.reward.why-offline")
    return "" if session and session.home else ctx.words("kiosk.reward.why-checking")


def _facts(ctx: Context, offer: Offer) -> tuple[Fact, ...]:
    words, reward = ctx.words, offer.reward
    facts = (
        Fact("car", words("kiosk.reward.fits"), ctx.pick(reward.fits)),
        Fact("calendar", words("kiosk.reward.valid"), words("kiosk.reward.valid-days", days=reward.valid_days)),
        Fact("location", words("kiosk.reward.stores"), ctx.stores(reward.stores)),
        Fact("document", words("kiosk.reward.terms"), ctx.pick(reward.terms)),
    )
    return tuple(fact for fact in facts if fact.text)


def _limit(ctx: Context, offer: Offer) -> str:
    if offer.later:
        return ctx.words("kiosk.reward.offline-one")
    if offer.limit_left is not None:
        return ctx.words(_per(ctx, "kiosk.reward.limit", offer.reward.limit_per), left=offer.limit_left)
    stock = offer.reward.stock_left
    return ctx.words("kiosk.reward.stock", left=stock) if stock else ""


def _sheet(ctx: Context, session: st.Session, screen: st.RewardDetail, offer: Offer) -> ConfirmSheet:
    words, programme = ctx.words, ctx.catalogue.programme
    takes = screen.quantity * offer.price
    points = ctx.figures.points if ctx.figures else 0
    asks = offer.later or redeem.asks_pin(ctx.state, session)
    if offer.later:
        footnote = words("kiosk.confirm.offline-footnote")
    else:
        footnote = words("kiosk.confirm.footnote", days=programme.reversible_days) if programme else ""
    from_day = ctx.today.toordinal() + offer.reward.valid_days
    return ConfirmSheet(
        title=words("kiosk.confirm.title"),
        seconds=str(ctx.state.left),
        share=ctx.share(),
        picture=art(offer.reward.picture),
        what=words("kiosk.confirm.what", reward=ctx.pick(offer.reward.name), count=screen.quantity),
        valid=words("kiosk.confirm.valid", day=ctx.full_date(ctx.today.fromordinal(from_day))),
        lines=(
            SheetLine(words("kiosk.confirm.now"), numbers.points(points)),
            SheetLine(_taken_label(ctx, session, takes), numbers.points(-takes)),
            SheetLine(words("kiosk.confirm.after"), numbers.points(max(0, points - takes)), total=True),
        ),
        tier_note=_tier_note(ctx, offer),
        cancel=words("kiosk.confirm.cancel"),
        confirm=words("kiosk.confirm.with-pin" if asks else "kiosk.confirm.without-pin"),
        confirm_icon="lock" if asks else "gift",
        arg=offer.reward.slug,
        footnote=footnote,
        problem=ctx.refusal(screen.error, offer.reward) if screen.error else "",
    )


def _tier_note(ctx: Context, offer: Offer) -> str:
    own = ctx.figures
    if own is None:
        return ""
    key = "kiosk.confirm.offline-note" if offer.later else "kiosk.confirm.tier-note"
    return ctx.words(key, points=numbers.points(own.tier_points))


def _taken_label(ctx: Context, session: st.Session, takes: int) -> str:
    part = redeem.expiring_part(session.home, takes) if session.home else None
    if part is None:
        return ctx.words("kiosk.confirm.taken")
    on, points = part
    return ctx.words(
        "kiosk.confirm.taken-expiring",
        month=on.month,
        name=ctx.words(f"common.date.month-{on.month}"),
        points=numbers.points(points),
    )


def _per(ctx: Context, key: str, per: str) -> str:
    special = f"{key}-{per}"
    return special if per and ctx.words.has(special) else key


def art(picture: str, folder: str = "rewards") -> str:
    """The art name of a picture; a path or a hash of the device's own media stays as it is."""
    return picture if not picture or "/" in picture or len(picture) == 64 else f"{folder}/{picture}"

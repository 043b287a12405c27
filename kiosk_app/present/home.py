"""The home page: card, both tracks of points, the way up, what expires next, what to do (K2, K14)."""

import re

from club.words import numbers
from kiosk_app.flow import offers, offline
from kiosk_app.flow.actions import Action
from kiosk_app.present import activities, frame
from kiosk_app.present.context import Context
from kiosk_app.present.view_member import ExpiryNote, HomeView, MemberCard, PointsPanel, Tile

BARS = 4
_TIME = re.compile(r"\b(\d{1,2}:\d{2})\b")


def home(ctx: Context) -> HomeView:
    """kiosk-05; from the mirror alone without what only the central API knows."""
    session = ctx.state.session
    known = session.home if session else None
    greeting = numbers.greeting(ctx.words, ctx.state.now, ctx.state.time_zone)
    notice = frame.notice(ctx)
    # One line holds both only by squeezing them, and what the workshop promised is of no use while nobody can renew it.
    service = ctx.pick(known.service_line) if known and known.service_line and not notice else ""
    return HomeView(
        header=frame.header(ctx),
        dock=frame.dock(ctx, back=False, home=False),
        timeout=frame.timeout(ctx),
        greeting=ctx.words("kiosk.home.greeting", person=ctx.person(), greeting=greeting),
        service_line=_TIME.sub(r"<b>\1</b>", service),
        card=_card(ctx),
        points=_points(ctx),
        expiry=_expiry(ctx),
        tiles=_tiles(ctx),
        notice=notice,
    )


def _card(ctx: Context) -> MemberCard:
    words, session, own = ctx.words, ctx.state.session, ctx.figures
    if session is None or own is None:
        return MemberCard()
    tier, programme = ctx.tier(own.tier), ctx.catalogue.programme
    known = session.home
    return MemberCard(
        tier=ctx.tier_art(),
        tier_name=ctx.tier_name(own.tier),
        pips=tier.rank if tier else 0,
        pips_of=len(programme.tiers) if programme else 0,
        number_label=words("kiosk.home.card-number") if known else "",
        number=known.card_number if known else "",
        valid_label=words("kiosk.home.valid-to") if known else "",
        valid=ctx.full_date(known.valid_to) if known else "",
        line=_line(ctx, own.tier),
    )


def _line(ctx: Context, tier: str) -> str:
    """All of the card in one line, of what is known: 金卡，卡号尾号 2719."""
    name, number = ctx.tier_card(tier), ctx.card_number()
    return ctx.words("kiosk.home.card-line", tier=name, tail=number[-4:]) if name and number else name or number


def _points(ctx: Context) -> PointsPanel:
    words, own = ctx.words, ctx.figures
    if own is None:
        return PointsPanel()
    way = ctx.progress(own.tier, own.tier_points)
    above = way.next if way else None
    if way and above:
        next_tier = words("kiosk.home.next-tier", points=numbers.points(way.missing), tier=ctx.tier_card(above.slug))
    else:
        next_tier = words("kiosk.home.top-tier") if way else ""
    return PointsPanel(
        points_label=words("kiosk.home.points"),
        points_hint=words("kiosk.home.points-hint"),
        points=numbers.points(own.points),
        tier_points_label=words("kiosk.home.tier-points"),
        tier_points_hint=words("kiosk.home.tier-points-hint"),
        tier_points=numbers.points(own.tier_points),
        progress=way.permille / 1000 if way and above else None,
        tier_name=ctx.tier_name(own.tier),
        next_tier=next_tier,
        missing=words("kiosk.home.missing", points=numbers.points(way.missing), tier=ctx.tier_name(above.slug))
        if way and above
        else next_tier,
    )


def _expiry(ctx: Context) -> ExpiryNote | None:
    words, soon = ctx.words, ctx.soon()
    if soon is None:
        return None
    on, points = soon
    days = (on - ctx.today).days
    button = words("kiosk.home.expiry-button")
    if days == 0:
        today = words("kiosk.home.expiry-today", points=numbers.points(points))
        return ExpiryNote(title=today, short=today, button=button)
    enough = _enough_for(ctx, points)
    if enough:
        reward, count = enough
        detail = words("kiosk.home.expiry-enough", days=days, count=count, reward=reward)
    else:
        detail = words("kiosk.home.expiry-days", days=days)
    title = words("kiosk.home.expiry", points=numbers.points(points), day=ctx.day(on))
    short = words("kiosk.home.expiry-short", points=numbers.points(points), day=ctx.day(on))
    return ExpiryNote(title=title, short=short, detail=detail, button=button)


def _enough_for(ctx: Context, points: int) -> tuple[str, int] | None:
    """The reward that uses the expiring points up best, and how many of it; rather two or three than one."""
    session = ctx.state.session
    if session is None:
        return None
    best = None
    for each in offers.offers(ctx.catalogue, session):
        count = min(points // each.price, each.most) if each.price else 0
        if count:
            rank = (-count * each.price, count < 2, count, each.reward.order)
            if best is None or rank < best[0]:
                best = (rank, ctx.pick(each.reward.name), count)
    return (best[1], best[2]) if best else None


def _tiles(ctx: Context) -> tuple[Tile, ...]:
    words, session = ctx.words, ctx.state.session
    if session is None:
        return ()
    found = offers.offers(ctx.catalogue, session, online=ctx.state.world.online)
    open_offers = [each for each in found if each.standing is offers.Standing.OPEN]
    rewards = (
        words("kiosk.home.rewards-offline" if ctx.hands_out else "kiosk.home.rewards-detail", count=len(open_offers))
        if open_offers
        else words("kiosk.home.rewards-browse")
    )
    shown = offline.vouchers(session)
    if session.home is None:
        vouchers = words("kiosk.home.vouchers-here", count=len(shown)) if shown else words("kiosk.home.when-online")
    elif session.assurance != "cryptogram" and not session.unlocked:
        vouchers = words("kiosk.home.vouchers-locked")  # the central API tells them after the PIN (N4)
    else:
        ready = sum(voucher.state == "issued" for voucher in shown)
        vouchers = words("kiosk.home.vouchers-detail", count=ready) if ready else words("kiosk.home.vouchers-none")
    return (
        Tile(words("kiosk.home.rewards"), rewards, "gift", Action.REWARDS, primary=True, picture="rewards/tea-set"),
        Tile(words("kiosk.home.vouchers"), vouchers, "ticket", Action.VOUCHERS, picture="rewards/detail-wash"),
        _events(ctx),
        _history(ctx),
    )


def _history(ctx: Context) -> Tile:
    """The points history; its picture is what expires when, as on its page."""
    session = ctx.state.session
    known = session.home if session else None
    ahead = sorted(known.expiries if known else (), key=lambda each: each.on)[:BARS]
    highest = max((each.points for each in ahead), default=0)
    return Tile(
        ctx.words("kiosk.home.history"),
        ctx.words("kiosk.home.history-detail" if known else "kiosk.home.when-online"),
        "list",
        Action.POINTS,
        bars=tuple(each.points / highest for each in ahead) if highest else (),
        soon=ctx.soon() is not None,
    )


def _events(ctx: Context) -> Tile:
    opened = activities.listed(ctx, "open")
    return Tile(
        ctx.words("kiosk.home.activities"),
        ctx.words("kiosk.home.activities-detail" if opened else "kiosk.home.activities-none", count=len(opened)),
        "flag",
        Action.ACTIVITIES,
        picture=activities.picture(opened[0]) if opened else "",
    )

"""A voucher as staff read it: the code, what it is for, whose, and whether it may be handed over (kiosk-35, A14, X2)."""

from datetime import datetime

from club.model import voucher as codes
from club.wire.staff_mode import DeskVoucher
from club.words import numbers
from kiosk_app.flow import staff_state as sf
from kiosk_app.flow.actions import Action
from kiosk_app.flow.staff_state import Said
from kiosk_app.present import frame, vouchers
from kiosk_app.present.context import Context
from kiosk_app.present.view_base import Button, Tone
from kiosk_app.present.view_reward import PinKey
from kiosk_app.present.view_staff import FactRow, StaffVoucherView, VoucherHead


def page(ctx: Context, screen: sf.StaffVoucher) -> StaffVoucherView:
    """The code with its keys, or the voucher with what can be done."""
    words, staff, found = ctx.words, ctx.state.staff, screen.voucher
    tag, tone = _tag(ctx, screen)
    note, note_tone = _note(ctx, screen)
    cancel, confirm = _buttons(ctx, screen)
    typing = found is None and not screen.ask
    return StaffVoucherView(
        header=frame.header(ctx),
        dock=frame.dock(ctx, back=not screen.handing, home=False),
        title=words("kiosk.staff.voucher"),
        detail=words("kiosk.staff.who", name=staff.name, number=staff.number) if staff else "",
        prompt=words(_by_hand(ctx, "kiosk.voucher.prompt"), count=codes.LENGTH),
        typed=codes.grouped(screen.code.value).strip(),
        tag=tag,
        tag_tone=tone,
        symbols=tuple(PinKey(each, "", Action.SYMBOL, each) for each in codes.ALPHABET) if typing else (),
        edits=(PinKey(words("kiosk.pin.clear"), "", Action.CLEAR), PinKey("", "backspace", Action.ERASE))
        if typing
        else (),
        head=_head(ctx, screen, found) if found else None,
        facts=_facts(ctx, found) if found else (),
        note=note,
        note_tone=note_tone,
        cancel=cancel,
        confirm=confirm,
        busy=bool(screen.ask),
    )


def _tag(ctx: Context, screen: sf.StaffVoucher) -> tuple[str, Tone]:
    words, left = ctx.words, codes.LENGTH - len(screen.code)
    if screen.said is Said.WRONG:
        return words("kiosk.voucher.check-wrong"), "danger"
    if left:
        return words("kiosk.voucher.left", count=left), "plain"
    return words("kiosk.voucher.check-right"), "jade"


def _head(ctx: Context, screen: sf.StaffVoucher, found: DeskVoucher) -> VoucherHead:
    words, good = ctx.words, screen.handed or (found.state == "issued" and found.here)
    if screen.handed or found.state == "fulfilled":
        line = words(
            "kiosk.voucher.handed-at" if screen.handed else "kiosk.voucher.fulfilled-at",
            when=_moment(ctx, found.closed_at),
            store=ctx.pick(found.closed_store),
        )
        tag = words("kiosk.voucher.tag-fulfilled")
    elif found.state == "cancelled":
        line = words("kiosk.voucher.cancelled-at", when=_moment(ctx, found.closed_at))
        tag = words("kiosk.voucher.tag-cancelled")
    elif found.state == "expired":
        line = words("kiosk.voucher.expired-on", day=ctx.full_date(found.valid_to))
        tag = words("kiosk.voucher.tag-expired")
    elif not found.here:
        line, tag = words("kiosk.voucher.elsewhere"), words("kiosk.voucher.tag-elsewhere")
    else:
        line = words("kiosk.voucher.good-until", day=ctx.full_date(found.valid_to))
        tag = words("kiosk.voucher.tag-good")
    return VoucherHead(ctx.pick(found.name), line, tag, vouchers.icon(found.category), good)


def _facts(ctx: Context, found: DeskVoucher) -> tuple[FactRow, ...]:
    words = ctx.words
    person = numbers.person(words, ctx.pick(found.surname), ctx.pick(found.title))
    card = found.card.split()[-1] if found.card else ""
    facts = [
        FactRow(
            words("kiosk.voucher.holder"),
            words(
                "kiosk.voucher.holder-card" if card else "kiosk.voucher.holder-no-card",
                person=person,
                tier=ctx.tier_card(found.tier),
                number=card,
            ),
        ),
        FactRow(words("kiosk.voucher.bought"), _bought(ctx, found)),
    ]
    if ctx.pick(found.fits):
        facts.append(FactRow(words("kiosk.voucher.fits"), ctx.pick(found.fits)))
    tag = words("kiosk.voucher.here" if found.here else "kiosk.voucher.not-here")
    facts.append(
        FactRow(words("kiosk.voucher.stores"), ctx.stores(found.stores), tag, "jade" if found.here else "warn")
    )
    worth = words("kiosk.voucher.worth-saved", worth=numbers.yuan(found.value_fen))
    facts.append(FactRow(words("kiosk.voucher.worth"), worth))
    return tuple(facts)


def _bought(ctx: Context, found: DeskVoucher) -> str:
    words, on = ctx.words, ctx.local_day(found.issued_at)
    parts = [words("kiosk.voucher.today") if on == ctx.today else ctx.day(on), ctx.pick(found.bought_at)]
    cost = words("kiosk.voucher.cost", points=numbers.points(found.points))
    parts.append(cost if found.points else words("kiosk.voucher.given"))
    return words("kiosk.voucher.comma").join(filter(None, parts))


def _note(ctx: Context, screen: sf.StaffVoucher) -> tuple[str, Tone]:
    words, found = ctx.words, screen.voucher
    if screen.said is Said.UNSURE and not ctx.state.world.online:
        return words("kiosk.voucher.unsure-away"), "danger"
    if screen.said in (Said.UNKNOWN, Said.UNSURE):
        return words(f"kiosk.voucher.{screen.said.value}"), "danger"
    if screen.handed:
        return words(_by_hand(ctx, "kiosk.voucher.next-note")), "jade"
    if found is not None and not (found.state == "issued" and found.here):
        return words("kiosk.voucher.not-again"), "warn"
    if not ctx.state.world.online or screen.said is Said.AWAY:
        return words("kiosk.voucher.away"), "danger"
    if found is None:
        return words("kiosk.voucher.asking" if screen.ask else "kiosk.voucher.how"), "plain"
    return words("kiosk.voucher.careful"), "warn"


def _buttons(ctx: Context, screen: sf.StaffVoucher) -> tuple[Button, Button]:
    words, found, online = ctx.words, screen.voucher, ctx.state.world.online
    if found is None:
        whole = not screen.ask and codes.is_valid(screen.code.value)
        return Button(), Button(words("kiosk.voucher.look"), Action.RETRY, icon="search", enabled=whole and online)
    if found.state == "issued" and found.here:
        return (
            Button(words("kiosk.staff.give-up"), Action.CANCEL, tone="plain", enabled=not screen.ask),
            Button(words("kiosk.voucher.fulfil"), Action.FULFIL, icon="check", enabled=screen.ready and online),
        )
    return Button(), Button(
        words(_by_hand(ctx, "kiosk.voucher.next")), Action.CANCEL, icon="scan" if ctx.state.rules.scanner else "ticket"
    )


def _by_hand(ctx: Context, key: str) -> str:
    """A sentence's key, or of the one that says the same where there is no scanner."""
    return key if ctx.state.rules.scanner else f"{key}-typed"


def _moment(ctx: Context, at: datetime | None) -> str:
    if at is None:
        return ""
    on = ctx.local_day(at)
    day = ctx.words("kiosk.voucher.today") if on == ctx.today else ctx.full_date(on)
    return f"{day} {ctx.clock(at)}"

"""Staff mode as staff read it: who is there, what can be done, a card being written (K12, N6)."""

from math import ceil

from msgspec.structs import replace

from club.model import errors
from club.wire.staff_mode import FoundCard, FoundMember
from club.words import numbers
from kiosk_app.flow import staff_state as sf
from kiosk_app.flow import state as st
from kiosk_app.flow.actions import Action
from kiosk_app.flow.staff_state import Errand, Writing
from kiosk_app.present import frame, staff_voucher
from kiosk_app.present.context import Context
from kiosk_app.present.view_base import Button, Chip, Dock, Tone
from kiosk_app.present.view_reward import PinView
from kiosk_app.present.view_staff import (
    CardFace,
    FactRow,
    PhaseRow,
    StaffFindView,
    StaffListView,
    StaffSwapView,
    StaffVoucherView,
    StaffWriteView,
    StepMark,
)
from kiosk_app.present.view_trouble import Banner, HelpRow

_ICONS = {
    Errand.ISSUE: "card-new",
    Errand.REPLACE: "card-swap",
    Errand.BLOCK: "card-lost",
    Errand.RETURN: "undo",
    Errand.NEW_PIN: "lock",
}
_STEPS = ("identity", "member", "write", "done")
_UNFIT = {
    "unknown": "kiosk.staff.not-in-stock",
    sf.OTHER_KIND: "kiosk.staff.other-kind",
    "old": "kiosk.staff.old-laid",
    "blocked": "kiosk.staff.blocked-laid",
    "replaced": "kiosk.staff.replaced-laid",
}
"""Why a card that was laid down is not written, by the state it was found in."""
_PER_CENT_PER_S = 40  # of a card that does as it is told


def pin(ctx: Context, screen: sf.StaffPin) -> PinView:
    """Who holds the staff card types its PIN."""
    words = ctx.words
    note, tone = _tries(ctx, screen)
    return PinView(
        header=frame.header(ctx),
        dock=_dock(ctx),
        staff=True,
        title=words("kiosk.staff.pin-title"),
        detail=words("kiosk.pin.checking" if screen.busy else "kiosk.staff.pin-detail"),
        length=st.PIN_LENGTH,
        filled=st.PIN_LENGTH if screen.busy else len(screen.digits),
        clear=words("kiosk.pin.clear"),
        attempts=note,
        attempts_tone=tone,
        busy=screen.busy,
    )


def new_pin(ctx: Context, screen: sf.StaffNewPin) -> PinView:
    """The member types a PIN, twice (K17)."""
    words = ctx.words
    again = screen.first is not None or bool(screen.ask)
    refused = ctx.refusal(screen.error) if screen.error is not None else words("kiosk.staff.new-pin-rule")
    return PinView(
        header=frame.header(ctx),
        dock=_dock(ctx),
        staff=True,
        title=words("kiosk.staff.new-pin-again" if again else "kiosk.staff.new-pin-title"),
        detail=words("kiosk.staff.new-pin-detail", person=_person(ctx, screen.member)),
        length=st.PIN_LENGTH,
        filled=st.PIN_LENGTH if screen.ask else len(screen.digits),
        clear=words("kiosk.pin.clear"),
        attempts=refused,
        attempts_tone="danger" if screen.error is not None else "plain",
        busy=bool(screen.ask),
    )


def desk(ctx: Context, screen: sf.StaffDesk) -> StaffListView:
    """What staff can do."""
    words = ctx.words
    done = screen.done
    voucher_row = HelpRow(
        "ticket",
        words("kiosk.staff.voucher"),
        words("kiosk.staff.voucher-line" if ctx.state.rules.scanner else "kiosk.staff.voucher-line-typed"),
        Button(words("kiosk.staff.begin"), Action.VOUCHER, tone="soft"),
    )
    errands = tuple(
        HelpRow(
            _ICONS[errand],
            words(f"kiosk.staff.{errand.value}"),
            words(f"kiosk.staff.{errand.value}-line"),
            Button(words("kiosk.staff.begin"), Action.ERRAND, errand.value, tone="soft"),
        )
        for errand in Errand
    )
    return StaffListView(
        header=frame.header(ctx),
        dock=_dock(ctx, back=False),
        title=words("kiosk.staff.title"),
        detail=_who(ctx),
        banner=Banner("check-circle", words(f"kiosk.staff.done-{done.value}"), words("kiosk.staff.done-line"), "jade")
        if done
        else None,
        rows=(voucher_row, *errands),
        note=words("kiosk.staff.note"),
    )


def voucher(ctx: Context, screen: sf.StaffVoucher) -> StaffVoucherView:
    """A voucher is handed over: kiosk-35."""
    return staff_voucher.page(ctx, screen)


def find(ctx: Context, screen: sf.StaffFind) -> StaffFindView:
    """Step 1: who it is."""
    words = ctx.words
    chips = tuple(
        Chip(words(f"kiosk.staff.{one}"), Action.IDENTITY, one, on=one == screen.identity) for one in sf.IDENTITIES
    )
    if screen.nobody:
        note = words("kiosk.staff.nobody")
    else:
        note = words("kiosk.staff.find-note" if screen.identity else "kiosk.staff.identity-first")
    return StaffFindView(
        header=frame.header(ctx),
        dock=_dock(ctx),
        title=words(f"kiosk.staff.{screen.errand.value}"),
        detail=_who(ctx),
        steps=_steps(ctx, screen.errand, 0),
        identity_label=words("kiosk.staff.identity"),
        chips=chips,
        prompt=words("kiosk.staff.prompt"),
        typed=screen.query.value,
        clear=words("kiosk.pin.clear"),
        note=note,
        note_tone="danger" if screen.nobody else "plain",
        find=Button(words("kiosk.staff.find"), Action.FIND, icon="search", enabled=screen.ready),
        busy=bool(screen.ask),
    )


def pick(ctx: Context, screen: sf.StaffPick) -> StaffListView:
    """Step 2: which member, or which card."""
    words = ctx.words
    rows = tuple(row for member in screen.found for row in _member_rows(ctx, screen, member))
    return StaffListView(
        header=frame.header(ctx),
        dock=_dock(ctx),
        title=words(f"kiosk.staff.{screen.errand.value}"),
        detail=_who(ctx),
        steps=_steps(ctx, screen.errand, 1),
        rows=rows[:6],
        note=words("kiosk.staff.more" if screen.more or len(rows) > 6 else "kiosk.staff.pick-note"),
    )


def _swap(ctx: Context, screen: sf.StaffWrite, old: FoundCard) -> StaffSwapView:
    words, member = ctx.words, screen.member
    seen = words("kiosk.staff.seen", how=words(f"kiosk.staff.{screen.identity}"))
    who = words("kiosk.staff.member-line", phone=_person(ctx, member), tier=_phone(member))
    moves = words("kiosk.staff.moves")
    return StaffSwapView(
        header=frame.header(ctx),
        dock=_dock(ctx),
        title=words(f"kiosk.staff.{screen.errand.value}"),
        detail=_who(ctx),
        steps=_steps(ctx, screen.errand, 2),
        old=CardFace(old.face, ctx.tier_name(old.face), old.number, words("kiosk.staff.old-goes")),
        new=CardFace(
            member.tier, ctx.tier_name(member.tier), words("kiosk.staff.no-number"), words("kiosk.staff.at-waiting")
        ),
        call=words("kiosk.staff.line-waiting"),
        call_detail=words("kiosk.staff.swap-detail"),
        facts=(
            FactRow(words("kiosk.staff.member"), who, seen, "jade"),
            FactRow(words("kiosk.staff.points"), numbers.points(member.points), moves),
            FactRow(words("kiosk.staff.tier-points"), numbers.points(member.tier_points), moves),
        ),
        buttons=tuple(
            Button(words(f"kiosk.staff.{errand.value}"), Action.ERRAND, errand.value, icon=icon, tone="plain")
            for errand, icon in ((Errand.ISSUE, "plus"), (Errand.BLOCK, "alert"), (Errand.NEW_PIN, "lock"))
        ),
        footnote=words("kiosk.staff.foot-replace"),
    )


def write(ctx: Context, screen: sf.StaffWrite) -> StaffWriteView | StaffSwapView:
    """Steps 3 and 4: kiosk-34; kiosk-18 while a card that takes another's place is waited for."""
    if screen.replaces is not None and screen.at is Writing.WAITING:
        return _swap(ctx, screen, screen.replaces)
    words, member, issue = ctx.words, screen.member, screen.issue
    done = screen.at is Writing.DONE
    line, tone = _line(ctx, screen)
    return StaffWriteView(
        header=frame.header(ctx),
        dock=_dock(ctx, back=screen.at not in (Writing.BUSY, Writing.DONE), exit_=screen.at is not Writing.BUSY),
        title=words(f"kiosk.staff.{screen.errand.value}"),
        detail=_who(ctx),
        steps=_steps(ctx, screen.errand, 4 if done else 2),
        tier=issue.face if issue else member.tier,
        tier_name=ctx.tier_name(member.tier),
        number=issue.number if issue else words("kiosk.staff.no-number"),
        tag=words(f"kiosk.staff.at-{screen.at.value}"),
        percent=f"{screen.percent}%",
        share=screen.percent / 100,
        line=line,
        line_tone=tone,
        phases=tuple(_phase(ctx, screen, place) for place in range(sf.PHASES)),
        facts=_facts(ctx, screen),
        buttons=_buttons(ctx, screen),
        footnote=words("kiosk.staff.foot-done" if done else f"kiosk.staff.foot-{screen.errand.value}"),
    )


def _member_rows(ctx: Context, screen: sf.StaffPick, member: FoundMember) -> tuple[HelpRow, ...]:
    words, enabled = ctx.words, not screen.ask
    who = _person(ctx, member)
    about = words("kiosk.staff.member-line", phone=_phone(member), tier=ctx.tier_name(member.tier))
    if screen.errand is Errand.ISSUE:
        if member.status != "active":
            return (HelpRow("user", who, words("kiosk.staff.not-active", line=about)),)
        choose = Button(words("kiosk.staff.choose"), Action.PICK, member.member_id, tone="soft", enabled=enabled)
        return (HelpRow("user", who, about, choose),)
    verb = words(f"kiosk.staff.{screen.errand.value}-verb")
    rows = tuple(
        HelpRow(
            "card",
            words("kiosk.staff.card-of", person=who, number=card.number),
            about,
            Button(verb, Action.PICK, card.card_id, tone="soft", enabled=enabled),
        )
        for card in sf.cards_for(screen.errand, member)
    )
    return rows or (HelpRow("user", who, words("kiosk.staff.no-card", line=about)),)


def _phase(ctx: Context, screen: sf.StaffWrite, place: int) -> PhaseRow:
    words, issue = ctx.words, screen.issue
    name = ("recognise", "application", "keys", "read-back", "register")[place]
    detail = words(f"kiosk.staff.phase-{name}-line")
    if place == 0 and issue is not None:
        detail = words("kiosk.staff.phase-recognise-batch", batch=issue.batch)
    if place == sf.PHASES - 1:
        person = _person(ctx, screen.member)
        detail = words("kiosk.staff.phase-register-who", person=person, phone=_phone(screen.member))
    title = words(f"kiosk.staff.phase-{name}")
    if place < screen.phase:
        return PhaseRow(title, detail, "done", words("kiosk.staff.phase-done"))
    if place == screen.phase and screen.at is Writing.BUSY:
        return PhaseRow(title, detail, "now", words("kiosk.staff.phase-now"), screen.percent / 100)
    if place == screen.phase and screen.at in (Writing.TORN, Writing.SPOILED, Writing.REFUSED):
        return PhaseRow(title, detail, "stopped", words("kiosk.staff.phase-stopped"))
    return PhaseRow(title, detail, "later", words("kiosk.staff.phase-later"))


def _facts(ctx: Context, screen: sf.StaffWrite) -> tuple[FactRow, ...]:
    words, member, issue = ctx.words, screen.member, screen.issue
    tier = ctx.tier_name(member.tier)
    joined = "kiosk.staff.joined-today" if member.joined == ctx.today else "kiosk.staff.joined"
    seen = words("kiosk.staff.seen", how=words(f"kiosk.staff.{screen.identity}"))
    who = words(joined, person=_person(ctx, member), tier=tier, day=ctx.full_date(member.joined))
    facts = [FactRow(words("kiosk.staff.member"), who, seen, "jade")]
    if screen.replaces is not None:
        gone = screen.at is Writing.DONE
        tag = words("kiosk.staff.old-blocked" if gone else "kiosk.staff.old-will-be")
        facts.append(FactRow(words("kiosk.staff.old-card"), screen.replaces.number, tag, "warn"))
    if issue is not None:
        left = words("kiosk.staff.left", batch=issue.batch, left=issue.left)
        counted = "kiosk.staff.counted" if screen.at in (Writing.DONE, Writing.SPOILED) else "kiosk.staff.counts"
        tag = words("kiosk.staff.low" if issue.low else counted)
        facts.append(FactRow(words("kiosk.staff.stock"), left, tag, "warn" if issue.low else "plain"))
    else:
        facts.append(FactRow(words("kiosk.staff.stock"), words("kiosk.staff.stock-later")))
    return tuple(facts)


def _line(ctx: Context, screen: sf.StaffWrite) -> tuple[str, Tone]:
    words = ctx.words
    match screen.at:
        case Writing.BUSY:
            return words(
                "kiosk.staff.keep-still", seconds=max(1, ceil((100 - screen.percent) / _PER_CENT_PER_S))
            ), "plain"
        case Writing.TORN if not ctx.state.world.online:
            return words("kiosk.staff.torn-away"), "danger"
        case Writing.TORN if screen.error is not None:
            return ctx.refusal(screen.error), "danger"
        case Writing.REFUSED if isinstance(screen.error, errors.CardNotFit):
            return words(_UNFIT.get(screen.error.text("state"), "kiosk.staff.in-use")), "danger"
        case Writing.REFUSED if screen.error is not None:
            return ctx.refusal(screen.error), "danger"
        case Writing.REFUSED:
            return words("kiosk.staff.line-unreadable"), "danger"
        case Writing.TORN | Writing.SPOILED as at:
            return words(f"kiosk.staff.line-{at.value}"), "danger"
        case at:
            return words(f"kiosk.staff.line-{at.value}"), "plain"


def _buttons(ctx: Context, screen: sf.StaffWrite) -> tuple[Button, ...]:
    words = ctx.words
    match screen.at:
        case Writing.DONE:
            return (
                Button(words("kiosk.staff.finish"), Action.FINISH, tone="plain"),
                Button(words("kiosk.staff.member-pin"), Action.NEW_PIN, icon="lock"),
            )
        case Writing.BUSY:
            return (Button(words("kiosk.staff.busy"), enabled=False),)
        case _:
            return (Button(words("kiosk.staff.give-up"), Action.FINISH, tone="plain"),)


def _steps(ctx: Context, errand: Errand, now: int) -> tuple[StepMark, ...]:
    names = _STEPS if errand in (Errand.ISSUE, Errand.REPLACE) else (*_STEPS[:2], "done")
    return tuple(
        StepMark(
            "" if place < now else str(place + 1),
            ctx.words(f"kiosk.staff.step-{name}"),
            "done" if place < now else "now" if place == now else "later",
        )
        for place, name in enumerate(names)
    )


def _tries(ctx: Context, screen: sf.StaffPin) -> tuple[str, Tone]:
    words, error = ctx.words, screen.error
    if screen.away:
        return words("kiosk.staff.away"), "danger"
    if isinstance(error, errors.PinWrong) and error.number("tries_left") > 0:
        return words(
            "kiosk.pin.tries", tries=error.number("tries_left"), minutes=error.number("lock_minutes", 15)
        ), "warn"
    return (ctx.refusal(error), "danger") if error is not None else (words("kiosk.staff.pin-note"), "plain")


def _who(ctx: Context) -> str:
    staff = ctx.state.staff
    return ctx.words("kiosk.staff.who", name=staff.name, number=staff.number) if staff else ""


def _person(ctx: Context, member: FoundMember) -> str:
    return numbers.person(ctx.words, ctx.pick(member.surname), ctx.pick(member.title))


def _phone(member: FoundMember) -> str:
    """159 **** 3348."""
    return member.phone.replace("****", " **** ")


def _dock(ctx: Context, *, back: bool = True, exit_: bool = True) -> Dock:
    """As in a visit, without its home; no way out while a card is written."""
    found = frame.dock(ctx, back=back, home=False)
    return found if exit_ else replace(found, exit="", seconds="", share=0.0, short="")

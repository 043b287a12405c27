"""Which blocks a view becomes in large text: the same words in the same order, one thing below the other."""

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from kiosk_app.flow.actions import Action
from kiosk_app.present import views
from kiosk_app.ui.large.blocks import (
    Block,
    Card,
    Choices,
    Code,
    Figures,
    Number,
    Pad,
    Page,
    Push,
    Stepper,
    Tiles,
    Title,
    Waiting,
    Words,
)

_BOLD = re.compile(r"</?b>")


def of(view: views.View) -> Page:
    """The page of a view; a sheet over the view takes its place."""
    if view.timeout is not None:
        return _timeout(view.timeout)
    if isinstance(view, views.RewardDetailView) and view.confirm is not None:
        return _confirm(view.confirm)
    if isinstance(view, views.VouchersView) and view.code is not None:
        return _code(view.code)
    make = _PAGES.get(type(view))
    return make(view) if make is not None else Page()


def _page(*found: Block | None, foot: tuple[Push, ...] = (), dock: bool = True) -> Page:
    return Page(tuple(block for block in found if block is not None), foot, dock)


def _words(text: str, *, strong: bool = False, accent: bool = False) -> Words | None:
    return Words(_BOLD.sub("", text), strong=strong, accent=accent) if text else None


def _push(button: views.Button | None, *, careful: bool = False) -> Push | None:
    if button is None or not button.text:
        return None
    primary = button.tone in {"jade", "ink"}
    return Push(button.text, button.action, button.arg, button.icon, primary, button.enabled, careful)


def _pushes(buttons: tuple[views.Button, ...]) -> tuple[Push, ...]:
    ordered = sorted(buttons, key=lambda button: button.tone == "jade")
    return tuple(push for button in ordered if (push := _push(button)) is not None)


def _nothing(note: views.EmptyNote | None) -> Iterator[Block]:
    if note is not None:
        yield Title(note.title)
        if note.detail:
            yield Words(note.detail)
        push = _push(note.button)
        if push is not None:
            yield push


def _timeout(sheet: views.TimeoutSheet) -> Page:
    return _page(
        Title(sheet.title),
        _words(sheet.detail),
        Number(sheet.seconds),
        foot=(Push(sheet.leave, Action.EXIT), Push(sheet.stay, Action.STAY, primary=True)),
        dock=False,
    )


def _confirm(sheet: views.ConfirmSheet) -> Page:
    return _page(
        Title(sheet.title),
        Card(title=sheet.what, lines=(sheet.valid,) if sheet.valid else ()),
        *(Card(title=line.label, figure=line.value) for line in sheet.lines),
        _words(sheet.tier_note),
        _words(sheet.problem, strong=True, accent=True),
        _words(sheet.slow, strong=True),
        _words(sheet.footnote),
        Waiting() if sheet.busy else None,
        foot=()
        if sheet.busy
        else (
            Push(sheet.cancel, Action.CANCEL),
            Push(sheet.confirm, Action.CONFIRM, sheet.arg, sheet.confirm_icon, primary=True, careful=True),
        ),
        dock=False,
    )


def _code(sheet: views.CodeSheet) -> Page:
    return _page(
        Title(sheet.title),
        Code(sheet.qr, sheet.code),
        _words(sheet.hint),
        Number(sheet.seconds),
        foot=(Push(sheet.close, Action.HIDE_CODE, primary=True),),
        dock=False,
    )


def _attract(view: views.AttractView) -> Page:
    return _page(
        Title(view.welcome),
        _words(view.invitation),
        _words(view.tap, strong=True, accent=True),
        _words(view.tap_second),
        _words(view.notice),
    )


def _tap(view: views.TapView) -> Page:
    return _page(Title(view.title), _words(view.detail), foot=_pushes((view.phone,)))


def _reading(view: views.ReadingView) -> Page:
    return _page(
        Waiting(),
        Title(view.title),
        _words(view.detail),
        _words(view.card_number and f"{view.card_word} {view.card_number}"),
        _words(view.privacy, strong=True),
        _words(view.privacy_detail),
    )


def _pin(view: views.PinView) -> Page:
    forgot = Push(view.forgot, Action.FORGOT) if view.forgot else None
    return _page(
        Title(view.title),
        _words(view.detail),
        Waiting() if view.busy else Pad(view.dots, view.pad),
        _words(view.attempts, strong=True),
        forgot,
    )


def _phone(view: views.PhoneLoginView) -> Page:
    show = None if view.problem else _push(view.show)  # what went wrong takes its room: the keys stay in sight
    number = view.phone or view.phone_hint
    return _page(
        Title(view.title),
        _words(view.problem, strong=True, accent=True),
        Card(icon="phone", title=number, push=show) if number else None,
        Waiting() if view.busy else Pad(view.dots, view.pad),
        _words(view.privacy),
        _words(view.help),
        foot=_pushes((view.sign_in,)),
    )


def _home(view: views.HomeView) -> Page:
    points, expiry = view.points, view.expiry
    note = (expiry.short or expiry.title) if expiry else ""
    return _page(
        Title(view.greeting),
        _words(view.card.line or view.card.tier_name),
        _words(view.service_line),
        _words(view.notice, strong=True, accent=True),
        Figures(
            points.points_label,
            points.points,
            note,
            points.tier_points_label,
            points.tier_points,
            points.missing or _BOLD.sub("", points.next_tier),
        ),
        Tiles(tuple(Push(tile.title, tile.action, "", tile.icon, tile.primary) for tile in view.tiles)),
    )


def _rewards(view: views.RewardsView) -> Page:
    cards = (
        Card(
            icon="" if card.available else card.lock_icon,
            title=card.title,
            lines=tuple(line for line in (card.detail, card.lock or card.tag) if line),
            figure=card.price,
            action=Action.REWARD,
            arg=card.slug,
            # The picture on its light ground, which is seen on black too.
            picture=f"{card.picture}-card" if card.picture.startswith("rewards/") else card.picture,
            dim=not card.available,
        )
        for card in view.cards
    )
    return _page(
        Title(view.title),
        Card(title=view.points_label, lines=(view.expiry,) if view.expiry else (), figure=view.points),
        Choices(view.chips),
        *cards,
        _words(view.empty),
    )


def _detail(view: views.RewardDetailView) -> Page:
    quantity = Stepper(view.quantity_label, view.quantity, view.can_less, view.can_more) if view.quantity else None
    redeem = _push(view.redeem, careful=True)
    return _page(
        Title(view.title),
        _words(view.detail),
        Card(title=view.unit, figure=view.price),
        *(Card(icon=fact.icon, title=fact.label, lines=(fact.text,)) for fact in view.facts),
        quantity,
        _words(view.quantity_limit),
        Card(title=view.after_label, figure=view.after) if view.after else None,
        _words(view.why_not, strong=True, accent=True),
        foot=(redeem,) if redeem else (),
    )


def _redeeming(view: views.RedeemingView) -> Page:
    return _page(
        Waiting(),
        Title(view.title),
        _words(view.detail),
        Card(title=view.what, figure=view.price),
        _words(view.note),
        dock=False,
    )


def _success(view: views.SuccessView) -> Page:
    return _page(
        Title(view.title),
        _words(view.detail),
        Code(view.qr, view.code),
        Card(icon=view.icon, title=view.what, lines=(view.valid,)),
        _words(view.hint, strong=True),
        _words(view.footnote),
        foot=_pushes(view.buttons),
    )


def _vouchers(view: views.VouchersView) -> Page:
    cards = (
        Card(
            icon=card.icon,
            title=card.title,
            lines=tuple(line for line in (card.detail, card.code_line, card.tag) if line),
            push=Push(card.button, Action.SHOW_CODE, card.voucher_id, "scan", primary=True) if card.button else None,
        )
        for card in view.cards
    )
    return _page(Title(view.title), Choices(view.tabs), *_nothing(view.nothing), *cards, _words(view.footnote))


def _points(view: views.PointsView) -> Page:
    rows = (
        Title(row.month)
        if row.month
        else Card(icon=row.icon, title=row.title, lines=(row.detail,) if row.detail else (), figure=row.points)
        for row in view.rows
    )
    expiry = tuple(f"{bar.label} {bar.points}" for bar in view.expiry) or (
        (view.expiry_none,) if view.expiry_none else ()
    )
    return _page(
        Title(view.title),
        _words(view.notice, strong=True, accent=True),
        Figures(view.points_label, view.points, "", view.tier_points_label, view.tier_points),
        Card(icon="calendar", title=view.expiry_label, lines=expiry),
        Choices(view.filters),
        *_nothing(view.nothing),
        _words(view.busy) if not view.rows else None,
        *rows,
        Push(view.more, Action.OLDER) if view.more else None,
    )


def _activities(view: views.ActivitiesView) -> Page:
    cards = (
        Card(
            title=card.title,
            lines=tuple(line for line in (card.when, card.place, card.tag) if line),
            picture=card.picture,
        )
        for card in view.cards
    )
    return _page(
        Title(view.title),
        _words(view.notice, strong=True, accent=True),
        Choices(view.tabs),
        *_nothing(view.nothing),
        *cards,
    )


def _checks(rows: tuple[views.CheckRow, ...]) -> Iterator[Card]:
    for row in rows:
        yield Card(
            icon="check-circle" if row.mark == "yes" else "close-circle",
            title=row.title,
            lines=(row.detail,) if row.detail else (),
        )


def _helps(rows: tuple[views.HelpRow, ...]) -> Iterator[Card]:
    for row in rows:
        yield Card(icon=row.icon, title=row.title, lines=(row.detail,) if row.detail else (), push=_push(row.button))


def _banner(banner: views.Banner | None) -> Card | None:
    return Card(icon=banner.icon, title=banner.title, lines=(banner.detail,)) if banner else None


def _offline(view: views.OfflineView | views.ReaderLostView) -> Page:
    return _page(
        Title(view.title), _words(view.detail), _words(view.status), *_checks(view.checks), foot=_pushes(view.buttons)
    )


def _error(view: views.ErrorView) -> Page:
    return _page(
        Title(view.title),
        _words(view.detail),
        Title(view.code) if view.code else None,
        _words(view.code_line),
        _banner(view.banner),
        foot=_pushes(view.buttons),
    )


def _unknown(view: views.UnknownCardView) -> Page:
    return _page(
        Title(view.title),
        _words(view.detail),
        *_helps(view.rows),
        _words(view.staff_title, strong=True),
        _words(view.staff_note),
        foot=_pushes(view.buttons),
    )


def _blocked(view: views.BlockedCardView) -> Page:
    return _page(
        Title(view.title),
        _words(view.detail),
        _banner(view.banner),
        *_helps(view.rows),
        _words(view.footnote),
        foot=_pushes(view.buttons),
    )


def _staff_list(view: views.StaffListView) -> Page:
    return _page(
        Title(view.title), _words(view.detail), _banner(view.banner), *_helps(view.rows), _words(view.note, strong=True)
    )


def _staff_find(view: views.StaffFindView) -> Page:
    find = _push(view.find)
    return _page(
        Title(view.title),
        _words(view.detail),
        _words(view.identity_label),
        Choices(view.chips),
        _words(view.prompt),
        Title(view.typed) if view.typed else None,
        Waiting() if view.busy else Pad((), view.pad),
        _words(view.note, strong=True),
        foot=(find,) if find else (),
    )


def _staff_write(view: views.StaffWriteView) -> Page:
    phases = (Card(title=row.title, lines=(row.detail, row.tag)) for row in view.phases)
    facts = (
        Card(title=row.label, lines=tuple(filter(None, (row.value, row.tag))))
        for row in view.facts
    )  # fmt: skip
    return _page(
        Title(view.title),
        _words(view.detail),
        _words(view.line, strong=True, accent=True),
        Card(title=view.tier_name, lines=(view.number, view.tag), figure=view.percent),
        *phases,
        *facts,
        _words(view.footnote),
        foot=_pushes(view.buttons),
    )


def _staff_swap(view: views.StaffSwapView) -> Page:
    return _page(
        Title(view.title),
        _words(view.detail),
        _words(view.call, strong=True, accent=True),
        _words(view.call_detail),
        *(Card(title=face.name, lines=(face.number, face.tag)) for face in (view.old, view.new)),
        *(Card(title=row.label, lines=tuple(filter(None, (row.value, row.tag)))) for row in view.facts),
        _words(view.footnote),
        *_pushes(view.buttons),
    )


def _staff_voucher(view: views.StaffVoucherView) -> Page:
    head = view.head
    keys = Choices(tuple(views.Chip(key.text, key.action, key.arg) for key in view.symbols)) if view.symbols else None
    return _page(
        Title(view.title),
        _words(view.detail),
        _words(view.prompt),
        Title(view.typed) if view.typed else None,
        _words(view.tag, strong=True),
        Waiting() if view.busy else keys,
        Tiles(tuple(Push(key.text, key.action, key.arg, key.icon) for key in view.edits)) if view.edits else None,
        Card(title=head.name, lines=(head.detail, head.tag)) if head else None,
        *(Card(title=row.label, lines=tuple(filter(None, (row.value, row.tag)))) for row in view.facts),
        _words(view.note, strong=True),
        foot=_pushes(tuple(button for button in (view.cancel, view.confirm) if button.text)),
    )


_PAGES: Mapping[type[views.View], Callable[[Any], Page]] = MappingProxyType(
    {
        views.AttractView: _attract,
        views.TapView: _tap,
        views.ReadingView: _reading,
        views.PhoneLoginView: _phone,
        views.PinView: _pin,
        views.HomeView: _home,
        views.RewardsView: _rewards,
        views.RewardDetailView: _detail,
        views.RedeemingView: _redeeming,
        views.SuccessView: _success,
        views.VouchersView: _vouchers,
        views.PointsView: _points,
        views.ActivitiesView: _activities,
        views.OfflineView: _offline,
        views.ErrorView: _error,
        views.UnknownCardView: _unknown,
        views.ReaderLostView: _offline,
        views.BlockedCardView: _blocked,
        views.StaffListView: _staff_list,
        views.StaffFindView: _staff_find,
        views.StaffWriteView: _staff_write,
        views.StaffVoucherView: _staff_voucher,
        views.StaffSwapView: _staff_swap,
    }
)

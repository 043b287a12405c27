"""Leads a kiosk's flow into staff mode and through it, with invented people (K12)."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Literal, TypeAlias

from msgspec.structs import replace

from club.model import errors
from club.model.text import Text
from club.wire import staff_mode as wire
from kiosk_app.flow import effects
from kiosk_app.flow import events as ev
from kiosk_app.flow.staff_state import Errand
from tests.support import kiosk_values as make
from tests.support.kiosk_visit import Visit, a_tap

STAFF = "staff-tap-0001"
ISSUE = "tap-0001"
SESSION = wire.StaffSession(
    session_id=STAFF, number="1032", name="Li", may=("cards.change", "members.see"), opened_at=make.DRAWN
)
CARD = wire.FoundCard(card_id="card-0001", number="8800 **** 3316", face="gold", state="active", pin_set=True)


def a_member(**changes: Any) -> wire.FoundMember:
    member = wire.FoundMember(
        member_id="m-0018",
        surname=Text("宋", "Song"),
        title=Text("女士", "Ms"),
        phone="159****3348",
        tier="classic",
        status="active",
        joined=make.DRAWN.date(),
        points=0,
        tier_points=0,
        cards=(CARD,),
    )
    return replace(member, **changes)


def an_issue(state: wire.IssueState = "open", issue_id: str = ISSUE, **changes: Any) -> wire.Issue:
    issue = wire.Issue(
        issue_id=issue_id,
        card_id="card-0002",
        number="8800 **** 7106",
        face="classic",
        batch="2026-05-B",
        left=86,
        low=False,
        state=state,
    )
    return replace(issue, **changes)


CODE = "7K2M9Q4T14"
"""A code whose check digits are right."""


VoucherState: TypeAlias = Literal["issued", "fulfilled", "cancelled", "expired"]


def a_voucher(state: VoucherState = "issued", **changes: Any) -> wire.DeskVoucher:
    closed = state in ("fulfilled", "cancelled")
    found = wire.DeskVoucher(
        code=CODE,
        state=state,
        name=Text("基础保养券", "Basic service"),
        category="service",
        fits=Text("家用轿车", "Cars"),
        value_fen=58000,
        points=1200,
        issued_at=make.DRAWN,
        bought_at=Text("自助机 1", "Kiosk 1"),
        valid_to=date(2026, 8, 14),
        here=True,
        stores=(Text("城东店", "East Store"),),
        surname=Text("王", "Wang"),
        title=Text("先生", "Mr"),
        tier="gold",
        card="8800 **** 2719",
        closed_at=make.DRAWN if closed else None,
        closed_store=Text("城东店", "East Store") if closed else Text(""),
    )
    return replace(found, **changes)


def at_code(visit: Visit) -> Visit:
    """A voucher's code is waited for."""
    return at_desk(visit).press("voucher")


def typed(visit: Visit, code: str = CODE) -> Visit:
    """A code was typed."""
    for symbol in code:
        visit.press("symbol", symbol)
    return visit


def at_voucher(visit: Visit, found: wire.DeskVoucher | None = None) -> Visit:
    """A voucher was found."""
    typed(at_code(visit))
    return visit.tell(ev.VoucherSeen(visit.last(effects.SeeVoucher).ask, found or a_voucher()))


def at_pin(visit: Visit) -> Visit:
    """A staff card was tapped."""
    return visit.tell(a_tap(STAFF, "staff-token"), ev.SessionRefused(STAFF, errors.StaffCard()))


def at_desk(visit: Visit) -> Visit:
    """Its PIN was right."""
    return at_pin(visit).enter_pin().tell(ev.StaffOpened(SESSION))


def at_pick(visit: Visit, errand: Errand = Errand.ISSUE, *members: wire.FoundMember, more: bool = False) -> Visit:
    """Members were found."""
    at_desk(visit).press("errand", errand.value).press("identity", "id-card")
    visit.enter_pin("3348").press("find")
    found = wire.FoundMembers(members=members or (a_member(),), more=more)
    return visit.tell(ev.MembersFound(visit.last(effects.FindMembers).ask, found))


def at_write(visit: Visit, errand: Errand = Errand.ISSUE) -> Visit:
    """A blank card is waited for."""
    return at_pick(visit, errand).press("pick", "m-0018" if errand is Errand.ISSUE else "card-0001")


def laid(visit: Visit, tap: str = ISSUE, card: str = "blank-token") -> Visit:
    """A card was laid down."""
    return visit.tell(a_tap(tap, card))


def done(visit: Visit) -> Visit:
    """It was written and is active."""
    return laid(at_write(visit)).tell(ev.IssueMoved(an_issue()), ev.IssueMoved(an_issue("done", left=85)))


def beginnings(visit: Any) -> Iterator[Visit]:
    """Where walks through staff mode begin: what no touch leads to."""
    yield at_desk(visit())
    for errand in Errand:
        yield at_pick(visit(), errand)
        yield at_pick(visit(), errand, a_member(cards=(), status="expired"), more=True)
    for errand in (Errand.ISSUE, Errand.REPLACE):
        yield laid(at_write(visit(), errand))
        yield laid(at_write(visit(), errand)).tell(ev.IssueMoved(an_issue()), ev.IssueStep(ISSUE, 62, 2))
        yield laid(at_write(visit(), errand)).tell(ev.IssueMoved(an_issue()), ev.IssueMoved(an_issue("done")))
    begun = ev.IssueMoved(an_issue(low=True, left=3))
    yield laid(at_write(visit())).tell(begun, ev.IssueStep(ISSUE, 30, 1), ev.IssueTorn(ISSUE))
    yield laid(at_write(visit())).tell(begun, ev.IssueTorn(ISSUE), ev.WentOffline())
    yield laid(at_write(visit())).tell(begun, ev.IssueMoved(an_issue("spoiled")))
    yield at_write(visit()).tell(ev.CardFailed(ev.ReadFault.UNREADABLE))
    for error in (
        errors.CardNotFit(state="unknown", needs="stock"),
        errors.CardNotFit(state="active", needs="stock"),
        errors.CardNotFit(state="old", needs="stock"),
        errors.CardNotFit(state="other-kind", needs="ntag424"),
        errors.CardNotFit(state="blocked", needs="stock"),
        errors.CardNotFit(state="replaced", needs="stock"),
        errors.CardNotActive(reason="membership"),
    ):
        yield laid(at_write(visit())).tell(ev.IssueTorn(ISSUE, error))
    yield done(visit()).press("new_pin")
    yield typed(at_code(visit()), CODE[:-1] + "5")
    yield typed(at_code(visit()).tell(ev.WentOffline()))
    for found in (
        a_voucher(),
        a_voucher("fulfilled"),
        a_voucher("cancelled"),
        a_voucher("expired"),
        a_voucher(here=False),
    ):
        yield at_voucher(visit(), found)
    yield at_voucher(visit(), a_voucher(points=0, bought_at=Text(""), card="", fits=Text("")))
    yield at_voucher(visit()).tell(ev.WentOffline())


def answers(effect: effects.Effect) -> list[ev.Event]:
    """What may come of what staff asked for."""
    match effect:
        case effects.OpenStaff(session_id):
            refusals = (
                errors.PinWrong(tries_left=4, lock_minutes=15),
                errors.PinLocked(until="2026-05-16T14:47:00+08:00", minutes=15),
                errors.NotAllowed(needs="cards.change"),
                errors.PinNotSet(),
                None,
            )
            return [
                ev.StaffOpened(replace(SESSION, session_id=session_id)),
                *(ev.StaffFailed(session_id, one) for one in refusals),
            ]
        case effects.FindMembers(_, ask):
            return [ev.MembersFound(ask, wire.FoundMembers(members=())), *_failures(ask)]
        case effects.SetCardPin(_, ask):
            simple = ev.StaffFailed(ask, errors.PinTooSimple(rule="ascending"))
            return [ev.CardDone(ask), simple, ev.StaffFailed(ask, errors.PinsDiffer()), *_failures(ask)]
        case effects.SeeVoucher(_, ask):
            return [ev.VoucherSeen(ask, a_voucher()), *_failures(ask)]
        case effects.FulfilVoucher(_, ask):
            return [
                ev.VoucherHanded(ask, a_voucher("fulfilled")),
                ev.StaffFailed(ask, errors.VoucherClosed()),
                *_failures(ask),
            ]
        case effects.ActOnCard(_, ask):
            return [ev.CardDone(ask), *_failures(ask)]
        case _:
            return []


def _failures(ask: str) -> list[ev.Event]:
    return [ev.StaffFailed(ask), ev.StaffFailed(ask, errors.SessionEnded()), ev.StaffFailed(ask, errors.NotFound())]

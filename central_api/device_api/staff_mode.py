"""The routes of staff mode at a kiosk: who opens it, whom they find, the cards they issue, block and take back (K12)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from litestar import Response, delete, post
from litestar.params import JSONBody, PathParameter

from central_api import texts
from central_api.bodies import strict
from central_api.cards import keys
from central_api.cards import repository as cards
from central_api.context import Context, Served
from central_api.db import Tx
from central_api.device_api import home
from central_api.device_api.answers import answer
from central_api.device_api.caller import Kiosk, Signed, for_kiosks
from central_api.devices import repository as stores
from central_api.devices.enrolled import Device
from central_api.ledger import service as ledger
from central_api.lifecycle import card_desk, issuing, staff_mode
from central_api.lifecycle import repository as lifecycle
from central_api.lifecycle.staff_mode import StaffAtKiosk
from central_api.members import repository as members
from central_api.members import search
from central_api.programme import service as programmes
from central_api.rewards import service as rewards
from central_api.staff import audit, roles
from club.model import errors
from club.wire import staff_mode as wire

SHOWN = 6
"""Members that a kiosk lists; more of them, and the query says too little."""

SessionId = Annotated[str, PathParameter(description="id the device made", max_length=64)]
IssueId = Annotated[str, PathParameter(description="id the device made", max_length=64)]


@post("/staff-sessions", dto=strict(wire.OpenStaffSession), return_dto=None, status_code=200, tags=["staff mode"])
@for_kiosks
def open_staff_session(
    data: JSONBody[wire.OpenStaffSession], context: Served, kiosk: Kiosk, signed: Signed
) -> Response[wire.StaffSession]:
    """Open staff mode at this kiosk by a staff card and its holder's PIN; wrong ones are counted, and lock it (K12)."""
    now = context.clock.now()
    with context.db.read() as tx:
        rules = rewards.pin_rules(programmes.current(tx, now), context.settings.sessions.card_minutes)
    found = staff_mode.open_session(
        context.db,
        context.passwords,
        lambda tx: keys.StoredKeys(tx, context.keyring, context.vault),
        kiosk,
        data,
        rules,
        signature=signed.signature,
        now=now,
    )
    may = tuple(sorted(right for right in roles.rights_of(found.person.roles)))
    return answer(
        wire.StaffSession(
            session_id=found.id,
            number=found.person.number,
            name=found.person.name,
            may=may,
            opened_at=found.opened_at,
        )
    )


@delete("/staff-sessions/{session_id:str}", tags=["staff mode"])
@for_kiosks
def end_staff_session(session_id: SessionId, context: Served, kiosk: Kiosk) -> None:
    """End staff mode; repeated, it changes nothing."""
    with context.db.write() as tx:
        if staff_mode.end(tx, session_id, kiosk, context.clock.now()):  # what another kiosk writes goes on
            issuing.drop(tx, session_id, context.clock.now())


@post("/staff-sessions/{session_id:str}/members", dto=strict(wire.FindMembers), return_dto=None, status_code=200, tags=["staff mode"])  # fmt: skip
@for_kiosks
def find_members(
    session_id: SessionId, data: JSONBody[wire.FindMembers], context: Served, kiosk: Kiosk
) -> Response[wire.FoundMembers]:
    """Members by phone, its last four digits, plate, card or member number, shown masked; that somebody looked is logged."""

    def work(tx: Tx) -> wire.FoundMembers:
        now = context.clock.now()
        session = _session(tx, context, session_id, kiosk, now)
        found = _found(tx, context, data.query)
        facts: dict[str, int | str] = {"kiosk": kiosk.place, "found": len(found)}
        audit.record(
            tx, actor=session.person.actor, act="member.find", subject=f"device:{kiosk.id}", now=now, facts=facts
        )
        shown = tuple(_member(tx, kiosk, one, now) for one in found[:SHOWN])
        return wire.FoundMembers(members=shown, more=len(found) > SHOWN)

    return answer(context.db.run(work))


@post("/staff-sessions/{session_id:str}/issues", dto=strict(wire.BeginIssue), return_dto=None, status_code=200, tags=["staff mode"])  # fmt: skip
@for_kiosks
def begin_issue(
    session_id: SessionId, data: JSONBody[wire.BeginIssue], context: Served, kiosk: Kiosk
) -> Response[wire.Issue]:
    """Let this kiosk write one blank card for a member; said again, it may go on (N6)."""

    def work(tx: Tx) -> wire.Issue:
        desk, session = _desk(tx, context, session_id, kiosk)
        return _issue(context, issuing.begin(tx, desk, session, data, new_id=context.new_id))

    return answer(context.db.run(work))


@post("/staff-sessions/{session_id:str}/issues/{issue_id:str}/end", dto=strict(wire.EndIssue), return_dto=None, status_code=200, tags=["staff mode"])  # fmt: skip
@for_kiosks
def end_issue(
    session_id: SessionId, issue_id: IssueId, data: JSONBody[wire.EndIssue], context: Served, kiosk: Kiosk
) -> Response[wire.Issue]:
    """The card's run is over: it is activated, or counted as spoiled; said again, the same answer (N6)."""

    def work(tx: Tx) -> wire.Issue:
        desk, session = _desk(tx, context, session_id, kiosk)
        return _issue(context, issuing.end(tx, desk, session, issue_id, data.run_id))

    return answer(context.db.run(work))


@post("/staff-sessions/{session_id:str}/issues/{issue_id:str}/drop", dto=strict(wire.DropIssue), return_dto=None, status_code=200, tags=["staff mode"])  # fmt: skip
@for_kiosks
def drop_issue(
    session_id: SessionId, issue_id: IssueId, data: JSONBody[wire.DropIssue], context: Served, kiosk: Kiosk
) -> Response[wire.CardNow]:
    """The card that lies there cannot be written: the permit ends and the blank one stays in stock; said again, nothing changes (N6)."""

    def work(tx: Tx) -> wire.CardNow:
        desk, session = _desk(tx, context, session_id, kiosk)
        card = issuing.give_up(tx, desk, session, issue_id, data.reason)
        return wire.CardNow(card_id=card, state=lifecycle.card(tx, card).state)

    return answer(context.db.run(work))


@post("/staff-sessions/{session_id:str}/pins", dto=strict(wire.SetCardPin), return_dto=None, status_code=200, tags=["staff mode"])  # fmt: skip
@for_kiosks
def set_card_pin(
    session_id: SessionId, data: JSONBody[wire.SetCardPin], context: Served, kiosk: Kiosk
) -> Response[wire.CardNow]:
    """Give a card the PIN its holder typed twice; one that is easy to guess is refused (K17)."""
    with context.db.write() as tx:
        desk, _ = _desk(tx, context, session_id, kiosk)
        card = lifecycle.card(tx, data.card_id)
        if card is None or card.member is None:
            raise errors.NotFound("expected a card somebody holds, found none", kind="card", id=data.card_id[:64])
        programme = programmes.current(tx, desk.now)
        card_desk.check_pin(tx, context.vault, programme, card.member, data.pin, data.again)
    encoded = context.passwords.hash(data.pin)  # between two units of work: it takes long
    context.db.run(lambda tx: card_desk.set_pin(tx, desk, data.card_id, encoded, data.identity))
    return answer(wire.CardNow(card_id=data.card_id, state="active"))


@post("/staff-sessions/{session_id:str}/cards", dto=strict(wire.ActOnCard), return_dto=None, status_code=200, tags=["staff mode"])  # fmt: skip
@for_kiosks
def act_on_card(
    session_id: SessionId, data: JSONBody[wire.ActOnCard], context: Served, kiosk: Kiosk
) -> Response[wire.CardNow]:
    """Block a card that was lost, or take one back into stock; done again, it changes nothing (N5)."""

    def work(tx: Tx) -> wire.CardNow:
        desk, _ = _desk(tx, context, session_id, kiosk, data.identity)
        if data.act == "block":
            card_desk.block(tx, desk, data.card_id)
        else:
            card_desk.bring_back(tx, desk, data.card_id)
        return wire.CardNow(card_id=data.card_id, state=lifecycle.card(tx, data.card_id).state)

    return answer(context.db.run(work))


def _session(tx: Tx, context: Context, session_id: str, kiosk: Device, now: datetime) -> StaffAtKiosk:
    return staff_mode.find(tx, session_id, kiosk, now, context.settings.sessions.card_minutes)


def _desk(
    tx: Tx, context: Context, session_id: str, kiosk: Device, identity: str = ""
) -> tuple[card_desk.Desk, StaffAtKiosk]:
    now = context.clock.now()
    session = _session(tx, context, session_id, kiosk, now)
    by = session.person.actor
    desk = card_desk.Desk(context.vault, context.keyring, by, now, kiosk.place, session.card, identity)
    return desk, session


def _found(tx: Tx, context: Context, query: str) -> Sequence[search.Masked]:
    found = search.find(tx, context.vault, query)
    if found:
        return found
    card = lifecycle.card_of_number(tx, " ".join(query.split()))
    return search.find(tx, context.vault, card.member) if card is not None and card.member is not None else ()


def _member(tx: Tx, kiosk: Device, found: search.Masked, now: datetime) -> wire.FoundMember:
    row = members.member(tx, found.id)
    today = texts.local_day(now, home.zone_of(stores.all_stores(tx), kiosk.store))
    balances = ledger.balances(tx, found.id, today)
    return wire.FoundMember(
        member_id=found.id,
        surname=texts.text(row.surname),
        title=texts.text(row.title),
        phone=found.phone,
        tier=found.tier,
        status=found.status,
        joined=row.joined,
        points=balances.points,
        tier_points=balances.tier_points,
        cards=tuple(
            wire.FoundCard(
                card_id=card.id,
                number=home.masked(card.number),
                face=card.face,
                state=card.state,
                pin_set=cards.pin(tx, card.id) is not None,
            )
            for card in cards.cards_of(tx, found.id)
        ),
    )


def _issue(context: Context, found: issuing.Issue) -> wire.Issue:
    return wire.Issue(
        issue_id=found.id,
        card_id=found.card,
        number=home.masked(found.number),
        face=found.face,
        batch=found.batch,
        left=found.left,
        low=found.left < context.settings.cards.low_stock,
        state=found.state,
        family=found.family,
    )


handlers: list[Any] = [
    open_staff_session,
    end_staff_session,
    find_members,
    begin_issue,
    end_issue,
    drop_issue,
    set_card_pin,
    act_on_card,
]

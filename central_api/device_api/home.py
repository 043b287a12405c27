"""Gathers what the kiosk shows of a member whose card lies on the reader (K2)."""

from datetime import datetime

from central_api import texts
from central_api.cards import repository as cards
from central_api.cards.sessions import Session
from central_api.db import Tx
from central_api.devices import repository as stores
from central_api.ledger import service as ledger
from central_api.members import repository as members
from central_api.programme import service as programmes
from central_api.programme.content import Programme
from central_api.rewards import catalogue, vouchers
from central_api.visits import service as visits
from club.wire.cards import CardSession, Expiry, MemberHome


def card_session(tx: Tx, session: Session, programme: Programme, now: datetime) -> CardSession:
    """An open session with the member's figures of this moment. Reads only."""
    return CardSession(
        session_id=session.id,
        assurance=session.assurance,  # type: ignore[arg-type]  # the column's constraint names the same three
        opened_at=session.opened_at,
        member=member_home(tx, session, programme, now),
    )


def member_home(tx: Tx, session: Session, programme: Programme, now: datetime) -> MemberHome:
    """The member's home page; a card known by its UID alone opens it without the vouchers, whose codes are worth money (N4)."""
    time_zone = stores.store(tx, session.store).time_zone
    today = texts.local_day(now, time_zone)
    member, card = members.member(tx, session.member), cards.card_by_id(tx, session.card)
    balances = ledger.balances(tx, member.id, today, programme.show_expiries)
    return MemberHome(
        member_id=member.id,
        surname=texts.text(member.surname),
        title=texts.text(member.title),
        language=member.language,
        tier=member.tier,
        card_number=masked(card.number),
        card_face=card.face,
        valid_to=member.valid_to,
        points=balances.points,
        tier_points=balances.tier_points,
        as_of=now,
        expiries=tuple(Expiry(on=expiry.on, points=expiry.points) for expiry in balances.expiries),
        saved_this_year_fen=programmes.saved_this_year(tx, member.id, now, time_zone),
        vouchers=vouchers.of_member(tx, member.id, today) if session.assurance == "cryptogram" else (),
        limits=catalogue.limits(tx, member.id, now, time_zone),
        pin_set=cards.pin(tx, card.id) is not None,
        service_line=visits.service_line(tx, member.id, now, time_zone),
    )


def masked(number: str) -> str:
    """A card number as it is shown: 8800 **** 2719."""
    groups = number.split()
    return " ".join([groups[0], *("*" * len(group) for group in groups[1:-1]), groups[-1]])

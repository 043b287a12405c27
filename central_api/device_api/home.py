"""Gathers what the kiosk shows of a member whose card lies on the reader (K2)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from central_api import texts
from central_api.cards import repository as cards
from central_api.cards import sessions
from central_api.cards.sessions import Session
from central_api.db import Tx
from central_api.ledger import service as ledger
from central_api.programme import service as programmes
from central_api.programme.content import Programme
from central_api.rewards import catalogue, vouchers
from central_api.visits import service as visits
from club.wire.cards import CardSession, Expiry, MemberHome


def card_session(
    tx: Tx, session: Session, programme: Programme, all_stores: Sequence[Any], now: datetime
) -> CardSession:
    """An open session with the member's figures of this moment. Reads only; `all_stores` are the stores' rows."""
    return CardSession(
        session_id=session.id,
        assurance=session.assurance,
        opened_at=session.opened_at,
        member=member_home(tx, session, programme, all_stores, now),
    )


def member_home(tx: Tx, session: Session, programme: Programme, all_stores: Sequence[Any], now: datetime) -> MemberHome:
    """The member's home page.

    A card that can be copied opens it without the vouchers, whose codes are worth money; they come once the PIN was given in
    the session (N4).
    """
    time_zone = zone_of(all_stores, session.store)
    today = texts.local_day(now, time_zone)
    holder = cards.holder(tx, session.card)
    balances = ledger.balances(tx, holder.id, today, programme.show_expiries)
    names = catalogue.names_of(all_stores)
    return MemberHome(
        member_id=holder.id,
        surname=texts.text(holder.surname),
        title=texts.text(holder.title),
        language=holder.language,
        tier=holder.tier,
        card_number=masked(holder.number),
        card_face=holder.face,
        valid_to=holder.valid_to,
        points=balances.points,
        tier_points=balances.tier_points,
        as_of=now,
        expiries=tuple(Expiry(on=expiry.on, points=expiry.points) for expiry in balances.expiries),
        saved_this_year_fen=programmes.saved_this_year(tx, holder.id, now, time_zone),
        vouchers=vouchers.of_member(tx, holder.id, names, today) if sessions.shows_worth(tx, session) else (),
        limits=catalogue.limits(tx, holder.id, now, time_zone),
        pin_set=holder.pin_set_at is not None,
        service_line=visits.service_line(tx, holder.id, now, time_zone),
    )


def zone_of(all_stores: Sequence[Any], slug: str) -> str:
    """The time zone of a store, by its slug."""
    return next(str(row.time_zone) for row in all_stores if row.slug == slug)


def masked(number: str) -> str:
    """A card number as it is shown: 8800 **** 2719."""
    groups = number.split()
    return " ".join([groups[0], *("*" * len(group) for group in groups[1:-1]), groups[-1]])

"""Points as money at the till: kept by a hold, spent when the till confirms, free again when it cancels (A11, A13).

Each step is harmless when it is repeated: a till whose line broke asks again and gets the same answer.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from central_api import texts
from central_api.db import Tx
from central_api.feed import due
from central_api.integrations.dms import members
from central_api.integrations.dms.members import Desk
from central_api.integrations.keys.service import Client
from central_api.integrations.till import paying
from central_api.integrations.till.schemas import Payment, Reserve, State
from central_api.ledger import debts, expiry, returns
from central_api.ledger import repository as books
from central_api.ledger import service as ledger
from central_api.ledger.service import Occasion
from central_api.members import repository as people
from central_api.members import search
from central_api.programme import service as programmes
from central_api.programme.content import TillRules
from central_api.rewards import holds
from central_api.rewards.tables import holds as hold_rows
from central_api.staff import audit
from club.model import errors
from club.words import words

FEN = 100  # of a yuan


def reserve(tx: Tx, desk: Desk, client: Client, wish: Reserve) -> Payment:
    """Keep points for a payment; asked again, the same answer.

    Raises:
        NotFound: nobody is linked to the member's number, or no such store.
        NotAllowed: the store is not the key's, the club takes no points at the till, or no card is named where it must be (needs=card).
        Malformed: points that are not worth whole fen.
        CardNotActive: the membership is over, or the card is not in use.
        CardUnknown, CardBlocked, CardLimitReached: the card is not the member's, was reported lost, or may spend less.
        IdempotencyConflict: the number was used for another member, other points or another store.
        NotEnoughPoints: fewer are free.
    """
    store = members.store_of(tx, client, wish.store)
    member = members.behind(tx, client, wish.member)
    ledger.lock_member(tx, member.id)  # sent twice at once, the second finds what the first has made
    known = _row(tx, client, wish.number)
    if known is not None:
        client.must_serve(known.store)
        same = (search.current(tx, known.member), known.points, known.store)
        if same != (member.id, wish.points, wish.store) or not paying.is_card(tx, known.card, wish.card):
            raise errors.IdempotencyConflict(
                "this payment's number was used before for another member, card or store or other points"
            )
        return seen(tx, desk, client, wish.number)
    card = paying.named(tx, member.id, wish.card)
    rules = _rules(tx, desk)
    amount_fen(wish.points, rules)
    if member.status != "active":
        raise errors.CardNotActive("expected an active membership, found it over", reason="membership")
    paying.must_fit(tx, card, member.id, texts.local_day(desk.now, store.time_zone))
    holds.place(
        tx,
        member.id,
        wish.points,
        reference=_reference(client, wish.number),
        store=wish.store,
        today=texts.local_day(desk.now, store.time_zone),
        now=desk.now,
        until=desk.now + timedelta(minutes=rules.hold_minutes),
        new_id=desk.new_id,
        card=card.id if card else None,
    )
    _log(tx, desk, client, "till.reserve", wish.number, wish.points)
    return seen(tx, desk, client, wish.number)


def confirm(tx: Tx, desk: Desk, client: Client, number: str) -> Payment:
    """Spend the points that were kept; confirmed again, the same answer.

    Raises:
        NotFound: there is no such payment.
        NotAllowed: it is another store's.
        EditConflict: it was cancelled, or its time is over.
        NotEnoughPoints: the points it kept have expired or gone back meanwhile.
    """
    row = _locked(tx, client, number)
    zone = members.store_of(tx, client, row.store).time_zone
    occasion = Occasion(
        kind="redeem",
        at=desk.now,
        category="till",
        store=row.store,
        reference=row.id,
        facts={"title": texts.column(texts.both(lambda language: words(language)("server.history.till")))},
    )
    found = holds.confirm(tx, row.id, occasion, today=texts.local_day(desk.now, zone), now=desk.now, new_id=desk.new_id)
    if row.state != "confirmed":
        _log(tx, desk, client, "till.confirm", number, found.points)
    return seen(tx, desk, client, number)


def cancel(tx: Tx, desk: Desk, client: Client, number: str) -> Payment:
    """Free the points that are kept, or give back those that were spent, into the same lots; again, the same answer.

    Raises:
        NotFound: there is no such payment.
        NotAllowed: it is another store's.
    """
    row = _locked(tx, client, number)
    zone = members.store_of(tx, client, row.store).time_zone
    if row.state == "open":
        if holds.release(tx, row.id, now=desk.now).state == "released":  # else its time was over anyway
            _log(tx, desk, client, "till.cancel", number, row.points)
    elif row.state == "confirmed" and books.held_by(tx, row.entry):
        title = texts.both(lambda language: words(language)("server.history.till-cancelled"))
        occasion = Occasion(
            kind="reverse", at=desk.now, category="till", store=row.store, facts={"title": texts.column(title)}
        )
        today = texts.local_day(desk.now, zone)
        back = returns.give_back(tx, row.entry, today, occasion, new_id=desk.new_id)
        debts.settle_returned(tx, back, today, occasion, new_id=desk.new_id)
        if people.member(tx, back.member).status == "closed":  # they left: nobody will come back for it (A10)
            expiry.book_off_all(tx, back.member, occasion, new_id=desk.new_id)
        due.mark(tx, due.MEMBER, back.member)
        _log(tx, desk, client, "till.return", number, row.points)
    return seen(tx, desk, client, number)


def seen(tx: Tx, desk: Desk, client: Client, number: str) -> Payment:
    """How a payment stands. Reads only.

    Raises:
        NotFound: there is no such payment.
        NotAllowed: it is another store's.
    """
    row = _known(tx, client, number)
    state: State
    if row.state == "confirmed":
        state = "paid" if books.held_by(tx, row.entry) else "returned"
    elif row.state == "released":
        state = "cancelled"
    else:
        state = "reserved" if row.state == "open" and row.until > desk.now else "lapsed"
    return Payment(
        number=number,
        member=row.member,
        state=state,
        points=row.points,
        amount_fen=row.points * FEN // _rules_of(tx, row).points_per_yuan,
        until=row.until,
    )


def amount_fen(points: int, rules: TillRules) -> int:
    """What points are worth at the till, in fen.

    Raises:
        Malformed: it is no whole number of fen.
    """
    fen, rest = divmod(points * FEN, rules.points_per_yuan)
    if rest:
        raise errors.Malformed(
            f"expected points worth whole fen at {rules.points_per_yuan} points for a yuan, found {points}"
        )
    return fen


def _rules(tx: Tx, desk: Desk) -> TillRules:
    rules = programmes.counting(tx, desk.now).till
    if rules is None:
        raise errors.NotAllowed("expected a club that takes points at the till, found one that does not", needs="till")
    return rules


def _rules_of(tx: Tx, row: Any) -> TillRules:
    """The rules of the hour in which it was reserved: what was told then stays true."""
    found = programmes.counting(tx, row.placed_at).till
    return found or TillRules(points_per_yuan=1)


def _reference(client: Client, number: str) -> str:
    return f"{client.source}:{number}"


def _row(tx: Tx, client: Client, number: str) -> Any:
    return tx.first(select(hold_rows).where(hold_rows.c.reference == _reference(client, number)))


def _known(tx: Tx, client: Client, number: str) -> Any:
    row = _row(tx, client, number)
    if row is None:
        raise errors.NotFound(
            f"expected the number of a payment of {client.source}, found another", kind="payment", id=number[:64]
        )
    client.must_serve(row.store)
    return row


def _locked(tx: Tx, client: Client, number: str) -> Any:
    """The payment as it stands once its member is locked: what others did at the same moment is seen."""
    ledger.lock_member(tx, _known(tx, client, number).member)
    return _known(tx, client, number)


def _log(tx: Tx, desk: Desk, client: Client, act: str, number: str, points: int) -> None:
    subject = f"payment:{client.source}:{number}"[:128]
    audit.record(tx, actor=client.actor, act=act, subject=subject, now=desk.now, facts={"points": points})

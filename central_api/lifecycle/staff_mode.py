"""Opens staff mode at a kiosk by a staff card and its holder's PIN, finds it again, and ends it (K12).

A try is counted before it is checked, in its own transaction, as for members' PINs (`cards.pins`).
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from central_api.cards import pins, sessions, verify
from central_api.cards.keys import CardKeys
from central_api.cards.pins import PinRules
from central_api.db import Database, Tx
from central_api.devices.enrolled import Device
from central_api.security.passwords import Passwords
from central_api.staff import at_kiosk, audit, roles
from central_api.staff.service import Person, person_of
from club.model import errors
from club.wire.cards import Evidence
from club.wire.staff_mode import OpenStaffSession

RIGHT: roles.Right = "cards.change"
"""What staff mode at a kiosk needs."""


@dataclass(frozen=True, slots=True)
class StaffAtKiosk:
    """An open session: who, at which kiosk of which store, by the staff card of which id."""

    id: str
    person: Person
    device: str
    place: str
    store: str
    opened_at: datetime
    card: str


def open_session(
    db: Database,
    passwords: Passwords,
    keyset_of: Callable[[Tx], CardKeys],
    device: Device,
    wish: OpenStaffSession,
    rules: PinRules,
    *,
    signature: str,
    now: datetime,
) -> StaffAtKiosk:
    """Judge a staff card and its holder's PIN, and open staff mode at this kiosk; asked again, the same session.

    Args:
        db: the database; the PIN is checked between two short units of work, for that takes long.
        passwords: who checks.
        keyset_of: who holds the cards' keys, in a unit of work.
        device: the kiosk.
        wish: the tap and the PIN.
        rules: how many tries, how long the lock, how long a session lives without a request.
        signature: the request's signature; the very same request sent twice counts as one try.
        now: the instant.

    Raises:
        CardUnknown: it is no staff card.
        CardBlocked: it was, and its holder lost it, or left.
        CryptogramWrong, CryptogramReplayed, CardDowngraded: the card did not prove itself.
        PinNotSet, PinLocked, PinWrong: of the PIN.
        NotAllowed: the person's role, or store, is not for this.
        IdempotencyConflict: the session's id was used with another tap, or is over.
    """
    token = hashlib.sha256(signature.encode()).hexdigest()
    with db.write() as tx:
        card, proved = _judged(tx, keyset_of(tx), wish.evidence)
        if at_kiosk.session(tx, wish.session_id) is None and proved.counter is not None:
            _must_be_new(
                card, proved.counter
            )  # before the PIN is looked at: a message of the past is no place to guess it
        kept = _count_try(tx, card.staff, rules, token, now)
    right = passwords.matches(kept.hash, wish.pin)
    with db.write() as tx:
        row = at_kiosk.pin(tx, card.staff)
        if right:
            at_kiosk.change_pin(tx, card.staff, {"fails": 0, "locked_until": None})
        else:
            facts: dict[str, int | str] = {"tries": int(row.fails), "kiosk": device.place}
            act = "kiosk.staff-lock" if row.fails >= rules.tries else "kiosk.staff-pin-wrong"
            audit.record(tx, actor=f"device:{device.id}", act=act, subject=f"staff:{card.staff}", now=now, facts=facts)
    if not right:
        if row.fails >= rules.tries:
            raise pins.locked(row.locked_until or now, now)
        left = max(0, rules.tries - row.fails)
        raise errors.PinWrong("the PIN is not right", tries_left=left, lock_minutes=rules.lock_minutes)
    refusal = _may_not(db, device, card.staff, now)
    if refusal is not None:
        raise refusal
    return db.run(lambda tx: _open(tx, keyset_of(tx), device, wish, now, rules.session_minutes))


def find(tx: Tx, session_id: str, device: Device, now: datetime, minutes: int) -> StaffAtKiosk:
    """The open session of that id at this kiosk; notes that it was used.

    Raises:
        SessionEnded: it was ended, nothing was asked in it for `minutes`, its card was blocked, its holder left, or there is none.
        NotAllowed: the person's role was taken away meanwhile.
    """
    row = at_kiosk.session(tx, session_id)
    if (
        row is None
        or row.device != device.id
        or row.ended_at is not None
        or now - row.used_at > timedelta(minutes=minutes)
    ):
        raise errors.SessionEnded("no staff session of this id is open at this kiosk; tap the staff card again")
    person = person_of(tx, row.staff)
    if person is None or not at_kiosk.is_good(tx, row.card):
        raise errors.SessionEnded("the staff card, or its holder, is not in use any more")
    _must_be_allowed(person, device)
    at_kiosk.change_session(tx, session_id, {"used_at": now})
    return StaffAtKiosk(row.id, person, device.id, device.place, device.store, row.opened_at, row.card)


def end(tx: Tx, session_id: str, device: Device, now: datetime) -> bool:
    """End a session; ending it again, or one that never was, changes nothing. Whether it is, or was, this kiosk's."""
    row = at_kiosk.session(tx, session_id)
    if row is None or row.device != device.id:
        return False
    if row.ended_at is None:
        at_kiosk.change_session(tx, session_id, {"ended_at": now})
        _note(tx, row.staff, "kiosk.staff-leave", device, session_id, now)
    return True


def _open(
    tx: Tx, keyset: CardKeys, device: Device, wish: OpenStaffSession, now: datetime, minutes: int
) -> StaffAtKiosk:
    digest = sessions.evidence_digest(wish.evidence)
    known = at_kiosk.session(tx, wish.session_id)
    if known is not None:
        if known.evidence_sha256 != digest or known.device != device.id:
            raise errors.IdempotencyConflict("this session id was used before with another tap")
        return find(tx, wish.session_id, device, now, minutes)
    card, proved = _judged(tx, keyset, wish.evidence)
    if proved.counter is not None and not at_kiosk.raise_counter(tx, card.id, proved.counter):
        raise _replayed(card, proved.counter)
    values = {
        "id": wish.session_id,
        "device": device.id,
        "store": device.store,
        "staff": card.staff,
        "card": card.id,
        "evidence_sha256": digest,
        "opened_at": now,
        "used_at": now,
        "ended_at": None,
    }
    at_kiosk.add_session(tx, values)
    _note(tx, card.staff, "kiosk.staff-enter", device, wish.session_id, now)
    return find(tx, wish.session_id, device, now, minutes)


def _judged(tx: Tx, keyset: CardKeys, evidence: Evidence) -> tuple[Any, verify.Proved]:
    if evidence.proof is not None:
        raise errors.CryptogramWrong("expected a staff card's own message, found a proof of another kind")
    proved = verify.judge(evidence, keyset)
    card = at_kiosk.card(tx, proved.uid)
    if card is None:
        raise errors.CardUnknown("nobody of the staff has this card")
    if card.state != "active" or at_kiosk.working(tx, card.staff) is None:
        raise errors.CardBlocked(f"staff card {card.id} is not in use any more", since="", reason="lost")
    verify.must_not_be_weaker(proved, card.assurance)
    return card, proved


def _must_be_new(card: Any, counter: int) -> None:
    if counter <= card.last_counter:
        raise _replayed(card, counter)


def _replayed(card: Any, counter: int) -> errors.CryptogramReplayed:
    return errors.CryptogramReplayed(
        f"expected a counter above {card.last_counter}, found {counter}: this message was seen before",
        last=int(card.last_counter),
        got=counter,
    )


def _count_try(tx: Tx, number: str, rules: PinRules, token: str, now: datetime) -> Any:
    row = at_kiosk.pin(tx, number)
    if row is None:
        raise errors.PinNotSet("this member of staff has no PIN yet")
    change = pins.tried(row, rules, token, now)
    if change:
        at_kiosk.change_pin(tx, number, change)
    return row


def _may_not(db: Database, device: Device, number: str, now: datetime) -> errors.NotAllowed | None:
    """Why somebody with the right PIN is refused all the same; written down, which a rollback would forget."""
    with db.write() as tx:
        person = person_of(tx, number)
        try:
            if person is not None:
                _must_be_allowed(person, device)
        except errors.NotAllowed as refusal:
            audit.record(
                tx, actor=f"staff:{number}", act="kiosk.staff-refused", subject=f"device:{device.id}", now=now,
                facts={"kiosk": device.place, "needs": refusal.text("needs")},
            )  # fmt: skip
            return refusal
    return None


def _must_be_allowed(person: Person, device: Device) -> None:
    if not roles.may(person.roles, RIGHT):
        raise errors.NotAllowed(f"expected a role that has {RIGHT}, found {', '.join(person.roles)}", needs=RIGHT)
    if device.store not in person.stores:  # who works for no store works for none
        raise errors.NotAllowed("expected somebody of this kiosk's store, found another's", needs=device.store)


def _note(tx: Tx, number: str, act: str, device: Device, session_id: str, now: datetime) -> None:
    facts = {"kiosk": device.place, "session": session_id}
    audit.record(tx, actor=f"staff:{number}", act=act, subject=f"device:{device.id}", now=now, facts=facts)

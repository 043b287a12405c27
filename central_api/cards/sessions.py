"""Opens, finds and ends card sessions: what a tap is good for, for how long (N3 to N5)."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from central_api.cards import repository, runs, verify
from central_api.cards.keys import CardKeys
from central_api.db import Tx
from central_api.devices.enrolled import Device
from central_api.staff import at_kiosk
from club.model import errors
from club.wire.cards import Evidence, OpenCardSession, SessionAssurance
from club.wire.codec import encode

STILL_TRUSTED = frozenset({"", "lost", "over"})
"""Why a card may be blocked while its PIN is still its holder's alone: reported lost, or a temporary card's last day."""
_TOUCH = timedelta(seconds=5)  # a session's last use is written again only after this long


@dataclass(frozen=True, slots=True)
class Session:
    """A session with its card and member. `card` and `member` are ids; of one by phone, `card` is the one whose PIN was given (ADR 17)."""

    id: str
    device: str
    store: str
    card: str
    member: str
    assurance: SessionAssurance
    opened_at: datetime
    used_at: datetime
    ended_at: datetime | None


def open_session(
    tx: Tx,
    keyset: CardKeys,
    device: Device,
    wish: OpenCardSession,
    now: datetime,
    today: date,
    grace_days: int,
    minutes: int,
) -> Session:
    """Judge a tap and open its session; the same id with the same evidence finds the session it opened before (N4).

    A session that is over is not found so: a tap sent again later is no way back into it.

    Args:
        tx: a unit of work that writes.
        keyset: who holds the keys of cards.
        device: who read the card.
        wish: what the device sent.
        now: the instant.
        today: the store's day.
        grace_days: how long after its last day a membership can still be renewed at the kiosk.
        minutes: how long a session lives without a request.

    Raises:
        SessionEnded: the session this very tap opened is over.
        IdempotencyConflict: the id was used with other evidence, or by another device.
        CardUnknown, CardBlocked, CardNotActive, CardDowngraded, CryptogramWrong, CryptogramReplayed: see `club.model.errors`.
    """
    digest = evidence_digest(wish.evidence)
    known = repository.session(tx, wish.session_id)
    if known is None:
        # Judged before the row is written, so that what is refused leaves nothing and a second, racing tap waits at the row.
        card, proved = _admit(tx, keyset, wish.evidence, today, grace_days)
        values = {
            "id": wish.session_id,
            "device": device.id,
            "store": device.store,
            "card": card.id,
            "member": card.member,
            "assurance": proved.assurance,
            "evidence_sha256": digest,
            "opened_at": now,
            "used_at": now,
            "ended_at": None,
        }
        if repository.add_session(tx, values):
            if proved.counter is not None and not repository.raise_counter(tx, card.id, proved.counter):
                last = repository.card_by_id(tx, card.id).last_counter
                raise errors.CryptogramReplayed(
                    f"expected a counter above {last}, found {proved.counter}: this message was seen before",
                    last=int(last),
                    got=proved.counter,
                )
            if wish.evidence.proof is not None:
                runs.take_proof(tx, device, wish.evidence.proof, proved.uid, now)
            return Session(
                wish.session_id, device.id, device.store, card.id, card.member, proved.assurance, now, now, None
            )
        known = repository.session(tx, wish.session_id)
    if known.evidence_sha256 != digest or known.device != device.id:
        raise errors.IdempotencyConflict("this session id was used before with other evidence")
    return _still_open(tx, known, now, minutes)


def find(tx: Tx, session_id: str, device: Device, now: datetime, minutes: int) -> Session:
    """The open session of that id on this device; notes that it was used.

    Raises:
        SessionEnded: it was ended, nobody used it for `minutes`, or there is none.
        CardBlocked: its card was blocked meanwhile: block beats an open session (N5).
    """
    row = repository.session(tx, session_id)
    if row is None or row.device != device.id:
        raise errors.SessionEnded("no session of this id is open on this device; tap again")
    found = _still_open(tx, row, now, minutes)
    if now - found.used_at > _TOUCH:
        repository.change_session(tx, session_id, {"used_at": now})
    return found


def get(tx: Tx, session_id: str, device: Device) -> Session:
    """The session of that id on this device, also when it is over.

    Raises:
        SessionEnded: there is none.
    """
    row = repository.session(tx, session_id)
    if row is None or row.device != device.id:
        raise errors.SessionEnded("this device never opened a session of this id; tap again")
    return _session(row)


def is_open(session: Session, now: datetime, minutes: int) -> bool:
    """Whether a session still is, when it lasts `minutes` without a request."""
    return session.ended_at is None and now - session.used_at <= timedelta(minutes=minutes)


def shows_worth(tx: Tx, session: Session) -> bool:
    """Whether a session may show what is worth money or private: vouchers' codes, the points' history (N4).

    A card that cannot be copied is enough; one that can needs its PIN, once in the session. By phone it was given at the door.
    """
    return session.assurance in ("cryptogram", "phone") or repository.pin_given(tx, session.id)


def end(tx: Tx, session_id: str, device: Device, now: datetime) -> None:
    """End a session; ending it again, or one that never was, changes nothing.

    Grants of its commands stay: each is bound to one command and its body, and that command may still be under way.
    """
    row = repository.session(tx, session_id)
    if row is not None and row.device == device.id and row.ended_at is None:
        repository.change_session(tx, session_id, {"ended_at": now})


def must_not_be_blocked(card: Any) -> None:
    """Refuse a card that was reported lost, blocked for another reason, or replaced.

    Raises:
        CardBlocked: with the day and the reason.
    """
    if card.state in ("blocked", "replaced"):
        since = card.blocked_since.isoformat() if card.blocked_since else ""
        reason = "replaced" if card.state == "replaced" else card.reason or "lost"
        raise errors.CardBlocked(
            f"card {card.id} is {card.state} since {since or 'long ago'}", since=since, reason=reason
        )


def must_be_in_use(card: Any, today: date) -> None:
    """Refuse a card that opens nothing today.

    Raises:
        CardBlocked: see `must_not_be_blocked`.
        CardNotActive: it is in stock, or its last day is over.
    """
    must_not_be_blocked(card)
    if card.state != "active" or (card.good_until is not None and card.good_until < today):
        raise errors.CardNotActive(f"card {card.id} is {card.state}, good until {card.good_until}", reason="card")


def must_serve_phone(card: Any) -> None:
    """Refuse a card whose PIN is to open nothing; one that was only reported lost, or is out of date, lets its holder in by phone.

    Such a session can look, and have the card replaced; it cannot redeem, for the card is blocked there as everywhere (N5).

    Raises:
        CardBlocked: with the day and the reason.
    """
    if card.state != "blocked" or card.reason not in STILL_TRUSTED:
        must_not_be_blocked(card)


def must_be_member(status: str, valid_to: date, today: date, grace_days: int) -> None:
    """Refuse whose membership waits for its activation, was closed, or is over for longer than it can be renewed here.

    Raises:
        CardNotActive: with the reason `membership`.
    """
    if status in ("pending", "closed") or valid_to + timedelta(days=grace_days) < today:
        raise errors.CardNotActive(f"the membership is {status}, good until {valid_to}", reason="membership")


def evidence_digest(evidence: Evidence) -> str:
    """Hex SHA-256 of a tap's evidence: what a repeat must bring again. Without a proof it is what it was before there were any."""
    parts = msgspec.structs.asdict(evidence)
    if evidence.proof is None:
        del parts["proof"]
    return hashlib.sha256(encode(parts)).hexdigest()


def _admit(tx: Tx, keyset: CardKeys, evidence: Evidence, today: date, grace_days: int) -> tuple[Any, verify.Proved]:
    proved = verify.judge(evidence, keyset)
    card = repository.card(tx, proved.uid)
    if card is None:
        if at_kiosk.card(tx, proved.uid) is not None:
            raise errors.StaffCard("a staff card opens staff mode, with its holder's PIN")
        raise errors.CardUnknown("no member holds this card")
    must_be_in_use(card, today)
    must_be_member(card.status, card.valid_to, today, grace_days)
    verify.must_not_be_weaker(proved, card.assurance)
    return card, proved


def _still_open(tx: Tx, row: Any, now: datetime, minutes: int) -> Session:
    found = _session(row)
    if not is_open(found, now, minutes):
        raise errors.SessionEnded("this session is over; tap again")
    card = repository.card_by_id(tx, found.card)
    if card.member != found.member:
        raise errors.SessionEnded("this card was taken back, or is somebody else's now; tap again")
    if found.assurance == "phone":
        must_serve_phone(card)
    else:
        must_not_be_blocked(card)
    return found


def _session(row: Any) -> Session:
    return Session(
        row.id, row.device, row.store, row.card, row.member, row.assurance, row.opened_at, row.used_at, row.ended_at
    )

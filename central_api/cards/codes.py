"""Makes member codes and opens sessions by them: a QR that a member without a card shows to the kiosk's scanner (N8; ADR 18)."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import date, datetime

from central_api.cards import phones, repository, sessions
from central_api.cards.sessions import Session
from central_api.db import Tx
from central_api.devices.enrolled import Device
from central_api.members import repository as members
from central_api.members import search
from central_api.staff import audit
from club.model import errors, member_code
from club.wire.cards import OpenCodeSession


def issue(
    tx: Tx,
    member: str,
    *,
    by: str,
    now: datetime,
    identity: str = "",
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
) -> str:
    """Make a member's code; the one before is good no more, nor any of who was merged into them. It is returned this once and kept nowhere.

    Args:
        tx: a unit of work that writes.
        member: id.
        by: who does it, such as `staff:1001`.
        now: the instant.
        identity: how staff saw who it is, a slug such as `id-card`; the log of acts keeps it.
        random_bytes: see `club.model.member_code.make`.

    Raises:
        NotFound: no such member, or one who left or was merged into another.
    """
    row = members.find(tx, member)
    if row is None or row.status == "closed" or row.merged_into is not None:
        raise errors.NotFound("expected a member, found none under this id", kind="member", id=member[:64])
    code = member_code.make(random_bytes)
    values = {"member": member, "digest": _digest(code), "made_at": now, "made_by": by}
    repository.forget_member_codes(tx, members.family(tx, member)[1:])
    repository.put_member_code(tx, values)
    audit.record(tx, actor=by, act="code.issue", subject=f"member:{member}", now=now, facts={"identity": identity})
    return code


def withdraw(tx: Tx, member: str, *, by: str, now: datetime) -> bool:
    """End a member's code, say of a phone that was lost, and those of who was merged into them; False when there was none.

    Args:
        tx: a unit of work that writes.
        member: id.
        by: who does it.
        now: the instant.
    """
    if not repository.forget_member_codes(tx, members.family(tx, member)):
        return False
    audit.record(tx, actor=by, act="code.withdraw", subject=f"member:{member}", now=now)
    return True


def open_session(
    tx: Tx, device: Device, wish: OpenCodeSession, now: datetime, today: date, grace_days: int, minutes: int
) -> Session:
    """Open a session by a code; the same id with the same code finds the session it opened before (N4).

    What it is good for is what a card that can be copied is good for: the home page; all behind it asks the PIN.

    Args:
        tx: a unit of work that writes.
        device: who scanned it.
        wish: what the device sent.
        now: the instant.
        today: the store's day.
        grace_days: how long after its last day a membership can still be renewed at the kiosk.
        minutes: how long a session lives without a request.

    Raises:
        CardUnknown: no member has this code, or not any more.
        CardBlocked, CardNotActive: the card whose PIN goes with it is blocked, or the membership is over.
        SessionEnded: the session of this id is over.
        IdempotencyConflict: the id was used for another session.
    """
    digest = _digest(wish.code)
    evidence = hashlib.sha256(f"code:{digest}".encode()).hexdigest()
    if repository.session(tx, wish.session_id) is None:
        member, card = _holder(tx, digest, today, grace_days)
        values = {
            "id": wish.session_id,
            "device": device.id,
            "store": device.store,
            "card": card,
            "member": member,
            "assurance": "code",
            "evidence_sha256": evidence,
            "opened_at": now,
            "used_at": now,
            "ended_at": None,
        }
        if repository.add_session(tx, values):
            return Session(wish.session_id, device.id, device.store, card, member, "code", now, now, None)
    known = repository.session(tx, wish.session_id)
    if known.evidence_sha256 != evidence or known.device != device.id:
        raise errors.IdempotencyConflict("this session id was used before for another session")
    return sessions.find(tx, wish.session_id, device, now, minutes)


def _holder(tx: Tx, digest: str, today: date, grace_days: int) -> tuple[str, str]:
    """Whose code it is, and the card whose PIN goes with it: the one that signing in by phone would name (ADR 17)."""
    found = repository.member_of_code(tx, digest)
    holder = members.find(tx, search.current(tx, found)) if found else None
    if holder is None:
        raise errors.CardUnknown("no member has this code; it may have been replaced by a newer one")
    sessions.must_be_member(holder.status, holder.valid_to, today, grace_days)
    card = phones.principal(repository.cards_with_pin(tx, holder.id), today) or phones.principal(
        repository.cards_of(tx, holder.id), today
    )
    if card is None:
        raise errors.CardNotActive("expected a member with a card, found none in use", reason="card")
    sessions.must_be_in_use(card, today)
    return holder.id, card.id


def _digest(code: str) -> str:
    """Hex SHA-256: of 128 random bits nothing can be tried through."""
    return hashlib.sha256(code.encode("ascii")).hexdigest()

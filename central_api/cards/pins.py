"""PINs as a step-up: each right one grants exactly one command (N4, K17; ADR 0004).

A try is counted before it is checked, in its own transaction: however many kiosks try at once, no more than the allowed
number are ever checked.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from central_api.cards import repository, sessions
from central_api.cards.sessions import Session
from central_api.db import Database, Tx
from central_api.devices.enrolled import Device
from central_api.security.passwords import Passwords
from central_api.staff import audit
from club.model import errors
from club.wire.cards import Grant, StepUp


@dataclass(frozen=True, slots=True)
class PinRules:
    """The programme's numbers: tries in a row, minutes of the lock, hours an unused grant lives, minutes a session lives."""

    tries: int
    lock_minutes: int
    grant_hours: int
    session_minutes: int


def set_hash(tx: Tx, card_id: str, encoded: str, now: datetime, *, used_at: datetime | None = None) -> None:
    """Set a card's PIN by its argon2id hash; the lock and the count start anew.

    Which PINs are too simple is for the caller to refuse.

    Args:
        tx: a unit of work that writes.
        card_id: whose PIN.
        encoded: its hash.
        now: the instant.
        used_at: when it was first given together with the card; None, as of every new one: it opens nothing by phone yet (ADR 17).
    """
    values = {
        "card": card_id,
        "hash": encoded,
        "fails": 0,
        "locked_until": None,
        "last_ask": "",
        "set_at": now,
        "used_at": used_at,
    }
    repository.put_pin(tx, values)


def step_up(
    db: Database,
    passwords: Passwords,
    device: Device,
    ask: StepUp,
    rules: PinRules,
    *,
    signature: str,
    now: datetime,
    new_id: Callable[[], str],
) -> Grant:
    """Check a PIN and grant the one command it was given for; asked again for that command and body, the same grant.

    Args:
        db: the database; the PIN is checked between two short units of work, for that takes long.
        passwords: who checks.
        device: who asks.
        ask: the command, its body's digest, the session, the PIN.
        rules: the programme's numbers.
        signature: the request's signature; the very same request sent twice counts as one try.
        now: the instant.
        new_id: makes the grant's id.

    Raises:
        SessionEnded, CardBlocked: the session is over, or another PIN was set while this one was looked at.
        PinNotSet: the card has no PIN.
        PinUnused: the session was opened without the card, and the PIN was never given with it; it is not looked at.
        PinLocked: too many wrong ones.
        PinWrong: this one is.
        GrantWrong: the command was granted before with another body.
    """
    token = hashlib.sha256(signature.encode()).hexdigest()
    with db.write() as tx:
        session = _found(tx, device, ask, rules, now)
        _must_fit(repository.grant_of(tx, ask.command_id), session, ask)
        if not _by_card(session):
            _must_be_used(tx, session.card)
        kept = count_try(tx, session.card, rules, token, now)
    right = passwords.matches(kept.hash, ask.pin)
    with db.write() as tx:
        if right:
            # Found again: its card may have gone to somebody else while the PIN was looked at.
            session = _found(tx, device, ask, rules, now)
            return _grant(tx, session, ask, kept.hash, now, new_id)
        row = note_lock(tx, session.card, rules, by=f"device:{device.id}", now=now)
    if row is None:
        raise errors.SessionEnded("this card was taken back, or replaced, while its PIN was looked at; tap again")
    if row.fails >= rules.tries:
        raise locked(row.locked_until or now, now)
    raise errors.PinWrong(
        "the PIN is not right", tries_left=max(0, rules.tries - row.fails), lock_minutes=rules.lock_minutes
    )


def count_try(tx: Tx, card_id: str, rules: PinRules, token: str, now: datetime) -> Any:
    """Count a try before the PIN is checked; the PIN's row, `fails` as before this try.

    Args:
        tx: a unit of work that writes, of its own: the count is to stay whatever comes.
        card_id: whose PIN.
        rules: the programme's numbers.
        token: names the ask; the very same one sent twice counts once.
        now: the instant.

    Raises:
        PinNotSet: the card has no PIN.
        PinLocked: nobody may look at it now.
    """
    row = repository.pin(tx, card_id, lock=True)
    if row is None:
        raise errors.PinNotSet("this card has no PIN yet; staff can set one")
    change = tried(row, rules, token, now)
    if change:
        repository.change_pin(tx, card_id, change)
    return row


def tried(row: Any, rules: PinRules, token: str, now: datetime) -> dict[str, object]:
    """What a try changes in the row of a PIN, a member's or one of the staff; nothing where this very ask was counted.

    Raises:
        PinLocked: nobody may look at it now.
    """
    if row.last_ask == token:
        return {}
    if is_locked(row, now):
        raise locked(row.locked_until, now)
    fails, locked_until = _one_more(row, rules, now)
    return {"fails": fails, "locked_until": locked_until, "last_ask": token}


def _one_more(row: Any, rules: PinRules, now: datetime) -> tuple[int, datetime | None]:
    """The count with one more wrong try, and until when it locks; after a lock that is over it starts anew."""
    fails = 1 if row.locked_until is not None else int(row.fails) + 1
    return fails, now + timedelta(minutes=rules.lock_minutes) if fails >= rules.tries else None


def begin_anew(tx: Tx, card_id: str, encoded: str, *, with_card: datetime | None = None) -> bool:
    """A right PIN: tries are counted anew. False when another PIN was set meanwhile: of that one nothing is known.

    Args:
        tx: a unit of work that writes.
        card_id: whose PIN.
        encoded: the hash that it was checked against.
        with_card: the instant, when the card itself was there; from then on the PIN opens a session by phone as well (ADR 17).
    """
    row = repository.pin(tx, card_id, lock=True)
    if row is None or row.hash != encoded:
        return False
    used_at = with_card if row.used_at is None else row.used_at
    repository.change_pin(tx, card_id, {"fails": 0, "locked_until": None, "used_at": used_at})
    return True


def note_lock(tx: Tx, card_id: str, rules: PinRules, *, by: str, now: datetime) -> Any:
    """The row of a PIN that was wrong, locked until the end; that it is locked by this is written to the log of acts.

    None when the card has no PIN any more: it was taken back, or replaced, while the PIN was looked at.
    """
    row = repository.pin(tx, card_id, lock=True)
    if row is not None and row.fails >= rules.tries:
        audit.record(tx, actor=by, act="pin.lock", subject=f"card:{card_id}", now=now, facts={"tries": row.fails})
    return row


def is_locked(row: Any, now: datetime) -> bool:
    """Whether nobody may look at a PIN now; `row` as `repository.pin` has it."""
    return row.locked_until is not None and row.locked_until > now


def judge_late(tx: Tx, card_id: str, *, right: bool, rules: PinRules, by: str, now: datetime) -> bool:
    """Whether a PIN that was given offline lets its command through; a wrong one counts as a try (K17).

    Once the lock is on, a right one is refused as well: however many were checked at once, no more than the allowed number
    are told apart. A right one leaves the count as it is, for it was given before the tries that are counted now.

    Args:
        tx: a unit of work that writes.
        card_id: whose PIN.
        right: whether it was right.
        rules: the programme's numbers.
        by: as the audit names whose command it was.
        now: the instant.
    """
    row = repository.pin(tx, card_id, lock=True)
    if row is None or is_locked(row, now):
        return False
    if right:
        return True
    fails, locked_until = _one_more(row, rules, now)
    repository.change_pin(tx, card_id, {"fails": fails, "locked_until": locked_until})
    if locked_until is not None:
        audit.record(tx, actor=by, act="pin.lock", subject=f"card:{card_id}", now=now, facts={"tries": fails})
    return False


def check_grant(
    tx: Tx, *, grant_id: str | None, command_id: str, session_id: str, body_sha256: str, rules: PinRules, now: datetime
) -> str:
    """The id of the grant that lets a command through.

    Raises:
        StepUpRequired: the command brings none.
        GrantWrong: it brings one of another command, session or body, or one too old.
    """
    if grant_id is None:
        raise errors.StepUpRequired("this needs the PIN first: ask for a step-up for this command")
    row = repository.grant_of(tx, command_id)
    fits = row is not None and row.id == grant_id and row.session == session_id and row.body_sha256 == body_sha256
    if not fits or now - row.made_at > timedelta(hours=rules.grant_hours):
        raise errors.GrantWrong("the grant belongs to another command or another body")
    return grant_id


def _found(tx: Tx, device: Device, ask: StepUp, rules: PinRules, now: datetime) -> Session:
    """The open session, its card's PIN locked before it: in the order of whoever sets a PIN and then ends the card's sessions."""
    repository.pin(tx, sessions.get(tx, ask.session_id, device).card, lock=True)
    return sessions.find(tx, ask.session_id, device, now, rules.session_minutes)


def _grant(tx: Tx, session: Session, ask: StepUp, encoded: str, now: datetime, new_id: Callable[[], str]) -> Grant:
    if not begin_anew(tx, session.card, encoded, with_card=now if _by_card(session) else None):
        raise errors.SessionEnded("the PIN was set anew while it was looked at; tap again")
    known = repository.grant_of(tx, ask.command_id)
    _must_fit(known, session, ask)
    if known is not None:
        return Grant(grant=known.id, command_id=ask.command_id)
    grant_id = new_id()
    values = {
        "id": grant_id,
        "command": ask.command_id,
        "session": session.id,
        "body_sha256": ask.body_sha256,
        "made_at": now,
        "used_at": None,
    }
    repository.add_grant(tx, values)
    return Grant(grant=grant_id, command_id=ask.command_id)


def _by_card(session: Session) -> bool:
    """Whether the card was there: by phone it was not, nor by a code. Staff make codes as they set PINs (ADR 17, 18)."""
    return session.assurance not in ("phone", "code")


def _must_be_used(tx: Tx, card_id: str) -> None:
    """Refuse a PIN that whoever set it may know as well as its holder; before it is looked at, so that this tells nothing of it."""
    row = repository.pin(tx, card_id, lock=True)
    if row is not None and row.used_at is None:
        raise errors.PinUnused(
            "expected a PIN that was given with its card once, found one set anew; tap the card first"
        )


def _must_fit(known: Any, session: Session, ask: StepUp) -> None:
    if known is not None and (known.session != session.id or known.body_sha256 != ask.body_sha256):
        raise errors.GrantWrong("this command was granted before with another body")


def locked(until: datetime, now: datetime) -> errors.PinLocked:
    """What is said while a PIN is locked."""
    minutes = max(1, -int((now - until).total_seconds() // 60))
    return errors.PinLocked("too many wrong PINs; locked for a while", until=until.isoformat(), minutes=minutes)

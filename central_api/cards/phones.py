"""Opens a session for a member without a card, by phone number and service PIN (N8; ADR 17).

Whoever types a number learns nothing of it: a number nobody has, one whose member has no PIN and one with another PIN are
refused in the same words, after the same work, and count down to the same lock. The PIN's own count and lock are those of
the card whose PIN it is (K17), so that there are no more tries at it by phone than there are by card.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from central_api.cards import pins, repository, sessions
from central_api.cards.pins import PinRules
from central_api.cards.sessions import Session
from central_api.db import Database, Tx
from central_api.devices.enrolled import Device
from central_api.members import normal, search
from central_api.members import repository as members
from central_api.security.passwords import Passwords
from central_api.security.vault import Vault
from club.model import errors
from club.wire.cards import OpenPhoneSession

_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$eUbn0ykNuKQ1yvkpnH/PjA$SeqIt9mTYjGeFjKsFfbppS5qg+G8k/IzHVZIGjp8sGg"
"""A hash that nothing matches: checking against it takes as long as against a member's."""


@dataclass(frozen=True, slots=True)
class Means:
    """What signing in by phone is worked on with."""

    db: Database
    passwords: Passwords
    vault: Vault


@dataclass(frozen=True, slots=True)
class PhoneRules:
    """The programme's numbers of PINs, tries a device has in vain within the lock's time, days a membership can still be renewed."""

    pin: PinRules
    device_tries: int
    grace_days: int

    @property
    def lock(self) -> timedelta:
        """How long a number or a device waits."""
        return timedelta(minutes=self.pin.lock_minutes)


@dataclass(frozen=True, slots=True)
class _Try:
    """A try that was counted: where, and whose PIN it may be (none: whatever was typed is wrong)."""

    number: str
    device: str
    token: str
    left: int
    card: Any = None
    encoded: str = _NOBODY


def open_session(
    means: Means,
    device: Device,
    wish: OpenPhoneSession,
    rules: PhoneRules,
    *,
    signature: str,
    now: datetime,
    today: date,
) -> Session:
    """Check number and PIN and open a session; the same id with the same number and PIN finds the session it opened.

    Args:
        means: what it is worked on with; the PIN is checked between two short units of work, for that takes long.
        device: who asks.
        wish: what was typed.
        rules: the numbers that hold.
        signature: the request's; the very same request sent twice counts as one try.
        now: the instant.
        today: the store's day.

    Raises:
        PhoneOrPinWrong: number and PIN open nothing; also while the PIN is locked, for that would tell that the number is a member's,
            and while a PIN was not given together with its card yet, for whoever set it knows it as well.
        PinLocked: this number was tried too often, whoever has it.
        TooManyGuesses: this device tried too often.
        CardNotActive, CardBlocked: the PIN was right, and the membership is over or the card is not to be trusted any more.
        SessionEnded: the session of this id is over.
        IdempotencyConflict: the id was used for another session.
    """
    token = hashlib.sha256(signature.encode()).hexdigest()
    tried = means.db.run(lambda tx: _count(tx, means.vault, device, wish, rules, token, now, today))
    right = means.passwords.matches(tried.encoded, wish.pin)
    if right and tried.card is not None and means.db.run(lambda tx: _count_no_more(tx, tried, now)):
        found = means.db.run(lambda tx: _open(tx, device, wish, tried, rules, now, today))
        if found is not None:
            return found
    with means.db.write() as tx:
        if tried.card is not None:
            pins.note_lock(tx, tried.card.id, rules.pin, by=f"device:{device.id}", now=now)
        repository.forget_tries(tx, now - rules.lock)
    if tried.left == 0:
        raise _locked(rules.lock)
    raise errors.PhoneOrPinWrong(
        "number and PIN open nobody's page", tries_left=tried.left, lock_minutes=rules.pin.lock_minutes
    )


def principal(found: Sequence[Any], today: date) -> Any:
    """The card that stands for a member without one: whose PIN it is, whose cap is spent from; None without any.

    One that is in use stands before one that was reported lost, the member's own before a driver's, a lasting one before a
    temporary one, the oldest before others: the order does not hang on what was done last, so that it is always the same PIN.

    Args:
        found: the member's cards that have a PIN, by id.
        today: the store's day.
    """

    def rank(card: Any) -> tuple[bool, bool, bool, str]:
        over = card.good_until is not None and card.good_until < today
        return card.state != "active" or over, card.driver is not None, card.good_until is not None, card.id

    return min((card for card in found if card.state in ("active", "blocked")), key=rank, default=None)


def _count(
    tx: Tx,
    vault: Vault,
    device: Device,
    wish: OpenPhoneSession,
    rules: PhoneRules,
    token: str,
    now: datetime,
    today: date,
) -> _Try:
    """Count the try at device, number and PIN before anything is checked; rows are locked in this order, whoever asks."""
    of_device = f"device:{device.id}"[:64]
    row = repository.tries_of(tx, of_device, now)
    again = row.last_ask == token
    fresh = row.wrong == 0 or now - row.since >= rules.lock
    if not fresh and not again and row.wrong >= rules.device_tries:
        left = rules.lock - (now - row.since)
        raise errors.TooManyGuesses(
            f"expected at most {rules.device_tries} sign-ins in vain in {rules.lock}; try again in {left}",
            seconds=math.ceil(left.total_seconds()),
        )
    if not again:
        wrong, since = (1, now) if fresh else (row.wrong + 1, row.since)
        repository.change_tries(tx, of_device, {"wrong": wrong, "since": since, "last": now, "last_ask": token})
    digest = vault.lookup(tx, "phone", _normal(wish.phone))
    of_number = f"number:{digest}"
    row = repository.tries_of(tx, of_number, now)
    wrong = 0 if now - row.last >= rules.lock else row.wrong
    if row.last_ask != token:
        if wrong >= rules.pin.tries:
            raise _locked(rules.lock - (now - row.last))
        wrong += 1
        repository.change_tries(tx, of_number, {"wrong": wrong, "last": now, "last_ask": token})
    tried = _Try(of_number, of_device, token, max(0, rules.pin.tries - wrong))
    card = _card(tx, digest, today)
    if card is None:
        return tried
    try:
        kept = pins.count_try(tx, card.id, rules.pin, token, now)
    except (errors.PinNotSet, errors.PinLocked):
        return tried
    if kept.used_at is None:
        # Staff have just set it, and know it: until its card was there as well it is no better than any wrong one.
        return _Try(of_number, of_device, token, tried.left, card)
    return _Try(of_number, of_device, token, tried.left, card, kept.hash)


def _card(tx: Tx, digest: str, today: date) -> Any:
    """The card whose PIN goes with a number; None when nobody has the number, or several have: staff must see who it is."""
    ids = {search.current(tx, found) for found in members.found_by(tx, [("phone", digest)], search.MOST)}
    holders = [row for row in members.of_ids(tx, ids) if row.status not in ("closed", "pending")]
    if len(holders) != 1:
        return None
    return principal(repository.cards_with_pin(tx, holders[0].id), today)


def _count_no_more(tx: Tx, tried: _Try, now: datetime) -> bool:
    """The PIN was right: this try is taken back where it was counted, and number and PIN begin anew.

    False, and nothing is taken back, when another PIN was set while this one was looked at.
    """
    row = repository.tries_of(tx, tried.device, now)
    repository.tries_of(tx, tried.number, now)
    if not pins.begin_anew(tx, tried.card.id, tried.encoded):
        return False
    if row.last_ask == tried.token:
        repository.change_tries(tx, tried.device, {"wrong": max(0, row.wrong - 1), "last_ask": ""})
    repository.change_tries(tx, tried.number, {"wrong": 0, "last_ask": ""})
    return True


def _open(
    tx: Tx, device: Device, wish: OpenPhoneSession, tried: _Try, rules: PhoneRules, now: datetime, today: date
) -> Session | None:
    """The session; None when another PIN was set meanwhile: what the old one opened has ended, and this would begin behind it."""
    kept = repository.pin(tx, tried.card.id, lock=True)
    if kept is None or kept.hash != tried.encoded:
        return None
    card = repository.card_by_id(tx, tried.card.id)
    sessions.must_serve_phone(card)
    holder = members.member(tx, card.member)
    sessions.must_be_member(holder.status, holder.valid_to, today, rules.grace_days)
    values = {
        "id": wish.session_id,
        "device": device.id,
        "store": device.store,
        "card": card.id,
        "member": card.member,
        "assurance": "phone",
        # Of what was typed nothing is kept: six digits could be tried through against any digest.
        "evidence_sha256": hashlib.sha256(f"phone:{wish.session_id}".encode()).hexdigest(),
        "opened_at": now,
        "used_at": now,
        "ended_at": None,
    }
    if repository.add_session(tx, values):
        return Session(wish.session_id, device.id, device.store, card.id, card.member, "phone", now, now, None)
    known = sessions.get(tx, wish.session_id, device)
    if (known.assurance, known.card, known.member) != ("phone", card.id, card.member):
        raise errors.IdempotencyConflict("this session id was used before for another session")
    return sessions.find(tx, wish.session_id, device, now, rules.pin.session_minutes)


def _normal(typed: str) -> str:
    """A phone as it is kept; what is none is nobody's, and is refused as such."""
    try:
        return normal.phone(typed)
    except errors.Malformed:
        return typed


def _locked(left: timedelta) -> errors.PinLocked:
    minutes = max(1, math.ceil(left.total_seconds() / 60))
    return errors.PinLocked("this number was tried too often; locked for a while", minutes=minutes)

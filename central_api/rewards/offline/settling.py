"""Settles what was handed out offline: who paid, what the store bears, and a voucher that holds whatever came out (A14).

A piece was handed out within the floor limit, and the member has its voucher in hand: there is no "no" any more. Who cannot be
charged is not; what is lacking goes to the store's account and onto its staff's list. Every command ends in one answer, once.
What a device says is no more than that: prices, limits and dates are the store's and the catalogue's (`terms`), and the store
is the one in which it was handed out, wherever the device stands by now (`origin`).
"""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, get_args

from central_api import texts
from central_api.cards import lines, pins
from central_api.cards import repository as cards
from central_api.db import Database, Tx
from central_api.devices import repository as stores
from central_api.devices.enrolled import Device
from central_api.feed import due
from central_api.ledger import service as ledger
from central_api.ledger.service import Occasion
from central_api.programme import service as programmes
from central_api.rewards import holds, windows
from central_api.rewards import repository as rewards
from central_api.rewards.commands import OK, Answer
from central_api.rewards.offline import origin as origins
from central_api.rewards.offline import proving, repository, terms
from central_api.rewards.offline.proving import Proof
from central_api.rewards.offline.terms import Terms
from central_api.security.keyring import Keyring
from central_api.security.passwords import Passwords
from central_api.security.vault import Vault
from central_api.staff import audit
from club.model import errors
from club.model.text import Text
from club.wire import codec
from club.wire.offline import OfflineRedeem, OfflineSettled, Reason


@dataclass(frozen=True, slots=True)
class Counter:
    """What settling is done with."""

    db: Database
    keyring: Keyring
    vault: Vault
    passwords: Passwords
    new_id: Callable[[], str]
    new_code: Callable[[], str]


def settle(counter: Counter, device: Device, command: OfflineRedeem, body: bytes, now: datetime) -> Answer:
    """Settle one piece; blocks. The same command again has the same answer, to the byte.

    Args:
        counter: what it is done with.
        device: who handed the piece out, as it stands now; its signature was proved.
        command: what it handed out.
        body: the bytes that were signed.
        now: the instant.

    Raises:
        IdempotencyConflict: the key was used with another body, or by another device.
        Unavailable: the database does not answer; nothing was done.
    """
    digest = hashlib.sha256(body).hexdigest()
    with counter.db.read() as tx:
        known = _known(tx, device, command, digest)
        if known is not None:
            return known
        origin = origins.find(tx, counter.keyring, device, command)
        proof = proving.proved(tx, counter.keyring, counter.vault, origin, command)
        kept = None if proof.reason else cards.pin(tx, proof.card.id)
    right = None
    if kept is not None and origin.tap is not None and not pins.is_locked(kept, now):
        # Between two units of work: checking a PIN takes long.
        right = counter.passwords.matches(kept.hash, origin.tap.pin)
    elif not proof.reason:
        proof = replace(proof, reason="pin")
    return counter.db.run(lambda tx: _settle(tx, counter, origin.stood, command, digest, proof, right, now))


def staff_list(tx: Tx, store: str) -> list[Any]:
    """What staff of a store have to look into: vouchers whose points did not come in whole, the oldest first."""
    return list(repository.unseen(tx, store))


def looked_into_before(tx: Tx, stores: Collection[str], most: int, skip: int = 0) -> list[Any]:
    """What staff of these stores have looked into, the latest first; at most so many, behind the first `skip`."""
    return list(repository.seen(tx, stores, most, skip))


def kiosk_names(tx: Tx, ids: Collection[str]) -> dict[tuple[str, str], Text]:
    """How the places of these devices are called, by device and store: one that was moved had a place in each."""
    return {(row.id, row.store): texts.text(row.name) for row in repository.kiosks(tx, ids)}


def is_case_of(tx: Tx, command: str, stores: Collection[str]) -> bool:
    """Whether it is a case of these stores' staff list, looked into or not."""
    return repository.is_case_of(tx, command, stores)


def looked_into(tx: Tx, command: str, *, by: str, now: datetime) -> bool:
    """Staff have looked into it; False when somebody had before."""
    done = repository.mark_seen(tx, command, by, now)
    if done:
        audit.record(tx, actor=by, act="offline.seen", subject=f"command:{command}", now=now)
    return done


def store_account(tx: Tx, store: str) -> int:
    """Whole points that a store bears for what it handed out offline."""
    return repository.account(tx, store)


# -- the settlement ---------------------------------------------------------------------------------------------------


def _known(tx: Tx, device: Device, command: OfflineRedeem, digest: str) -> Answer | None:
    row = repository.answered(tx, command.command_id)
    if row is None:
        return None
    if (row.device, row.body_sha256) != (device.id, digest):
        raise errors.IdempotencyConflict("this idempotency key was used before with another body")
    return Answer(row.status, row.answer.encode())


def _settle(
    tx: Tx,
    counter: Counter,
    device: Device,
    command: OfflineRedeem,
    digest: str,
    proof: Proof,
    right: bool | None,
    now: datetime,
) -> Answer:
    if proof.card is not None:
        ledger.lock_member(tx, proof.card.member)
    known = _known(tx, device, command, digest)
    if known is not None:
        return known
    if proof.counter is not None:
        # A later tap may have come first: then it stands higher. Whoever opens a session by this one now waits, and is refused.
        cards.raise_counter(tx, proof.card.id, proof.counter)
    # Once more, under the locks: another device may have settled the same message since, or tried PINs.
    proof = proving.unless_replayed(tx, device, proof)
    proof = proving.with_pin(tx, device, proof, right, _pin_rules(tx, now), now)
    offer = rewards.reward(tx, command.reward)
    allowed = terms.judge(tx, device, command, offer, proof.card, proof.tap, now)
    reason, taken, entry = proof.reason or allowed.reason, 0, None
    made, code = None, command.code
    if not proof.reason and allowed.covered:
        taken, entry = _charge(tx, counter, device, command, proof, allowed.payable, now)
        lacking = "points" if taken < allowed.payable else ""
        reason = lacking or reason or _odd(tx, command, proof, offer, device, now)
    if allowed.covered:
        if not repository.take_piece(tx, command.reward):
            reason = reason or "stock"
        due.mark(tx, due.REWARD, command.reward)
        redemption = _redemption(tx, counter, device, command, proof, taken, entry, now) if entry else None
        made, code = _voucher(tx, counter, command, proof, redemption, allowed, now)
        reason = reason or ("code" if code != command.code else "")
    shortfall = allowed.worth - taken
    values = {
        "command": command.command_id,
        "device": device.id,
        "store": device.store,
        "outage": command.outage,
        "tap": proof.tap,
        "card": proof.card.id if proof.card is not None else None,
        "member": proof.card.member if proof.card is not None else None,
        "counter": proof.counter,
        "reward": command.reward,
        "code": command.code,
        "price": allowed.worth,
        "taken": taken,
        "shortfall": shortfall,
        "reason": reason,
        "entry": entry,
        "voucher": made,
        "issued_at": command.issued_at,
        "valid_to": command.valid_to,
        "settled_at": now,
    }
    repository.add(tx, values)
    if reason:
        facts: dict[str, int | str] = {"reason": reason, "shortfall": shortfall}
        audit.record(
            tx,
            actor=f"device:{device.id}",
            act="offline.short",
            subject=f"command:{command.command_id}",
            now=now,
            facts=facts,
        )
    answer = OfflineSettled(
        command_id=command.command_id,
        code=code,
        points_taken=taken,
        shortfall=shortfall,
        reason=_told(reason),
        at=now,
    )
    stored = Answer(OK, codec.encode(answer))
    repository.keep_answer(
        tx,
        {
            "key": command.command_id,
            "device": device.id,
            "body_sha256": digest,
            "status": stored.status,
            "answer": stored.body.decode(),
            "at": now,
        },
    )
    return stored


def _pin_rules(tx: Tx, now: datetime) -> pins.PinRules:
    found = programmes.current(tx, now).pin
    return pins.PinRules(found.tries, found.lock_minutes, found.grant_hours, 0)


def _told(reason: str) -> Reason:
    """A reason as devices are told it: one that only staff need is `limit`, the one of which wire version 1 knows."""
    return reason if reason in get_args(Reason) else "limit"  # type: ignore[return-value]


def _charge(
    tx: Tx, counter: Counter, device: Device, command: OfflineRedeem, proof: Proof, payable: int, now: datetime
) -> tuple[int, str | None]:
    """Take what is to be paid, or what the member has of it: points and the entry that took them."""
    member = proof.card.member
    today = texts.local_day(now, stores.store(tx, device.store).time_zone)
    taken = min(holds.available(tx, member, today, now), payable)
    if taken <= 0:
        return 0, None
    facts = {"reward": command.reward, "quantity": 1, "offline": 1}
    occasion = Occasion("redeem", now, store=device.store, reference=command.command_id, facts=facts)
    entry = ledger.spend(tx, member, taken, today, occasion, new_id=counter.new_id)
    due.mark(tx, due.MEMBER, member)
    return taken, entry


def _odd(tx: Tx, command: OfflineRedeem, proof: Proof, offer: Any, device: Device, now: datetime) -> str:
    """What staff should know although all was paid."""
    if not offer.limit_per:
        return ""
    since = windows.start(offer.limit_per, min(command.issued_at, now), stores.store(tx, device.store).time_zone)
    taken = repository.taken_since(tx, proof.card.member, command.reward, since)
    return "limit" if taken >= offer.limit_times else ""


def _redemption(
    tx: Tx,
    counter: Counter,
    device: Device,
    command: OfflineRedeem,
    proof: Proof,
    taken: int,
    entry: str,
    now: datetime,
) -> str:
    """The redemption as the member paid it: a voucher that is cancelled gives back that, and not what the store bore."""
    made = counter.new_id()
    values = {
        "id": made,
        "command": command.command_id,
        "member": proof.card.member,
        "reward": command.reward,
        "quantity": 1,
        "unit_points": taken,
        "points": taken,
        "state": "done",
        "entry": entry,
        "device": device.id,
        "session": None,
        "card": proof.card.id,
        "line": lines.kept(proof.card.id),
        "assurance": proof.assurance,
        "store": device.store,
        "at": min(command.issued_at, now),
    }
    repository.add_redemption(tx, values)
    return made


def _voucher(
    tx: Tx,
    counter: Counter,
    command: OfflineRedeem,
    proof: Proof,
    redemption: str | None,
    allowed: Terms,
    now: datetime,
) -> tuple[str | None, str]:
    """The voucher in the member's hand, under the code that it bears; another code only where that one is taken."""
    if proof.card is None:
        return None, command.code  # nobody's: it is honoured by its signature, from the staff's list
    values = {
        "member": proof.card.member,
        "reward": command.reward,
        "redemption": redemption,
        "number": 1,
        "state": "issued",
        "issued_at": min(command.issued_at, now),
        "valid_to": allowed.valid_to,
    }
    code = command.code
    for _ in range(_CODES):
        made = counter.new_id()
        if rewards.add_voucher(tx, {**values, "id": made, "code": code}):
            return made, code
        code = counter.new_code()
    raise errors.Unavailable(f"expected an unused voucher code within {_CODES} tries, found none")


_CODES = 8

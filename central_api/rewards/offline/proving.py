"""Finds out who can be charged for a piece that was handed out offline: the sealed tap, its card, and the PIN (A14, N3, K17)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from central_api import texts
from central_api.cards import pins, sessions, verify
from central_api.cards import repository as cards
from central_api.cards.keys import StoredKeys
from central_api.db import Tx
from central_api.devices import repository as stores
from central_api.devices.enrolled import Device
from central_api.rewards.offline import repository
from central_api.rewards.offline.origin import Origin
from central_api.security.keyring import Keyring
from central_api.security.vault import Vault
from club.model import errors
from club.wire.offline import OfflineRedeem


@dataclass(frozen=True, slots=True)
class Proof:
    """What the sealed evidence proves. `reason` says why its holder cannot be charged; empty: they can.

    `card` is a row with a holder, or None; `counter` a cryptogram's.
    """

    reason: str
    card: Any = None
    assurance: str = "uid"
    counter: int | None = None
    tap: str = ""
    evidence_sha256: str = ""


def proved(tx: Tx, keyring: Keyring, vault: Vault, origin: Origin, command: OfflineRedeem) -> Proof:
    """What the evidence proves where the piece was handed out, before anybody looks at the PIN. Reads only."""
    device, tap = origin.stood, origin.tap
    if tap is None:
        return Proof("seal")
    if tap.evidence.proof is not None:
        return Proof("card", tap=tap.tap)  # the server's own challenge: nobody had one offline
    try:
        found = verify.judge(tap.evidence, StoredKeys(tx, keyring, vault))
    except errors.Refusal:
        return Proof("card", tap=tap.tap)
    card = cards.card(tx, found.uid)
    is_this = card is not None and keyring.card_hash(device.store, found.uid) == command.card_hash
    if not is_this or card.member is None:  # brought back, or its holder has left the club
        return Proof("card", tap=tap.tap)
    digest = sessions.evidence_digest(tap.evidence)
    reason = _against(tx, device, command, card, found)
    return unless_replayed(tx, device, Proof(reason, card, found.assurance, found.counter, tap.tap, digest))


def unless_replayed(tx: Tx, device: Device, proof: Proof) -> Proof:
    """The same proof, or what is left of it when another tap has used its counter."""
    if proof.reason or proof.counter is None:
        return proof
    replayed = repository.is_replayed(
        tx,
        card=proof.card.id,
        counter=proof.counter,
        tap=proof.tap,
        device=device.id,
        evidence_sha256=proof.evidence_sha256,
    )
    return replace(proof, reason="replayed") if replayed else proof


def with_pin(tx: Tx, device: Device, proof: Proof, right: bool | None, rules: pins.PinRules, now: datetime) -> Proof:
    """The same proof, or what is left of it without the PIN; a wrong one counts as a try (K17).

    Args:
        tx: a unit of work that writes.
        device: whose command it is.
        proof: of the evidence.
        right: whether the PIN was right; None: nobody looked.
        rules: the programme's numbers.
        now: the instant.
    """
    if right is None:
        return proof
    if pins.judge_late(tx, proof.card.id, right=right, rules=rules, by=f"device:{device.id}", now=now):
        return proof
    return replace(proof, reason=proof.reason or "pin")


def _against(tx: Tx, device: Device, command: OfflineRedeem, card: Any, found: verify.Proved) -> str:
    """What speaks against the card itself. A card that was blocked later was still good then."""
    if card.state in ("blocked", "replaced"):
        zone = stores.store(tx, device.store).time_zone
        was_good = card.blocked_since is not None and texts.local_day(command.issued_at, zone) < card.blocked_since
        return "" if was_good else "blocked"
    if card.state != "active" or card.status in ("pending", "closed"):
        return "card"
    try:
        verify.must_not_be_weaker(found, card.assurance)
    except errors.CardDowngraded:
        return "card"
    return ""

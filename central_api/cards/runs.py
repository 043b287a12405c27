"""Cards issued, reset and proved through a kiosk: each command is said here, the kiosk carries it to and fro (N3, N6).

A run is kept as the seed of its random numbers and the card's answers so far. Each request replays its script
(`nfc.protocol.scripts`) to where it is, which takes some two milliseconds at most: any process goes on with it, and a request that is
sent again gets the same answer. Which keys a torn card holds is found by the next run from the card itself; the runs are its
journal.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from central_api.cards import keys, kinds, repository
from central_api.db import Tx
from central_api.devices.enrolled import Device
from central_api.security.envelope import Place
from central_api.security.vault import Vault
from central_api.staff import audit
from club.model import errors
from club.wire.card_runs import MAX_ANSWERS, BeginCardRun, CardRunStep
from nfc.protocol import errors as protocol
from nfc.protocol import keys as card_keys
from nfc.protocol import making, ntag424_issue, phone_enrol, scripts
from nfc.protocol.kind import Kind
from nfc.protocol.scripts import Ask, Done, Script

SEED_BYTES = 32
PROOF_GOOD_FOR = timedelta(seconds=60)
Purpose = Literal["issue", "reset"]
_CHANGES = ("issue", "reset")
_LONGEST_RUN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Means:
    """What runs are worked on with.

    Args:
        keyset: who holds the masters.
        vault: seals the seeds.
        url: what cards are given to show, with `{picc}` and `{mac}`.
        now: the instant.
    """

    keyset: keys.CardKeys
    vault: Vault
    url: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Permit:
    """What a kiosk may do with cards: for what, of which batch, how many, until when, and who says so."""

    id: str
    device: str
    purpose: Purpose
    batch: str
    cards: int
    until: datetime
    by: str


def begin(tx: Tx, means: Means, device: Device, wish: BeginCardRun, *, seed: bytes) -> CardRunStep:
    """Begin a run, or find the one of this id where it is.

    Args:
        tx: a unit of work that writes.
        means: what it is worked on with.
        device: who holds the card.
        wish: which card, what for.
        seed: 32 random bytes.

    Raises:
        IdempotencyConflict: the id was used for another card, or by another device.
        NotAllowed: this device has no permit for it: staff give one.
        CardNotFit: the card is in use, blocked or replaced, or of a family that may not be changed or asked so.
        CardUnknown: a card that nobody knows cannot prove anything.
    """
    known = repository.run(tx, wish.run_id)
    if known is not None:
        if (known.device, known.uid, known.purpose) != (device.id, wish.uid, wish.purpose):
            raise errors.IdempotencyConflict("this run's id was used before for another card")
        return _now(tx, means, known)
    card = repository.card(tx, wish.uid)
    _must_fit(card, wish)
    family = kinds.family_of(card, wish)
    if wish.purpose == "prove" and family == Kind.PHONE and repository.phone_key(tx, wish.uid) is None:
        raise errors.CardNotFit(
            "expected a phone that is enrolled, found one that is not", state="new", needs="enrolled"
        )
    repository.forget_proofs(tx, wish.uid, means.now - _LONGEST_RUN)
    before = _end_earlier(tx, wish, means.now)
    permit = None if wish.purpose == "prove" else _permit(tx, device, wish, before, means.now)
    version, tried = _versions(means.keyset, card, wish, before)
    values: dict[str, object] = {
        "id": wish.run_id,
        "device": device.id,
        "permit": permit,
        "purpose": wish.purpose,
        "uid": wish.uid,
        "family": family,
        "version": version,
        "tried": tried,
        "seed": means.vault.seal(tx, _place(wish.run_id), seed.hex()),
        "answers": [],
        "what": "",
        "state": "open",
        "begun_at": means.now,
    }
    repository.add_run(tx, values)
    if permit is not None:
        _note(tx, device, f"card.{wish.purpose}-begin", wish.uid, means.now, {"run": wish.run_id, "version": version})
    step = _now(tx, means, repository.run(tx, wish.run_id))
    repository.change_run(tx, wish.run_id, {"what": step.what})
    return step


def answer(tx: Tx, means: Means, device: Device, run_id: str, index: int, raw: bytes) -> CardRunStep | errors.ClubError:
    """Take a card's answer in; the next command, or that it is done. A refusal is returned: that it failed is to be kept.

    Raises:
        NotFound: this device has no run of that id.
        IdempotencyConflict: an answer to another step is expected.
        SessionEnded: the run is over: torn, failed, or begun long ago.
    """
    now = means.now
    run = repository.run(tx, run_id)
    if run is None or run.device != device.id:
        raise errors.NotFound("expected a run of this device, found none", kind="card-run", id=run_id[:64])
    text = raw.hex().upper()
    if index == len(run.answers) - 1 and run.answers[index] == text and run.state in ("open", "done"):
        return _now(tx, means, run)
    if run.state != "open" or now - run.begun_at > _LONGEST_RUN:
        raise errors.SessionEnded("this run is over; begin another one with the same card")
    if index != len(run.answers) or index >= MAX_ANSWERS:
        raise errors.IdempotencyConflict(f"expected the answer of step {len(run.answers)}, found one of {index}")
    repository.change_run(tx, run_id, {"answers": [*run.answers, text]})
    try:
        step = _now(tx, means, repository.run(tx, run_id))
    except protocol.ProtocolError as fault:
        code = making.code_of(fault)
        repository.change_run(tx, run_id, {"state": "failed", "reason": code, "ended_at": now})
        _note(tx, device, f"card.{run.purpose}-failed", run.uid, now, {"run": run_id, "reason": code})
        return _refusal(run.purpose, code)
    if step.done:
        _finish(tx, device, run, step, now)
    else:
        repository.change_run(tx, run_id, {"what": step.what})
    return step


def take_proof(tx: Tx, device: Device, run_id: str, uid: str, now: datetime) -> None:
    """Take what a card proved in a run, once.

    Raises:
        CryptogramWrong: this device has no such proof of this card, it is too old, or it was taken before.
    """
    run = repository.run(tx, run_id)
    if run is None or (run.device, run.uid, run.purpose, run.state) != (device.id, uid, "prove", "done"):
        raise errors.CryptogramWrong("expected a proof of this card that was not used yet, found none")
    if now - run.ended_at > PROOF_GOOD_FOR:
        raise errors.CryptogramWrong("the card's proof is too old; tap again")
    repository.change_run(tx, run_id, {"state": "used"})


def grant(tx: Tx, permit: Permit, now: datetime) -> None:
    """Permit a kiosk to issue or reset cards of a batch, for some hours; logged as an act of whoever grants it."""
    values: dict[str, object] = {
        "id": permit.id,
        "device": permit.device,
        "purpose": permit.purpose,
        "batch": permit.batch,
        "granted": permit.cards,
        "left": permit.cards,
        "until": permit.until,
        "made_by": permit.by,
        "made_at": now,
    }
    repository.add_permit(tx, values)
    facts: dict[str, int | str] = {"purpose": permit.purpose, "batch": permit.batch, "cards": permit.cards}
    audit.record(tx, actor=permit.by, act="card.permit", subject=f"device:{permit.device}", now=now, facts=facts)


def _must_fit(card: Any, wish: BeginCardRun) -> None:
    if wish.purpose == "prove":
        if card is None:
            raise errors.CardUnknown("no member holds this card")
        return
    if card is None:
        return
    fits = ("stock", "active") if wish.purpose == "issue" else ("stock",)
    if card.state not in fits:
        raise errors.CardNotFit(
            f"expected card {card.id} in {' or '.join(fits)}, found it {card.state}", state=card.state, needs=fits[0]
        )


def _end_earlier(tx: Tx, wish: BeginCardRun, now: datetime) -> Any:
    """End the card's runs that are still open, for it lies here anew; the last one that changed it, or None."""
    last = None
    for run in repository.runs_of(tx, wish.uid, _CHANGES):
        last = last or run
        if run.state == "open":
            repository.change_run(tx, run.id, {"state": "torn", "ended_at": now})
    return last


def _permit(tx: Tx, device: Device, wish: BeginCardRun, before: Any, now: datetime) -> str:
    """The permit this run counts on; one that was torn or failed is finished on its own, and not counted again."""
    if before is not None and before.state in ("open", "torn", "failed") and before.purpose == wish.purpose:
        earlier = repository.permit(tx, before.permit)
        if earlier.device == device.id and earlier.until > now:
            return str(earlier.id)
    found = repository.open_permit(tx, device.id, wish.purpose, now)
    if found is None:
        raise errors.NotAllowed(
            f"expected a permit of this kiosk to {wish.purpose} cards, found none", needs="card-permit"
        )
    repository.take_of_permit(tx, found.id)
    return str(found.id)


def _versions(keyset: keys.CardKeys, card: Any, wish: BeginCardRun, before: Any) -> tuple[int, list[int]]:
    """The version to reach, and those the card may hold, the likeliest first."""
    ours, factory = list(keyset.versions()), card_keys.FACTORY_VERSION
    if wish.purpose == "prove":
        return card.key_version, [card.key_version]
    version = keyset.current() if wish.purpose == "issue" else factory
    held = card.key_version if card is not None and before is not None and before.state == "done" else None
    tried = [factory, *ours] if wish.purpose == "issue" else [*ours, factory]
    if held is not None:
        tried.sort(key=lambda one: one != held)
    if before is not None and before.state in ("open", "torn", "failed"):
        tried = ntag424_issue.likeliest_first(tried, before.version, before.what)
    return version, tried


def _now(tx: Tx, means: Means, run: Any) -> CardRunStep:
    """Where a run is, by replaying it; a phone's key is kept when it ends well.

    Raises:
        protocol.ProtocolError: the last answer ends it badly.
    """
    seed = bytes.fromhex(means.vault.open(tx, _place(run.id), run.seed))
    answers = [bytes.fromhex(text) for text in run.answers]
    found = scripts.replay(_script(tx, means, run, scripts.repeatable(seed)), answers)
    index = len(answers)
    if isinstance(found, Done):
        reached = found.outcome
        if isinstance(reached, phone_enrol.Enrolled):
            repository.add_phone_key(tx, run.uid, reached.public_key.hex().upper(), means.now)
        return CardRunStep(
            run_id=run.id, index=index, done=True, what="done", version=reached.version, counter=reached.counter
        )
    return CardRunStep(run_id=run.id, index=index, command=_command(found), what=found.what)


def _script(tx: Tx, means: Means, run: Any, random: scripts.Random) -> Script[ntag424_issue.Reached]:
    known = repository.phone_key(tx, run.uid) if run.family == Kind.PHONE else None
    key = bytes.fromhex(known) if known is not None else None
    at = int(run.begun_at.timestamp())
    subject = kinds.Subject(run.family, bytes.fromhex(run.uid), run.version, run.tried, run.device, at, key)
    if run.purpose == "prove":
        return kinds.proof_of(means.keyset, subject, random)
    return kinds.making_of(means.keyset, subject, means.url, random)


def _command(ask: Ask) -> str:
    return ask.command.to_bytes().hex().upper()


def _finish(tx: Tx, device: Device, run: Any, step: CardRunStep, now: datetime) -> None:
    repository.change_run(tx, run.id, {"state": "done", "ended_at": now, "counter": step.counter, "what": step.what})
    if run.purpose == "prove":
        return
    card = repository.card(tx, run.uid)
    if card is not None:
        changed: dict[str, object] = {"key_version": step.version}
        if run.purpose == "issue" and kinds.proves_itself(run.family):
            changed["assurance"] = "cryptogram"
        repository.set_state(tx, card.id, changed)
        if step.counter:
            repository.raise_counter(tx, card.id, step.counter)
    _note(tx, device, f"card.{run.purpose}-done", run.uid, now, {"run": run.id, "version": step.version})


def _refusal(purpose: str, code: str) -> errors.ClubError:
    if purpose == "prove":
        return errors.CryptogramWrong(f"the card did not prove itself: {code}")
    return errors.CardNotFit(f"the card did not do as it was told: {code}", state=code, needs="card")


def _place(run_id: str) -> Place:
    return Place("card_runs", "seed", run_id)


def _note(tx: Tx, device: Device, act: str, uid: str, now: datetime, facts: dict[str, int | str]) -> None:
    card = repository.card(tx, uid)
    subject = f"card:{card.id}" if card is not None else f"card:··{uid[-4:]}"
    audit.record(tx, actor=f"device:{device.id}", act=act, subject=subject, now=now, facts=facts)

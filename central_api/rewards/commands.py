"""Answers a command once for ever: same key and body, same answer to the byte; same key and another body, a conflict (A12)."""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from central_api import faults, problems
from central_api.db import Database, Tx
from central_api.rewards import repository
from club.model import errors

# Refusals that are an answer: the club's rules said no to this very command. Others (a PIN is missing, a session over, the
# database away) leave the key free, and the same command may come again.
FINAL = (
    errors.NotEnoughPoints,
    errors.OutOfStock,
    errors.LimitReached,
    errors.TierTooLow,
    errors.RewardNotOffered,
    errors.DailyCapReached,
)
OK = 200

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent: HTTP status and JSON."""

    status: int
    body: bytes


def answer_once(
    db: Database, *, key: str, device_id: str, body: bytes, now: datetime, work: Callable[[Tx], bytes]
) -> Answer:
    """Do a command's work and store its answer in one transaction, or give the answer stored before.

    Args:
        db: the database.
        key: the idempotency key the device made.
        device_id: who sent it.
        body: the bytes that were signed.
        now: the instant.
        work: does it, in the transaction it is given, and returns the answer's JSON.

    Raises:
        IdempotencyConflict: the key was used with another body, or by another device.
        ClubError: what `work` raised, unless it is one of `FINAL`, which is stored as the answer.
    """
    digest = hashlib.sha256(body).hexdigest()

    def once(tx: Tx) -> Answer:
        if not repository.begin_key(tx, key, device_id, digest, now):
            return _stored(tx, key, device_id, digest)
        faults.point("redeem.after-idempotency")
        answer = _try(tx, key, work)
        repository.finish_key(tx, key, answer.status, answer.body.decode())
        faults.point("redeem.answer-stored")
        tx.at_end("~~last", lambda _tx: faults.point("redeem.before-commit"))
        return answer

    faults.point("redeem.before-transaction")
    answer = db.run(once)
    faults.point("redeem.after-commit")
    _log.info("command %s answered %d to device %s", key, answer.status, device_id)
    return answer


def _try(tx: Tx, key: str, work: Callable[[Tx], bytes]) -> Answer:
    try:
        with tx.savepoint():
            return Answer(OK, work(tx))
    except FINAL as refusal:
        _log.info("command %s refused: %s %s", key, refusal.code, dict(refusal.facts))
        return Answer(problems.status_of(refusal), problems.encoded(refusal))


def _stored(tx: Tx, key: str, device_id: str, digest: str) -> Answer:
    row = repository.key(tx, key)
    if row.body_sha256 != digest or row.device != device_id:
        raise errors.IdempotencyConflict("this idempotency key was used before with another body")
    return Answer(row.status, row.answer.encode())

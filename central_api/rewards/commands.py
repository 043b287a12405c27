"""A command to redeem as it came, and its answer: once for ever, to the byte, whichever database works it out (A12)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from central_api import problems
from club.model import errors
from club.wire.rewards import Redeem

FINAL: Mapping[str, type[errors.ClubError]] = {
    kind.code: kind
    for kind in (
        errors.NotEnoughPoints,
        errors.OutOfStock,
        errors.LimitReached,
        errors.TierTooLow,
        errors.RewardNotOffered,
        errors.DailyCapReached,
        errors.CardLimitReached,
    )
}
"""Refusals that are an answer: the club's rules said no to this very command. Others (a PIN is missing, a session over, the
database away) leave the key free, and the same command may come again."""

OK = 200


@dataclass(frozen=True, slots=True)
class Ask:
    """One command that is to be carried out.

    Args:
        command: what the member confirmed; its id is the idempotency key.
        device: who sent it.
        public_key: the key its signature was proved with; when the device has another by now, or none, nothing is done.
        body_sha256: hex digest of the bytes that were signed.
        signed_at: when the device signed them; a command may arrive long after its session.
    """

    command: Redeem
    device: str
    public_key: str
    body_sha256: str
    signed_at: datetime

    @property
    def key(self) -> str:
        """The idempotency key."""
        return self.command.command_id


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent: HTTP status and JSON."""

    status: int
    body: bytes


class DeviceChanged(Exception):
    """The device was revoked, or has another key, since its signature was proved. Nothing was done."""


Outcome: TypeAlias = Answer | Exception
"""An answer that is stored, or why there is none; then nothing was changed and the key is free."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What commands are worked on with: the sources of ids and voucher codes, how many minutes a card session lives."""

    new_id: Callable[[], str]
    new_code: Callable[[], str]
    session_minutes: int


def final_problems() -> dict[str, dict[str, Any]]:
    """Status and title of each final refusal's answer, by its code."""
    return {
        code: {"status": problems.status_of(kind()), "title": problems.title_of(kind())} for code, kind in FINAL.items()
    }

"""Gives a device that signs our challenge a token for its own reads and heartbeats; nothing of it is kept (ADR 0014).

Challenge and token carry their end and a keyed hash over what they say: every process of the service knows them again, and
none remembers them. A token names the key it was given for, so that it ends with that key.
"""

import hashlib
import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from central_api.security.keyring import Keyring
from club.model import errors

CHALLENGE_LIFE = timedelta(minutes=1)
TOKEN_LIFE = timedelta(minutes=15)
_MAC_DIGITS = 32  # hex: 128 bits
_KEY_DIGITS = 16
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Claim:
    """What a token says: whose it is, by which key (a part of its hash), until when."""

    device: str
    key: str
    until: datetime


def challenge(
    keyring: Keyring, now: datetime, nonce: Callable[[], str] = lambda: secrets.token_hex(12)
) -> tuple[str, datetime]:
    """A challenge to be signed within a minute, and its end."""
    until = _whole(now + CHALLENGE_LIFE)
    said = f"c1.{nonce()}.{int(until.timestamp())}"
    return f"{said}.{_mac(keyring, said)}", until


def must_be_challenge(keyring: Keyring, text: str, now: datetime) -> None:
    """Refuse what is no challenge of ours, or one that is over.

    Raises:
        SignatureWrong: either of these.
    """
    if _end(keyring, "c1", text, now) is None:
        raise errors.SignatureWrong("expected a challenge this service gave within the last minute, found another text")


def token(keyring: Keyring, device: str, public_key: str, now: datetime) -> tuple[str, datetime]:
    """A token for a device that proved it has this key, and the token's end."""
    until = _whole(now + TOKEN_LIFE)
    said = f"t1.{device}.{of_key(public_key)}.{int(until.timestamp())}"
    return f"{said}.{_mac(keyring, said)}", until


def read(keyring: Keyring, text: str, now: datetime) -> Claim:
    """What a token says; whether its device is still let in, by that key, is for the caller to see.

    Raises:
        SignatureWrong: it is no token of ours, or it is over.
    """
    until = _end(keyring, "t1", text, now)
    if until is None:
        raise errors.SignatureWrong("expected a token that is still good, found another text; ask for a new one")
    _, device, key, _, _ = text.split(".")
    return Claim(device, key, until)


def of_key(public_key: str) -> str:
    """How a token names the key it was given for."""
    return hashlib.sha256(public_key.encode()).hexdigest()[:_KEY_DIGITS]


def _end(keyring: Keyring, kind: str, text: str, now: datetime) -> datetime | None:
    """Until when a text of ours is good; None for any other, and for one that is over."""
    if len(text) > _LONGEST or not text.isascii():
        return None
    said, _, mac = text.rpartition(".")
    parts = said.split(".")
    if parts[0] != kind or not secrets.compare_digest(mac, _mac(keyring, said)):
        return None
    until = datetime.fromtimestamp(int(parts[-1]), UTC)
    return until if now < until else None


def _mac(keyring: Keyring, said: str) -> str:
    return keyring.token_mac(said)[:_MAC_DIGITS]


def _whole(moment: datetime) -> datetime:
    return datetime.fromtimestamp(math.floor(moment.timestamp()), UTC)

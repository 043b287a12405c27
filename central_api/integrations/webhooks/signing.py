"""Signs what is sent, so that its receiver knows that it is ours, unchanged and not from last week.

`Club-Signature: t=<seconds since 1970>,v1=<hex HMAC-SHA-256 of "<t>.<body>">` under the webhook's secret. The secret is
derived from the master keys and the webhook's id: the database holds none.
"""

import hashlib
import hmac
from datetime import datetime

from central_api.security.keyring import Keyring

HEADER = "Club-Signature"
FRESH_S = 300
"""How old a signature may be for a receiver to believe it; a body that is sent again is signed anew."""


def secret(keyring: Keyring, webhook: str) -> str:
    """The secret of a webhook, as its receiver is given it: 64 hex digits."""
    return hmac.new(keyring.store_seed, f"webhook:{webhook}".encode(), hashlib.sha256).hexdigest()


def sign(key: str, body: bytes, now: datetime) -> str:
    """The header's value for a body sent now."""
    seconds = int(now.timestamp())
    return f"t={seconds},v1={_mac(key, seconds, body)}"


def is_right(key: str, body: bytes, header: str, now: datetime) -> bool:
    """What a receiver checks: the signature is of this body, made with this key, and fresh."""
    parts = dict(part.split("=", maxsplit=1) for part in header.split(",") if "=" in part)
    seconds = parts.get("t", "")
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) < 13):
        return False
    right = hmac.compare_digest(_mac(key, int(seconds), body).encode(), parts.get("v1", "").encode())
    return right and abs(now.timestamp() - int(seconds)) <= FRESH_S


def _mac(key: str, seconds: int, body: bytes) -> str:
    return hmac.new(key.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()

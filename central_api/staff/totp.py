"""The six digits of an authenticator (RFC 6238, SHA-1, 30 s), good once and one step early or late."""

import secrets
from datetime import datetime

import pyotp

from central_api.db import Tx
from central_api.staff import repository

STEP_S = 30
DIGITS = 6


def new_secret() -> str:
    """A new secret: 160 random bits in base 32."""
    return str(pyotp.random_base32())


def address(secret: str, account: str, issuer: str) -> str:
    """The `otpauth:` address an authenticator reads from the QR code."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer))


def counter_of(secret: str, digits: str, now: datetime) -> int:
    """The counter these digits belong to, 0 when they are wrong. Blanks do not count."""
    totp = pyotp.TOTP(secret)
    typed = "".join(digits.split())
    current = int(now.timestamp()) // STEP_S
    for counter in (current, current - 1, current + 1):
        if secrets.compare_digest(totp.generate_otp(counter).encode(), typed.encode()):
            return counter
    return 0


def take(tx: Tx, number: str, counter: int) -> bool:
    """Use up the digits of a counter; False when they, or later ones, were used before."""
    return repository.raise_totp(tx, number, counter)

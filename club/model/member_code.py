"""Member codes: what a member without a card shows to the kiosk's scanner (N8): a secret of 128 bits behind a prefix."""

import re
from collections.abc import Callable

BYTES = 16
_PREFIX = "XZM1"
_SHAPE = re.compile(rf"{_PREFIX}:([0-9A-F]{{{2 * BYTES}}})", re.ASCII)


def make(random_bytes: Callable[[int], bytes]) -> str:
    """A new code, in hex. `random_bytes(n)` gives n bytes that nobody can guess (`secrets.token_bytes`)."""
    return random_bytes(BYTES).hex().upper()


def qr_text(code: str) -> str:
    """What the member's QR says: upper case and digits only, so that it stays coarse enough to scan from a phone's screen."""
    return f"{_PREFIX}:{code}"


def read(scanned: str) -> str | None:
    """The code in what a scanner read; None when it is no member's code. Scanners set up to lower case are understood."""
    found = _SHAPE.fullmatch(scanned.strip().upper())
    return found[1] if found else None

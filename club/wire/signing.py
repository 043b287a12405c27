"""What a device signs: one canonical text for every request, commands and reads alike (Ed25519 over it).

Commands carry their idempotency key and may be sent days after they were signed; reads must be fresh. See ADR 0007.
"""

import base64
import binascii
import hashlib

DEVICE_HEADER = "Club-Device"
SIGNED_AT_HEADER = "Club-Signed-At"
SIGNATURE_HEADER = "Club-Signature"
KEY_HEADER = "Idempotency-Key"
VERSION_HEADER = "Club-Wire"
AUTH_SCHEME = "Club"
"""Of the `Authorization` header that carries a device's token in place of a signature."""
WIRE_VERSION = 2
"""2: places that cannot be followed are answered by 410 `snapshot_needed`; of 1: by `SyncAnswer.snapshot_needed`."""
OLDEST_WIRE_VERSION = 1
"""One version back: a store's devices are updated in their own nights, after the server."""
FRESH_S = 300  # how old a signed read may be


def text_to_sign(*, method: str, target: str, body: bytes, device: str, signed_at: str, key: str = "") -> bytes:
    """The bytes a signature covers.

    Args:
        method: upper-case HTTP method.
        target: path with its query as sent, such as `/v1/sync?after=global:7`.
        body: the request's body, empty for reads.
        device: the device's id.
        signed_at: ISO instant in UTC, as sent in `Club-Signed-At`.
        key: the idempotency key of a command, empty for reads.
    """
    parts = ("club-sig-1", method, target, hashlib.sha256(body).hexdigest(), device, signed_at, key)
    return "\n".join(parts).encode()


def text_of_key(device: str, public_key: str) -> bytes:
    """The bytes a device's next key signs, to prove that the device has it.

    Args:
        device: the device's id.
        public_key: the next key, as `to_text` writes it.
    """
    return f"club-key-1\n{device}\n{public_key}".encode()


def to_text(raw: bytes) -> str:
    """Keys and signatures in headers and bodies: base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def from_text(text: str) -> bytes:
    """The bytes of `to_text`.

    Raises:
        ValueError: not base64url.
    """
    fault = "expected base64url without padding, found something else"
    if any(symbol in text for symbol in "+/="):  # one spelling only; the decoder would take these too
        raise ValueError(fault)
    try:
        return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError(fault) from error

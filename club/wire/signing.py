"""What a device signs: one canonical text for every request, commands and reads alike (Ed25519 over it).

Commands carry their idempotency key and may be sent days after they were signed; reads must be fresh. See ADR 0007.
"""

import hashlib

DEVICE_HEADER = "Club-Device"
SIGNED_AT_HEADER = "Club-Signed-At"
SIGNATURE_HEADER = "Club-Signature"
KEY_HEADER = "Idempotency-Key"
VERSION_HEADER = "Club-Wire"
WIRE_VERSION = 1
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

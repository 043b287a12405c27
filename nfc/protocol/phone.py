"""A member's phone by Android host card emulation: an application of our own name that signs what the reader asks (spec N2).

The phone's UID is made up at every tap. What stands for the member is a credential: an 8-byte number that the application
tells when it is selected, and an ECDSA P-256 key in the phone's key store, whose public half the central API has enrolled.
INTERNAL AUTHENTICATE carries 32 bytes::

    nonce (16, from the central API) | place (8, who asks) | time (8, seconds since 1970, high byte first)

and the phone answers with the DER signature over ``b"XZCLUB TAP 1" || credential || those 32 bytes``. So a signature is good
for one challenge at one kiosk.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from nfc.protocol import apdu, errors, tlv

CREDENTIAL_BYTES = 8
NONCE_BYTES = 16
_PLACE_BYTES = 8
_DOMAIN = b"XZCLUB TAP 1"
_FCI, _PROPRIETARY, _CREDENTIAL = 0x6F, 0xA5, 0xC0
_PUBLIC_KEY_TAG = 0x5F49  # ISO 7816-6: cardholder public key
_POINT_BYTES = 65
KEY_COMMAND = apdu.Command(0x00, 0xCA, _PUBLIC_KEY_TAG >> 8, _PUBLIC_KEY_TAG & 0xFF, le=256)
"""GET DATA of the public key."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a phone is asked to sign.

    Args:
        nonce: 16 fresh bytes of the central API.
        place: the device's id.
        at: whole seconds since 1970.
    """

    nonce: bytes
    place: str
    at: int

    def to_bytes(self) -> bytes:
        """Return the 32 bytes of the command."""
        if len(self.nonce) != NONCE_BYTES:
            raise ValueError(f"expected a nonce of {NONCE_BYTES} bytes, found {len(self.nonce)}")
        place = hashlib.sha256(self.place.encode()).digest()[:_PLACE_BYTES]
        return self.nonce + place + self.at.to_bytes(8, "big")


def credential(fci: bytes) -> bytes | None:
    """Return the credential's number in the answer to SELECT; None when it is not our application on a phone."""
    try:
        found = tlv.find(fci, _FCI, _PROPRIETARY, _CREDENTIAL)
    except errors.Malformed:
        return None
    return found if found is not None and len(found) == CREDENTIAL_BYTES else None


def build_fci(name: bytes, number: bytes) -> bytes:
    """Return the answer to SELECT that :func:`credential` reads."""
    inside = tlv.build(_PROPRIETARY, tlv.build(_CREDENTIAL, number))
    return tlv.build(_FCI, tlv.build(0x84, name) + inside)


def command(question: Question) -> apdu.Command:
    """Return the command that asks for the signature."""
    return apdu.Command(0x00, 0x88, data=question.to_bytes(), le=256)


def signed(number: bytes, question: bytes) -> bytes:
    """Return what the phone signs: the credential's number and the 32 bytes it was asked."""
    return _DOMAIN + number + question


def check(public_key: bytes, number: bytes, question: Question, signature: bytes) -> None:
    """Check a phone's answer.

    Args:
        public_key: the enrolled point, 65 bytes uncompressed (SEC 1).
        number: the credential the phone named.
        question: what it was asked.
        signature: DER.

    Raises:
        errors.AuthenticationFailed: the signature was not made by this key over this question.
    """
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
    try:
        key.verify(signature, signed(number, question.to_bytes()), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as fault:
        raise errors.AuthenticationFailed("the signature was not made by the phone's enrolled key") from fault


def public_key(transmit: apdu.Transmit) -> bytes:
    """Ask the selected application for its public key, at enrolment: 65 bytes uncompressed.

    Raises:
        errors.Malformed: it is no point of the curve.
    """
    return key_in(apdu.exchange(transmit, KEY_COMMAND).require())


def key_in(answer: bytes) -> bytes:
    """Return the public key in the answer to :data:`KEY_COMMAND`, 65 bytes uncompressed.

    Raises:
        errors.Malformed: it is no point of the curve.
    """
    point = tlv.find(answer, _PUBLIC_KEY_TAG) or b""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as fault:
        raise errors.Malformed("the phone's public key is no point of P-256") from fault
    if len(point) != _POINT_BYTES:
        raise errors.Malformed(f"expected a point of {_POINT_BYTES} bytes, found {len(point)}")
    return point

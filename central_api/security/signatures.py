"""Verifies what a device signed (`club.wire.signing`; ADR 0007): who sent it, unchanged, and not long ago."""

from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from club.model import errors
from club.wire import signing


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it came: its signed parts and its signature, nothing proved yet.

    `target` is the path with its query as sent; `key` the idempotency key, empty for all but commands; `token` stands in
    place of a signature where one is taken; `wire` is the version of the wire its sender speaks.
    """

    method: str
    target: str
    body: bytes
    device: str
    signed_at: str
    signature: str
    key: str
    token: str = ""
    wire: int = signing.WIRE_VERSION

    @property
    def moment(self) -> datetime:
        """When it was signed, by the device's clock.

        Raises:
            SignatureWrong: it is no instant with its zone.
        """
        try:
            moment = datetime.fromisoformat(self.signed_at)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise errors.SignatureWrong(
                f"expected an instant with its zone in {signing.SIGNED_AT_HEADER}, found another text"
            )
        return moment

    def sent_at(self, now: datetime) -> datetime:
        """When it was sent: signed, when it was signed; by a token, when its sender says, as far as that can be so."""
        if not self.token:
            return self.moment
        try:
            away = abs((now - self.moment).total_seconds())
        except errors.SignatureWrong:
            return now
        return min(self.moment, now) if away <= signing.FRESH_S else now


def prove(request: SignedRequest, public_key: str) -> None:
    """Check the signature against a device's public key (base64url).

    Raises:
        SignatureWrong: it was not made with that key over this very request.
    """
    try:
        key = read_key(public_key)
    except ValueError as fault:
        raise _wrong(request) from fault
    prove_with(request, key)


def read_key(public_key: str) -> Ed25519PublicKey:
    """A public key (base64url) as the library takes it; to be read once for many requests.

    Raises:
        ValueError: it is none.
    """
    return Ed25519PublicKey.from_public_bytes(signing.from_text(public_key))


def prove_with(request: SignedRequest, key: Ed25519PublicKey) -> None:
    """As `prove`, with a key that was read before."""
    text = signing.text_to_sign(
        method=request.method,
        target=request.target,
        body=request.body,
        device=request.device,
        signed_at=request.signed_at,
        key=request.key,
    )
    try:
        key.verify(signing.from_text(request.signature), text)
    except (InvalidSignature, ValueError) as fault:
        raise _wrong(request) from fault


def prove_text(text: bytes, signature: str, public_key: str) -> None:
    """Check a signature (base64url) over a text that is no request.

    Raises:
        SignatureWrong: it was not made with that key over this text.
    """
    try:
        read_key(public_key).verify(signing.from_text(signature), text)
    except (InvalidSignature, ValueError) as fault:
        raise errors.SignatureWrong("the signature of a text does not verify with the key it names") from fault


def _wrong(request: SignedRequest) -> errors.SignatureWrong:
    return errors.SignatureWrong(
        f"the signature of {request.method} {request.target.partition('?')[0]} does not verify"
    )


def must_be_fresh(request: SignedRequest, now: datetime, skew_s: int = signing.FRESH_S) -> None:
    """Refuse what was signed too long ago, or ahead of our time.

    Raises:
        ClockSkew: it gives the server's time, so that the device can correct its own.
    """
    away = abs((now - request.moment).total_seconds())
    if away > skew_s:
        raise errors.ClockSkew(
            f"expected a request signed within {skew_s} s of the server's time, found {away:.0f} s",
            now=now.isoformat(),
            seconds=int(away),
        )

"""One encoder and strict decoders for both sides; a wrong body becomes `Malformed` with its place."""

from functools import cache
from typing import TypeVar

import msgspec

from club.model import errors

T = TypeVar("T")


def encode(value: object) -> bytes:
    """JSON bytes of a wire value; the same value gives the same bytes."""
    return msgspec.json.encode(value)


def decode(body: bytes, kind: type[T]) -> T:
    """The value in `body`.

    Raises:
        Malformed: not JSON, a missing or unknown field, a number out of its range; says what was expected and where.
    """
    try:
        return _decoder(kind).decode(body)  # type: ignore[no-any-return, arg-type]
    except (msgspec.DecodeError, UnicodeDecodeError) as error:  # the latter: bytes that are no UTF-8 within a text
        raise errors.Malformed(f"expected {kind.__name__}, found something else: {error}") from error


@cache
def _decoder(kind: type) -> msgspec.json.Decoder:  # type: ignore[type-arg]
    return msgspec.json.Decoder(kind)

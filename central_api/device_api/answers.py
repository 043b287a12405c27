"""Sends wire values with the wire's own encoder, whole or as they were stored."""

from typing import Any, TypeVar

from litestar import Response

from central_api.rewards.commands import Answer
from club.wire import problems
from club.wire.codec import encode

T = TypeVar("T")

JSON = "application/json"


def answer(value: T) -> Response[T]:
    """A wire value as JSON."""
    body: Any = encode(value)
    return Response(body, media_type=JSON)


def stored(found: Answer) -> Response[Any]:
    """An answer as it was stored, to the byte."""
    media_type = JSON if found.status < 400 else problems.MEDIA_TYPE
    return Response(found.body, status_code=found.status, media_type=media_type)

"""Sends wire values with the wire's own encoder, whole or as they were stored."""

from typing import Any, TypeVar

from litestar import Response
from litestar.types import Send

from central_api.rewards.commands import Answer
from club.wire import problems
from club.wire.codec import encode

T = TypeVar("T")

JSON = "application/json"


def answer(value: T) -> Response[T]:
    """A wire value as JSON."""
    body: Any = encode(value)
    return Response(body, media_type=JSON)


async def send_plain(send: Send, found: Response[bytes], *more: tuple[bytes, bytes]) -> None:
    """Send an answer without the framework, with `more` headers."""
    body = found.content
    headers = [(b"content-type", str(found.media_type).encode("ascii")), (b"content-length", b"%d" % len(body)), *more]
    headers += [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in found.headers.items()]
    await send({"type": "http.response.start", "status": found.status_code or 500, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def stored(found: Answer) -> Response[Any]:
    """An answer as it was stored, to the byte."""
    media_type = JSON if found.status < 400 else problems.MEDIA_TYPE
    return Response(found.body, status_code=found.status, media_type=media_type)

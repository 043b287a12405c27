"""Turns errors into problem+json answers: which HTTP status each code has, and a reference for what was not foreseen."""

import logging
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.status_codes import HTTP_405_METHOD_NOT_ALLOWED, HTTP_413_REQUEST_ENTITY_TOO_LARGE

from club.model import errors
from club.wire import problems as wire
from club.wire.codec import encode

H = TypeVar("H", bound=HTTPRouteHandler)

_log = logging.getLogger(__name__)

RETRY_S = 5
"""How long whoever is answered "not now" should wait; devices draw a time of their own, which grows with each such answer."""

STATUS: Mapping[type[errors.ClubError], int] = {
    errors.ClubError: 500,
    errors.Refusal: 409,
    errors.CardUnknown: 404,
    errors.CardBlocked: 403,
    errors.CardNotActive: 403,
    errors.CardDowngraded: 403,
    errors.TierTooLow: 403,
    errors.CryptogramWrong: 403,
    errors.PinWrong: 403,
    errors.PinLocked: 429,
    errors.PinUnused: 403,
    errors.PhoneOrPinWrong: 403,
    errors.StepUpRequired: 403,
    errors.GrantWrong: 403,
    errors.ActivationCodeWrong: 403,
    errors.SessionEnded: 410,
    errors.TooManyGuesses: 429,
    errors.Unauthorised: 401,
    errors.DeviceRevoked: 403,
    errors.NotAllowed: 403,
    errors.Malformed: 400,
    errors.NotFound: 404,
    errors.SnapshotNeeded: 410,
    errors.Unavailable: 503,
    errors.WireUnknown: 426,
}
"""The status of each kind of error; a kind that is not named has its parent's."""


_SAID = {
    400: "The request cannot be read; `detail` says what was expected, what was found and where",
    401: "No key or signature, or a wrong one",
    403: "Whoever calls may not do this, or the card may not",
    404: "No such thing",
    409: "The club refuses this, and `code` says why",
    410: "The card session is over; of the feeds: everything has to be fetched anew",
    413: "The body is larger than any that is expected",
    426: "The wire's version is too new or too old; `facts` name the oldest and the newest that are spoken",
    429: "Too many wrong codes, keys or PINs",
    503: "Not now; the same request may go through later",
}


def documented(handlers: Sequence[H]) -> list[H]:
    """Routes that say in their description which problems they may answer with."""
    for handler in handlers:
        told = {status: ResponseSpec(wire.Problem, False, said, wire.MEDIA_TYPE) for status, said in _SAID.items()}
        handler.responses = {**told, **(handler.responses or {})}
    return list(handlers)


def status_of(error: errors.ClubError) -> int:
    """The HTTP status for an error."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def title_of(error: errors.ClubError) -> str:
    """What kind of error it is, in a line."""
    return (type(error).__doc__ or "").split("\n", maxsplit=1)[0]


def encoded(error: errors.ClubError, reference: str = "") -> bytes:
    """The problem+json of an error."""
    return encode(
        wire.Problem(
            title=title_of(error),
            status=status_of(error),
            code=error.code,
            detail=str(error),
            facts=dict(error.facts),
            reference=reference,
        )
    )


def answer(error: errors.ClubError, reference: str = "") -> Response[bytes]:
    """The problem+json answer for an error."""
    return Response(
        encoded(error, reference), status_code=status_of(error), media_type=wire.MEDIA_TYPE, headers=_headers(error)
    )


def _headers(error: errors.ClubError) -> dict[str, str] | None:
    match error:
        case errors.TooManyGuesses():
            return {"Retry-After": str(error.number("seconds"))}
        case errors.Unavailable():
            return {"Retry-After": str(RETRY_S)}
        case _:
            return None


def on_club_error(request: Request[Any, Any, Any], error: errors.ClubError) -> Response[bytes]:
    """A refusal or fault that was foreseen."""
    if isinstance(error, errors.Unavailable):
        _log.warning("%s %s unavailable: %s", request.method, request.scope["path"], error)
    else:
        _log.info("%s %s refused: %s %s", request.method, request.scope["path"], error.code, dict(error.facts))
    return answer(error)


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """What the framework refuses before a feature sees it: no such path, a body of another form."""
    if error.status_code == 404:
        found: errors.ClubError = errors.NotFound(
            f"no such path: {request.method} {request.scope['path']}", kind="path", id=request.scope["path"]
        )
    elif error.status_code < 500:
        found = errors.Malformed(error.detail)
    else:
        return on_unforeseen(request, error)
    response = answer(found)
    if error.status_code in (HTTP_405_METHOD_NOT_ALLOWED, HTTP_413_REQUEST_ENTITY_TOO_LARGE):
        response.status_code = error.status_code
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response


def on_unforeseen(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Anything else: the caller is given a reference, the log what happened; never the other way round."""
    reference = secrets.token_hex(4)
    _log.error("reference %s: %s %s failed", reference, request.method, request.scope["path"], exc_info=error)
    return answer(errors.ClubError("something unforeseen happened; the log has it under this reference"), reference)


def on_any(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """As the above, for whoever answers without the framework."""
    return on_club_error(request, error) if isinstance(error, errors.ClubError) else on_unforeseen(request, error)


HANDLERS: dict[int | type[Exception], Any] = {
    errors.ClubError: on_club_error,
    HTTPException: on_http_error,
    Exception: on_unforeseen,
}

"""Redemptions by a shorter way (plain ASGI): what kiosks send most when a club is at its busiest, and what members wait for."""

from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from central_api import problems, timing
from central_api.context import Context
from central_api.device_api import cards
from central_api.device_api.answers import send_plain, stored
from central_api.device_api.caller import as_known, signed_parts
from central_api.rewards.commands import Answer
from club.wire import codec
from club.wire.rewards import Redeem

PATH = "/v1/redemptions"
LARGEST = 4 * 1024
"""Bytes of a body; a command has some two hundred."""


class PlainRedemptions:
    """Serves `POST /v1/redemptions` before the framework sees it, and passes everything else on.

    Routing, parameters and answer of the framework take a third of what a gathered redemption costs the event loop, which is
    what bounds the service. The framework has the route too (`cards.redeem`): it describes it, and serves what is unusual: a request
    without a body, with one that does not say how long it is, or with one that is far too long.

    Args:
        app: the service.
        context: what it serves with.
    """

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self._app = app
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a redemption as `cards.redeem` does."""
        if (
            scope["type"] != ScopeType.HTTP
            or scope["path"] != PATH
            or scope.get("method") != "POST"
            or not _usual(scope)
        ):
            await self._app(scope, receive, send)
            return
        began = timing.now()
        body = await _body(receive)
        if body is None:  # whoever asked has gone
            return
        try:
            found = stored(await self._answer(scope, body))
        except Exception as error:  # noqa: BLE001 -- the last one who could answer; the log has it
            found = problems.on_any(Request(scope), error)
        await send_plain(send, found, timing.noted("POST", PATH, began))

    async def _answer(self, scope: Scope, body: bytes) -> Answer:
        context, command, signed = self._context, codec.decode(body, Redeem), signed_parts(scope, body)
        return await as_known(context, signed, lambda known: cards.carry_out(context, known, signed, command))


def _usual(scope: Scope) -> bool:
    lengths = [value for name, value in scope["headers"] if name in (b"content-length", b"transfer-encoding")]
    length = lengths[0] if len(lengths) == 1 else b""
    return length.isdigit() and len(length) <= len(str(LARGEST)) and 0 < int(length) <= LARGEST


async def _body(receive: Receive) -> bytes | None:
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body

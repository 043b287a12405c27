"""The push: server-sent events that say what has grown (plain ASGI; a hint, never the data)."""

import asyncio
from typing import Any
from urllib.parse import parse_qs

from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from central_api import problems
from central_api.context import Context
from central_api.device_api.answers import send_plain
from central_api.device_api.caller import known_device, signed_parts
from central_api.devices import clones
from central_api.devices.enrolled import Device
from central_api.feed import hub
from central_api.feed import service as feed
from central_api.feed.hub import Listener
from central_api.feed.notes import Nudge
from central_api.security.signatures import SignedRequest
from club.model import errors

PATH = "/v1/stream"
RESUME_HEADER = "last-event-id"
_LONGEST_RUN = 64
_LONGEST_ID = 1000


class PlainStream:
    """Serves `GET /v1/stream` before the framework sees it, and passes everything else on.

    A stream lives for days, and thousands are open at a time: what a framework keeps for a request, and what a device was
    proved with, would be kept for all that time (measured: a quarter of what a connection costs).

    Args:
        app: the service.
        context: what it serves with.
    """

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self._app = app
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for the stream; events `hello`, `nudge`, `display` and `command`, a comment each 15 s.

        It is closed when the device does not keep up. A device that comes back with the id of the last event it had
        (`Last-Event-ID`) is told at once what has grown since. `?run=` names the run of its program, for clones to be found.
        """
        if scope["type"] != ScopeType.HTTP or scope["path"] != PATH or scope.get("method") != "GET":
            await self._app(scope, receive, send)
            return
        opened = await self._opened(scope, send)
        if opened is None:
            return
        listener, first = opened
        del opened
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            await _send(send, first)
            await _until_gone(listener, receive, send)
        finally:
            self._context.hub.remove(listener)

    async def _opened(self, scope: Scope, send: Send) -> tuple[Listener, bytes] | None:
        """Prove whose request it is: who listens and what is told first; or None, and it was answered why not."""
        request: Request[Any, Any, Any] = Request(scope)
        try:
            return await self._begun(request)
        except Exception as error:  # noqa: BLE001 -- the last one who could answer; the log has it
            await send_plain(send, problems.on_any(request, error))
        return None

    async def _begun(self, request: Request[Any, Any, Any]) -> tuple[Listener, bytes]:
        context = self._context
        signed = signed_parts(request.scope, b"")
        run, source = _run(request.scope), request.client.host if request.client else ""
        device = await context.upkeep.run(lambda: _known(context, signed, run, source))
        if context.hub.ended:
            raise errors.Unavailable("expected a service that goes on, found it ending; come back in a moment")
        listener = Listener(device.id, frozenset(device.feeds), device.place, asyncio.get_running_loop(), run)
        # Listening comes before looking: what is committed between the two is told twice rather than never.
        context.hub.add(listener)
        try:
            epoch, cursors = await context.upkeep.run(lambda: _heads(context, device))
        except BaseException:
            context.hub.remove(listener)
            raise
        context.hub.greeted(listener, cursors)
        first = [hub.hello_frame(epoch, cursors, context.clock.now().isoformat())]
        first += _since(request.headers.get(RESUME_HEADER, "")[:_LONGEST_ID], epoch, cursors)
        return listener, b"".join(first)


_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # a proxy that gathers would hold the hints back
]


def _run(scope: Scope) -> str:
    return parse_qs(scope["query_string"].decode("latin-1")).get("run", [""])[0][:_LONGEST_RUN]


def _known(context: Context, signed: SignedRequest, run: str, source: str) -> Device:
    device = known_device(context, signed, tokens=True)
    if run:
        clones.hear(context.db, device, run, source, signed, context.clock.now())
    return device


def _heads(context: Context, device: Device) -> tuple[str, dict[str, int]]:
    with context.db.read() as tx:
        return feed.epoch(tx) or "", feed.cursors(tx, device.feeds)


def _since(last_event_id: str, epoch: str, cursors: dict[str, int]) -> list[bytes]:
    """The nudges a device has missed since its last event; none for one that does not say where it was."""
    told = hub.told_by(last_event_id, epoch) if last_event_id else None
    if told is None:
        return []
    return [
        hub.nudge_frame(Nudge(name, seq), epoch, cursors) for name, seq in cursors.items() if seq > told.get(name, 0)
    ]


async def _until_gone(listener: Listener, receive: Receive, send: Send) -> None:
    leaving = asyncio.ensure_future(_gone(listener, receive))
    try:
        while (frames := await listener.take()) is not None:
            await _send(send, frames)
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        leaving.cancel()


async def _gone(listener: Listener, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.close()


async def _send(send: Send, chunk: bytes) -> None:
    await send({"type": "http.response.body", "body": chunk, "more_body": True})

"""The push: server-sent events that say what has grown (plain ASGI; a hint, never the data)."""

import asyncio
from typing import Any
from urllib.parse import parse_qs

from litestar import Request, asgi
from litestar.types import Receive, Scope, Send

from central_api.context import Context
from central_api.device_api.caller import known_device, signed_parts
from central_api.devices import clones
from central_api.devices.enrolled import Device
from central_api.feed import hub
from central_api.feed import service as feed
from central_api.feed.hub import Listener
from central_api.feed.notes import Nudge
from central_api.security.signatures import SignedRequest

RESUME_HEADER = "last-event-id"
_LONGEST_RUN = 64
_LONGEST_ID = 1000


@asgi("/v1/stream", copy_scope=True)
async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Events `hello`, `nudge`, `display` and `command`, a comment each 15 s; closed when the device does not keep up.

    A device that comes back with the id of the last event it had (`Last-Event-ID`) is told at once what has grown since.
    `?run=` names the run of the device's program, for clones to be found.
    """
    request: Request[Any, Any, Any] = Request(scope, receive, send)
    context: Context = request.app.state.context
    signed = signed_parts(request, b"")
    run = _run(scope)
    source = request.client.host if request.client else ""
    device = await context.upkeep.run(lambda: _known(context, signed, run, source))
    listener = Listener(device.id, frozenset(device.feeds), device.place, asyncio.get_running_loop(), run)
    # Listening comes before looking: what is committed between the two is told twice rather than never.
    context.hub.add(listener)
    try:
        epoch, cursors = await context.upkeep.run(lambda: _heads(context, device))
        context.hub.greeted(listener, cursors)
        first = [hub.hello_frame(epoch, cursors, context.clock.now().isoformat())]
        first += _since(request.headers.get(RESUME_HEADER, "")[:_LONGEST_ID], epoch, cursors)
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await _send(send, b"".join(first))
        await _until_gone(listener, receive, send)
    finally:
        context.hub.remove(listener)


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


handlers = [stream]

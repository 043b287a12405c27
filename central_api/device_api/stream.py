"""The push: server-sent events that say what has grown (plain ASGI; a hint, never the data)."""

import asyncio
import json
from typing import Any

from litestar import Request, asgi
from litestar.types import Receive, Scope, Send

from central_api.context import Context
from central_api.device_api.caller import known_device, signed_parts
from central_api.devices.service import Device
from central_api.feed import service as feed
from central_api.feed.hub import Listener
from central_api.feed.service import DisplayHint, Nudge

HEARTBEAT_S = 15.0
_BEAT = b": beat\n\n"


@asgi("/v1/stream", copy_scope=True)
async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Events `hello`, `nudge` and `display`, a comment each 15 s; closed when the device does not keep up."""
    request: Request[Any, Any, Any] = Request(scope, receive, send)
    context: Context = request.app.state.context
    device = await asyncio.to_thread(known_device, context, signed_parts(request, b""))
    listener = Listener(device.id, frozenset(device.feeds), device.place, asyncio.get_running_loop())
    # Listening comes before looking: what is committed between the two is told twice rather than never.
    context.hub.add(listener)
    try:
        hello = await asyncio.to_thread(_hello, context, device)
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await _send(send, hello)
        await _until_gone(listener, receive, send)
    finally:
        context.hub.remove(listener)


_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # a proxy that gathers would hold the hints back
]


def _hello(context: Context, device: Device) -> bytes:
    with context.db.read() as tx:
        found = {
            "epoch": feed.epoch(tx) or "",
            "cursors": feed.cursors(tx, device.feeds),
            "now": context.clock.now().isoformat(),
        }
    return _frame("hello", found)


async def _until_gone(listener: Listener, receive: Receive, send: Send) -> None:
    leaving = asyncio.ensure_future(_gone(receive))
    try:
        while True:
            hint = asyncio.ensure_future(listener.queue.get())
            done, _ = await asyncio.wait({hint, leaving}, timeout=HEARTBEAT_S, return_when=asyncio.FIRST_COMPLETED)
            if hint not in done:
                hint.cancel()
                if leaving in done:
                    return
                await _send(send, _BEAT)
                continue
            found = hint.result()
            if found is None:
                break
            await _send(send, _told(found))
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        leaving.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _told(hint: Nudge | DisplayHint) -> bytes:
    if isinstance(hint, Nudge):
        return _frame("nudge", {"feed": hint.feed, "seq": hint.seq})
    return _frame("display", {"slug": hint.slug, "revision": hint.revision})


def _frame(event: str, data: dict[str, Any]) -> bytes:
    # ASCII JSON on one line: readers that split at U+2028 exist.
    return f"event: {event}\ndata: {json.dumps(data, ensure_ascii=True)}\n\n".encode("ascii")


async def _send(send: Send, chunk: bytes) -> None:
    await send({"type": "http.response.body", "body": chunk, "more_body": True})


handlers = [stream]

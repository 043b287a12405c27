"""Times every request: a histogram for Prometheus, and `Server-Timing` for whoever measures a tap from outside."""

import time

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import Histogram

_SECONDS = Histogram(
    "club_request_seconds",
    "From the request's arrival to the start of its answer",
    ("method", "route"),
    buckets=(0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
_HEADER = b"server-timing"


now = time.perf_counter


def noted(method: str, route: str, began: float) -> tuple[bytes, bytes]:
    """Count a request that began then (`now`) and is about to be answered; the header that tells of it."""
    took = now() - began
    _SECONDS.labels(method, route).observe(took)
    return _HEADER, f"app;dur={took * 1000:.1f}".encode()


class Timing(ASGIMiddleware):
    """Measures up to the answer's first byte; a stream's length says nothing."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass the request on and time it."""
        began = now()

        async def timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                header = noted(str(scope.get("method", "")), str(scope.get("path_template") or "none"), began)
                message = {**message, "headers": [*message.get("headers", []), header]}
            await send(message)

        await next_app(scope, receive, timed)

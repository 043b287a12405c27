"""Health and metrics for whoever runs the service; nothing of members in them."""

from typing import Any

from litestar import Request, Response, get
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from central_api.context import Served
from central_api.feed import service as feed

_STREAMS = Gauge("club_open_streams", "Devices listening for changes")


@get("/healthz", sync_to_thread=True, tags=["health"], summary="Whether the service and its database answer")
def healthz(context: Served) -> dict[str, Any]:
    """`{"status": "ok", "database": "ok", "feed": {"global": 7, ...}}` with each feed's newest number, or a problem when the database is away."""
    with context.db.read() as tx:
        return {"status": "ok", "database": "ok", "feed": feed.all_heads(tx)}


@get("/metrics", sync_to_thread=False, tags=["health"], summary="Figures for Prometheus", media_type="text/plain")
def metrics(context: Served) -> Response[bytes]:
    """The Prometheus text format."""
    _STREAMS.set(context.hub.count)
    return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})


@get("/openapi.json", sync_to_thread=False, include_in_schema=False)
def openapi(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
    """The OpenAPI 3.1 description of every route."""
    return Response(request.app.openapi_schema.to_schema(), media_type="application/json")


handlers = [healthz, metrics, openapi]

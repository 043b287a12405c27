"""The routes of what displays show: the manifest of the calling device's place, and pictures by their content (L4)."""

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from central_api.boards import repository as boards
from central_api.context import Served
from central_api.device_api.answers import JSON
from central_api.device_api.caller import EnrolledDevice, for_devices
from central_api.media import ranges
from central_api.media import service as media
from central_api.media.store import MediaStore
from club.model import errors

_FOR_EVER = "private, max-age=31536000, immutable"


@get("/displays/self/manifest", tags=["displays"])
@for_devices
def manifest(request: Request[Any, Any, Any], context: Served, device: EnrolledDevice) -> Response[bytes]:
    """All the calling display needs to play on for ever; 304 when it has this one already (`If-None-Match`).

    Raises:
        NotFound: the device stands in no place that shows boards.
    """
    with context.db.read() as tx:
        row = boards.manifest_row(tx, device.place)
    if row is None:
        raise errors.NotFound(f"expected a display, found the place {device.place}", kind="display", id=device.place)
    etag = f'"{row.digest}"'
    headers = {"etag": etag, "cache-control": "private, no-cache"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, media_type=JSON, headers=headers)
    return Response(row.body.encode(), media_type=JSON, headers=headers)


@get("/media/{sha256:str}", tags=["displays"])
@for_devices
def picture(
    request: Request[Any, Any, Any], context: Served, device: EnrolledDevice, sha256: FromPath[str]
) -> Response[bytes]:
    """A picture by its SHA-256, whole or from where a download broke off (`Range`).

    Raises:
        NotFound: there is no such picture.
    """
    path = MediaStore(context.settings.media.dir).path(sha256)
    with context.db.read() as tx:
        known = media.find(tx, sha256)
    if path is None or known is None:
        raise errors.NotFound("expected a picture of the media store, found none", kind="picture", id=sha256[:64])
    headers = {"etag": f'"{sha256}"', "cache-control": _FOR_EVER, "accept-ranges": "bytes"}
    try:
        span = ranges.wanted(request.headers.get("range"), known.size)
    except ranges.Unsatisfiable:
        headers["content-range"] = f"bytes */{known.size}"
        return Response(b"", status_code=416, media_type=known.media_type, headers=headers)
    if span is None:
        return Response(path.read_bytes(), media_type=known.media_type, headers=headers)
    with path.open("rb") as file:
        file.seek(span.first)
        data = file.read(span.length)
    headers["content-range"] = f"bytes {span.first}-{span.last}/{known.size}"
    return Response(data, status_code=206, media_type=known.media_type, headers=headers)


handlers = [manifest, picture]

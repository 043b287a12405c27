"""The pictures of the console: previews of boards, and the library's pictures made small."""

import io
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery
from PIL import Image

from central_api.boards import service
from central_api.boards.content import Fields
from central_api.boards.repository import BoardRow, version_fields
from central_api.console import site
from central_api.console.entry import Visiting
from central_api.console.previews import WIDTHS, Kind, Previews, scenery
from central_api.context import Served
from central_api.db import Tx
from central_api.media import service as media
from central_api.media.store import MediaStore
from club.model import errors

_THUMB = (320, 180)
_previews = Previews()


@get("/boards/{slug:str}/preview.png", sync_to_thread=True)
def preview(
    request: Request[Any, Any, Any],
    context: Served,
    visit: Visiting,
    slug: FromPath[str],
    of: FromQuery[str] = "draft",
    lang: FromQuery[str] = "zh-CN",
    kind: FromQuery[Kind] = "plain",
    width: FromQuery[int] = 1920,
) -> Response[bytes]:
    """The whole TV screen with this board on it, as PNG.

    Args:
        request: for its `If-None-Match`.
        context: the service.
        visit: who looks.
        slug: the board.
        of: `draft`, or `published` for the newest version.
        lang: the language of the TV.
        kind: `stale` with the mark of an old connection.
        width: 1920 as on the TV, or 480 for lists.

    Raises:
        NotFound: no such board, or it was never published.
    """
    visit.need("boards.see")
    if width not in WIDTHS or lang not in ("zh-CN", "en"):
        raise errors.Malformed(f"expected a width of {WIDTHS} and a language of zh-CN, en; found {width}, {lang!r}")
    now = context.clock.now()
    with context.db.read() as tx:
        row = service.board(tx, slug)
        fields, version = (row.draft, row.version + 1) if of == "draft" else (_published(tx, row), row.version)
        found = scenery(tx, slug, fields, version, now, lang)
    etag = f'"{_previews.key(found, now, kind=kind, width=width)}"'
    headers = {**site.SECURITY_HEADERS, "cache-control": "private, no-cache", "etag": etag}
    if request.headers.get("if-none-match") == etag:
        return Response(b"", status_code=304, media_type="image/png", headers=headers)
    data = _previews.png(found, MediaStore(context.settings.media.dir), now, kind=kind, width=width)
    return Response(data, media_type="image/png", headers=headers)


@get("/media/{sha256:str}", sync_to_thread=True)
def thumbnail(context: Served, visit: Visiting, sha256: FromPath[str]) -> Response[bytes]:
    """A picture of the library made small, as JPEG.

    Raises:
        NotFound: no such picture.
    """
    visit.need("boards.see")
    path = MediaStore(context.settings.media.dir).path(sha256)
    with context.db.read() as tx:
        known = media.find(tx, sha256)
    if path is None or known is None:
        raise errors.NotFound("expected a picture of the library", kind="picture", id=sha256[:64])
    out = io.BytesIO()
    with Image.open(path) as picture:
        picture.thumbnail(_THUMB)
        flat = Image.new("RGB", picture.size, (230, 232, 225))
        shown = picture.convert("RGBA")
        flat.paste(shown, mask=shown.getchannel("A"))
    flat.save(out, "JPEG", quality=82)
    headers = {**site.SECURITY_HEADERS, "cache-control": "private, max-age=31536000, immutable"}
    return Response(out.getvalue(), media_type="image/jpeg", headers=headers)


def _published(tx: Tx, row: BoardRow) -> Fields:
    fields = version_fields(tx, row.slug, row.version)
    if fields is None:
        raise errors.NotFound(f"{row.slug} was never published", kind="version", id=row.slug)
    return fields


handlers = [preview, thumbnail]

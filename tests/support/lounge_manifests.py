"""Makers of boards and manifests for tests of the lounge, and of a device folder as the sync leaves it."""

import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from club.model.board import Board, Manifest, Notice, Picture, Playlist, Prompt, Slot, TickerItem
from club.model.text import Text
from club.sync.manifest_store import ManifestStore
from club.wire import codec

NOON = datetime(2026, 5, 16, 4, 0, tzinfo=UTC)
"""12:00 in Shanghai."""

COLOURS: Mapping[str, tuple[int, int, int]] = {
    "a": (200, 60, 60),
    "b": (60, 160, 200),
    "c": (90, 180, 90),
    "d": (210, 180, 70),
}


def a_board(
    slug: str, *, version: int = 1, title: str = "", dwell_s: int = 10, pictures: tuple[str, ...] = ()
) -> Board:
    """A board of the picture template."""
    return Board(slug, version, "image", {"title": Text(title or f"标题{slug}")}, dwell_s, pictures=pictures)


def a_manifest(
    boards: Iterable[Board],
    *,
    revision: int = 1,
    notices: tuple[Notice, ...] = (),
    prompts: tuple[Prompt, ...] = (),
    ticker: tuple[str, ...] = (),
    media: tuple[Picture, ...] = (),
    order: tuple[str, ...] = (),
) -> Manifest:
    """A manifest that plays these boards all day, in `order` (by default as given)."""
    known = {board.slug: board for board in boards}
    return Manifest(
        display="tv-1",
        revision=revision,
        digest=str(revision),
        club=Text("行舟会", "Xingzhou Club"),
        store=Text("城东店", "East store"),
        time_zone="Asia/Shanghai",
        language="zh-CN",
        boards=known,
        playlists=(Playlist("p", order or tuple(known)),),
        slots=(Slot("default", "p"),),
        ticker=tuple(TickerItem(Text(text)) for text in ticker),
        prompts=prompts,
        notices=notices,
        media=media,
    )


def a_notice(starts: datetime, ends: datetime, title: str = "地下车库临时封闭") -> Notice:
    """An urgent notice."""
    return Notice(Board("n-1", 1, "notice", {"title": Text(title), "text": Text("请到前台")}, 60), starts, ends)


def colour_picture(colour: tuple[int, int, int]) -> tuple[Picture, bytes]:
    """A plain picture, as the console would have stored it."""
    body = io.BytesIO()
    Image.new("RGB", (480, 243), colour).save(body, "PNG")
    data = body.getvalue()
    return Picture(hashlib.sha256(data).hexdigest(), len(data), "image/png"), data


def coloured_boards(
    media_dir: Path, names: Iterable[str] = ("a", "b"), *, dwell_s: int = 3600
) -> tuple[list[Board], tuple[Picture, ...]]:
    """Boards with a plain picture each, their files laid where the media cache looks for them."""
    from club.sync.media import MediaCache

    cache, boards, media = MediaCache(media_dir), [], []
    for name in names:
        picture, data = colour_picture(COLOURS[name])
        place = cache._place(picture.sha256)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        media.append(picture)
        boards.append(a_board(f"b-{name}", dwell_s=dwell_s, pictures=(picture.sha256,)))
    return boards, tuple(media)


def keep_on_disk(media_dir: Path, manifest: Manifest) -> None:
    """Leave a manifest as the sync worker does when it has switched to it."""
    store = ManifestStore(media_dir / "manifests")
    store.flip(store.stage(codec.encode(manifest), f'"{manifest.digest}"'))


def with_title(board: Board, title: str) -> Board:
    """The next version of a board, with another title."""
    return replace(board, version=board.version + 1, fields={**board.fields, "title": Text(title)})

"""Draws what a board would look like on its TV: the same scene and the same renderer as there, pixel for pixel (C2)."""

import hashlib
import io
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from PIL import Image

from central_api.activities import bound
from central_api.boards import content, manifest, repository
from central_api.boards.notices import Notice
from central_api.db import Tx
from central_api.media import service as media
from central_api.media.store import MediaStore
from club.model.board import Board, Manifest, Playlist, Slot
from club.model.scene import Live, scene_at, variant
from club.render.boards import TEMPLATES, render_scene
from club.render.context import RenderContext

Kind = Literal["plain", "stale"]
WIDTHS = (480, 1920)
_KEPT = 128
_STALE_FOR = timedelta(minutes=34)


@dataclass(frozen=True, slots=True)
class Scenery:
    """A board in its surroundings: a manifest that plays only it, all day."""

    manifest: Manifest
    board: Board


def scenery(tx: Tx, slug: str, fields: content.Fields, version: int, now: datetime, language: str) -> Scenery:
    """The board as the first TV that plays it would have it.

    Args:
        tx: a unit of work; reads only.
        slug: the board.
        fields: its draft, or a frozen version.
        version: what that version is called.
        now: the instant.
        language: which language that TV speaks.
    """
    playing = repository.displays_playing(tx, slug)
    displays = repository.all_displays(tx)
    display = next((row for row in displays if row.slug in playing), displays[0])
    around = repository.contents(tx, [display])[0]
    data = bound.read(tx, display.store, now)
    pictures = media.by_hash(tx)
    board = replace(
        manifest.board_of(content.Published(slug, version, fields), data, pictures),
        # It is looked at now, whatever its dates say.
        starts=None,
        ends=None,
        weekdays=(),
    )
    empty = manifest.derive(
        replace(around, language=language, playlists=(), slots=(), prompts=(), notices=()), data, pictures, TEMPLATES
    )
    only = replace(
        empty, boards={slug: board}, playlists=(Playlist("preview", (slug,)),), slots=(Slot("default", "preview"),)
    )
    return Scenery(replace(only, digest=manifest.digest(only)), board)


def notice_scenery(tx: Tx, found: Notice, now: datetime) -> Scenery:
    """An urgent notice as the first of its displays would show it, were it sent now. Reads only."""
    display = next(iter(repository.all_displays(tx, found.displays)))
    around = repository.contents(tx, [display])[0]
    data = bound.read(tx, display.store, now)
    alone = replace(
        around,
        prompts=(),
        notices=(content.NoticeContent(found.slug, found.fields, now, max(found.ends, now + timedelta(minutes=1))),),
    )
    derived = manifest.derive(alone, data, media.by_hash(tx), TEMPLATES)
    return Scenery(derived, derived.notices[0].board)


class Previews:
    """Pictures drawn lately, kept while what they show stays the same. Safe for many threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def png(
        self, found: Scenery, store: MediaStore, now: datetime, *, kind: Kind = "plain", width: int = 1920
    ) -> bytes:
        """The whole screen as PNG.

        Args:
            found: the board in its surroundings.
            store: where its pictures are.
            now: the instant the clock shows.
            kind: `stale` shows it with the mark of an old connection (L5).
            width: of the picture in px; drawn at 1920 and scaled down.
        """
        key = self.key(found, now, kind=kind, width=width)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        data = _drawn(found, store, now, kind, width)
        with self._lock:
            self._kept[key] = data
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return data

    @staticmethod
    def key(found: Scenery, now: datetime, *, kind: Kind, width: int) -> str:
        """What the picture depends on, as one text."""
        day = variant(found.board, now, found.manifest.time_zone)
        text = f"{found.manifest.digest} {now:%Y-%m-%dT%H:%M} {day} {kind} {width}"
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def _drawn(found: Scenery, store: MediaStore, now: datetime, kind: Kind, width: int) -> bytes:
    contact = now - _STALE_FOR if kind == "stale" else now
    scene = scene_at(found.manifest, Live(last_contact=contact), now)
    ctx = RenderContext(
        now=now,
        time_zone=found.manifest.time_zone,
        language=found.manifest.language,
        club=found.manifest.club,
        store=found.manifest.store,
        media=store.path,
    )
    screen = render_scene(scene, found.manifest, ctx)
    if width < screen.width:
        screen = screen.resize((width, screen.height * width // screen.width), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    screen.save(out, "PNG", compress_level=3)
    return out.getvalue()

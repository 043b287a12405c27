"""Turns a picture of the plan into pixels with the one renderer, on the painter's thread."""

from collections.abc import Callable
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from PIL import Image

from club.model.board import Manifest
from club.model.clock import Clock
from club.model.text import Text
from club.render import boards
from club.render.context import Media, RenderContext
from lounge_display.present import Picture


class Press:
    """Draws what the plan calls for.

    Args:
        clock: the store's time.
        media: finds pictures by their SHA-256.
        manifest: the one that plays, None before there is one; asked for at each drawing.
        club: the club's name until a manifest tells it.
    """

    def __init__(self, clock: Clock, media: Media, manifest: Callable[[], Manifest | None], club: Text) -> None:
        self._clock, self._media, self._manifest, self._club = clock, media, manifest, club

    def draw(self, picture: Picture, size: tuple[int, int]) -> Image.Image:
        """The board, the built-in welcome or the enrolment screen; RGB, of `size` px."""
        manifest = self._manifest()
        zone = manifest.time_zone if manifest is not None else "Asia/Shanghai"
        ctx = RenderContext(
            now=self._instant(picture, zone),
            time_zone=zone,
            language=picture.language,
            size=size,
            club=manifest.club if manifest is not None else self._club,
            media=self._media,
            stale_since=picture.stale,
            shown_since=picture.begun,
        )
        if picture.enrol is not None:
            return boards.render_enrol(picture.enrol, ctx)
        if picture.side is not None:
            return boards.render_zones(picture.board, picture.side, ctx)
        return boards.render_welcome(ctx) if picture.board is None else boards.render_board(picture.board, ctx)

    def _instant(self, picture: Picture, zone: str) -> datetime:
        """A picture that counts days is drawn for its own day, also when it is painted the evening before."""
        if picture.minute is not None:
            return picture.minute
        if not picture.day:
            return self._clock.now()
        return datetime.combine(date.fromisoformat(picture.day), time(12), ZoneInfo(zone))

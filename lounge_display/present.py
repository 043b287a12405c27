"""Says what picture belongs on the glass and how it should come there; pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from club.model.board import Board, Manifest
from club.model.scene import Live, Scene, Side, scene_at, variant
from club.render.templates.enrol import EnrolView
from club.words import numbers

_ROTATION = frozenset({"event", "daypart", "default"})


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything the pixels of a board depend on: equal pictures need no new drawing.

    `board` None is the built-in welcome; `stale` is when the data were last fresh, to the minute, None while they are;
    `day` tells apart the pictures of a board that counts days; `begun` is set for notices, which show it; `enrol` is what the
    screen of a device that is not enrolled says; `side` and its clock's `minute` are set on a display of two zones.
    """

    board: Board | None
    layer: str
    language: str
    day: str = ""
    stale: datetime | None = None
    begun: datetime | None = None
    enrol: EnrolView | None = None
    side: Side | None = None
    minute: datetime | None = None

    @property
    def what(self) -> str:
        """As health reports it: `b-lakeside@3`, `welcome` or `enrol`."""
        if self.board is None:
            return "welcome" if self.enrol is None or self.enrol.is_quiet else "enrol"
        return f"{self.board.slug}@{self.board.version}"

    def is_same_board(self, other: "Picture | None") -> bool:
        """Whether the other is this board too, perhaps in another version."""
        mine = self.board.slug if self.board is not None else None
        theirs = other.board.slug if other is not None and other.board is not None else None
        return other is not None and mine == theirs and (self.layer in _ROTATION) == (other.layer in _ROTATION)

    def is_same_play(self, other: "Picture") -> bool:
        """Whether only what stands beside the board changed, or a mark on it: the board plays on."""
        return self.board is not None and self.board == other.board and self.layer == other.layer


class Change(Enum):
    """How one picture gives way to another (L3)."""

    NONE = "none"
    IN_PLACE = "in-place"  # the same board, edited or told anew
    BOUNDARY = "boundary"  # its turn is over
    AT_ONCE = "at-once"  # a notice begins or ends, or what was on the glass is recalled


@dataclass(frozen=True, slots=True)
class Motion:
    """How things change on the glass: lengths of cross-fades in ms, and whether the ticker shows page after page."""

    calm: int = 800
    quick: int = 200
    paged: bool = False

    def fade_ms(self, change: Change) -> int:
        """How long this change takes; one that may not wait is quick (notices appear in 200 ms)."""
        return self.quick if change is Change.AT_ONCE else self.calm


REDUCED_MOTION = Motion(calm=160, quick=160, paged=True)


def picture_of(scene: Scene, manifest: Manifest, now: datetime) -> Picture:
    """The picture a scene calls for."""
    notice = scene.layer == "notice"
    return Picture(
        board=scene.board,
        layer=scene.layer,
        language=manifest.language,
        day=variant(scene.board, now, manifest.time_zone) if scene.board is not None else "",
        # A notice covers everything and ends by itself: it carries no mark of old data.
        stale=None if notice or scene.stale_since is None else scene.stale_since.replace(second=0, microsecond=0),
        begun=scene.since if notice else None,
        side=scene.side,
        minute=now.replace(second=0, microsecond=0) if scene.side is not None else None,
    )


def upcoming(manifest: Manifest, live: Live, scene: Scene, now: datetime) -> Picture:
    """The picture that follows when this scene is over, if nothing happens until then; painted beforehand."""
    at = max(scene.until, now) + timedelta(milliseconds=1)
    contact = at if scene.stale_since is None else live.last_contact
    later = scene_at(manifest, replace(live, playhead=scene.playhead, last_contact=contact), at)
    return picture_of(later, manifest, at)


def change(shown: Picture | None, wanted: Picture, manifest: Manifest | None) -> Change:
    """How `wanted` replaces `shown` under this manifest."""
    if wanted == shown:
        return Change.NONE
    if shown is None:
        return Change.BOUNDARY
    if (wanted.layer == "notice") != (shown.layer == "notice"):
        return Change.AT_ONCE
    if wanted.is_same_board(shown):
        return Change.IN_PLACE
    if (
        shown.board is not None
        and shown.layer in _ROTATION
        and manifest is not None
        and shown.board.slug not in manifest.boards
    ):
        return Change.AT_ONCE
    return Change.BOUNDARY


def clock_text(now: datetime, time_zone: str) -> str:
    """The store's time on the bar: 14:32."""
    return numbers.clock(now, time_zone)

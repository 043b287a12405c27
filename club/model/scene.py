"""What a display shows: a pure function of its manifest, the clock and its live state (L2).

Layers, highest first: urgent notice, refreshment prompt, event, daypart, default. The rotation is carried by a playhead, so
that an edit never restarts it: an edited board on the glass keeps its place, a recalled one gives way to its successor at
once, and everything else shows when its turn comes (L3).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from club.model.board import (
    WEEKDAYS,
    ActivityLine,
    Board,
    Manifest,
    MenuLine,
    Notice,
    Playlist,
    Prompt,
    Slot,
    TickerItem,
)

MAIN_SIDE = "main-side"
"""The layout of two zones; any other is one."""

_LAYERS = ("event", "daypart", "default")


@dataclass(frozen=True, slots=True)
class Playhead:
    """Where the rotation stands: the board, its place in the playlist, and since when."""

    playlist: str
    index: int
    board: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Live:
    """What changes without a manifest: the last contact with the server (None: never) and the rotation's playhead.

    While `clock_doubtful`, nothing is shown that has a date, a weekday or an hour (L5).
    """

    last_contact: datetime | None = None
    playhead: Playhead | None = None
    clock_doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """What the side zone tells besides the time: the next activities, and what the bar serves; either may be empty (L1)."""

    activities: tuple[ActivityLine, ...] = ()
    menu: tuple[MenuLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """What is on the glass now.

    `until` is when to ask again at the latest; `stale_since` is set when the data are old enough to say so (L5);
    `board` is None when nothing is scheduled (the display then shows its built-in welcome). `side` is what stands beside the
    board on a display of two zones; None: the board has the whole screen, as a notice and a prompt always have.
    """

    layer: str  # notice | prompt | event | daypart | default | none
    board: Board | None
    since: datetime
    until: datetime
    playhead: Playhead | None
    ticker: tuple[TickerItem, ...]
    stale_since: datetime | None
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class Playing:
    """What turns in the rotation: the boards on air of the playlist that has the screen, in their order."""

    layer: str  # event | daypart | default
    playlist: str
    boards: tuple[Board, ...]


def scene_at(manifest: Manifest, live: Live, now: datetime) -> Scene:
    """What this display shows at `now` (aware). Keep `scene.playhead` in the next call's `live`; reads only."""
    if live.clock_doubtful:
        manifest = undated(manifest)
    local = now.astimezone(ZoneInfo(manifest.time_zone))
    stale = _stale_since(manifest, live, now)
    notice = notice_at(manifest, now)
    if notice is not None:
        return Scene("notice", notice.board, notice.starts, notice.ends, live.playhead, manifest.ticker, stale)
    of_day = _of_day(local)
    for prompt in manifest.prompts:
        into = of_day % prompt.every_s
        if _prompts(prompt, of_day):
            start = now - timedelta(seconds=into)
            return Scene(
                "prompt",
                prompt.board,
                start,
                start + timedelta(seconds=prompt.seconds),
                live.playhead,
                manifest.ticker,
                stale,
            )
    wake = _next_prompt(manifest, of_day, now)
    side = side_of(manifest, now) if manifest.layout == MAIN_SIDE else None
    playing = playing_at(manifest, now)
    if playing is not None:
        head = _advance(playing.playlist, playing.boards, live.playhead, now)
        board = playing.boards[head.index]
        until = min(head.since + timedelta(seconds=board.dwell_s), wake)
        return Scene(playing.layer, board, head.since, until, head, manifest.ticker, stale, side)
    return Scene("none", None, now, min(now + timedelta(seconds=15), wake), None, manifest.ticker, stale, side)


def notice_at(manifest: Manifest, now: datetime) -> Notice | None:
    """The urgent notice that has the screen at `now`, when one does."""
    return next((notice for notice in manifest.notices if notice.starts <= now < notice.ends), None)


def prompt_at(manifest: Manifest, local: datetime) -> Prompt | None:
    """The prompt that has the screen at a time of the store's day, notices apart, when one does."""
    of_day = _of_day(local)
    return next((prompt for prompt in manifest.prompts if _prompts(prompt, of_day)), None)


def playing_at(manifest: Manifest, now: datetime) -> Playing | None:
    """What turns in the rotation at `now`, notices and prompts apart; None when nothing is scheduled."""
    local = now.astimezone(ZoneInfo(manifest.time_zone))
    for slot, playlist in _active(manifest, local):
        boards = [manifest.boards[slug] for slug in playlist.boards if slug in manifest.boards]
        playing = tuple(board for board in boards if is_on_air(board, now, local))
        if playing:
            return Playing(slot.layer, playlist.slug, playing)
    return None


def undated(manifest: Manifest) -> Manifest:
    """What of a manifest holds whatever the time is: boards and slots without dates, weekdays or hours."""
    boards = {
        slug: board
        for slug, board in manifest.boards.items()
        if board.starts is None and board.ends is None and not board.weekdays
    }
    slots = tuple(slot for slot in manifest.slots if slot == Slot(slot.layer, slot.playlist))
    return replace(manifest, boards=boards, slots=slots, prompts=(), notices=())


def side_of(manifest: Manifest, now: datetime) -> Side:
    """The activities still to come and the refreshments to be had that this manifest's boards tell of, each once."""
    boards = [*manifest.boards.values(), *(prompt.board for prompt in manifest.prompts)]
    told = [line for board in boards for line in (board.activity, *board.upcoming) if line is not None]
    coming = {line.slug: line for line in told if line.starts > now}
    menu = {line.slug: line for board in boards for line in board.menu if not line.sold_out}
    return Side(tuple(sorted(coming.values(), key=lambda line: (line.starts, line.slug))), tuple(menu.values()))


def is_on_air(board: Board, now: datetime, local: datetime) -> bool:
    """Whether a board's dates and weekdays allow it at `now` (`local` is the same instant in the store's zone)."""
    if board.starts is not None and now < board.starts:
        return False
    if board.ends is not None and now >= board.ends:
        return False
    return not board.weekdays or WEEKDAYS[local.weekday()] in board.weekdays


def variant(board: Board, now: datetime, time_zone: str) -> str:
    """What makes two pictures of the same version differ: the local day, when the board's words count days; else empty."""
    if any("{days}" in text.zh or "{days}" in text.en for text in board.fields.values()):
        return now.astimezone(ZoneInfo(time_zone)).date().isoformat()
    return ""


def days_left(until: datetime, now: datetime, time_zone: str) -> int:
    """Whole calendar days of the store from `now` to `until`, never negative."""
    zone = ZoneInfo(time_zone)
    return max(0, (until.astimezone(zone).date() - now.astimezone(zone).date()).days)


def _of_day(local: datetime) -> float:
    """Seconds since midnight by the clock on the wall."""
    return (local - local.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()


def _prompts(prompt: Prompt, of_day: float) -> bool:
    return prompt.from_minute <= of_day // 60 < prompt.to_minute and of_day % prompt.every_s < prompt.seconds


def _active(manifest: Manifest, local: datetime) -> list[tuple[Slot, Playlist]]:
    minute = local.hour * 60 + local.minute
    playlists = {playlist.slug: playlist for playlist in manifest.playlists}
    found = [
        (slot, playlists[slot.playlist])
        for slot in manifest.slots
        if slot.playlist in playlists
        and slot.from_minute <= minute < slot.to_minute
        and (not slot.weekdays or WEEKDAYS[local.weekday()] in slot.weekdays)
        and (slot.on is None or slot.on == local.date())
    ]
    return sorted(found, key=lambda pair: _LAYERS.index(pair[0].layer))


def _advance(playlist: str, playing: Sequence[Board], head: Playhead | None, now: datetime) -> Playhead:
    total = sum(board.dwell_s for board in playing)
    if head is None or head.playlist != playlist or head.since > now:
        # Nothing to carry on from: the wall clock decides, so that displays and previews agree.
        start = now - timedelta(seconds=now.timestamp() % total)
        return _walk(playlist, playing, 0, start, now, total)
    slugs = [board.slug for board in playing]
    if head.board not in slugs:
        return Playhead(playlist, head.index % len(playing), slugs[head.index % len(playing)], now)
    return _walk(playlist, playing, slugs.index(head.board), head.since, now, total)


def _walk(playlist: str, playing: Sequence[Board], index: int, since: datetime, now: datetime, total: int) -> Playhead:
    rounds = int((now - since).total_seconds() // total)
    since += timedelta(seconds=rounds * total)
    while now >= since + timedelta(seconds=playing[index].dwell_s):
        since += timedelta(seconds=playing[index].dwell_s)
        index = (index + 1) % len(playing)
    return Playhead(playlist, index, playing[index].slug, since)


def _next_prompt(manifest: Manifest, of_day: float, now: datetime) -> datetime:
    waits = [prompt.every_s - of_day % prompt.every_s for prompt in manifest.prompts]
    return now + timedelta(seconds=min(waits, default=3600.0))


def _stale_since(manifest: Manifest, live: Live, now: datetime) -> datetime | None:
    contact = live.last_contact
    if contact is None or now - contact >= timedelta(seconds=manifest.stale_after_s):
        return contact if contact is not None else now
    return None

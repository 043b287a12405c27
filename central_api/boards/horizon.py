"""Tells whether two manifests show anything else in the coming time: pure, and by the scene that displays play by (L2).

Between two moments at which something begins or ends, a display shows the same. A day without the beginning or end of a
board, a notice or an activity is like any other day of its weekday with the same of them over; so some twenty days stand for
four hundred, and the first difference ends the search.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from club.model.board import Board, Manifest
from club.model.scene import MAIN_SIDE, Side, notice_at, playing_at, prompt_at, side_of

AHEAD = timedelta(days=400)
"""A year, and the month in which it is planned anew."""

Shown: TypeAlias = tuple[str, str, tuple[Board, ...], Side | None]
"""Layer, playlist, the boards that turn, and what stands beside them."""


def differ(one: Manifest, other: Manifest, now: datetime, ahead: timedelta = AHEAD) -> bool:
    """Whether a display would show something else by `other` than by `one` at any moment from `now` on, for so long.

    Which board of a rotation is on the glass at a moment depends on when it was begun; rotations are the same when the same
    boards turn in the same order.
    """
    if _always(one) != _always(other):
        return True
    return any(shown(one, at) != shown(other, at) for at in moments(one, other, now, ahead))


def shown(manifest: Manifest, now: datetime) -> Shown:
    """What has the screen at a moment."""
    notice = notice_at(manifest, now)
    if notice is not None:
        return "notice", "", (notice.board,), None
    prompt = prompt_at(manifest, now.astimezone(ZoneInfo(manifest.time_zone)))
    if prompt is not None:
        return "prompt", "", (prompt.board,), None
    side = side_of(manifest, now) if manifest.layout == MAIN_SIDE else None
    playing = playing_at(manifest, now)
    return ("none", "", (), side) if playing is None else (playing.layer, playing.playlist, playing.boards, side)


def _always(manifest: Manifest) -> tuple[object, ...]:
    """What is to be seen, or decides what is, at every moment."""
    return (
        manifest.club,
        manifest.store,
        manifest.time_zone,
        manifest.language,
        manifest.layout,
        manifest.stale_after_s,
        manifest.ticker,
        manifest.ticker_px_per_s,
    )


def moments(one: Manifest, other: Manifest, now: datetime, ahead: timedelta) -> Iterator[datetime]:
    """A moment of every stretch of time in which both show the same throughout, each; the earliest first but for days alike."""
    zone, end = ZoneInfo(one.time_zone), now + ahead
    instants = sorted({at for manifest in (one, other) for at in _instants(manifest)})
    walls = sorted({0.0, *_walls(one), *_walls(other)})
    dates = {slot.on for manifest in (one, other) for slot in manifest.slots if slot.on is not None}
    yield now
    seen: set[tuple[object, ...]] = set()
    day = now.astimezone(zone).date()
    while (begins := _wall(day, 0, zone)) < end:
        ends = _wall(day + timedelta(days=1), 0, zone)
        inside = [at for at in instants if begins < at < ends]
        kind = (day.weekday(), day if day in dates else None, sum(at <= begins for at in instants))
        if inside or kind not in seen or begins < now:
            if not inside and begins >= now:
                seen.add(kind)
            yield from (at for at in _of_day(day, walls, inside, zone) if now <= at < end)
        day += timedelta(days=1)


def _of_day(day: date, walls: list[float], inside: list[datetime], zone: ZoneInfo) -> Iterator[datetime]:
    yield from inside
    for seconds in walls:
        # Where the clock is put back, a time of the wall comes twice; where it is put forward, not at all.
        yield from {_wall(day, seconds, zone, fold) for fold in (0, 1)}


def _wall(day: date, seconds: float, zone: ZoneInfo, fold: int = 0) -> datetime:
    at = datetime.combine(day, time()) + timedelta(seconds=seconds)
    return at.replace(tzinfo=zone, fold=fold).astimezone(UTC)


def _walls(manifest: Manifest) -> Iterator[float]:
    """The times of a day, in seconds, at which something begins or ends by the clock on the wall."""
    for slot in manifest.slots:
        yield from (slot.from_minute * 60.0, slot.to_minute * 60.0)
    for prompt in manifest.prompts:
        yield from (prompt.from_minute * 60.0, prompt.to_minute * 60.0)
        for begins in range(0, 86_400, prompt.every_s):
            yield from (float(begins), float(begins + prompt.seconds))


def _instants(manifest: Manifest) -> Iterator[datetime]:
    """The instants at which something begins or ends once."""
    boards = [*manifest.boards.values(), *(prompt.board for prompt in manifest.prompts)]
    for board in boards:
        yield from (at for at in (board.starts, board.ends) if at is not None)
        lines = (board.activity, *board.upcoming) if manifest.layout == MAIN_SIDE else ()
        yield from (line.starts for line in lines if line is not None)
    for notice in manifest.notices:
        yield from (notice.starts, notice.ends)

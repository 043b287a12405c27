"""A display's revision rises, in the same commit, if and only if an edit changes what it shows in the next 400 days (L2, L3).

What it shows is judged by `scene_at` alone, the function the display itself plays by: at every beginning and end that either
manifest knows of, from every board of its rotations on.
"""

import itertools
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from central_api.activities import bound
from central_api.background import renew_screens
from central_api.boards import horizon, manifest, repository
from central_api.boards.tables import board_versions, boards, display_manifests, playlists, slots
from central_api.db import Tx
from central_api.media import service as media
from club.model.board import Board, Manifest
from club.model.scene import Live, Playhead, scene_at
from club.render.boards import TEMPLATES
from club.wire.codec import decode
from tests.central_api.boards.edits import Edit, edits
from tests.support.screens_club import DRAWN, ZONE, Club, Made, screens_club

AHEAD_DAYS = 400
zone = ZoneInfo(ZONE)


def seen(one: Manifest, at: datetime, heads: list[Playhead | None]) -> list[object]:
    """What is on the glass at a moment, whichever board the rotation stands at."""
    found: list[object] = []
    for head in heads:
        scene = scene_at(one, Live(last_contact=at, playhead=head), at)
        found.append((scene.layer, scene.board, scene.playhead and scene.playhead.playlist, scene.ticker, scene.side))
    return found


def heads_at(pair: tuple[Manifest, Manifest], at: datetime) -> list[Playhead | None]:
    """Every place a rotation can stand at: a board just begun, and one just over."""
    found: list[Playhead | None] = [None]
    for one in pair:
        for playlist in one.playlists:
            for number, slug in enumerate(playlist.boards):
                if slug in one.boards:
                    dwell = timedelta(seconds=one.boards[slug].dwell_s)
                    found += [Playhead(playlist.slug, number, slug, since) for since in (at, at - dwell)]
    return list(dict.fromkeys(found))


def moments(pair: tuple[Manifest, Manifest], now: datetime) -> Iterator[datetime]:
    """Around all that begins or ends within the time: once, on its date, or on each weekday."""
    end, days, walls, instants = now + timedelta(days=AHEAD_DAYS), set[date](), {0}, {now}
    for one in pair:
        everything: list[Board] = [*one.boards.values(), *(prompt.board for prompt in one.prompts)]
        for board in everything:
            lines = [line for line in (board.activity, *board.upcoming) if line is not None]
            instants |= {at for at in (board.starts, board.ends, *(line.starts for line in lines)) if at is not None}
        instants |= {at for notice in one.notices for at in (notice.starts, notice.ends)}
        days |= {slot.on for slot in one.slots if slot.on is not None}
        walls |= {60 * minute for slot in one.slots for minute in (slot.from_minute, slot.to_minute)}
        for prompt in one.prompts:
            first = -(-prompt.from_minute * 60 // prompt.every_s) * prompt.every_s
            walls |= {60 * prompt.from_minute, 60 * prompt.to_minute, first, first + prompt.seconds, 0, prompt.seconds}
            walls |= {first + prompt.every_s, (prompt.to_minute * 60 - 1) // prompt.every_s * prompt.every_s}
        # What begins while a prompt is shown is seen when that prompt is over.
        begins = [60 * slot.from_minute for slot in one.slots]
        walls |= {wall + prompt.seconds for wall in begins for prompt in one.prompts}
    local = {at.astimezone(zone).date() for at in instants} | days
    weeks = {now.astimezone(zone).date() + timedelta(days=number) for number in range(8)}
    weeks |= {day + timedelta(days=number) for day in local for number in (0, 1)}
    yield now
    yield from (at for at in sorted(instants) if now <= at < end)
    for day in sorted(weeks):
        for wall in sorted(walls):
            at = (datetime.combine(day, time(), zone) + timedelta(seconds=wall)).astimezone(UTC)
            if now <= at < end:
                yield at


def shows_otherwise(one: Manifest, other: Manifest, now: datetime) -> bool:
    """The oracle."""
    for name in ("club", "store", "language", "layout", "time_zone", "ticker_px_per_s", "stale_after_s"):
        if getattr(one, name) != getattr(other, name):
            return True
    pair = (one, other)
    return any(
        seen(one, at, heads) != seen(other, at, heads) for at in moments(pair, now) for heads in [heads_at(pair, at)]
    )


def played(club: Club) -> dict[str, tuple[int, Manifest]]:
    """What each display has: revision and manifest."""
    with club.context.db.read() as tx:
        return {
            row.display: (row.revision, decode(row.body.encode(), Manifest))
            for row in tx.rows(select(display_manifests))
        }


def derived(club: Club) -> dict[str, Manifest]:
    """What each display should show by the data as they are."""
    with club.context.db.read() as tx:
        rows = repository.all_displays(tx)
        return {
            row.slug: manifest.derive(found, bound.read(tx, row.store, club.clock.now()), media.by_hash(tx), TEMPLATES)
            for row, found in zip(rows, repository.contents(tx, rows), strict=True)
        }


def first_difference(one: Manifest, other: Manifest, now: datetime) -> str:
    """Where the service sees something else, for whoever reads a failure."""
    for at in horizon.moments(one, other, now, horizon.AHEAD):
        shown = [horizon.shown(each, at) for each in (one, other)]
        if shown[0] != shown[1]:
            return f"at {at}: {shown[0]} and {shown[1]}"
    return "nothing"


def judge(club: Club, changes: list[Edit]) -> int:
    """Make edits, each in a unit of work of its own, and judge every display; how many revisions rose."""
    rose = 0
    for change in changes:
        before = played(club)
        with club.context.db.write() as tx:
            change(tx)
        after, wanted = played(club), derived(club)
        for display, (revision, was) in before.items():
            now = club.clock.now()
            differs = shows_otherwise(was, wanted[display], now)
            told = (
                f"{display}: revision {revision} to {after[display][0]}; {first_difference(was, wanted[display], now)}"
            )
            assert (after[display][0] > revision) == differs, told
            kept = after[display][1]
            assert kept == (replace(wanted[display], revision=revision + 1) if differs else was)
            rose += differs
    return rose


def tried(made: Made, folder: Path, examples: int) -> None:
    """Draw edits and judge them, each time on a club of its own."""
    rose, numbers = [], itertools.count()

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # to shrink would mean minutes of other clubs
        suppress_health_check=list(HealthCheck),
    )
    @given(changes=st.lists(edits, min_size=1, max_size=4))
    def run(changes: list[Edit]) -> None:
        own = folder / f"{next(numbers)}"
        own.mkdir()
        with screens_club(made, own) as club:
            rose.append(judge(club, changes))
        shutil.rmtree(own)

    run()
    assert any(rose)
    assert len(rose) >= examples


def test_the_revision_rises_if_and_only_if_something_else_is_shown(made: Made, tmp_path: Path) -> None:
    tried(made, tmp_path, 6)


@pytest.mark.long
def test_the_revision_rises_if_and_only_if_something_else_is_shown_for_long(made: Made, tmp_path: Path) -> None:
    tried(made, tmp_path, 400)


def test_what_comes_after_the_time_looked_ahead_raises_the_revision_when_its_day_is_nearer(club: Club) -> None:
    from_then = DRAWN + timedelta(days=AHEAD_DAYS + 30)

    always = "b-lakeside"

    def never_ends(tx: Tx) -> None:
        fields = dict(tx.scalar(select(board_versions.c.snapshot).where(board_versions.c.board == always)))
        frozen = {"digest": "0" * 64, "published_by": "staff:1001", "published_at": DRAWN}
        fields |= {"starts": None, "ends": None, "weekdays": []}
        tx.execute(insert(board_versions).values(board=always, version=2, snapshot=fields, **frozen))
        tx.execute(update(boards).where(boards.c.slug == always).values(version=2))

    def begin_late(tx: Tx) -> None:
        tx.execute(insert(playlists).values(slug="late", name={"zh": "", "en": ""}, boards=[always]))
        values = {"layer": "event", "playlist": "late", "from_minute": 0, "to_minute": 1440, "weekdays": []}
        tx.execute(insert(slots).values(display="tv-1", on_date=from_then.astimezone(zone).date(), **values))

    assert judge(club, [never_ends]) > 0
    assert judge(club, [begin_late]) == 0
    before = played(club)["tv-1"][0]
    with club.context.db.read() as tx:
        assert tx.scalar(select(display_manifests.c.alike_digest).where(display_manifests.c.display == "tv-1"))
    club.clock.forward(timedelta(days=31).total_seconds())
    renew_screens(club.context)
    assert played(club)["tv-1"][0] == before + 1


def test_rules_are_sent_and_not_windows(club: Club) -> None:
    for _, sent in played(club).values():
        assert len(sent.slots) < 20
        assert any(slot.on is None for slot in sent.slots), "what recurs is sent once"
        assert not horizon.differ(sent, sent, DRAWN)

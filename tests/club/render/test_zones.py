"""Two zones beside each other (lounge-09): every board as the main one, every side from full to empty, all words inside."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from club.model.board import Board
from club.model.scene import Live, Side, scene_at, side_of
from club.model.text import Text
from club.render import boards, demo_content, zones
from club.render.canvas import Canvas
from club.render.context import RenderContext
from club.render.demo_content import DRAWN, DemoContent

CONTENT = demo_content.load(DRAWN)
FULL = side_of(CONTENT.manifest(), DRAWN)
BOARDS: Mapping[str, Board] = CONTENT.boards
LONG = Text(
    "城东店与城西店会员联合举办的湖山两日亲子自驾露营活动，欢迎携家人参加（名额有限，先到先得）！",
    "A two-day family road trip to the lakeside camp, held together by East store and West store, first come first served",
)


def context(**changes: Any) -> RenderContext:
    return replace(RenderContext(now=DRAWN, club=Text("行舟会", "Xingzhou Club"), media=CONTENT.media), **changes)


def assert_inside(canvas: Canvas) -> None:
    assert canvas.placed
    for placed in canvas.placed:
        zone = zones.MAIN if placed.ink.x < zones.MAIN.right else zones.COLUMN
        assert zone.holds(placed.ink, 1), placed
        assert placed.room is None or placed.room.holds(placed.ink, 6), placed


def texts(canvas: Canvas) -> set[str]:
    return {placed.text for placed in canvas.placed}


@pytest.mark.parametrize("stale", [None, DRAWN - timedelta(minutes=34)])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("slug", BOARDS)
def test_every_board_stays_in_the_main_zone(slug: str, language: str, stale: Any) -> None:
    assert_inside(boards.draw_zones(BOARDS[slug], FULL, context(language=language, stale_since=stale)))


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("slug", BOARDS)
def test_texts_far_too_long_stay_whole_and_inside(slug: str, language: str) -> None:
    board = BOARDS[slug]
    long = replace(board, fields={**board.fields, "title": LONG, "line": LONG})
    side = Side(
        tuple(replace(line, title=LONG) for line in FULL.activities),
        tuple(replace(line, name=LONG) for line in FULL.menu),
    )
    canvas = boards.draw_zones(long, side, context(language=language))
    assert_inside(canvas)
    drawn = "".join(placed.text for placed in canvas.placed).replace(" ", "")
    assert LONG.pick(language).replace(" ", "") in drawn
    assert "…" not in drawn


def test_a_block_without_content_leaves_its_place_to_its_neighbour() -> None:
    both = texts(boards.draw_zones(BOARDS["b-tiers"], FULL, context()))
    assert {"近期还有", "吧台在供应", "14:32"} <= both
    no_menu = texts(boards.draw_zones(BOARDS["b-tiers"], replace(FULL, menu=()), context()))
    assert "吧台在供应" not in no_menu
    no_events = texts(boards.draw_zones(BOARDS["b-tiers"], replace(FULL, activities=()), context()))
    assert "近期还有" not in no_events
    names = {line.name.zh for line in FULL.menu}
    assert len(names & no_events) > len(names & both)
    assert "14:32" in texts(boards.draw_zones(BOARDS["b-tiers"], Side(), context()))


def test_an_activity_gone_by_offers_no_places() -> None:
    board = BOARDS["b-lakeside"]
    assert board.activity is not None
    over = replace(board.activity, starts=DRAWN - timedelta(days=2), ends=DRAWN - timedelta(days=1))
    bare = replace(board, fields={"title": board.text("title")})
    assert "余 6 车" in texts(boards.draw_zones(bare, Side(), context()))
    assert "余 6 车" not in texts(boards.draw_zones(replace(bare, activity=over), Side(), context()))


def test_the_whole_screen_has_one_clock() -> None:
    content: DemoContent = CONTENT
    # The ticker's words may stand where the bar's clock is missing: without any, nothing does.
    manifest = replace(content.manifest(), layout="main-side", ticker=())
    two = boards.render_scene(scene_at(manifest, Live(last_contact=DRAWN), DRAWN), manifest, context())
    one = boards.render_scene(
        scene_at(content.manifest(), Live(last_contact=DRAWN), DRAWN), content.manifest(), context()
    )
    clock = (1724, 980, 1864, 1076)
    assert max(one.crop(clock).convert("L").tobytes()) > 200
    assert max(two.crop(clock).convert("L").tobytes()) < 80
    assert two.size == (1920, 1080)


def test_nothing_scheduled_is_the_welcome_in_the_main_zone() -> None:
    canvas = boards.draw_zones(None, FULL, context())
    assert "欢迎回家，先喝杯茶。" in "".join(placed.text for placed in canvas.placed)


def test_what_the_main_zone_tells_of_is_not_told_beside_it() -> None:
    told = BOARDS["b-lakeside"].activity
    assert told is not None
    assert told.slug in {line.slug for line in FULL.activities}
    alone = replace(FULL, activities=(told,))
    assert "近期还有" in texts(boards.draw_zones(BOARDS["b-tiers"], alone, context()))
    assert "近期还有" not in texts(boards.draw_zones(BOARDS["b-lakeside"], alone, context()))


def test_without_a_clock_the_ticker_runs_to_the_edge() -> None:
    manifest = replace(CONTENT.manifest(), layout="main-side")
    ticker = manifest.ticker[:1]
    edge = (1724, 980, 1864, 1076)

    def brightest(count: int) -> int:
        shown = replace(manifest, ticker=ticker * count)
        screen = boards.render_scene(scene_at(shown, Live(last_contact=DRAWN), DRAWN), shown, context())
        assert max(screen.crop((1864, 980, 1920, 1076)).convert("L").tobytes()) < 80
        return max(screen.crop(edge).convert("L").tobytes())

    assert brightest(1) < 80
    assert brightest(9) > 100

"""What stands beside the board on a display of two zones (L1): from the manifest's own boards, nothing said twice, nothing gone by."""

from dataclasses import replace
from datetime import timedelta

from club.model.board import ActivityLine, Board, MenuLine, Prompt
from club.model.scene import Live, scene_at, side_of
from club.model.text import Text
from tests.support.lounge_manifests import NOON, a_board, a_manifest, a_notice

LIVE = Live(last_contact=NOON)


def an_activity(slug: str, days: int) -> ActivityLine:
    starts = NOON + timedelta(days=days)
    return ActivityLine(
        slug, Text("讲堂"), Text(slug), Text("城东店"), starts, starts + timedelta(hours=2), 6, Text("位"), 0, "", ""
    )


def an_item(slug: str, *, sold_out: bool = False) -> MenuLine:
    return MenuLine(slug, Text(slug), Text(""), "", sold_out)


TALK, KITES, GONE = an_activity("talk", 7), an_activity("kites", 14), an_activity("gone", -3)
BOARDS = (
    replace(a_board("b-1"), activity=KITES, upcoming=(TALK,)),
    replace(a_board("b-2"), upcoming=(TALK, KITES, GONE)),
    replace(a_board("b-3"), menu=(an_item("tea"), an_item("juice", sold_out=True))),
)
TWO = replace(a_manifest(BOARDS), layout="main-side")


def test_the_next_activities_in_their_order_and_what_is_to_be_had() -> None:
    side = side_of(TWO, NOON)
    assert [line.slug for line in side.activities] == ["talk", "kites"]
    assert [line.slug for line in side.menu] == ["tea"]


def test_a_prompts_refreshments_count_too() -> None:
    refill = Board("p-refill", 1, "refill", {}, 20, menu=(an_item("cocoa"),))
    side = side_of(replace(TWO, prompts=(Prompt(refill, 1080, 20),)), NOON + timedelta(minutes=5))
    assert [line.slug for line in side.menu] == ["tea", "cocoa"]


def test_only_a_display_of_two_zones_has_a_side_and_it_stays_while_the_main_zone_rotates() -> None:
    assert scene_at(a_manifest(BOARDS), LIVE, NOON).side is None
    scenes = [scene_at(TWO, LIVE, NOON + timedelta(seconds=seconds)) for seconds in range(0, 30, 10)]
    assert len({scene.board.slug for scene in scenes if scene.board is not None}) == 3
    assert {scene.side for scene in scenes} == {side_of(TWO, NOON)}


def test_a_notice_and_a_prompt_have_the_whole_screen() -> None:
    notice = a_notice(NOON - timedelta(minutes=1), NOON + timedelta(hours=1))
    assert scene_at(replace(TWO, notices=(notice,)), LIVE, NOON).side is None
    refill = Board("p-refill", 1, "refill", {}, 20)
    prompted = scene_at(replace(TWO, prompts=(Prompt(refill, 1080, 20),)), LIVE, NOON)
    assert (prompted.layer, prompted.side) == ("prompt", None)


def test_with_nothing_scheduled_the_side_still_tells_the_time() -> None:
    empty = replace(TWO, playlists=(), slots=())
    scene = scene_at(empty, LIVE, NOON)
    assert scene.board is None
    assert scene.side == side_of(TWO, NOON)

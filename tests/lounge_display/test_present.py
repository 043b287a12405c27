"""What belongs on the glass and how it comes there (L2, L3, L5)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from club.model.board import Board, Manifest
from club.model.scene import Live, scene_at
from club.model.text import Text
from lounge_display import present
from lounge_display.present import Change, Motion, Picture
from tests.support.lounge_manifests import NOON, a_board, a_manifest, a_notice, with_title

FRESH = Live(last_contact=NOON)


def picture(manifest: Manifest, live: Live = FRESH, at: timedelta = timedelta(0)) -> Picture:
    return present.picture_of(scene_at(manifest, live, NOON + at), manifest, NOON + at)


def test_the_same_scene_later_needs_no_new_picture() -> None:
    manifest = a_manifest([a_board("b-1")])
    assert picture(manifest) == picture(manifest, at=timedelta(seconds=4))


def test_an_edit_under_another_revision_leaves_untouched_boards_alone() -> None:
    boards = [a_board("b-1"), a_board("b-2")]
    one, two = a_manifest(boards), a_manifest([boards[0], with_title(boards[1], "新")], revision=2)
    head = scene_at(one, Live(last_contact=NOON), NOON).playhead
    live = Live(last_contact=NOON, playhead=replace(head, board="b-1", index=0) if head else None)
    assert picture(one, live) == picture(two, live)


def test_a_board_that_counts_days_has_a_picture_a_day() -> None:
    board = Board("b-1", 1, "countdown", {"title": Text("还有 {days} 天")}, 10, until=NOON + timedelta(days=9))
    manifest = a_manifest([board])
    live = Live(last_contact=NOON + timedelta(hours=12))
    assert picture(manifest).day == "2026-05-16"
    assert picture(manifest, live, at=timedelta(hours=12)).day == "2026-05-17"


def test_old_data_are_marked_to_the_minute_but_not_on_a_notice() -> None:
    manifest = a_manifest([a_board("b-1")])
    stale = picture(manifest, at=timedelta(seconds=130))
    assert stale.stale == NOON
    notice = a_manifest([a_board("b-1")], notices=(a_notice(NOON, NOON + timedelta(hours=1)),))
    assert picture(notice, at=timedelta(seconds=130)).stale is None


def test_an_unmarked_picture_before_two_minutes() -> None:
    assert picture(a_manifest([a_board("b-1")]), at=timedelta(seconds=119)).stale is None


@pytest.mark.parametrize(
    ("shown", "wanted", "expected"),
    [
        (a_board("b-1"), a_board("b-1"), Change.NONE),
        (a_board("b-1"), with_title(a_board("b-1"), "改"), Change.IN_PLACE),
        (a_board("b-1"), a_board("b-2"), Change.BOUNDARY),
        (a_board("b-gone"), a_board("b-2"), Change.AT_ONCE),
    ],
)
def test_how_one_board_gives_way_to_another(shown: Board, wanted: Board, expected: Change) -> None:
    manifest = a_manifest([a_board("b-1"), a_board("b-2")])
    change = present.change(Picture(shown, "default", "zh-CN"), Picture(wanted, "default", "zh-CN"), manifest)
    assert change is expected


def test_a_notice_comes_and_goes_at_once() -> None:
    manifest = a_manifest([a_board("b-1")])
    board, notice = (
        Picture(a_board("b-1"), "default", "zh-CN"),
        Picture(a_notice(NOON, NOON).board, "notice", "zh-CN", begun=NOON),
    )
    assert present.change(board, notice, manifest) is Change.AT_ONCE
    assert present.change(notice, board, manifest) is Change.AT_ONCE
    assert Motion().fade_ms(Change.AT_ONCE) == 200
    assert Motion().fade_ms(Change.IN_PLACE) == 800


def test_what_follows_is_known_beforehand() -> None:
    manifest = a_manifest([a_board("b-1"), a_board("b-2")])
    live = Live(last_contact=NOON)
    scene = scene_at(manifest, live, NOON)
    following = present.upcoming(manifest, live, scene, NOON)
    assert scene.board is not None
    assert {scene.board.slug, following.what.split("@")[0]} == {"b-1", "b-2"}
    assert following == picture(
        manifest, replace(live, playhead=scene.playhead, last_contact=scene.until), scene.until - NOON
    )

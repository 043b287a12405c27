"""Drafts stay drafts; publishing freezes a version and raises manifests, all in one transaction or not at all (L3)."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from central_api.activities import bound
from central_api.activities import service as activities
from central_api.background import renew_screens
from central_api.boards import content, repository, service
from central_api.boards.tables import board_versions
from central_api.db import Tx
from central_api.feed.notes import DisplayHint
from central_api.feed.tables import change_log
from club.model import errors
from club.model.board import Manifest
from club.model.scene import Live, scene_at
from club.model.text import Text
from club.wire.codec import decode
from tests.support.screens_club import Club

DISPLAYS = ("tv-1", "tv-2", "tv-3", "tv-4")


def revisions(club: Club) -> dict[str, int]:
    with club.context.db.read() as tx:
        return {name: repository.manifest_row(tx, name).revision for name in DISPLAYS}


def manifest(club: Club, display: str) -> Manifest:
    with club.context.db.read() as tx:
        return decode(repository.manifest_row(tx, display).body.encode(), Manifest)


def retitled(club: Club, slug: str, title: str) -> int:
    """Store a draft with another title; its edit."""
    with club.context.db.write() as tx:
        row = service.board(tx, slug)
        draft = msgspec.structs.replace(row.draft, texts={**row.draft.texts, "title": Text(title, "New title")})
        return service.edit(tx, slug, draft, expected_edit=row.edit, by="staff:1001", now=club.clock.now()).edit


def publish(club: Club, slug: str, edit: int) -> service.PublishedBoard:
    with club.context.db.write() as tx:
        return service.publish(
            tx, slug, expected_edit=edit, by="staff:1001", now=club.clock.now(), read_bound=bound.read
        )


def test_the_drawn_day_plays_the_lakeside_drive_on_tv_1(club: Club) -> None:
    found, now = manifest(club, "tv-1"), club.clock.now()
    scene = scene_at(found, Live(last_contact=now), now)
    assert scene.layer == "daypart"
    assert scene.board is not None
    assert found.playlists[0].boards == ("b-lakeside", "b-share-tea-hill", "b-tiers", "b-flagship")
    lakeside = found.boards["b-lakeside"]
    assert lakeside.activity is not None
    assert (lakeside.activity.left, lakeside.activity.fee_points) == (6, 600)
    assert [line.slug for line in lakeside.upcoming] == ["car-care-talk", "family-kite-day", "flagship-launch"]
    assert [prompt.every_s for prompt in found.prompts] == [1080]


def test_a_draft_reaches_no_display(club: Club) -> None:
    before = revisions(club)
    retitled(club, "b-lakeside", "改过的标题")
    assert revisions(club) == before
    assert manifest(club, "tv-1").boards["b-lakeside"].text("title").zh == "湖山两日自驾游"


def test_publishing_raises_each_display_that_plays_it_once_and_tells_it(club: Club) -> None:
    before = revisions(club)
    notes: list[object] = []
    club.context.db.after_commit(notes.extend)
    done = publish(club, "b-lakeside", retitled(club, "b-lakeside", "湖山三日自驾游"))
    assert done.version == 2
    assert revisions(club) == {**before, "tv-1": before["tv-1"] + 1, "tv-4": before["tv-4"] + 1}
    assert {(note.slug, note.revision) for note in notes if isinstance(note, DisplayHint)} == {("tv-1", 2), ("tv-4", 2)}
    assert manifest(club, "tv-1").boards["b-lakeside"].text("title").zh == "湖山三日自驾游"
    assert manifest(club, "tv-1").revision == 2


def test_publishing_twice_is_publishing_once(club: Club) -> None:
    edit = retitled(club, "b-lakeside", "湖山三日自驾游")
    first, after = publish(club, "b-lakeside", edit), revisions(club)
    second = publish(club, "b-lakeside", edit)
    assert second.version == first.version
    assert second.raised == ()
    assert revisions(club) == after


def test_a_failure_after_publishing_leaves_nothing_behind(club: Club) -> None:
    edit, before = retitled(club, "b-lakeside", "湖山三日自驾游"), revisions(club)
    with club.context.db.read() as tx:
        log = len(tx.rows(select(change_log)))

    def publish_and_fail(tx: Tx) -> None:
        service.publish(tx, "b-lakeside", expected_edit=edit, by="x", now=club.clock.now(), read_bound=bound.read)
        raise RuntimeError("power")

    with pytest.raises(RuntimeError, match="power"):
        club.context.db.run(publish_and_fail)
    assert revisions(club) == before
    with club.context.db.read() as tx:
        assert len(tx.rows(select(change_log))) == log
        assert service.board(tx, "b-lakeside").version == 1
        assert len(tx.rows(select(board_versions).where(board_versions.c.board == "b-lakeside"))) == 1


def test_a_frozen_version_is_not_touched_by_later_edits(club: Club) -> None:
    publish(club, "b-lakeside", retitled(club, "b-lakeside", "第二版"))
    retitled(club, "b-lakeside", "第三版的草稿")
    with club.context.db.read() as tx:
        second = repository.version_fields(tx, "b-lakeside", 2)
    assert second is not None
    assert second.text("title").zh == "第二版"


def test_a_recalled_board_leaves_every_manifest_and_can_come_back(club: Club) -> None:
    with club.context.db.write() as tx:
        service.recall(tx, "b-lakeside", now=club.clock.now(), read_bound=bound.read)
    assert "b-lakeside" not in manifest(club, "tv-1").boards
    assert "b-lakeside" not in manifest(club, "tv-1").playlists[0].boards
    publish(club, "b-lakeside", 1)
    assert "b-lakeside" in manifest(club, "tv-1").boards


def test_two_people_at_one_board_are_told(club: Club) -> None:
    with club.context.db.read() as tx:
        seen = service.board(tx, "b-lakeside")
    retitled(club, "b-lakeside", "先存的人")
    mine = msgspec.structs.replace(seen.draft, dwell_s=30)
    with pytest.raises(errors.EditConflict) as told, club.context.db.write() as tx:
        service.edit(tx, "b-lakeside", mine, expected_edit=seen.edit, by="staff:1008", now=club.clock.now())
    assert (told.value.facts["expected"], told.value.facts["found"]) == (1, 2)
    with pytest.raises(errors.EditConflict):
        publish(club, "b-lakeside", seen.edit)


def test_a_page_does_not_conflict_with_its_own_unanswered_edit(club: Club) -> None:
    with club.context.db.read() as tx:
        seen = service.board(tx, "b-lakeside")
    for dwell in (20, 21):
        draft = msgspec.structs.replace(seen.draft, dwell_s=dwell)
        with club.context.db.write() as tx:
            service.edit(tx, "b-lakeside", draft, expected_edit=1, by="staff:1001", now=club.clock.now(), page="p1")
    with club.context.db.read() as tx:
        row = service.board(tx, "b-lakeside")
    assert (row.edit, row.draft.dwell_s) == (3, 21)


def test_a_place_taken_raises_the_displays_that_tell_of_it(club: Club) -> None:
    before = revisions(club)
    with club.context.db.write() as tx:
        activities.set_taken(tx, "lakeside-road-trip", 19, now=club.clock.now(), read_bound=bound.read)
    after = revisions(club)
    assert {name for name in DISPLAYS if after[name] > before[name]} == {"tv-1", "tv-4"}
    line = manifest(club, "tv-1").boards["b-lakeside"].activity
    assert line is not None
    assert line.left == 5


def test_an_activity_that_has_begun_leaves_what_is_coming_up_without_anybodys_edit(club: Club) -> None:
    before = revisions(club)
    renew_screens(club.context)
    assert revisions(club) == before
    club.clock.forward(7 * 24 * 3600)  # a week later the talk of that Saturday, 14:00, has begun
    renew_screens(club.context)
    upcoming = manifest(club, "tv-1").boards["b-lakeside"].upcoming
    assert [line.slug for line in upcoming] == ["family-kite-day", "flagship-launch"]
    assert revisions(club)["tv-1"] == before["tv-1"] + 1


def test_more_places_than_there_are_cannot_be_taken(club: Club) -> None:
    with pytest.raises(errors.Malformed, match="0 to 24"), club.context.db.write() as tx:
        activities.set_taken(tx, "lakeside-road-trip", 25, now=club.clock.now(), read_bound=bound.read)


# One club for all examples: each example says what it finds before and after.
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=st.text("湖山茶风雨", min_size=1, max_size=8), dwell=st.integers(5, 60))
def test_any_edit_that_is_published_raises_the_revision_exactly_once(club: Club, title: str, dwell: int) -> None:
    before = revisions(club)["tv-1"]
    with club.context.db.write() as tx:
        row = service.board(tx, "b-lakeside")
        draft = msgspec.structs.replace(row.draft, texts={**row.draft.texts, "title": Text(title)}, dwell_s=dwell)
        edited = service.edit(tx, "b-lakeside", draft, expected_edit=row.edit, by="x", now=club.clock.now())
    changed = content.fields_to_json(draft) != content.fields_to_json(row.draft)
    publish(club, "b-lakeside", edited.edit)
    assert revisions(club)["tv-1"] == before + changed

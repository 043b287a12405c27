"""What a display shows at any instant: layers, rotation, and edits that never restart it (L2, L3, L5)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from club.model.board import Board, Manifest, Notice, Playlist, Prompt, Slot
from club.model.scene import Live, Scene, days_left, is_on_air, scene_at, variant
from club.model.text import Text

NOON = datetime(2026, 5, 16, 4, 0, tzinfo=UTC)  # a Saturday, 12:00 in Shanghai
CONTACT = Live(last_contact=NOON)


def _board(slug: str, dwell_s: int = 10, version: int = 1, **more: object) -> Board:
    return Board(slug, version, "image", {"title": Text(slug)}, dwell_s, **more)  # type: ignore[arg-type]


def _manifest(boards: Sequence[Board], *, slots: Sequence[Slot] = (), **more: object) -> Manifest:
    names = tuple(board.slug for board in boards)
    return Manifest(
        display="lounge-1",
        revision=1,
        digest="",
        club=Text("行舟会"),
        store=Text("城东店"),
        time_zone="Asia/Shanghai",
        language="zh-CN",
        boards={board.slug: board for board in boards},
        playlists=(Playlist("all", names), Playlist("first", names[:1])),
        slots=tuple(slots) or (Slot("default", "all"),),
        **more,  # type: ignore[arg-type]
    )


def _shown(scene: Scene) -> str:
    return scene.board.slug if scene.board else ""


@given(dwells=st.lists(st.integers(1, 40), min_size=1, max_size=5), seconds=st.lists(st.integers(0, 500), max_size=20))
def test_a_board_stays_its_time_whenever_one_looks(dwells: list[int], seconds: list[int]) -> None:
    manifest = _manifest([_board(f"b{number}", dwell) for number, dwell in enumerate(dwells)])
    live, now = CONTACT, NOON
    for step in seconds:
        now += timedelta(seconds=step)
        scene = scene_at(manifest, live, now)
        assert scene.board is not None
        assert scene.since <= now < scene.until
        assert scene.until - scene.since == timedelta(seconds=scene.board.dwell_s)
        # Two displays that were started at different moments agree.
        assert _shown(scene_at(manifest, CONTACT, now)) == _shown(scene)
        live = Live(NOON, scene.playhead)


def test_the_rotation_follows_the_playlist() -> None:
    manifest = _manifest([_board("a"), _board("b"), _board("c")])
    live, now, seen = CONTACT, NOON, []
    for _ in range(6):
        scene = scene_at(manifest, live, now)
        seen.append(_shown(scene))
        live, now = Live(NOON, scene.playhead), scene.until
    start = seen.index("a")
    assert seen[start : start + 3] == ["a", "b", "c"]


def test_an_edited_board_keeps_its_place_and_time_on_the_glass() -> None:
    before = scene_at(_manifest([_board("a"), _board("b")]), CONTACT, NOON + timedelta(seconds=3))
    now = NOON + timedelta(seconds=5)
    edited = _manifest([_board("a", version=2), _board("b", version=2), _board("new")])
    after = scene_at(edited, Live(NOON, before.playhead), now)
    assert (_shown(after), after.since) == (_shown(before), before.since)
    assert after.board is not None
    assert after.board.version == 2


def test_a_recalled_board_gives_way_at_once_to_the_one_that_stood_behind_it() -> None:
    boards = [_board("a"), _board("b"), _board("c")]
    before = scene_at(_manifest(boards), CONTACT, NOON)
    left = [board for board in boards if board.slug != _shown(before)]
    now = NOON + timedelta(seconds=2)
    after = scene_at(_manifest(left), Live(NOON, before.playhead), now)
    order = [board.slug for board in boards]
    expected = order[(order.index(_shown(before)) + 1) % 3]
    assert (_shown(after), after.since) == (expected, now)


def test_an_urgent_notice_covers_everything_from_start_to_end() -> None:
    notice = Notice(_board("fire"), NOON, NOON + timedelta(minutes=10))
    manifest = _manifest([_board("a")], notices=(notice,))
    assert _shown(scene_at(manifest, CONTACT, NOON - timedelta(seconds=1))) == "a"
    during = scene_at(manifest, CONTACT, NOON)
    assert (during.layer, _shown(during), during.until) == ("notice", "fire", notice.ends)
    assert _shown(scene_at(manifest, CONTACT, notice.ends)) == "a"


def test_a_prompt_comes_at_its_interval_and_the_rotation_goes_on_behind_it() -> None:
    prompt = Prompt(_board("refill"), every_s=1080, seconds=20)
    manifest = _manifest([_board("a")], prompts=(prompt,))
    midnight = NOON - timedelta(hours=12)
    start = midnight + timedelta(seconds=1080 * 40)
    shown = [_shown(scene_at(manifest, CONTACT, start + timedelta(seconds=s))) for s in (-1, 0, 19, 20)]
    assert shown == ["a", "refill", "refill", "a"]
    before = scene_at(manifest, CONTACT, start - timedelta(seconds=1))
    assert before.until <= start  # asked again in time for the prompt


@pytest.mark.parametrize(
    ("slots", "layer"),
    [
        ([Slot("default", "all"), Slot("event", "first")], "event"),
        ([Slot("default", "all"), Slot("daypart", "first", 720, 780)], "daypart"),
        ([Slot("default", "all"), Slot("daypart", "first", 0, 720)], "default"),
        ([Slot("default", "all"), Slot("daypart", "first", weekdays=("sun",))], "default"),
        ([Slot("default", "all"), Slot("event", "first", on=NOON.date())], "event"),
        ([Slot("default", "all"), Slot("event", "gone")], "default"),
        ([Slot("event", "first", weekdays=("mon",))], "none"),
    ],
)
def test_layers_have_a_fixed_precedence(slots: list[Slot], layer: str) -> None:
    assert scene_at(_manifest([_board("a"), _board("b")], slots=slots), CONTACT, NOON).layer == layer


def test_a_board_is_on_air_between_its_dates_on_its_weekdays() -> None:
    local = NOON.astimezone()
    board = _board("a", starts=NOON, ends=NOON + timedelta(hours=1))
    assert is_on_air(board, NOON, NOON)
    assert not is_on_air(board, NOON - timedelta(seconds=1), local)
    assert not is_on_air(board, NOON + timedelta(hours=1), local)
    assert is_on_air(_board("b", weekdays=("sat",)), NOON, NOON)
    assert not is_on_air(_board("b", weekdays=("sun",)), NOON, NOON)


def test_old_data_are_marked_after_two_minutes() -> None:
    manifest = _manifest([_board("a")])
    assert scene_at(manifest, CONTACT, NOON + timedelta(seconds=119)).stale_since is None
    assert scene_at(manifest, CONTACT, NOON + timedelta(seconds=120)).stale_since == NOON
    never = scene_at(manifest, Live(), NOON)
    assert never.stale_since == NOON


def test_days_are_the_stores_calendar_days_and_only_counting_boards_change_with_them() -> None:
    late = datetime(2026, 5, 16, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai
    until = datetime(2026, 5, 18, 1, 0, tzinfo=UTC)
    assert days_left(until, late, "Asia/Shanghai") == 2
    assert days_left(until, late + timedelta(minutes=2), "Asia/Shanghai") == 1
    assert days_left(late, until, "Asia/Shanghai") == 0
    counting = Board("c", 1, "countdown", {"title": Text("还有 {days} 天")}, 10)
    assert variant(counting, late, "Asia/Shanghai") != variant(counting, late + timedelta(minutes=2), "Asia/Shanghai")
    assert variant(_board("a"), late, "Asia/Shanghai") == ""


def test_with_a_doubtful_clock_only_what_has_no_date_is_shown_l5() -> None:
    notice = Notice(_board("fire"), NOON - timedelta(hours=1), NOON + timedelta(hours=1))
    manifest = _manifest(
        [_board("always"), _board("today", starts=NOON - timedelta(days=1))],
        slots=[Slot("event", "all", on=NOON.date()), Slot("daypart", "all", 0, 720), Slot("default", "all")],
        notices=(notice,),
        prompts=(Prompt(_board("tea"), 600, 600),),
    )
    assert _shown(scene_at(manifest, Live(), NOON)) == "fire"
    for hours in range(0, 48, 5):
        scene = scene_at(manifest, Live(clock_doubtful=True), NOON + timedelta(hours=hours))
        assert (_shown(scene), scene.layer) == ("always", "default")

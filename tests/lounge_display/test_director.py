"""The director against a stage and a painter that only keep what they are told."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image

from club.model.board import Manifest
from club.model.clock import HandClock
from club.render.context import FOOTER_SIZE, RenderContext
from lounge_display import present
from lounge_display.director import RETRY_S, Director, Shown
from lounge_display.joining import Enrolment, enrol_view
from lounge_display.painter import NotPainted, Painted
from lounge_display.present import Motion, Picture
from tests.support.lounge_manifests import NOON, a_board, a_manifest, a_notice, with_title

DOT = Image.new("RGB", (1, 1))
CALM = Motion()


@dataclass
class ToldStage:
    fades: list[int] = field(default_factory=list)
    bars: list[bool] = field(default_factory=list)
    areas: list[tuple[int, int]] = field(default_factory=list)
    clocks: int = 0
    with_clock: list[bool] = field(default_factory=list)

    def show(self, image: Image.Image, fade_ms: int) -> None:
        self.fades.append(fade_ms)

    def show_bar(self, plate: Image.Image, area: tuple[int, int], strip: Image.Image, *, moves: bool) -> None:
        self.bars.append(moves)
        self.areas.append(area)

    def show_clock(self, image: Image.Image | None) -> None:
        self.clocks += 1
        self.with_clock.append(image is not None)


@dataclass
class ToldPainter:
    wanted: list[Picture] = field(default_factory=list)
    prepared: list[Picture] = field(default_factory=list)

    def want(self, picture: Picture) -> None:
        self.wanted.append(picture)

    def prepare(self, picture: Picture) -> None:
        self.prepared.append(picture)


class House:
    """A director with its surroundings; `settle` lets the painter finish."""

    def __init__(self, motion: Motion = CALM) -> None:
        self.clock, self.stage, self.painter = HandClock(NOON), ToldStage(), ToldPainter()
        self.shown: list[str] = []
        bar = RenderContext(now=NOON, size=FOOTER_SIZE)
        self.director = Director(
            self.stage,
            self.painter,
            self.clock,
            bar,
            motion,
            self._keep,
            first=Picture(None, "none", "zh-CN"),
            enrol_words=lambda joining, now, online: enrol_view(
                "zh-CN", "dev-1", (1920, 1080), joining, now, online=online
            ),
        )

    def _keep(self, _before: Shown, now: Shown) -> None:
        self.shown.append(now.picture.what)

    def settle(self) -> None:
        while self.painter.wanted:
            self.director.painted(Painted(self.painter.wanted.pop(), DOT, 1.0))
            self.painter.wanted.clear()

    def play(self, manifest: Manifest) -> None:
        self.director.manifest_ready(manifest)
        self.settle()

    def pass_time(self, seconds: float) -> None:
        self.clock.forward(seconds)
        self.director.tick()
        self.settle()


@pytest.fixture
def house() -> House:
    made = House()
    made.director.contact(online=True)
    return made


def three(**changes: Any) -> Manifest:
    return a_manifest([a_board("b-1"), a_board("b-2"), a_board("b-3")], **changes)


def test_the_rotation_goes_round(house: House) -> None:
    house.play(three())
    for _ in range(6):
        house.pass_time(10)
    slugs = [what.split("@")[0] for what in house.shown]
    assert len(slugs) == 7
    assert set(slugs[:3]) == {"b-1", "b-2", "b-3"}
    assert slugs[:3] == slugs[3:6]


def test_an_edited_board_on_the_glass_is_replaced_in_place_and_keeps_its_turn(house: House) -> None:
    house.play(three())
    on_glass = house.shown[-1].split("@")[0]
    house.pass_time(4)
    boards = [with_title(a_board(slug), "改") if slug == on_glass else a_board(slug) for slug in ("b-1", "b-2", "b-3")]
    house.play(a_manifest(boards, revision=2))
    assert house.shown[-1] == f"{on_glass}@2"
    assert house.stage.fades[-1] == 800
    house.pass_time(5.9)
    assert house.shown[-1] == f"{on_glass}@2"
    house.pass_time(0.2)
    assert not house.shown[-1].startswith(on_glass)


def test_an_edit_of_another_board_waits_for_its_turn(house: House) -> None:
    house.play(three())
    on_glass = house.shown[-1].split("@")[0]
    boards = [a_board(slug) if slug == on_glass else with_title(a_board(slug), "改") for slug in ("b-1", "b-2", "b-3")]
    before = list(house.shown)
    house.play(a_manifest(boards, revision=2))
    assert house.shown == before
    house.pass_time(10)
    assert house.shown[-1].endswith("@2")


def test_a_recalled_board_leaves_at_once(house: House) -> None:
    house.play(three())
    on_glass = house.shown[-1].split("@")[0]
    house.pass_time(2)
    house.play(a_manifest([a_board(slug) for slug in ("b-1", "b-2", "b-3") if slug != on_glass], revision=2))
    assert not house.shown[-1].startswith(on_glass)
    assert house.stage.fades[-1] == 200


def test_a_notice_covers_the_board_quickly_and_the_rotation_goes_on_after_it(house: House) -> None:
    house.play(three())
    house.play(three(revision=2, notices=(a_notice(NOON, NOON + timedelta(seconds=60)),)))
    assert house.shown[-1] == "n-1@1"
    assert house.stage.fades[-1] == 200
    house.pass_time(61)
    assert house.shown[-1].startswith("b-")
    assert house.stage.fades[-1] == 200


def test_old_data_are_marked_after_two_minutes_and_unmarked_on_contact() -> None:
    house = House()
    house.play(a_manifest([a_board("b-1", dwell_s=3600)]))
    house.director.contact(online=False, since=NOON)
    marks = []
    for seconds in (119, 2):
        house.pass_time(seconds)
        marks.append(house.director.shown.picture.stale)
    house.director.contact(online=True)
    house.settle()
    marks.append(house.director.shown.picture.stale)
    assert marks == [None, NOON, None]


def test_a_picture_that_is_no_longer_wanted_is_not_shown(house: House) -> None:
    house.director.manifest_ready(three())
    late = house.painter.wanted[-1]
    house.play(three(revision=2, notices=(a_notice(NOON, NOON + timedelta(seconds=60)),)))
    house.director.painted(Painted(late, DOT, 1.0))
    assert house.shown == ["n-1@1"]


def test_what_cannot_be_drawn_leaves_the_glass_as_it_is_and_is_tried_again(house: House) -> None:
    house.play(a_manifest([a_board("b-1", dwell_s=3600)]))
    house.director.manifest_ready(a_manifest([with_title(a_board("b-1", dwell_s=3600), "坏")], revision=2))
    house.director.painted(NotPainted(house.painter.wanted.pop()))
    house.director.tick()
    assert house.shown[-1] == "b-1@1"
    assert house.painter.wanted == []
    house.pass_time(RETRY_S + 1)
    assert house.shown[-1] == "b-1@2"


def test_the_next_board_is_painted_beforehand(house: House) -> None:
    house.play(three())
    following = house.painter.prepared[-1]
    house.clock.forward(10)
    house.director.tick()
    assert house.painter.wanted == [following]


def test_the_clock_is_drawn_once_a_minute(house: House) -> None:
    house.play(a_manifest([a_board("b-1", dwell_s=3600)]))
    before = house.stage.clocks
    for _ in range(60):
        house.pass_time(1)
    assert house.stage.clocks == before + 1


def test_the_ticker_is_drawn_once_and_moves_only_when_it_is_long(house: House) -> None:
    house.play(a_manifest([a_board("b-1")], ticker=("短",)))
    assert house.stage.bars[-1:] == [False]
    house.play(a_manifest([a_board("b-1")], revision=2, ticker=("很长的字幕" * 12,)))
    drawn = len(house.stage.bars)
    house.pass_time(30)
    assert house.stage.bars[-1:] == [True]
    assert len(house.stage.bars) == drawn


def test_a_publish_does_not_set_the_ticker_back(house: House) -> None:
    news = ("很长的字幕" * 12,)
    house.play(a_manifest([a_board("b-1")], ticker=news))
    drawn = len(house.stage.bars)
    house.play(a_manifest([with_title(a_board("b-1"), "改")], revision=2, ticker=news))
    assert len(house.stage.bars) == drawn


def test_reduced_motion_shows_the_ticker_page_after_page() -> None:
    house = House(present.REDUCED_MOTION)
    house.play(a_manifest([a_board("b-1", dwell_s=3600)], ticker=("一", "二", "三")))
    drawn = len(house.stage.bars)
    for _ in range(24):
        house.pass_time(1)
    assert len(house.stage.bars) == drawn + 3
    assert house.stage.fades == [160]


def test_without_a_manifest_the_welcome_stays_and_a_new_device_says_so() -> None:
    house = House()
    house.pass_time(5)
    assert house.shown == []
    house.director.enrol(Enrolment.NEEDED)
    house.settle()
    assert house.shown == ["enrol"]
    house.play(three())
    assert house.shown[-1].startswith("b-")


def test_a_new_device_shows_its_code_then_its_content_then_plays() -> None:
    house = House()
    house.director.enrol(Enrolment.NEEDED)
    house.director.pairing_code("7K2M9Q", NOON + timedelta(minutes=10))
    house.settle()
    enrol = house.director.shown.picture.enrol
    assert enrol is not None
    assert enrol.code == ("7K2", "M9Q")
    house.director.enrol(Enrolment.WAITING)
    house.director.content_coming(3, 12)
    house.settle()
    enrol = house.director.shown.picture.enrol
    assert enrol is not None
    assert enrol.entered
    assert enrol.progress == 0.25
    house.play(three())
    assert house.shown[-1].startswith("b-")


def test_when_nobody_comes_the_built_in_picture_plays() -> None:
    house = House()
    house.director.enrol(Enrolment.NEEDED)
    house.settle()
    assert house.shown == ["enrol"]
    house.pass_time(30 * 60)
    house.settle()
    assert house.shown[-1] == "welcome"


def test_the_side_zones_clock_goes_on_without_the_board_being_played_anew() -> None:
    house = House()
    house.play(replace(a_manifest([a_board("b-1", dwell_s=3600)]), layout="main-side"))
    assert house.shown == ["b-1@1"]
    begun = house.director.shown
    house.pass_time(61)
    house.settle()
    assert (begun.picture.minute, house.director.shown.picture.minute) == (NOON, NOON + timedelta(minutes=1))
    assert house.director.shown.since == begun.since
    assert house.shown == ["b-1@1"]
    assert house.stage.fades == [800, 800]


def test_a_revoked_device_shows_nothing_of_the_store() -> None:
    house = House()
    house.play(three())
    house.director.enrol(Enrolment.NEEDED, revoked=True)
    house.settle()
    assert house.shown[-1] == "enrol"


def test_beside_a_zone_with_a_clock_the_ticker_has_the_bar_to_its_edge(house: House) -> None:
    house.play(three(ticker=("字幕",)))
    house.play(replace(three(ticker=("字幕",), revision=2), layout="main-side"))
    house.director.tick()
    assert house.stage.with_clock[-2:] == [True, False]
    (left, right), (wide_left, wide_right) = house.stage.areas[-2:]
    assert left == wide_left
    assert (right, wide_right) == (1668, 1864)

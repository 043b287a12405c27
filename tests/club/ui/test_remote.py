"""What is answered to staff's orders is what happened on the screen, and a member is neither disturbed nor pictured (C9, X2)."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO

import pytest
from PIL import Image

from club.ui import remote
from club.ui.remote import IDENTIFY_S, SHOT_WAIT_S, Remote
from tests.club.sync import makers

NAME, PAGE = Image.new("RGB", (32, 18), (0, 90, 60)), Image.new("RGB", (32, 18), (200, 10, 10))


@dataclass
class Glass:
    """A window whose frames come when the test says so."""

    over: object = None  # a picture, "black", or nothing
    waiting: list[Callable[[], None]] = field(default_factory=list)
    broken: bool = False

    def cover(self, image: Image.Image | None, seen: Callable[[], None]) -> None:
        self.over = image or "black"
        self.waiting.append(seen)

    def uncover(self, seen: Callable[[], None]) -> None:
        self.over = None
        self.waiting.append(seen)

    def look(self) -> Image.Image:
        if self.broken:
            raise RuntimeError("no context")
        return PAGE

    def frame(self) -> None:
        seen, self.waiting = self.waiting, []
        for one in seen:
            one()


class Scene:
    """A screen with somebody at it or not."""

    def __init__(self) -> None:
        self.glass, self.clock = Glass(), makers.a_clock()
        self.answers: list[tuple[str, bool, str, bytes]] = []
        self.free = self.clean = True
        self.name: Image.Image | None = NAME
        self.dark: list[bool] = []
        self.timers: list[tuple[Callable[[], None], float]] = []
        self.remote = Remote(
            self.glass,
            self._answer,
            draw_name=lambda: self.name,
            later=lambda call, seconds: self.timers.append((call, self.clock.monotonic() + seconds)),
            aside=lambda call: call(),
            monotonic=self.clock.monotonic,
            is_free=lambda: self.free,
            is_clean=lambda: self.clean,
            darkened=self.dark.append,
        )

    def _answer(self, order_id: str, *, done: bool, detail: str = "", picture: bytes = b"") -> None:
        self.answers.append((order_id, done, detail, picture))

    def over(self) -> object:
        """What lies over the glass."""
        return self.glass.over

    @property
    def said(self) -> list[tuple[str, bool, str]]:
        return [answer[:3] for answer in self.answers]

    def pass_by(self, seconds: float) -> None:
        self.clock.forward(seconds)
        due = [timer for timer in self.timers if timer[1] <= self.clock.monotonic()]
        self.timers = [timer for timer in self.timers if timer not in due]
        for call, _ in due:
            call()
        self.remote.look_again()


def test_the_name_is_answered_when_its_frame_is_out_and_goes_by_itself() -> None:
    scene = Scene()
    scene.remote.ordered("o-1", "identify")
    assert (scene.over(), scene.said) == (NAME, [])
    scene.glass.frame()
    assert scene.said == [("o-1", True, "")]
    scene.pass_by(IDENTIFY_S / 2)
    scene.remote.ordered("o-2", "identify")  # asked again: its time begins anew
    scene.pass_by(IDENTIFY_S * 0.75)
    assert scene.over() is NAME
    scene.pass_by(IDENTIFY_S / 2)
    assert scene.over() is None
    assert not scene.remote.is_covering


def test_somebody_who_comes_sees_the_screen_at_once_and_staff_are_told_that_the_name_was_not_shown() -> None:
    scene = Scene()
    scene.remote.ordered("o-1", "identify")
    scene.remote.wake()
    scene.glass.frame()
    assert (scene.over(), scene.said) == (None, [("o-1", False, "somebody-there")])
    scene.pass_by(IDENTIFY_S)
    assert scene.over() is None


@pytest.mark.parametrize("kind", ["identify", "screen-off"])
def test_nobody_who_is_there_is_disturbed(kind: str) -> None:
    scene = Scene()
    scene.free = False
    scene.remote.ordered("o-1", kind)
    assert (scene.over(), scene.said) == (None, [("o-1", False, "somebody-there")])


def test_a_device_that_does_not_know_its_place_says_so() -> None:
    scene = Scene()
    scene.name = None
    scene.remote.ordered("o-1", "identify")
    assert (scene.over(), scene.said) == (None, [("o-1", False, "no-place")])


def test_the_screen_goes_dark_and_is_lit_by_order_or_by_whoever_comes() -> None:
    scene = Scene()
    scene.remote.ordered("o-1", "screen-off")
    assert scene.said == []
    scene.glass.frame()
    assert (scene.over(), scene.dark) == ("black", [True])
    scene.remote.ordered("o-2", "screen-off")  # dark already: done all the same
    scene.remote.ordered("o-3", "screen-on")
    scene.glass.frame()
    assert (scene.over(), scene.dark) == (None, [True, False])
    scene.remote.ordered("o-4", "screen-off")
    scene.glass.frame()
    scene.remote.wake()
    assert (scene.over(), scene.dark) == (None, [True, False, True, False])
    assert [answer[:2] for answer in scene.said] == [("o-1", True), ("o-2", False), ("o-3", True), ("o-4", True)]


def test_a_name_in_the_dark_gives_way_to_the_dark_again() -> None:
    scene = Scene()
    scene.remote.ordered("o-1", "screen-off")
    scene.remote.ordered("o-2", "identify")
    assert scene.over() is NAME
    scene.pass_by(IDENTIFY_S)
    assert (scene.over(), scene.remote.is_dark, scene.dark) == ("black", True, [True])


def test_a_picture_waits_until_nothing_of_a_member_is_on_the_glass() -> None:
    scene = Scene()
    scene.free = False
    scene.remote.ordered("o-1", "screenshot")
    scene.pass_by(20)
    scene.free, scene.clean = True, False  # the member has gone, their page still fades
    scene.pass_by(1)
    assert scene.said == []
    scene.clean = True
    scene.pass_by(1)
    ((order_id, done, detail, picture),) = scene.answers
    assert (order_id, done, detail) == ("o-1", True, "")
    with Image.open(BytesIO(picture)) as taken:
        assert (taken.format, taken.size) == ("JPEG", PAGE.size)
        red, green, _ = taken.convert("RGB").getpixel((16, 9))  # type: ignore[misc]
    assert red > 150 > green
    scene.pass_by(SHOT_WAIT_S)
    assert len(scene.answers) == 1


def test_a_picture_is_refused_when_somebody_stays() -> None:
    scene = Scene()
    scene.free = False
    scene.remote.ordered("o-1", "screenshot")
    scene.pass_by(SHOT_WAIT_S)
    assert scene.answers == [("o-1", False, "somebody-there", b"")]


def test_a_driver_that_gives_no_picture_and_an_order_of_a_newer_service_are_refused() -> None:
    scene = Scene()
    scene.glass.broken = True
    scene.remote.ordered("o-1", "screenshot")
    scene.remote.ordered("o-2", "volume-up")
    assert scene.said == [("o-1", False, "no-picture"), ("o-2", False, "unknown")]


def test_a_picture_gets_smaller_until_the_service_takes_it() -> None:
    noise = Image.frombytes("RGB", (2200, 1300), random.Random(7).randbytes(2200 * 1300 * 3))
    data = remote.encoded(noise)
    assert 0 < len(data) <= remote.LARGEST_SHOT
    with Image.open(BytesIO(data)) as taken:
        assert max(taken.size) <= 1920
    assert len(remote.encoded(noise, 30_000)) <= 30_000
    assert remote.encoded(noise, 100) == b""

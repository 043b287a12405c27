"""The painter's thread: newest wish first, painted beforehand, a failure is told and survived."""

import queue
import threading
import time
from collections.abc import Iterator

import pytest
from PIL import Image

from lounge_display.painter import NotPainted, Painted, Painter
from lounge_display.present import Picture
from tests.support.lounge_manifests import a_board


class Desk:
    """A painter whose drawing waits until it may go on."""

    def __init__(self) -> None:
        self.done: queue.Queue[Painted | NotPainted] = queue.Queue()
        self.drawn: list[str] = []
        self.may_draw, self.drawing = threading.Event(), threading.Event()
        self.may_draw.set()
        self.painter = Painter(self._draw, self.done.put, time.monotonic)

    def _draw(self, picture: Picture) -> Image.Image:
        self.drawing.set()
        assert self.may_draw.wait(10)
        self.drawn.append(picture.what)
        if picture.what.startswith("b-bad"):
            raise OSError("no such picture")
        return Image.new("RGB", (1, 1))


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.may_draw.set()
    made.painter.close()


def picture(slug: str) -> Picture:
    return Picture(a_board(slug), "default", "zh-CN")


def test_a_wish_comes_back_painted(desk: Desk) -> None:
    desk.painter.want(picture("b-1"))
    done = desk.done.get(timeout=10)
    assert isinstance(done, Painted)
    assert done.picture == picture("b-1")


def test_only_the_newest_waiting_wish_is_painted(desk: Desk) -> None:
    desk.may_draw.clear()
    desk.painter.want(picture("b-1"))
    assert desk.drawing.wait(10)
    desk.painter.want(picture("b-2"))
    desk.painter.want(picture("b-3"))
    desk.may_draw.set()
    assert [desk.done.get(timeout=10).picture.what for _ in range(2)] == ["b-1@1", "b-3@1"]
    assert desk.drawn == ["b-1@1", "b-3@1"]


def test_what_was_painted_beforehand_is_there_at_once(desk: Desk) -> None:
    desk.painter.prepare(picture("b-1"))
    desk.painter.prepare(picture("b-1"))
    desk.painter.want(picture("b-2"))
    desk.done.get(timeout=10)
    desk.painter.want(picture("b-1"))
    done = desk.done.get(timeout=10)
    assert isinstance(done, Painted)
    assert desk.drawn.count("b-1@1") == 1


def test_a_failure_is_told_and_the_next_wish_is_painted(desk: Desk) -> None:
    desk.painter.want(picture("b-bad"))
    assert desk.done.get(timeout=10) == NotPainted(picture("b-bad"))
    desk.painter.want(picture("b-2"))
    assert isinstance(desk.done.get(timeout=10), Painted)


def test_forgotten_pictures_are_painted_anew(desk: Desk) -> None:
    for _ in range(2):
        desk.painter.want(picture("b-1"))
        desk.done.get(timeout=10)
        desk.painter.forget()
    assert desk.drawn == ["b-1@1", "b-1@1"]

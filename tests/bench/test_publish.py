"""The bench of publishing measures the edited board on a real window and every TV of its crowd, and takes no rotation for an edit."""

import io
import itertools
import json
import threading
from datetime import timedelta
from typing import cast

import numpy as np
import pytest
from PIL import Image

from central_api.media import pictures
from club.model.scene import Live, scene_at
from tests.bench import publish
from tests.bench.glass import chain, photos
from tests.bench.glass import tv as glass
from tests.bench.glass.crowd import Tv, switched
from tests.bench.glass.desk import Desk
from tests.bench.publish import AIMS, Bench, Cell, Press, aims, figures
from tests.bench.report import last_line
from tests.support.lounge_manifests import NOON, a_board, a_manifest


@pytest.mark.window
@pytest.mark.timeout(600)
def test_a_press_is_seen_on_a_real_window_and_by_a_real_sync_with_words_and_with_a_photo() -> None:
    cells = publish.measure(1, 2)
    assert list(cells) == ["cached_1", "cached_2", "new_2"]
    assert [len(cell.presses) for cell in cells.values()] == [1, 1, 1]
    for cell in cells.values():
        press = cell.presses[0]
        assert 0 < press.glass <= press.whole
        assert press.answered > 0
    assert [len(cell.presses[0].crowd) for cell in cells.values()] == [0, 1, 1]
    told = json.loads(last_line("publish", figures(cells), aims(2)))
    assert told["figures"]["missed"] == 0
    assert told["met_each"]["missed"] is True


def test_the_turn_of_the_edited_board_is_that_of_a_display() -> None:
    boards = [a_board(chain.EDITED, dwell_s=chain.EDITED_S), a_board("b-other", dwell_s=chain.OTHER_S)]
    manifest = a_manifest(boards)
    live = Live(last_contact=NOON)
    for passed in range(0, 2 * (chain.EDITED_S + chain.OTHER_S), 7):
        now = NOON + timedelta(seconds=passed, milliseconds=300)
        scene = scene_at(manifest, live, now)
        _, left = chain.turn(now.timestamp)
        assert scene.board is not None
        assert (scene.board.slug == chain.EDITED) == (left > 0)
        if left > 0:
            assert (scene.until - now).total_seconds() == pytest.approx(left, abs=0.001)


def test_a_photo_is_two_megabytes_in_the_console_s_own_copy_and_its_colour_tells_it_from_the_one_before() -> None:
    found = [photos.photo(number) for number in range(1, 4)]
    for photo in found:
        copy = pictures.prepare(photo.data).data
        assert 1_900_000 < len(copy) < 2_100_000
        with Image.open(io.BytesIO(copy)) as picture:
            seen = np.asarray(picture, np.float32).mean(axis=(0, 1))
        assert np.abs(seen - np.array(photo.colour)).max() < 4
    for one, other in itertools.pairwise(found):
        assert max(abs(a - b) for a, b in zip(one.colour, other.colour, strict=True)) > 48


def test_who_did_not_switch_in_time_is_missed() -> None:
    heard = threading.Condition()
    tvs = [object.__new__(Tv) for _ in range(3)]
    for tv in tvs:
        tv.refused, tv.switched_at = None, {1: 5.0, 2: 6.0}
    del tvs[1].switched_at[2]
    assert switched(tvs, heard, 1, 0.0) == [5.0, 5.0, 5.0]
    assert switched(tvs, heard, 2, 0.0) == [6.0, 6.0]


def a_press(ms: float, crowd: tuple[float, ...] = (), missed: int = 0) -> Press:
    return Press(ms / 10, ms, ms + 800, crowd, missed)


def test_figures_are_named_for_their_cell_and_one_tv_that_missed_a_publish_is_no_success() -> None:
    cells = {
        "cached_1": Cell([a_press(300), a_press(500)]),
        "cached_50": Cell([a_press(600, (200.0, 700.0)), a_press(700, (90.0,), missed=1)], thrown_away=2),
        "new_50": Cell([a_press(2500, (1000.0, 3100.0))]),
    }
    found = figures(cells)
    assert set(AIMS) <= set(found)
    assert (found["glass_ms_p50_cached_1"], found["glass_ms_p95_cached_1"]) == (300, 500)
    assert (found["last_ms_p50_cached_50"], found["last_ms_p95_cached_50"]) == (90, 700)
    assert (found["missed"], found["thrown_away"]) == (1, 2)
    assert "last_ms_p50_cached_1" not in found
    assert json.loads(last_line("publish", found, aims(50)))["met"] is False
    assert set(aims(5)) == {"glass_ms_p95_cached_1", "missed"}


class Glass:
    """A glass that changes at the press, to whatever; in the place of the real TV."""

    def __init__(self, *, right: bool) -> None:
        self.right, self.changed = right, False

    def until_shown(self, version: int) -> None:
        assert version in (1, 2)

    def eye(self, title: str) -> glass.Eye:
        return glass.Eye(lambda: b"after" if self.changed else b"before")

    def shows(self, title: str, colour: tuple[int, int, int] | None) -> bool:
        return self.right


class Editor:
    """A desk at which a press only changes that glass."""

    version = 1

    def __init__(self, glass: Glass) -> None:
        self._glass = glass

    def edit(self, title: str) -> None:
        assert title == chain.title(1)

    def publish(self) -> tuple[float, float]:
        self._glass.changed = True
        return 0.0, 0.1


@pytest.mark.parametrize("turns", [[(7, 60.0), (7, 50.0)], [(7, 60.0), (8, 119.0)], [(7, 60.0), (7, -1.0)]])
def test_a_press_whose_turn_ended_is_thrown_away(
    turns: list[tuple[int, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = iter(turns)
    monkeypatch.setattr(chain, "turn", lambda _clock: next(told))
    shown = Glass(right=True)
    press = Bench(cast("Desk", Editor(shown)), cast("glass.Tv", shown)).press(Cell())
    assert (press is not None) == (turns[-1] == (7, 50.0))


def test_a_change_to_something_else_than_what_was_published_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "turn", lambda _clock: (7, 60.0))
    shown = Glass(right=False)
    with pytest.raises(RuntimeError, match="on the glass after the change"):
        Bench(cast("Desk", Editor(shown)), cast("glass.Tv", shown)).press(Cell())

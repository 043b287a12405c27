"""The glass itself: real window, real frames, looked at from outside."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat

from club.model.board import Manifest
from club.ui.control import ask
from club.wire import codec
from demo.xscreen import XScreen
from tests.club.sync.small_club import a_club
from tests.support.lounge_manifests import (
    COLOURS,
    NOON,
    a_board,
    a_manifest,
    a_notice,
    colour_picture,
    coloured_boards,
    keep_on_disk,
    with_title,
)
from tests.support.wait import until

pytestmark = pytest.mark.window

SIZE = (960, 540)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def screen() -> Iterator[XScreen]:
    with XScreen(*SIZE) as made:
        yield made


class Running:
    """The lounge as a process on a virtual screen, told of manifests through its standard input."""

    def __init__(self, screen: XScreen, folder: Path, *settings: str) -> None:
        self.screen, self.folder = screen, folder
        self.media = folder / "data" / "media"
        self.control = folder / "c.sock"
        self._settings = [
            f"device.data_dir={folder / 'data'}",
            "server.url=http://127.0.0.1:9",
            f"control.socket={self.control}",
            "window.fullscreen=false",
            "window.scale=0.5",
            f"clock.pinned={NOON.isoformat()}",
            "clock.pinned_runs=true",
            *settings,
        ]
        self._log = (folder / "log").open("ab")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Running":
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.lounge_display.drive_lounge", *self._settings],
            cwd=ROOT,
            env={**os.environ, **self.screen.env},
            stdin=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdout=self._log,
        )
        until(self._answers, "a lounge that answers")
        return self

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self._said()
        try:
            return bool(self.state()["frames"] > 0)
        except OSError:
            return False

    def _said(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def stop(self) -> None:
        self._log.close()
        if self._process is not None:
            self._process.terminate()
            self._process.communicate(timeout=20)
            code, self._process = self._process.returncode, None
            assert code == 0, self._said()

    def say(self, line: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()

    def switch_to(self, manifest: Manifest) -> None:
        path = self.folder / f"manifest-{manifest.revision}.json"
        path.write_bytes(codec.encode(manifest))
        self.say(str(path))

    def state(self) -> dict[str, Any]:
        return ask(self.control, {"do": "state"})

    def resident_kib(self) -> int:
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    def shows(self, what: str) -> dict[str, Any]:
        def settled() -> dict[str, Any] | None:
            state = self.state()
            return state if state["screen"] == what and state["settled"] else None

        return until(settled, f"{what} on the glass")


@pytest.fixture
def lounge(screen: XScreen, tmp_path: Path) -> Iterator[Running]:
    made = Running(screen, tmp_path)
    yield made
    made.stop()


def upper_middle(picture: Image.Image) -> tuple[float, ...]:
    """The mean colour above the words."""
    return tuple(ImageStat.Stat(picture.crop((300, 100, 660, 200))).mean)


def is_like(picture: Image.Image, name: str) -> bool:
    """Whether a board's plain picture is seen, through its scrim."""
    seen, plain = upper_middle(picture), COLOURS[name]
    return all(0.55 * channel <= got <= channel + 6 for got, channel in zip(seen, plain, strict=True))


@pytest.mark.alone
def test_sixty_fast_switches_show_no_black_frame(screen: XScreen) -> None:
    grabbed: list[tuple[float, ...]] = []
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.lounge_display.drive_stage", *map(str, SIZE)],
        cwd=ROOT,
        env={**os.environ, **screen.env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    over = threading.Event()

    def look() -> None:
        began = False
        while not over.wait(0.03):
            mean = tuple(ImageStat.Stat(screen.grab().crop((440, 200, 520, 280))).mean)
            began = began or max(mean) > 60
            if began and process.poll() is None:
                grabbed.append(mean)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        said, problems = process.communicate(timeout=90)
    finally:
        over.set()
        watcher.join()
    assert process.returncode == 0, problems.decode()
    told = json.loads(said.splitlines()[-1])
    frames = told["frames"]
    assert len(frames) > 200
    assert told["clips"]
    # Fades and ticker draw their own part only, neither cleared nor blended; what stands in the end is what a whole frame draws.
    assert told["clipped"] > len(frames) * 0.9
    assert told["as_whole"]
    # 30 steps of a fade, 20 of the ticker, 8 switches and what they wake: the clock sleeps in between.
    assert told["ticks_per_s"] < 400
    assert told["offset"] > 0
    # Every colour and every mix of two has each channel at least as high as the lowest of all of them.
    floor = [min(colour[channel] for colour in COLOURS.values()) - 2 for channel in range(3)]
    dark = [frame for frame in frames if any(frame[channel] < floor[channel] for channel in range(3))]
    assert dark == []
    # Seen from outside, while the window was open: the same. Its last moment, when it closes, is not looked at.
    assert len(grabbed) > 30
    assert [mean for mean in grabbed[:-2] if any(mean[channel] < floor[channel] for channel in range(3))] == []


def test_a_display_without_a_network_plays_from_its_disk_at_the_first_frame(lounge: Running) -> None:
    boards, media = coloured_boards(lounge.media, "a")
    keep_on_disk(lounge.media, a_manifest(boards, media=media))
    lounge.start()
    assert lounge.shows("b-a@1")["revision"] == 1
    until(lambda: is_like(lounge.screen.grab(), "a"), "the board's picture on the glass")


def test_a_manifest_that_cannot_be_followed_leaves_the_welcome_until_a_sound_one_comes(lounge: Running) -> None:
    boards, media = coloured_boards(lounge.media, "a")
    broken = replace(a_manifest(boards, media=media), time_zone="Nowhere/Land")
    keep_on_disk(lounge.media, broken)
    lounge.start()
    # Nobody has added this display: as soon as it knows that, it says so instead of the welcome.
    assert lounge.state()["screen"] in {"welcome", "enrol"}
    lounge.switch_to(replace(broken, revision=2))
    lounge.switch_to(a_manifest(boards, revision=3, media=media))
    assert lounge.shows("b-a@1")["revision"] == 3


def test_a_new_display_says_how_to_add_it(lounge: Running) -> None:
    lounge.start()
    assert lounge.shows("enrol")["enrolment"] == "needed"


def test_from_the_code_on_the_glass_to_the_first_board(screen: XScreen, tmp_path: Path) -> None:
    with a_club() as club:
        club.known = False
        picture, data = colour_picture(COLOURS["c"])
        board = a_board("b-c", dwell_s=3600, pictures=(picture.sha256,))
        club.keep(a_manifest([board], media=(picture,)), data)
        lounge = Running(screen, tmp_path, f"server.url={club.server.address}")
        try:
            lounge.start().shows("enrol")
            code = until(lambda: lounge.state()["pairing"], "a code on the glass")
            assert code == club.pairing_codes[-1]
            club.entered = True
            assert lounge.shows("b-c@1")["enrolment"] == "done"
            until(lambda: is_like(screen.grab(), "c"), "the board's picture on the glass")
        finally:
            lounge.stop()


def test_an_edited_board_is_replaced_in_place_and_a_recalled_one_leaves(lounge: Running) -> None:
    boards, media = coloured_boards(lounge.media, "ab")
    keep_on_disk(lounge.media, a_manifest(boards, media=media, order=("b-a",)))
    lounge.start().shows("b-a@1")
    before = lounge.screen.grab()
    lounge.switch_to(
        a_manifest([with_title(boards[0], "改了一个标题"), boards[1]], revision=2, media=media, order=("b-a",))
    )
    lounge.shows("b-a@2")
    changed = ImageChops.difference(
        before, until(lambda: changed_grab(lounge, before), "other pixels on the glass")
    ).getbbox()
    assert changed is not None
    lounge.switch_to(a_manifest(boards[1:], revision=3, media=media))
    lounge.shows("b-b@1")
    until(lambda: is_like(lounge.screen.grab(), "b"), "the other board's picture on the glass")


def changed_grab(lounge: Running, before: Image.Image) -> Image.Image | None:
    now = lounge.screen.grab()
    box = (0, 250, 960, 486)
    return now if ImageChops.difference(now.crop(box), before.crop(box)).getbbox() else None


def test_a_notice_covers_the_board_and_gives_it_back(lounge: Running) -> None:
    boards, media = coloured_boards(lounge.media, "a")
    keep_on_disk(lounge.media, a_manifest(boards, media=media))
    lounge.start().shows("b-a@1")
    notice = a_notice(NOON - timedelta(minutes=1), NOON + timedelta(hours=1))
    lounge.switch_to(a_manifest(boards, revision=2, notices=(notice,), media=media))
    assert lounge.shows("n-1@1")["layer"] == "notice"
    until(lambda: upper_middle(lounge.screen.grab())[0] > 220, "the notice's amber and paper on the glass")
    lounge.switch_to(a_manifest(boards, revision=3, media=media))
    lounge.shows("b-a@1")
    until(lambda: is_like(lounge.screen.grab(), "a"), "the board's picture on the glass again")
    until(lambda: ask(lounge.control, {"do": "plays"})["totals"].keys() == {"b-a", "n-1"}, "both plays written down")


def test_old_data_are_marked_on_the_glass(screen: XScreen, tmp_path: Path) -> None:
    lounge = Running(screen, tmp_path)
    boards, media = coloured_boards(lounge.media, "b")
    keep_on_disk(lounge.media, replace(a_manifest(boards, media=media), stale_after_s=1))
    try:
        lounge.start()
        until(lambda: lounge.state()["stale"] and lounge.state()["settled"], "the mark of old data")
        amber = lounge.screen.grab().getpixel((900, 34))
        assert isinstance(amber, tuple)
        assert amber[0] > 220
        assert amber[2] < 120
        lounge.say("online")
        until(lambda: not lounge.state()["stale"] and lounge.state()["settled"], "fresh data")
    finally:
        lounge.stop()


def test_memory_stays_flat_over_many_switches(lounge: Running) -> None:
    boards, media = coloured_boards(lounge.media, "abcd")
    keep_on_disk(lounge.media, a_manifest(boards[:1], media=media))
    lounge.start().shows("b-a@1")
    sizes = []
    for revision in range(2, 62):
        board = boards[revision % 4]
        lounge.switch_to(a_manifest([board], revision=revision, media=media))
        lounge.shows(f"{board.slug}@1")
        sizes.append(lounge.resident_kib())
    assert sizes[-1] - sizes[20] < 12_000, sizes

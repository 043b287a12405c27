"""What staff order from afar, seen on the lounge's real glass: its name, the dark in which nothing is drawn, a picture (C9)."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat

from club.model.text import Text
from club.sync.device_seal import DeviceSeal
from club.sync.identity import Identity
from club.sync.mirror import Mirror
from club.sync.store import DeviceStore
from club.ui.control import ask
from club.wire.devices import Enrolled
from demo.xscreen import XScreen
from tests.club.sync import makers
from tests.support.lounge_manifests import NOON, a_manifest, coloured_boards, keep_on_disk
from tests.support.wait import until

pytestmark = [pytest.mark.window, pytest.mark.timeout(240)]

SIZE = (960, 540)
ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 60.0


class Ordered:
    """The lounge as a process on a virtual screen, with a ticker that moves, and orders through its standard input."""

    def __init__(self, screen: XScreen, folder: Path) -> None:
        self.screen, self.folder, self.control = screen, folder, folder / "c.sock"
        self._numbers = 0
        settings = [
            f"device.data_dir={folder / 'data'}",
            "server.url=http://127.0.0.1:9",
            f"control.socket={self.control}",
            "window.fullscreen=false",
            "window.scale=0.5",
            f"clock.pinned={NOON.isoformat()}",
            "clock.pinned_runs=true",
        ]
        self._log = (folder / "log").open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.lounge_display.drive_orders", str(folder), *settings],
            cwd=ROOT,
            env={**os.environ, **screen.env},
            stdin=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdout=self._log,
        )

    def _shows(self) -> bool:
        assert self._process.poll() is None, (self.folder / "log").read_text(errors="replace")
        try:
            state = self.state()
        except OSError:
            return False
        return bool(state["revision"] == 1 and state["settled"])

    def state(self) -> dict[str, Any]:
        return ask(self.control, {"do": "state"})

    def say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()

    def order(self, kind: str) -> dict[str, Any]:
        """Order something, and wait for what it says became of it."""
        self._numbers += 1
        name = f"order-{self._numbers}"
        self.say(f"{name} {kind}")
        answer = self.folder / f"{name}.json"
        until(answer.exists, f"an answer to {kind}", within_s=WITHIN_S)
        return {"name": name, **json.loads(answer.read_bytes())}

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(WITHIN_S)
        finally:
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            if self._process.stdin is not None:
                self._process.stdin.close()
            self._log.close()


def _enrol(folder: Path, place_name: Text) -> None:
    """Leave a device folder as one that knows its place."""
    identity = Identity.load_or_create(folder / "identity.json")
    store = DeviceStore(folder / "store.db")
    known = makers.an_enrolled(place="tv-1")
    told = Enrolled(
        device_id=identity.device_id,
        kind="lounge",
        place="tv-1",
        store=known.store,
        card_key=known.card_key,
        now=known.now,
        place_name=place_name,
    )
    Mirror(store, DeviceSeal(folder / "store.db.key", identity)).keep_enrolled(told)
    store.close()


@pytest.fixture
def lounge(tmp_path: Path) -> Iterator[Ordered]:
    _enrol(tmp_path / "data", Text("大厅屏", "Hall"))
    boards, media = coloured_boards(tmp_path / "data" / "media")
    keep_on_disk(tmp_path / "data" / "media", a_manifest(boards[:1], media=media, ticker=("很长很长的滚动文字" * 12,)))
    with XScreen(*SIZE) as screen:
        running = Ordered(screen, tmp_path)
        try:
            until(running._shows, "a lounge that shows its manifest", within_s=WITHIN_S)
            yield running
        finally:
            running.stop()


def _is_black(picture: Image.Image) -> bool:
    return picture.getbbox() is None


def _frames_rest(lounge: Ordered) -> bool:
    """Whether no frame is drawn while the program answers 40 times, which it does at its own pace."""
    before = lounge.state()["frames"]
    return all(lounge.state()["frames"] == before for _ in range(40))


def test_the_dark_is_black_and_draws_nothing_until_it_is_lit(lounge: Ordered) -> None:
    assert not _is_black(lounge.screen.grab())
    began = lounge.state()["frames"]
    until(lambda: lounge.state()["frames"] > began + 5, "a ticker that moves", within_s=WITHIN_S)
    assert lounge.order("screen-off")["done"]
    assert lounge.state()["dark"]
    until(lambda: _is_black(lounge.screen.grab()), "a black screen", within_s=WITHIN_S)
    until(lambda: _frames_rest(lounge), "no frame to be drawn", within_s=WITHIN_S)
    assert _is_black(lounge.screen.grab())
    assert lounge.order("screen-on")["done"]
    until(lambda: not _is_black(lounge.screen.grab()), "a lit screen", within_s=WITHIN_S)
    began = lounge.state()["frames"]
    until(lambda: lounge.state()["frames"] > began + 5, "a ticker that moves again", within_s=WITHIN_S)


def test_a_display_that_is_shut_out_lights_up_to_show_its_code(lounge: Ordered) -> None:
    assert lounge.order("screen-off")["done"]
    lounge.say("disowned")
    until(lambda: not lounge.state()["dark"], "a lit screen", within_s=WITHIN_S)


def test_it_shows_its_name_for_a_while_and_a_picture_of_it_is_what_stands_there(lounge: Ordered) -> None:
    board = lounge.screen.grab()
    lounge.say("lasts 3600")
    assert lounge.order("identify")["done"]
    named = until(lambda: _changed(lounge, board), "the name", within_s=WITHIN_S)
    answer = lounge.order("screenshot")
    assert answer["done"]
    with Image.open(lounge.folder / f"{answer['name']}.jpg") as taken:
        assert taken.size == SIZE
        apart = ImageStat.Stat(ImageChops.difference(taken.convert("RGB"), named)).mean
    assert max(apart) < 6
    lounge.say("lasts 0.2")
    assert lounge.order("identify")["done"]
    until(lambda: _changed(lounge, named), "the board again", within_s=WITHIN_S)
    assert lounge.order("dance") == {"name": "order-4", "done": False, "detail": "unknown"}


def _changed(lounge: Ordered, before: Image.Image) -> Image.Image | None:
    """What is on the glass when it is another picture than before: in its middle, for the ticker always moves."""
    seen = lounge.screen.grab()
    box = (100, 100, SIZE[0] - 100, SIZE[1] - 150)
    apart = ImageStat.Stat(ImageChops.difference(seen.crop(box), before.crop(box))).mean
    return seen if max(apart) > 4 else None

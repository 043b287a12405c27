"""Runs the real lounge program through random edits and faults and checks each frame before it is flipped to the glass.

`python -m tests.lounge_display.drive_switches SEED SWITCHES MEDIA [section.key=value ...]` prints what it found as JSON.
"""

import json
import random
import sys
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from club.model.board import Board, Manifest, Picture
from club.model.text import Text
from club.settings import LoungeSettings, load
from club.sync import events
from lounge_display.wiring import Lounge
from tests.support.lounge_manifests import NOON, a_manifest, a_notice, coloured_boards, with_title

Pixels = Any  # numpy: height, width, 3; float32
TOLERANCE = 3.0
"""Levels a pixel may lie beside the mix of two pictures: rounding in the shader and in the frozen picture."""


@dataclass
class Watch:
    """What each frame must be: one even mix of the picture before and the one to come, never going back."""

    before: Pixels
    after: Pixels
    share: float = 1.0
    frames: int = 0
    mixed: int = 0
    faults: list[str] = field(default_factory=list)

    def begin(self, frozen: Pixels, after: Pixels) -> None:
        """A switch begins; `frozen` is what it starts from."""
        if float(after.max()) < 100:
            self.faults.append("a picture that is nearly black was shown")
        # What the fade starts from must itself be what was on the glass, or a little further in the fade before.
        self._look(frozen, "the picture a fade starts from")
        self.before, self.after, self.share = frozen, after, 0.0

    def frame(self, seen: Pixels) -> None:
        """A frame is about to be flipped."""
        self.frames += 1
        self._look(seen, f"frame {self.frames}")
        self.mixed += 0.0 < self.share < 1.0

    def _look(self, seen: Pixels, what: str) -> None:
        way = self.after - self.before
        # How far the fade is, by the pixels that change most: where little changes, rounding would count for more than the fade.
        way = np.where(np.abs(way) >= np.abs(way).max() / 2, way, 0)
        length = float((way * way).sum())
        share = float(((seen - self.before) * way).sum()) / length if length else 1.0
        way = self.after - self.before
        beside = float(np.abs(self.before + share * way - seen).max())
        if beside > TOLERANCE:
            self.faults.append(f"{what} is {beside:.0f} levels beside the mix at {share:.2f}: torn, half or black")
        if length and not self.share - 0.02 <= share <= 1.02:
            self.faults.append(f"{what} is at {share:.2f} after {self.share:.2f}: the fade went back")
        self.share = min(1.0, max(self.share, share))


class Weather:
    """Draws what happens next to the lounge."""

    def __init__(self, seed: int, lounge: Lounge, boards: list[Board], media: tuple[Picture, ...]) -> None:
        self._draw, self._lounge, self._boards, self._media = random.Random(seed), lounge, boards, media
        self._revision = 1
        self.done: dict[str, int] = {}

    def strike(self) -> float:
        """Do one thing; returns the seconds until the next."""
        doings = (
            *(self._edit, self._other, self._other, self._edit, self._recall, self._notice, self._zones),
            *(self._missing_picture, self._newer_template, self._unsound, self._offline, self._online, self._revoked),
        )
        doing = self._draw.choice(doings)
        self.done[doing.__name__.strip("_")] = self.done.get(doing.__name__.strip("_"), 0) + 1
        doing()
        # Some come in the middle of the fade before them.
        return self._draw.choice((0.08, 0.15, 0.3, 0.45))

    def _play(self, boards: list[Board], **changes: Any) -> None:
        self._revision += 1
        manifest = a_manifest(boards, revision=self._revision, media=self._media, ticker=("字幕" * 40,))
        self._tell(replace(manifest, **changes))

    def _tell(self, manifest: Manifest) -> None:
        self._lounge.tell(events.ManifestReady(manifest, manifest.revision))

    def _edit(self) -> None:
        at = self._draw.randrange(len(self._boards))
        self._boards[at] = with_title(
            self._boards[at], f"改了 {self._revision} 次的标题" * self._draw.choice((1, 1, 4))
        )
        self._play([self._boards[at]])

    def _other(self) -> None:
        self._play([self._draw.choice(self._boards)])

    def _recall(self) -> None:
        self._play(self._draw.sample(self._boards, len(self._boards))[1:])

    def _notice(self) -> None:
        notice = a_notice(NOON - timedelta(minutes=1), NOON + timedelta(hours=1))
        self._play([self._draw.choice(self._boards)], notices=(notice,))

    def _zones(self) -> None:
        self._play([self._draw.choice(self._boards)], layout="main-side")

    def _missing_picture(self) -> None:
        self._play([replace(self._draw.choice(self._boards), version=900 + self._revision, pictures=("0" * 64,))])

    def _newer_template(self) -> None:
        self._play([replace(self._draw.choice(self._boards), version=900 + self._revision, template="hologram")])

    def _unsound(self) -> None:
        self._play([self._draw.choice(self._boards)], time_zone="Nowhere/Land")
        self._play([replace(self._draw.choice(self._boards), version=900 + self._revision, fields={"title": Text("")})])

    def _offline(self) -> None:
        self._lounge.tell(events.Offline(NOON - timedelta(minutes=self._draw.randrange(5, 2000))))

    def _online(self) -> None:
        self._lounge.tell(events.Online())

    def _revoked(self) -> None:
        self._lounge.tell(events.NeedsEnrolment(revoked=True))
        self._lounge.tell(events.PairingCode("7K2M9Q", NOON + timedelta(minutes=self._draw.randrange(1, 99))))


def main() -> int:
    seed, switches, media_dir = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    boards, media = coloured_boards(media_dir, "abcd")
    lounge = Lounge(load(None, LoungeSettings, sys.argv[4:]))
    from kivy.clock import Clock
    from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels

    glass, layout = lounge.screen.glass, lounge.screen.layout
    first = _pixels(glass._front_image)
    watch, weather = Watch(first, first), Weather(seed, lounge, boards, media)
    shown, show = 0, glass.show

    def watched_show(image: Image.Image, fade_ms: int) -> None:
        nonlocal shown
        shown += 1
        show(image, fade_ms)
        watch.begin(_pixels(glass._front_image), _pixels(image))

    def look(_window: object) -> None:
        (width, height), bar = layout.board, layout.bar[1]
        read = Image.frombytes("RGB", (width, height), glReadPixels(0, bar, width, height, GL_RGB, GL_UNSIGNED_BYTE))
        watch.frame(_pixels(read.transpose(Image.Transpose.FLIP_TOP_BOTTOM)))

    def strike(_elapsed: float) -> None:
        if shown < switches and not watch.faults:
            Clock.schedule_once(strike, weather.strike())
        elif glass.is_fading:
            Clock.schedule_once(strike, 0.1)
        else:
            lounge.screen.stop()

    glass.show = watched_show  # type: ignore[method-assign]
    lounge.screen.window.bind(on_flip=look)
    Clock.schedule_once(strike, 0.5)
    lounge.run()
    found = {"shown": shown, "frames": watch.frames, "mixed": watch.mixed, "faults": watch.faults, "done": weather.done}
    print(json.dumps(found))
    return 0


def _pixels(image: Image.Image) -> Pixels:
    return np.asarray(image, dtype=np.float32)


if __name__ == "__main__":
    raise SystemExit(main())

"""A member of staff presses Publish: when the edited board's new words are the first changed pixels on a real TV.

Real processes: `central-api serve` on SQLite with the demo club, `lounge-display` in a window of 1920x1080 on Xvfb, and a
crowd of headless TVs in one process, each the product's own sync (`glass/crowd.py`). Every TV has a place, a manifest and a
schedule of its own, five in a store, and all turn the same two boards with a ticker below.

- The console is used over HTTP as its page does it: the draft is stored at the pause in typing, the page's pictures are
  fetched, then Publish sends the whole form. The clock runs from the sending of that request, and the page that follows is
  loaded with its previews while the TVs fetch.
- It stops at the first pixel that changes in a band through the title, read from the X server's own memory every 2 ms
  (`poll_gap_ms_max`: the longest pause between two looks). It is pressed only while the edited board has half a minute left
  to stand, a press whose turn ended meanwhile is thrown away and done again (`thrown_away`), and afterwards the new title is
  looked for on the glass, and in `new` the new photograph's colour: so it is that board with its new content, no rotation.
  The design fades for 0.8 s; `whole_ms` is when the last pixel of the title has changed.
- `cached`: only words are edited; `new`: also a photograph of 2 MB, uploaded before the press, which every TV fetches, proves by
  its SHA-256 and flushes to its disk before it switches, and the real one decodes.

Every headless TV must have switched to each publish, all media on its disk: `last_ms` is when the last one had, `missed` how
many had not within a minute. A first press of each cell is not counted. Weakness: all TVs, server, browser and X server
share the machine's processors and one disk, where a store has one of each for every TV; there is no network and no TLS.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.glass import chain, photos
from tests.bench.glass.crowd import Crowd
from tests.bench.glass.desk import Desk, at_desk
from tests.bench.glass.tv import LOOK_EVERY_S, Tv
from tests.bench.report import Aim, last_line, percentile
from tests.support import wait
from tests.support.observe import Watcher
from tests.support.served import served

AIMS = {
    "glass_ms_p95_cached_1": Aim(1000),
    "glass_ms_p95_cached_50": Aim(1500),
    "glass_ms_p95_new_50": Aim(3000),
    "missed": Aim(0),
}
LEFT_S = 30.0
"""How long the edited board must still stand when Publish is pressed."""
_WITHIN_S = 60.0
_STILL_S = 0.3


@dataclass(frozen=True, slots=True)
class Press:
    """What one press of Publish came to, ms after its request was sent."""

    answered: float
    glass: float
    whole: float
    crowd: tuple[float, ...] = ()
    missed: int = 0


@dataclass
class Cell:
    """The counted presses of one kind, and how many were thrown away."""

    presses: list[Press] = field(default_factory=list)
    thrown_away: int = 0
    longest_gap_s: float = 0.0


def main(arguments: Sequence[str]) -> int:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(prog="./dev bench publish")
    parser.add_argument("--publishes", type=int, default=20, help="counted presses of Publish in each cell")
    parser.add_argument("--tvs", type=int, default=50, help="how many TVs in all, one of them with a window")
    parser.add_argument("--quick", action="store_true", help="three presses each with five TVs: whether it works")
    given = parser.parse_args(arguments)
    if given.quick:
        given.publishes, given.tvs = 3, 5
    print(last_line("publish", figures(measure(given.publishes, given.tvs)), aims(given.tvs)), flush=True)
    return 0


def aims(tvs: int) -> dict[str, Aim]:
    """The aims; those of 50 TVs are kept by a run with 50 alone."""
    return {name: aim for name, aim in AIMS.items() if tvs == 50 or not name.endswith("_50")}


def measure(publishes: int, tvs: int) -> dict[str, Cell]:
    """Everything: the cells by their names."""
    with tempfile.TemporaryDirectory(prefix="bench-publish-") as name:
        folder = Path(name)
        _say("the demo club and its TVs")
        made = chain.make(folder / "central", tvs)
        (first, code), *others = made.codes.items()
        with (
            served(made.folder) as service,
            Tv(service.url, folder / first, code) as tv,
            at_desk(service.url, made.number, made.password) as desk,
        ):
            bench = Bench(desk, tv)
            cells = {"cached_1": bench.cell("cached_1", publishes)}
            _say(f"{len(others)} TVs more")
            with Crowd(service.url, folder / "crowd", dict(others), chain.EDITED, desk.version) as crowd:
                for kind in ("cached", "new"):
                    called = f"{kind}_{tvs}"
                    cells[called] = bench.cell(called, publishes, crowd, len(others), new=kind == "new")
    return cells


def figures(cells: dict[str, Cell]) -> dict[str, float]:
    """The figures of all cells."""
    found: dict[str, float] = {}
    for name, cell in cells.items():
        for figure in ("glass", "answered", "whole"):
            values = [getattr(press, figure) for press in cell.presses]
            found[f"{figure}_ms_p50_{name}"] = percentile(values, 50)
            found[f"{figure}_ms_p95_{name}"] = percentile(values, 95)
        last = [max(press.crowd) for press in cell.presses if press.crowd]
        if last:
            found[f"last_ms_p50_{name}"] = percentile(last, 50)
            found[f"last_ms_p95_{name}"] = percentile(last, 95)
    found["missed"] = float(sum(press.missed for cell in cells.values() for press in cell.presses))
    found["thrown_away"] = float(sum(cell.thrown_away for cell in cells.values()))
    found["poll_gap_ms_max"] = max(cell.longest_gap_s for cell in cells.values()) * 1000
    return found


class Bench:
    """Edits, publishes and looks, one press after the other.

    Args:
        desk: the console.
        tv: the real TV, on which the board that the console edits stands.
    """

    def __init__(self, desk: Desk, tv: Tv) -> None:
        self._desk, self._tv = desk, tv
        self._edits = 0
        self._title = chain.title(0)

    def cell(
        self, name: str, publishes: int, crowd: Crowd | None = None, others: int = 0, *, new: bool = False
    ) -> Cell:
        """So many counted presses, and one before them that is not."""
        cell = Cell()
        counted = -1
        while counted < publishes:
            press = self.press(cell, crowd, others, new=new)
            if press is None:
                cell.thrown_away += 1
                continue
            counted += 1
            if counted:
                cell.presses.append(press)
                last = f", the last of {others} after {max(press.crowd):.0f} ms" if press.crowd else ""
                _say(f"{name} {counted}: answered {press.answered:.0f} ms, glass {press.glass:.0f} ms{last}")
        return cell

    def press(self, cell: Cell, crowd: Crowd | None = None, others: int = 0, *, new: bool = False) -> Press | None:
        """Edit, press Publish once, and look; None when the glass changed before, or the board's turn ended before all was seen.

        Raises:
            RuntimeError: the board's turn went on, but not with what was published.
        """
        self._edits += 1
        before, title = self._title, chain.title(self._edits)
        photo = photos.photo(self._edits) if new else None
        self._desk.edit(title)
        if photo is not None:
            self._desk.use_picture(f"photo-{self._edits}.jpg", photo.data)
        version = self._desk.version
        turn = self._await_turn()
        self._tv.until_shown(version)
        eye = self._tv.eye(before)
        with Watcher(eye, LOOK_EVERY_S) as watcher:
            wait.until(lambda: watcher.looks, "a first look at the glass")
            sent, answered = self._desk.publish()
            wait.until(lambda: len(watcher.looks) > 1, "a change on the glass", within_s=_WITHIN_S)
            wait.until(lambda: time.monotonic() - watcher.looks[-1].at > _STILL_S, "a glass that rests")
        switched = crowd.switched_at(version + 1, _WITHIN_S) if crowd is not None else []
        self._tv.until_shown(version + 1)
        self._title = title
        cell.longest_gap_s = max(cell.longest_gap_s, eye.longest_gap_s)
        number, left_s = chain.turn(time.time)
        if number != turn or left_s < 0 or watcher.looks[1].at < sent:
            return None
        if not self._tv.shows(title, photo.colour if photo is not None else None):
            raise RuntimeError(f"expected {title} and its picture on the glass after the change; they are not there")
        return Press(
            answered=(answered - sent) * 1000,
            glass=(watcher.looks[1].at - sent) * 1000,
            whole=(watcher.looks[-1].at - sent) * 1000,
            crowd=tuple((at - sent) * 1000 for at in switched),
            missed=others - len(switched),
        )

    def _await_turn(self) -> int:
        """Wait until the edited board has long enough to stand; which turn that is."""

        def long_enough() -> tuple[int, float] | None:
            found = chain.turn(time.time)
            return found if found[1] > LEFT_S else None

        return wait.until(long_enough, "the turn of the edited board", within_s=_WITHIN_S)[0]


def _say(text: str) -> None:
    print(f"  {text}", flush=True)

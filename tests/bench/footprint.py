"""What the kiosk and the lounge cost, beside the same screens as pages in Debian's Chromium: start, memory, idling, a press, rotation.

Ours are the whole programs, with card reader, sync and store; the pages (tests/bench/peers) only show. Both run in turn
(ours, page, ours, page) on the same virtual screens and are watched from outside: pixels of the screen, /proc. Each figure is
the median over the rounds; every round says its load, as a busy machine makes latencies longer and CPU shares smaller.
"""

import argparse
import hashlib
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from club.model.board import Board, Picture
from club.resources import files
from club.sync.media import MediaCache
from club.ui.control import ask
from demo.__main__ import DRAWN_DAY
from demo.house import House, Options, fresh_state
from demo.processes import Program, wait_until
from demo.reader import VirtualReader
from demo.screens import KIOSK, LOUNGE, VirtualGlass
from nfc.virtual import deck
from tests.bench.peers.chromium import Chromium, profile, served
from tests.bench.report import Aim, last_line
from tests.support.fingers import Fingers
from tests.support.lounge_manifests import a_board, a_manifest, keep_on_disk
from tests.support.observe import Look, Watcher, cpu_percent, memory_mb

AIMS = {
    "start_ratio": Aim(1.0),
    "memory_ratio": Aim(0.35),
    "idle_cpu_pct": Aim(0.5),
    "press_ms_p50": Aim(25),
    "rotate_cpu_ratio": Aim(1.0),
    "rotate_fade_fps": Aim(25, at_least=True),
    "rotate_black": Aim(0),
}
MEMBER = "m0001"
_START_BOX = (56, 142, 640, 260)  # the greeting of the page, the head of the resting screen
_START_S = 30.0
_STILL_S = 1.5
_IDLE_AFTER_S = 33.0  # the kiosk slows its clock down half a minute after the last touch
_IDLE_S = 15.0
_PRESSES = 15
_PAGE_TILE = (208, 1317)
_NOWHERE = (1060, 200)
_DWELL_S = 4
_FADE_GAP_S = 0.25
_TURNS_S = 6 * _DWELL_S
_TEXTS = ("钻石会员本月免费精洗 2 次", "茶几呼叫铃可随时续杯")
_PHOTOS = ("camping", "fruit-picking", "tea-tasting", "family-kite-day")


@dataclass
class Figures:
    """What was measured of one side, a value a round."""

    start_s: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)
    idle_pct: list[float] = field(default_factory=list)
    press_ms: list[float] = field(default_factory=list)
    rotate_pct: list[float] = field(default_factory=list)
    fade_fps: list[float] = field(default_factory=list)
    black: int = 0


def main(arguments: Sequence[str]) -> int:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(prog="./dev bench footprint")
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args(arguments).rounds
    ours, page = Figures(), Figures()
    with (
        tempfile.TemporaryDirectory(prefix="bench-footprint-") as folder,
        served() as url,
        profile() as browser_profile,
    ):
        state = fresh_state(Path(folder), "state")
        options = Options(
            state=state,
            logs=Path(folder) / "logs",
            pinned=DRAWN_DAY,
            virtual=True,
            pinned_runs=False,
            programs=frozenset({"central-api", "kiosk"}),
            kiosk_settings=("timing.session_idle_s=600",),
        )
        with House(options, lambda text: print(f"  {text} ...", flush=True)) as house:
            kiosk_rounds(house, f"{url}/kiosk.html", browser_profile, rounds, ours, page)
        lounge_rounds(Path(folder), url, browser_profile, rounds, ours, page)
    print(last_line("footprint", _figures(ours, page), AIMS), flush=True)
    return 0


def _figures(ours: Figures, page: Figures) -> dict[str, float]:
    middle = statistics.median
    return {
        "start_ratio": middle(ours.start_s) / middle(page.start_s),
        "memory_ratio": middle(ours.memory_mb) / middle(page.memory_mb),
        "idle_cpu_pct": middle(ours.idle_pct),
        "press_ms_p50": middle(ours.press_ms),
        "press_ratio": middle(ours.press_ms) / middle(page.press_ms),
        "rotate_cpu_ratio": middle(ours.rotate_pct) / middle(page.rotate_pct),
        "rotate_fade_fps": middle(ours.fade_fps),
        "rotate_black": float(ours.black),
        "start_s": middle(ours.start_s),
        "page_start_s": middle(page.start_s),
        "memory_mb": middle(ours.memory_mb),
        "page_memory_mb": middle(page.memory_mb),
        "page_idle_cpu_pct": middle(page.idle_pct),
        "page_press_ms_p50": middle(page.press_ms),
        "rotate_cpu_pct": middle(ours.rotate_pct),
        "page_rotate_cpu_pct": middle(page.rotate_pct),
        "page_rotate_fade_fps": middle(page.fade_fps),
        "load_at_end": os.getloadavg()[0],
    }


# -- the kiosk --------------------------------------------------------------------------------------------------------


def kiosk_rounds(house: House, url: str, browser_profile: Path, rounds: int, ours: Figures, page: Figures) -> None:
    """Start each in turn, and measure it at the member's page."""
    glass = _virtual(house.kiosk_glass)
    house.kiosk.stop()
    with Chromium(url, browser_profile, glass.env, KIOSK):
        _first_seen(glass)  # its first start makes the profile: not counted
    for number in range(rounds):
        began = time.monotonic()
        house.kiosk.start()
        ours.start_s.append(_first_seen(glass) - began)
        house.kiosk.wait_for("kiosk ready")
        _measure_ours(house, glass, ours)
        house.kiosk.stop()
        began = time.monotonic()
        with Chromium(url, browser_profile, glass.env, KIOSK) as browser:
            page.start_s.append(_first_seen(glass) - began)
            _rest(_STILL_S)
            page.memory_mb.append(memory_mb(browser.pid))
            page.press_ms += _presses(glass, _PAGE_TILE)
            _rest(_IDLE_AFTER_S)
            page.idle_pct.append(cpu_percent(browser.pid, _IDLE_S))
        _say(number, f"start {ours.start_s[-1]:.2f} / {page.start_s[-1]:.2f} s")
        _say(number, f"memory {ours.memory_mb[-1]:.0f} / {page.memory_mb[-1]:.0f} MB")
        _say(number, f"idle {ours.idle_pct[-1]:.2f} / {page.idle_pct[-1]:.2f} %")
        middle = statistics.median
        _say(number, f"press {middle(ours.press_ms):.1f} / {middle(page.press_ms):.1f} ms")


def _measure_ours(house: House, glass: VirtualGlass, ours: Figures) -> None:
    if not isinstance(house.reader, VirtualReader):
        raise TypeError(f"expected a virtual reader, found {type(house.reader).__name__}")
    card = deck.load(house.options.state / "central" / "cards.toml")[MEMBER]
    with house.reader.service.slot(1) as slot:

        def at_home() -> bool:
            now = ask(house.kiosk_control, {"do": "state"})
            return bool(now["screen"] == "home" and now["confirmed"] and now["settled"] and now["built"])

        if not wait_until(lambda: bool(ask(house.kiosk_control, {"do": "state"})["reader"]), 20):
            raise RuntimeError("expected the kiosk to find its reader within 20 s")
        slot.insert(card)
        if not wait_until(at_home, 20):
            raise RuntimeError(f"expected the member's page; found {ask(house.kiosk_control, {'do': 'state'})}")
    _rest(_STILL_S)
    ours.memory_mb.append(memory_mb(house.kiosk.pid))
    places = ask(house.kiosk_control, {"do": "places"})["places"]
    tile = min((place for place in places if place[0] < 400 and place[1] > 1000), key=lambda place: place[1])
    ours.press_ms += _presses(glass, (float(tile[0]), float(tile[1])))
    _rest(_IDLE_AFTER_S)
    ours.idle_pct.append(cpu_percent(house.kiosk.pid, _IDLE_S))


def _first_seen(glass: VirtualGlass) -> float:
    """When the place of the greeting first looked as it does in the end."""
    with Watcher(lambda: glass.peek(_START_BOX)) as watcher:
        if not wait_until(lambda: _rests(watcher.looks), _START_S):
            raise RuntimeError(f"expected something to be shown and to rest within {_START_S:.0f} s")
    final = _grey(watcher.looks[-1])
    return next(look.at for look in watcher.looks if np.abs(_grey(look) - final).mean() < 8)


def _rests(looks: Sequence[Look]) -> bool:
    """Whether something with contrast has been shown for a while: not the screen's own black, nor an empty ground."""
    return bool(looks) and time.monotonic() - looks[-1].at > _STILL_S and float(_grey(looks[-1]).std()) > 12


def _presses(glass: VirtualGlass, tile: tuple[float, float]) -> list[float]:
    """From the finger on a tile to its changed pixels, ms; the finger leaves the tile before it is taken off."""
    x, y = round(tile[0]), round(tile[1])
    box = (x - 60, y - 20, x + 60, y + 20)
    found = []
    with Fingers(glass.env) as fingers:
        _rest(0.5)
        for _ in range(_PRESSES):
            before = glass.peek(box)
            with Watcher(lambda: glass.peek(box), every_s=0.0005) as watcher:
                began = time.monotonic()
                fingers.down(x, y)

                def changed(looks: Sequence[Look] = watcher.looks, before: bytes = before) -> bool:
                    return any(look.pixels != before for look in list(looks))

                if not wait_until(changed, 3, every=0.005):
                    raise RuntimeError(f"expected a tile at {x}, {y} that looks pressed; nothing changed there")
                found.append((next(look.at for look in watcher.looks if look.pixels != before) - began) * 1000)
            fingers.move(*_NOWHERE)
            fingers.up()
            _rest(0.4)
    return found


# -- the lounge -------------------------------------------------------------------------------------------------------


def lounge_rounds(folder: Path, url: str, browser_profile: Path, rounds: int, ours: Figures, page: Figures) -> None:
    """Show the same photographs in turn on both, and watch their fades."""
    pictures = [files.assets_dir() / "art" / "activities" / f"{name}.jpg" for name in _PHOTOS]
    data = folder / "lounge"
    _leave_boards(data, pictures)
    address = f"{url}/lounge.html?dwell_s={_DWELL_S}" + "".join(
        [*(f"&board=/art/activities/{name}.jpg" for name in _PHOTOS), *(f"&text={text}" for text in _TEXTS)]
    )
    glass = VirtualGlass(LOUNGE)
    try:
        for number in range(rounds):
            with _lounge(data, folder / "lounge.log", glass) as pid:
                _rotate(glass, pid, ours)
            with Chromium(address, browser_profile, glass.env, LOUNGE) as browser:
                _rotate(glass, browser.pid, page)
            _say(number, f"rotation {ours.rotate_pct[-1]:.1f} / {page.rotate_pct[-1]:.1f} % CPU")
            _say(number, f"fades {ours.fade_fps[-1]:.0f} / {page.fade_fps[-1]:.0f} frames/s")
    finally:
        glass.close()


def _leave_boards(data: Path, pictures: Sequence[Path]) -> None:
    """Put boards with these photographs on the display's disk, as its sync would have."""
    data.mkdir(mode=0o700)
    cache = MediaCache(data / "media")
    media, boards = list[Picture](), list[Board]()
    for number, path in enumerate(pictures):
        body = path.read_bytes()
        picture = Picture(hashlib.sha256(body).hexdigest(), len(body), "image/jpeg")
        place = cache._place(picture.sha256)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(body)
        media.append(picture)
        boards.append(a_board(f"b-{number}", title=f"标题{number}", dwell_s=_DWELL_S, pictures=(picture.sha256,)))
    keep_on_disk(data / "media", a_manifest(boards, media=tuple(media), ticker=_TEXTS))


@contextmanager
def _lounge(data: Path, log: Path, glass: VirtualGlass) -> Iterator[int]:
    settings = [
        "server.url=http://127.0.0.1:9",  # nobody is there: it plays what it has
        f"device.data_dir={data}",
        f"window.width={LOUNGE[0]}",
        f"window.height={LOUNGE[1]}",
        "window.fullscreen=false",
        "sound.enabled=false",
    ]
    command = [str(Path(sys.executable).parent / "lounge-display")]
    command += [part for one in settings for part in ("--set", one)]
    program = Program("lounge", command, env=dict(glass.env), log=log)
    program.start()
    try:
        program.wait_for("lounge ready")
        yield program.pid
    finally:
        program.stop()


def _rotate(glass: VirtualGlass, pid: int, figures: Figures) -> None:
    """Watch a few turns: CPU over them all, frames within each fade, and whether one of them was black."""
    _rest(_DWELL_S + 1)  # it has found its pace
    boxes = [(0, top, LOUNGE[0], top + 2) for top in (120, 420, 720)]
    with Watcher(lambda: b"".join(map(glass.peek, boxes)), every_s=0.004) as watcher:
        figures.rotate_pct.append(cpu_percent(pid, _TURNS_S))
    fades = list[list[Look]]()
    for look in watcher.looks[1:]:
        if not fades or look.at - fades[-1][-1].at > _FADE_GAP_S:
            fades.append([])
        fades[-1].append(look)
    whole = [fade for fade in fades if len(fade) > 3]
    if not whole:
        raise RuntimeError(f"expected fades in {_TURNS_S} s; the glass changed {len(watcher.looks)} times")
    figures.fade_fps.append(statistics.median((len(fade) - 1) / (fade[-1].at - fade[0].at) for fade in whole))
    figures.black += sum(float(_grey(look).mean()) < 16 for look in watcher.looks)


# -- small things -----------------------------------------------------------------------------------------------------


def _grey(look: Look) -> NDArray[np.float32]:
    grey: NDArray[np.float32] = (
        np.frombuffer(look.pixels, np.uint8).reshape(-1, 4)[:, :3].astype(np.float32).mean(axis=1)
    )
    return grey


def _virtual(glass: object) -> VirtualGlass:
    if not isinstance(glass, VirtualGlass):
        raise TypeError(f"expected a virtual screen to watch, found {type(glass).__name__}")
    return glass


def _rest(seconds: float) -> None:
    threading.Event().wait(seconds)


def _say(number: int, what: str) -> None:
    print(f"  round {number + 1}: {what} (ours / page; load {os.getloadavg()[0]:.1f})", flush=True)

"""From the card on the reader to the member's name on the glass: 100 taps through a real pcscd, seen from outside.

The kiosk tells the instant of each card event on the system's monotonic clock; the name is watched on the virtual
screen's own pixels by this process, so that nothing the kiosk believes of itself counts. Floors of the same run: one round
trip to the central API that does nothing.
"""

import argparse
import math
import re
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import requests

from club.ui.control import ask
from demo.__main__ import DRAWN_DAY
from demo.house import House, Options, fresh_state
from demo.processes import wait_until
from demo.screens import VirtualGlass
from tests.bench.report import Aim, last_line, percentile
from tests.support.observe import Look, Watcher

_CARDS = ("m0001", "m0003", "m0005")  # NTAG 424 of three members: the same card again within a second is the same tap
_NAME = (56, 142, 500, 214)  # where the greeting stands, px of the design (kiosk-05)
_EXIT = (940, 1844)


def half_opaque_at(looks: Sequence[Look]) -> float | None:
    """When the name first had half of its final contrast against its ground; None when nothing was written."""
    grey = [
        np.frombuffer(look.pixels, np.uint8).reshape(-1, 4)[:, :3].astype(np.float32).mean(axis=1) for look in looks
    ]
    final = grey[-1]
    ground = float(np.median(final))
    ink = final < ground - 96
    if ink.sum() < 200:
        return None
    clear = final > ground - 8
    full = float(final[clear].mean() - final[ink].mean())
    for look, now in zip(looks, grey, strict=True):
        if float(now[clear].mean() - now[ink].mean()) >= full / 2:
            return look.at
    return None


def main(arguments: Sequence[str]) -> int:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(prog="./dev bench tap")
    parser.add_argument("--taps", type=int, default=100)
    taps = parser.parse_args(arguments).taps
    with tempfile.TemporaryDirectory(prefix="bench-tap-") as folder:
        options = Options(
            state=fresh_state(Path(folder), "state"), logs=Path(folder) / "logs", pinned=DRAWN_DAY, virtual=True
        )
        with House(options, lambda text: print(f"  {text} ...", flush=True)) as house:
            figures = _measure(house, taps)
    aims = {"event_to_name_ms_p95": Aim(150), "server_ms_p95": Aim(20)}
    print(last_line("tap", figures, aims), flush=True)
    return 0


def _measure(house: House, taps: int) -> dict[str, float]:
    glass = house.kiosk_glass
    if not isinstance(glass, VirtualGlass):
        raise TypeError(f"expected a virtual screen to watch, found {type(glass).__name__}")
    _wait(house, "attract")
    before = _server_buckets(house)
    names: list[float] = []
    floor: list[float] = []
    for number in range(taps):
        with Watcher(lambda: glass.peek(_NAME)) as watcher:
            house.reader.tap(_CARDS[number % len(_CARDS)])
            _wait(house, "home", settled=True)
        seen = half_opaque_at(watcher.looks)
        if seen is None:
            raise RuntimeError(f"expected a name on the glass after tap {number + 1}; none was written")
        names.append(seen)
        began = time.monotonic()
        requests.get(f"{house.url}/healthz", timeout=10).raise_for_status()
        floor.append((time.monotonic() - began) * 1000)
        ask(house.kiosk_control, {"do": "touch", "x": _EXIT[0], "y": _EXIT[1]})
        _wait(house, "attract", settled=True)
        if (number + 1) % 10 == 0:
            print(f"  {number + 1} of {taps} taps", flush=True)
    told = ask(house.kiosk_control, {"do": "taps"})["taps"]
    if len(told) != taps:
        raise RuntimeError(f"expected the figures of {taps} taps from the kiosk, found {len(told)}")
    event_to_name = [(seen - tap["event_at_s"]) * 1000 for seen, tap in zip(names, told, strict=True)]
    return {
        "event_to_name_ms_p50": percentile(event_to_name, 50),
        "event_to_name_ms_p95": percentile(event_to_name, 95),
        "kiosk_says_ms_p95": percentile([tap["event_to_name_ms"] for tap in told], 95),
        "read_card_ms_p95": percentile([tap["read_card_ms"] for tap in told], 95),
        "server_ms_p95": _server_p95(before, _server_buckets(house)),
        "round_trip_ms_p95": percentile([tap["server_ms"] for tap in told], 95),
        "frame_ms_p95": percentile([tap["frame_ms"] for tap in told], 95),
        "floor_http_ms_p95": percentile(floor, 95),
        "taps": float(taps),
    }


def _server_buckets(house: House) -> dict[float, float]:
    """How many card sessions the central API has answered within each bound (seconds), by its own histogram."""
    page = requests.get(f"{house.url}/metrics", timeout=10).text
    found = re.findall(
        r'club_request_seconds_bucket\{le="([^"]+)",method="POST",route="/v1/card-sessions"\} (\S+)', page
    )
    return {float(bound): float(count) for bound, count in found}


def _server_p95(before: dict[float, float], after: dict[float, float]) -> float:
    """The server's own part, ms: the 95th percentile, taken linearly within its bucket as Prometheus does."""
    counts = [(bound, after[bound] - before.get(bound, 0.0)) for bound in sorted(after)]
    wanted = 0.95 * counts[-1][1]
    below, lower = 0.0, 0.0
    for bound, count in counts:
        if count >= wanted:
            share = (wanted - below) / (count - below) if count > below else 1.0
            return (lower + (bound - lower) * share) * 1000
        below, lower = count, bound
    return math.nan


def _wait(house: House, screen: str, *, settled: bool = False) -> None:
    def there() -> bool:
        state = ask(house.kiosk_control, {"do": "state"})
        return state["screen"] == screen and (state["settled"] or not settled)

    if not wait_until(there, 20, every=0.02):
        raise RuntimeError(f"expected the kiosk to show {screen}; it shows {ask(house.kiosk_control, {'do': 'state'})}")
